# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx: plain HTTP and TLS before the shop's instances, or before plain files for tests."""
import signal
import ssl
import socket

import pki
from place import program

MAIN = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp; uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
    large_client_header_buffers 4 32k;
    client_max_body_size 1m;
    keepalive_timeout 75s;
    types {{ application/json json; text/javascript js; text/html html; text/plain txt; }}
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_session_cache shared:tls:1m;
    add_header X-Content-Type-Options nosniff always;
    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header Referrer-Policy no-referrer always;
{http}
    include {folder}/extra-http*.conf;
}}
"""
PROXY = """            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-Ip $remote_addr;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header Accept-Encoding "";
"""
GZIP = """    gzip on; gzip_comp_level 4; gzip_min_length 1000; gzip_proxied any;
    gzip_types application/json application/health+json text/javascript text/plain;
"""
EDGE = """    proxy_cache_path {folder}/edge keys_zone=edge:1m max_size=64m inactive=10m;
"""


def _tls_server(place, port_name, upstream, fixed, is_public):
    hsts = '        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;\n' if "https-enforced" in fixed else ""
    edge, via = "", ""
    if is_public and "cdn" in fixed:
        # A cache at the edge as a CDN would be: it keeps what the origin calls cacheable, and says so.
        edge = "            proxy_cache edge; proxy_cache_key $request_uri; proxy_buffer_size 16k; proxy_buffers 8 16k;\n"
        via = '        add_header Via "1.1 shop-edge" always;\n        add_header X-Cache $upstream_cache_status always;\n'
    # A server block with any add_header inherits none, so these three are said again.
    again = """        add_header X-Content-Type-Options nosniff always;
        add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
        add_header Referrer-Policy no-referrer always;
""" if hsts or via else ""
    proxy = PROXY.format(upstream=upstream)
    return f"""    server {{
        listen 127.0.0.1:{place.port(port_name)} ssl http2;
        server_name localhost 127.0.0.1;
{again}{hsts}{via}        location / {{
{proxy}{edge}        }}
        location /internal/ {{ return 404; }}
    }}
"""


def render(place, instances, fixed):
    """instances: port names of the shop's processes, each also reachable by an HTTPS port of its own."""
    folder = place / "nginx"
    names = [f"nginx:{name}" for name in instances]
    upstreams = "".join(f"    upstream {group} {{ {' '.join(f'server 127.0.0.1:{place.port(name)};' for name in members)} keepalive 8; }}\n"
                        for group, members in [("shop", instances), *((f"only-{name}", [name]) for name in instances)])
    if "https-enforced" in fixed:
        plain = f"        return 308 https://127.0.0.1:{place.port('nginx:https')}$request_uri;\n"
    else:
        plain = f"        location / {{\n{PROXY.format(upstream='shop')}        }}\n        location /internal/ {{ return 404; }}\n"
    servers = f"    server {{\n        listen 127.0.0.1:{place.port('nginx:http')};\n{plain}    }}\n"
    servers += _tls_server(place, "nginx:https", "shop", fixed, True)
    servers += "".join(_tls_server(place, port_name, f"only-{name}", fixed, False) for port_name, name in zip(names, instances))
    extras = (GZIP if "api-compression" in fixed else "") + (EDGE.format(folder=folder) if "cdn" in fixed else "")
    return upstreams + extras + servers


def render_files(place):
    """For tests: what lies in nginx/www, by HTTP and HTTPS; extra-server*.conf goes into both server blocks."""
    folder = place.folder("nginx/www").parent
    if not (folder / "www/items").exists():
        place.write("nginx/www/items", '{"items":[' + ",".join(f'{{"id":{n},"name":"Item {n}"}}' for n in range(100)) + "]}\n")
        place.write("nginx/www/health", '{"status":"pass"}\n')
    body = f"        root {folder}/www;\n        default_type application/json;\n        include {folder}/extra-server*.conf;\n"
    return (f"    server {{\n        listen 127.0.0.1:{place.port('nginx:http')};\n{body}    }}\n"
            f"    server {{\n        listen 127.0.0.1:{place.port('nginx:https')} ssl http2;\n{body}    }}\n")


def write(place, http):
    certificate, key = place / "tls/web.pem", place / "tls/web.key"
    folder = place.folder("nginx")
    place.write("nginx/nginx.conf", MAIN.format(folder=folder, certificate=certificate, key=key, http=http), service=True)


def start(place, http, issued_ago=1, lifetime=90):
    """Writes the configuration and starts nginx with a new certificate of that age (days)."""
    if place.alive("nginx"):
        return
    pki.issue(place, "web", issued_ago, lifetime, renew=True)
    place.folder("nginx/tmp")
    write(place, http)
    place.spawn("nginx", [program("nginx"), "-c", place / "nginx/nginx.conf", "-e", place / "nginx/error.log"])
    place.ready("nginx", lambda: shown_serial(place) is not None)


def reload(place, http=None):
    """New configuration or certificate for new connections; the old workers finish theirs."""
    if http is not None:
        write(place, http)
    place.run([program("nginx"), "-t", "-q", "-c", place / "nginx/nginx.conf", "-e", place / "nginx/error.log"])
    place.signal("nginx", signal.SIGHUP)


def shown_serial(place):
    """Serial number of the certificate that the HTTPS port shows now; None while it does not answer."""
    context = ssl.create_default_context(cafile=str(place / "tls/ca.pem"))
    try:
        with socket.create_connection(("127.0.0.1", place.port("nginx:https")), 2) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as tls:
            return tls.getpeercert()["serialNumber"]
    except OSError:
        return None
