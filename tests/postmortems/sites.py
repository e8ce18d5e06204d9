# SPDX-License-Identifier: GPL-3.0-or-later
"""One nginx for the cases about endpoints: healthy sites, as the shipped profile asks for them, and what a case changes about one of them; programs behind it."""
import contextlib
import http.server
import json
import threading

import pki
import web
from place import answers, program

# What a healthy site answers; a location of the case's own goes before it.
PAGES = {"items": json.dumps({"items": [{"id": number, "name": f"Item {number}"} for number in range(20)]}), "app.3f9c2d1ab4.js": "export const shop = 1;\n",
         "openapi.json": json.dumps({"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/items": {"get": {
             "summary": "All items", "responses": {"200": {"description": "ok", "content": {"application/json": {"example": []}}}, "400": {"description": "no"}}}}}})}
HEADERS = """        add_header X-Content-Type-Options nosniff always;
        add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
        add_header Referrer-Policy no-referrer always;
        add_header Strict-Transport-Security "max-age=31536000" always;
"""
LIMITS = """        add_header RateLimit-Limit 100 always;
        add_header RateLimit-Remaining 99 always;
        add_header RateLimit-Reset 1 always;
"""
LIFETIMES = "    map $uri $lifetime { default \"public, max-age=60\"; ~^/health \"no-store\"; ~\\.js$ \"public, max-age=31536000, immutable\"; }\n"


class Sites:
    """The family's nginx. A case says which sites there are; each is answered by two instances at ports of their own."""

    def __init__(self, bench):
        self.place = bench.place
        self._blocks, self._http, self._ports = [], "", []
        for name, text in PAGES.items():
            self.place.write(f"nginx/www/{name}", text, service=True)

    def port(self, name):
        return self.place.port(f"nginx:{name}")

    def site(self, name="https", own="", certificate="web", limits=LIMITS, lifetime="$lifetime", plain=""):
        """`own`: locations before the healthy ones; `lifetime`: Cache-Control; `plain`: the plain port's block, in place of its redirect. Returns the entry of the environment file."""
        tls, root = self.place / "tls", self.place / "nginx/www"
        body = (f"        ssl_certificate {tls}/{certificate}.pem;\n        ssl_certificate_key {tls}/{certificate}.key;\n{HEADERS}{limits}"
                f"        add_header Cache-Control {lifetime} always;\n        default_type application/json;\n"
                f"{own}        location = /health {{ return 200 '{{\"status\":\"pass\"}}'; }}\n"
                f"        location / {{ root {root}; if ($args ~ \"[=%]\") {{ return 400; }} }}\n")
        for port in (self.port(name), self.port(f"{name}-2")):
            self._ports.append(port)
            self._blocks.append(f"    server {{\n        listen 127.0.0.1:{port} ssl;\n{body}    }}\n")
        plain = plain or f"        return 308 https://$host:{self.port(name)}$request_uri;\n"
        self._blocks.append(f"    server {{\n        listen 127.0.0.1:{self.port(name + '-plain')};\n{plain}    }}\n")
        return self.section(name)

    def section(self, name="https", **more):
        ports = [self.port(name), self.port(f"{name}-2")]
        return {"name": "api" if name == "https" else name, "url": f"https://127.0.0.1:{ports[0]}", "plain": f"http://127.0.0.1:{self.port(name + '-plain')}", "ca": "tls/ca.pem",
                "health": "/health", "api": ["/items"], "static": ["/app.3f9c2d1ab4.js"], "openapi": "/openapi.json",
                "instances": [f"https://127.0.0.1:{port}" for port in ports], **more}

    def more(self, http):
        """Lines of the http block, e.g. a cache."""
        self._http += http

    @contextlib.contextmanager
    def running(self, env=None):
        """nginx with the sites that were told, started afresh: no worker of an older configuration answers. `env`: variables for it alone."""
        place = self.place
        pki.issue(place, "web", lifetime=90)
        place.folder("nginx/tmp")
        web.write(place, LIFETIMES + self._http + "".join(self._blocks))
        variables = [program("env"), *(f"{name}={value}" for name, value in (env or {}).items())]  # not for what changes the account before
        place.spawn("nginx", [*variables, program("nginx"), "-c", place / "nginx/nginx.conf", "-e", place / "nginx/error.log"])
        try:
            place.ready("nginx", lambda: all(answers(port) for port in self._ports))
            yield
        finally:
            place.stop(["nginx"])

    def certificate(self, name, **how):
        """A certificate by that name, whatever was there: issued_ago and lifetime in days, sans."""
        return pki.issue(self.place, name, renew=True, **how)


@contextlib.contextmanager
def answering(answer):
    """A program at a port of its own; answer(path) gives (status, headers, body). Yields the port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answer(self.path)
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, ""
            self.send_response_only(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
