"""Load: many controllers asked at once, or one server sent as much as it takes, over connections that are kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import cast
from urllib.parse import urlsplit

import httptools

Ask = tuple[str, str, tuple[str, ...]]
"""A base URL, its key, and the paths to be asked for one after the other."""


def ask_all(asks: list[Ask], *, side_by_side: int = 128) -> int:
    """How many answers came, all of them a 200. Raises ``RuntimeError`` for another status or a broken connection."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_ask_all(asks, side_by_side))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    return cast("Callable[[], asyncio.AbstractEventLoop]", uvloop.new_event_loop)


async def _ask_all(asks: list[Ask], side_by_side: int) -> int:
    queue = iter(asks)
    async with asyncio.TaskGroup() as group:
        for _ in range(side_by_side):
            group.create_task(_ask_each(queue))
    return sum(len(paths) for _, _, paths in asks)


async def _ask_each(queue: Iterator[Ask]) -> None:
    loop = asyncio.get_running_loop()
    for base_url, key, paths in queue:
        url = urlsplit(base_url)
        head = f"HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Apikey {key}\r\n\r\n"
        asking = _Asking([f"GET {url.path}{path} {head}".encode() for path in paths], loop.create_future())
        transport, _ = await loop.create_connection(lambda it=asking: it, str(url.hostname), url.port or 80)  # type: ignore[misc]
        try:
            await asking.done
        finally:
            transport.close()


def send(
    address: str, requests: Iterator[bytes], *, clients: int, seconds: float, expect: int, rate: float | None = None
) -> float:
    """How many requests a second are answered by a server, each client sending its next one when it has the answer.

    With a ``rate``, no more than so many a second are sent. Raises ``RuntimeError`` for a status other than ``expect`` or
    a broken connection.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_send(address, requests, clients, seconds, expect, clients / rate if rate else 0.0))


async def _send(
    address: str, requests: Iterator[bytes], clients: int, seconds: float, expect: int, pause_s: float
) -> float:
    loop, url = asyncio.get_running_loop(), urlsplit(address)
    until = time.monotonic() + seconds
    senders, transports = list[_Sending](), list[asyncio.Transport]()
    for _ in range(clients):
        sender = _Sending(requests, until, loop.create_future(), expect, pause_s)
        transport, _ = await loop.create_connection(lambda it=sender: it, str(url.hostname), url.port or 80)  # type: ignore[misc]
        senders.append(sender)
        transports.append(transport)
    began = time.monotonic()
    try:
        await asyncio.gather(*(sender.done for sender in senders))
    finally:
        for transport in transports:
            transport.close()
    return sum(sender.answered for sender in senders) / (time.monotonic() - began)


class _Asking(asyncio.Protocol):
    """Sends one request after the other, each when the one before is answered."""

    def __init__(self, requests: Iterable[bytes], done: asyncio.Future[None], expect: int = 200) -> None:
        self._requests, self.done, self._expect = iter(requests), done, expect
        self.answered = 0
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if (status := self._parser.get_status_code()) == self._expect:
            self.answered += 1
            self._ask()
        else:
            self._fail(f"answered {status}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"broke: {exc}")

    def _fail(self, what: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"The server {what}."))


class _Sending(_Asking):
    """Does so until a moment, at most once in ``pause_s``."""

    def __init__(
        self, requests: Iterable[bytes], until: float, done: asyncio.Future[None], expect: int, pause_s: float
    ) -> None:
        super().__init__(takewhile(lambda _: time.monotonic() < until, requests), done, expect)
        self._pause_s, self._next_at = pause_s, 0.0

    def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        if self._pause_s and loop.time() < self._next_at:
            loop.call_at(self._next_at, self._ask)
        else:
            self._next_at = max(self._next_at + self._pause_s, loop.time())
            super()._ask()
