"""One POST to a stranger, who only has to say that it came: a connection of its own, and nothing read past the headers.

Held to the same limits as questions to controllers; to which addresses it may go is for the caller to say. No redirects.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from ingest.wire.errors import BadAnswer, RefusedAddress, TooLarge, Unreachable
from ingest.wire.http import Target, target_of
from ingest.wire.replies import Reply, ReplyReader
from ingest.wire.sockets import Guard, Limits, connect
from ingest.wire.tls import secure

_PART = 16 * 1024
_CHARACTERS = "/%:@!$&'()*+,;=~-._?"


def post(url: str, body: bytes, headers: Mapping[str, str], limits: Limits, *, refuses: Callable[[str], bool]) -> Reply:
    """Send it once. Raises ``ControllerError``; any status is a ``Reply``, with the body as far as it came at once."""
    parts = urlsplit(url)
    target = target_of(f"{parts.scheme}://{parts.netloc}")
    if target is None:
        raise RefusedAddress("The address can't be used: write it as https://HOST[:PORT]/PATH, without a user name.")
    guard = Guard(limits, target.shown, refuses)
    guard.start()
    sock = connect(target.host, target.port, guard)
    try:
        if target.is_secure:
            sock = secure(sock, target.host, True, guard)
        return _exchange(sock, _request(target, parts.path, parts.query, body, headers), guard)
    finally:
        sock.close()


def _exchange(sock: socket.socket, request: bytes, guard: Guard) -> Reply:
    reader = ReplyReader(guard.host, guard.limits.body_bytes)
    try:
        sock.settimeout(guard.left(guard.limits.read_s))
        sock.sendall(request)
        while not reader.done and not reader.has_status:
            sock.settimeout(guard.left(guard.limits.read_s))
            if part := sock.recv(_PART):
                reader.feed(part)
            else:
                reader.end()
    except (BadAnswer, TooLarge):
        if not reader.has_status:
            raise
    except TimeoutError:
        raise guard.timed_out() from None
    except OSError as error:
        raise Unreachable(f"{guard.host} closed the connection without an answer.") from error
    return reader.reply_so_far()


def _request(target: Target, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    where = quote(path or "/", safe=_CHARACTERS) + (f"?{quote(query, safe=_CHARACTERS)}" if query else "")
    lines = [
        f"POST {where} HTTP/1.1",
        f"Host: {target.shown}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
