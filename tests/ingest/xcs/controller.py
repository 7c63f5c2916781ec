"""A controller that says what a test tells it to, over real HTTP on the loopback."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOW = "2026-11-02T10:00:00Z"


class Controller(ThreadingHTTPServer):
    """``does`` is called with the handler of each request; ``asked`` holds their paths, ``headers`` the last one's."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.scheme = "https" if tls else "http"
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.connections: set[tuple[str, int]] = set()
        self.over = threading.Event()
        self.does: Callable[[Handler], None] = lambda handler: handler.send(200, envelope([]))

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_address[1]}/api/v1"

    def says(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer everything with this."""
        self.does = lambda handler: handler.send(status, body, headers)

    def refuses(self, status: int, code: str, message: str = "", **headers: str) -> None:
        """Answer everything with an error as an XCS writes it."""
        error = {"status": "error", "timestamp": NOW, "error": {"code": code, "message": message}}
        self.says(json.dumps(error).encode(), status, **headers)

    def writes(self, *parts: bytes, pause_s: float = 0.0) -> None:
        """Write these bytes as they are, with pauses between them, and end the connection."""

        def write(handler: Handler) -> None:
            for part in parts:
                handler.wfile.write(part)
                if self.over.wait(pause_s):
                    break
            handler.close_connection = True

        self.does = write

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news here."""


class Handler(BaseHTTPRequestHandler):
    server: Controller
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.headers = dict(self.headers.items())
        self.server.connections.add(self.client_address)
        self.server.does(self)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


def envelope(rows: list[Any], timestamp: str = NOW) -> bytes:
    """A success with these rows."""
    return json.dumps({"status": "success", "timestamp": timestamp, "data": rows}).encode()


@contextmanager
def running(controller: Controller) -> Iterator[Controller]:
    thread = threading.Thread(target=controller.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield controller
    finally:
        controller.over.set()
        controller.shutdown()
        thread.join()
        controller.server_close()
