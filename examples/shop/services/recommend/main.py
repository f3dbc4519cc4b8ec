"""Recommend answers what goes with an article: GET /recommendations/{sku}."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

from recommend import recommend

CATALOG = os.environ["CATALOG_URL"]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, "text/plain", "ok\n")
        prefix, _, sku = self.path.rpartition("/")
        if prefix != "/recommendations":
            return self.answer(404, "text/plain", "not found\n")
        with urlopen(f"{CATALOG}/products", timeout=5) as response:
            products = json.load(response)
        body = json.dumps({"sku": sku, "skus": recommend(sku, products)})
        return self.answer(200, "application/json", body + "\n")

    def answer(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Process 1 of a container has no default action for signals.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
ThreadingHTTPServer((os.environ.get("HOST", ""), int(os.environ.get("PORT") or 8080)), Handler).serve_forever()
