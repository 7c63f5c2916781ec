"""One GET to a controller, held to its limits: in goes a path, out comes a status, headers and a body, or a ``ControllerError``.

No redirects, no proxies from the environment. Nothing is sent twice, but for a kept connection that turns out to have
been closed at the other end. HTTP is read by llhttp over plain sockets: see ``docs/decisions/own-wire.md``.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from ingest.wire.errors import RefusedAddress, Unreachable
from ingest.wire.replies import Reply, ReplyReader
from ingest.wire.sockets import Guard, Limits, connect
from ingest.wire.tls import secure

__all__ = ["Reply", "Target", "Wire", "target_of"]

_PART = 64 * 1024
_IDLE_S = 180.0
"""A kept connection that was idle for longer may be forgotten in between, without a word to either side."""

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~-._"


class Target(NamedTuple):
    """A base URL, taken apart."""

    is_secure: bool
    host: str
    port: int
    path: str
    shown: str


class Wire:
    """A kept connection to one controller, used by one thread at a time.

    ``verify_tls`` may be the certificates (PEM) to trust instead of the public authorities'.
    """

    def __init__(self, base_url: str, verify_tls: bool | str, limits: Limits) -> None:
        self._target = target_of(base_url)
        self._verify_tls = verify_tls
        self._guard = Guard(limits, self._target.shown if self._target else _shown(base_url))
        self._sock: socket.socket | None = None
        self._idle_since = 0.0

    @property
    def host(self) -> str:
        """Host and port, to be shown."""
        return self._guard.host

    def close(self) -> None:
        """End the connection; the next question opens another."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    def get(self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> Reply:
        """Ask once. Raises ``ControllerError``; any status is a ``Reply``. Names and values are printable ASCII."""
        if self._target is None:
            raise RefusedAddress(
                "The address can't be used: write it as http(s)://HOST[:PORT] and the path of the API, without a user name."
            )
        self._guard.start()
        request = _request(self._target, path, params, headers)
        if self._sock is not None and self._is_still_open(self._sock):
            reader = self._reader()
            try:
                return self._exchange(self._sock, request, reader)
            except Unreachable:
                if reader.began:
                    raise
        self.close()
        self._sock = self._open(self._target)
        return self._exchange(self._sock, request, self._reader())

    def _open(self, target: Target) -> socket.socket:
        sock = connect(target.host, target.port, self._guard)
        if not target.is_secure:
            return sock
        try:
            return secure(sock, target.host, self._verify_tls, self._guard)
        except BaseException:
            sock.close()
            raise

    def _reader(self) -> ReplyReader:
        return ReplyReader(self.host, self._guard.limits.body_bytes)

    def _is_still_open(self, sock: socket.socket) -> bool:
        """Nothing can be read of a connection that only waits: neither its end, nor what nobody asked for."""
        if time.monotonic() - self._idle_since > _IDLE_S:
            return False
        look = select.poll()
        look.register(sock, select.POLLIN)
        return not look.poll(0)

    def _exchange(self, sock: socket.socket, request: bytes, reader: ReplyReader) -> Reply:
        try:
            self._transfer(sock, request, reader)
            reply = reader.reply()
        except BaseException:
            self.close()
            raise
        if reader.keeps:
            self._idle_since = time.monotonic()
        else:
            self.close()
        return reply

    def _transfer(self, sock: socket.socket, request: bytes, reader: ReplyReader) -> None:
        guard = self._guard
        try:
            sock.settimeout(guard.left(guard.limits.read_s))
            sock.sendall(request)
            while not reader.done:
                sock.settimeout(guard.left(guard.limits.read_s))
                if part := sock.recv(_PART):
                    reader.feed(part)
                else:
                    reader.end()
        except TimeoutError:
            raise guard.timed_out() from None
        except OSError as error:
            if reader.began:
                raise reader.cut_off() from error
            raise Unreachable(f"{self.host} closed the connection without an answer: it may be restarting.") from error


def _request(target: Target, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> bytes:
    query = f"?{urlencode(params)}" if params else ""
    lines = [
        f"GET {target.path}{path}{query} HTTP/1.1",
        f"Host: {target.shown}",
        "Accept: application/json",
        "Accept-Encoding: gzip",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def target_of(base_url: str) -> Target | None:
    """A base URL, taken apart; None where it can't be asked at all."""
    try:
        parts = urlsplit(base_url.rstrip("/"))
        port = parts.port
        host = (parts.hostname or "").encode("ascii" if _is_ascii(parts.hostname) else "idna").decode()
    except ValueError:  # UnicodeError among them
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    is_secure = parts.scheme == "https"
    shown = f"[{host}]" if ":" in host else host
    shown += f":{port}" if port is not None else ""
    default = 443 if is_secure else 80
    return Target(is_secure, host, default if port is None else port, quote(parts.path, safe=_PATH_CHARACTERS), shown)


def _is_ascii(host: str | None) -> bool:
    return host is None or host.isascii()


def _shown(base_url: str) -> str:
    """Host and port of a URL that can't be asked, without what else may stand in it."""
    try:
        return urlsplit(base_url).netloc.rpartition("@")[2] or "The controller"
    except ValueError:
        return "The controller"
