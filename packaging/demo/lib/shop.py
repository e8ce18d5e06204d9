#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's API: what production runs behind nginx. The items that are fixed (state.json) decide how well it does.

    GET /  /items?limit=&offset=  /items/ID  /orders?customer=  /health  /metrics  /static/app.js  /openapi.json     POST /orders
    POST /internal/alerts      Alertmanager's webhook, one JSON line a call in alerts.jsonl
"""
import hashlib
import json
import re
import socket
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shopdata import BadRequest, NotFound, Shop
from shopmetrics import Metrics, RequestLog
from shoptexts import APP_JS, openapi

ITEM = re.compile(r"/items/([0-9]{1,18})$")
MAX_BODY = 64 << 10
JSON = "application/json"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, shop):
        super().__init__(("127.0.0.1", port), Handler)
        self.shop = shop
        self.metrics = Metrics()
        self.log = RequestLog(shop.state, shop.folder)

    def server_bind(self):
        # HTTPServer would look its own name up in DNS here.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()[:2]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "shop", ""
    wbufsize = 1 << 16  # header and body in one segment
    disable_nagle_algorithm = True
    timeout = 75

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    do_HEAD = do_GET

    # -- one request ---------------------------------------------------------------------------------------------
    def _answer(self, handle):
        started = time.perf_counter()
        self.route, self.status = "other", 500
        self.fixed = self.server.shop.state.fixed()
        try:
            if not self._is_limited():
                handle()
        except NotFound:
            self._send(404, JSON, b'{"error":"not found"}\n')
        except BadRequest as error:
            self._send(400, JSON, json.dumps({"error": str(error)}).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as error:  # the error page of the state of the review: 500, and the input comes back in it
            safe = "input-validation" in self.fixed
            if safe:
                self._send(500, JSON, b'{"error":"internal error"}\n')
            else:
                self._send(500, "text/html; charset=utf-8", f"<h1>500</h1><pre>{type(error).__name__}: {error}\n{urllib.parse.unquote(self.path)}</pre>".encode())
        seconds = time.perf_counter() - started
        self.server.metrics.count(self.command, self.route, self.status, seconds)
        self.server.log.write(self.command, self.path, self.status, seconds, self.headers.get("X-Request-Id", "-"))

    def _is_limited(self):
        """Counts the request against the client's minute; answers 429 itself when that is used up."""
        self.limit_headers = {}
        if "rate-limiting" not in self.fixed or self.path.startswith(("/metrics", "/internal", "/health")):
            return False
        limit, left, reset = self.server.shop.take_token(self.headers.get("X-Real-Ip", "local"))
        self.limit_headers = {"RateLimit-Policy": f'"minute";q={limit};w=60', "RateLimit": f'"minute";r={left};t={reset}'}
        if left > 0:
            return False
        self.limit_headers["Retry-After"] = str(reset)
        self._send(429, JSON, b'{"error":"too many requests"}\n', {"Cache-Control": "no-store"})
        return True

    def _get(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        shop = self.server.shop
        if url.path == "/":
            self.route = "index"  # only what the document describes is a path here
            self._send_cacheable(b'{"service":"shop","links":["/items","/orders","/health"]}\n')
        elif url.path == "/items":
            self.route = "/items"
            self._send_cacheable(shop.items(query, self.fixed))
        elif url.path.startswith("/items/"):
            self.route = "/items/{id}"
            self._send_cacheable(shop.item(self._item_id(url.path)))
        elif url.path == "/orders":
            self.route = "/orders"
            self._send(200, JSON, shop.orders(query, self.fixed), {"Cache-Control": "private, no-store"})
        elif url.path == "/health":
            self.route = "/health"
            is_well, body = shop.health()
            self._send(200 if is_well else 503, "application/health+json", body, {"Cache-Control": "no-store"})
        elif url.path == "/metrics":
            self.route = "metrics"
            text = self.server.metrics.text("api-metrics" in self.fixed)
            self._send(200, "text/plain; version=0.0.4; charset=utf-8", text.encode())
        elif url.path == "/static/app.js":
            self.route = "static"
            self._send_static(APP_JS)
        elif url.path == "/openapi.json" and "api-documentation" in self.fixed:
            self.route = "openapi"
            self._send_cacheable(json.dumps(openapi()).encode())
        else:
            raise NotFound

    def _item_id(self, path):
        if match := ITEM.match(path):
            return int(match[1])
        if "input-validation" in self.fixed:
            raise BadRequest("the item's id is a whole number")
        return int(urllib.parse.unquote(path.removeprefix("/items/")))

    def _post(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > MAX_BODY:
            self.close_connection = True
            raise BadRequest("the body is too large")
        body = self.rfile.read(length)
        if self.path == "/orders":
            self.route = "/orders"
            self._send(201, JSON, self.server.shop.order(json.loads(body or b"{}"), "security-log" in self.fixed), {"Cache-Control": "no-store"})
        elif self.path == "/internal/alerts":
            self.route = "internal"
            self.server.shop.keep_alerts(body)
            self._send(200, JSON, b"{}\n")
        else:
            raise NotFound

    # -- answers -------------------------------------------------------------------------------------------------
    def _send_cacheable(self, body):
        headers = {}
        if "response-caching" in self.fixed:
            headers = {"Cache-Control": "public, max-age=5", "ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"'}
        self._send(200, JSON, body, headers)

    def _send_static(self, body):
        headers = {}
        if "static-assets" in self.fixed:
            headers = {"Cache-Control": "public, max-age=3600", "ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"'}
        self._send(200, "text/javascript; charset=utf-8", body, headers)

    def _send(self, status, kind, body, headers=None):
        headers = {**(headers or {}), **getattr(self, "limit_headers", {})}
        if "api-compression" in self.fixed:
            headers["Vary"] = "Accept-Encoding"  # on every form of the answer, the 304 too; nginx does the encoding
        if status == 200 and self._has_current(headers.get("ETag")):
            status, body = 304, b""
        self.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _has_current(self, tag):
        """If-None-Match, compared weakly: a compressing proxy has turned our tag into W/"..."."""
        offered = [word.strip().removeprefix("W/") for word in self.headers.get("If-None-Match", "").split(",")]
        return tag is not None and (tag in offered or "*" in offered)

    def log_message(self, *_):
        pass  # RequestLog writes


if __name__ == "__main__":
    folder, port, instance = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    Server(port, Shop(folder, instance)).serve_forever()
