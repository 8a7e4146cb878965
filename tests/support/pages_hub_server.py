"""A single-user server that answers every address with the address itself."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Echo(BaseHTTPRequestHandler):
    """Says where one has arrived."""

    def do_GET(self) -> None:
        body = f"<!doctype html><title>Arrived</title><p>{urlsplit(self.path).path}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
ThreadingHTTPServer((address.hostname or "", address.port or 0), Echo).serve_forever()
