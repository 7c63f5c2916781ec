"""Reading a reply off the wire: its status, headers and body, held to a size while it comes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import httptools

from ingest.wire.errors import BadAnswer, TooLarge, Unreachable

_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``headers`` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ReplyReader:
    """Takes the bytes of a connection until a reply is whole.

    ``host`` is who answers, for the errors; ``limit`` the most bytes of body, inflated.
    """

    def __init__(self, host: str, limit: int) -> None:
        self._host, self._limit = host, limit
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)  # as small servers end their lines
        self._headers: dict[str, str] = {}
        self._came: list[bytes] = []
        self._body: list[bytes] = []
        self._size = self._head_size = 0
        self._inflater: zlib._Decompress | None = None
        self._status = 0
        self._has_head = False
        self.began = False
        """Whether anything has come."""
        self.done = False
        """Whether the reply is whole."""
        self.keeps = False
        """Whether the connection can be asked again."""

    def feed(self, part: bytes) -> None:
        """Take what came. Raises ``BadAnswer`` and ``TooLarge``."""
        self.began = True
        if not self._has_head:
            self._head_size += len(part)
        try:
            self._parser.feed_data(part)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.keeps = False
            if not self.done:
                raise self._bad_http() from None
        if not self._has_head and self._head_size > _HEAD_BYTES:
            raise self._bad_http()
        self._take_body()

    @property
    def has_status(self) -> bool:
        """Whether status and headers have come."""
        return self._has_head

    def end(self) -> None:
        """The connection has ended. Raises where it shouldn't have yet."""
        self.keeps = False
        if not self.began:
            raise Unreachable(f"{self._host} closed the connection without an answer: it may be restarting.")
        has_length = "content-length" in self._headers or "transfer-encoding" in self._headers
        if not self.done and (has_length or not self._has_head):
            raise self.cut_off()
        self.done = True

    def reply(self) -> Reply:
        """The whole reply. Raises ``BadAnswer`` where its compressed body isn't whole."""
        if self._inflater is not None and self._size and not self._inflater.eof:
            raise self.cut_off()
        return Reply(self._status, self._headers, b"".join(self._body))

    def reply_so_far(self) -> Reply:
        """Status and headers, and of the body what has come."""
        return Reply(self._status, self._headers, b"".join(self._body))

    def cut_off(self) -> BadAnswer:
        """The error for a reply that broke off."""
        return BadAnswer(f"The answer of {self._host} was cut off after {self._size:,} bytes.", b"".join(self._body))

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.done:
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if not self.done:
            self._status, self._has_head = self._parser.get_status_code(), True

    def on_body(self, part: bytes) -> None:
        if not self.done:
            self._came.append(part)

    def on_message_begin(self) -> None:
        self.keeps = False  # after a whole reply: nobody has asked for this one

    def on_message_complete(self) -> None:
        if self._status < 200:  # only "go on"
            self._headers, self._has_head = {}, False
        elif not self.done:
            self.done, self.keeps = True, self._parser.should_keep_alive()

    # The body.

    def _take_body(self) -> None:
        if not self._came:
            return
        parts, self._came = self._came, []
        for part in parts if self._is_plain() else map(self._inflate, parts):
            self._body.append(part)
            self._size += len(part)
            if self._size > self._limit:
                raise TooLarge(f"{self._host} answered with more than {self._limit:,} bytes: ask for a shorter window.")

    def _is_plain(self) -> bool:
        encoding = self._headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            self._inflater = self._inflater or zlib.decompressobj(wbits=31)
        elif encoding != "identity":
            raise self._badly_packed()
        return self._inflater is None

    def _inflate(self, part: bytes) -> bytes:
        assert self._inflater is not None
        try:
            return self._inflater.decompress(part, self._limit - self._size + 1)
        except zlib.error:
            raise self._badly_packed() from None

    def _badly_packed(self) -> BadAnswer:
        return BadAnswer(f"The answer of {self._host} isn't compressed as it says.", b"".join(self._body))

    def _bad_http(self) -> BadAnswer:
        if self._has_head:
            return self.cut_off()
        return BadAnswer(f"{self._host} doesn't speak HTTP: check the port.")
