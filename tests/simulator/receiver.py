"""A server that takes webhooks, answers as a test tells it to, and remembers what came."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Post:
    """One that came, by the monotonic clock."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[Event]:
        body = json.loads(self.body)
        events: list[Event] = body.get("events", [body])
        return events


class Receiver(ThreadingHTTPServer):
    """``answers`` gives the status of the n-th post (from 0); None leaves it without an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: Callable[[int], int | None] = lambda _: 204
        self.over = threading.Event()
        self._posts: list[Post] = []
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def posts(self) -> list[Post]:
        with self._changed:
            return list(self._posts)

    @property
    def events(self) -> list[Event]:
        """All events, in the order in which they came, as often as they came."""
        return [event for post in self.posts for event in post.events]

    def remember(self, post: Post) -> int:
        with self._changed:
            self._posts.append(post)
            self._changed.notify_all()
            return len(self._posts) - 1

    def wait_for_posts(self, count: int) -> list[Post]:
        """The first ``count`` posts, once they have come."""
        self._wait(lambda: len(self._posts) >= count, f"{count} posts")
        return self.posts[:count]

    def wait_for_events(self, count: int) -> list[Event]:
        self._wait(lambda: sum(len(post.events) for post in self._posts) >= count, f"{count} events")
        return self.events

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(done, 15), f"{what} didn't come, but {self._posts}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A controller that lost its patience is no news here."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = self.server.remember(Post(time.monotonic(), self.path, dict(self.headers.items()), body))
        status = self.server.answers(number)
        if status is None:
            self.server.over.wait(15)
            self.close_connection = True
            return
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        receiver.shutdown()
        thread.join()
        receiver.server_close()
