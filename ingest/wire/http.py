"""One GET to a controller, held to its limits: in goes a path, out comes a status, headers and a body, or an ``ControllerError``.

No redirects, no proxies from the environment, no retries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

import requests
import urllib3

from ingest.wire.adapter import Adapter
from ingest.wire.errors import BadAnswer, RefusedAddress, TooLarge, Unreachable
from ingest.wire.sockets import Guard, Limits

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``headers`` are asked for in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A kept connection to one controller. ``verify_tls`` may be the path of a CA file."""

    def __init__(self, base_url: str, verify_tls: bool | str, limits: Limits) -> None:
        self._base_url = base_url.rstrip("/")
        host, self._usable = _host(base_url)
        self._guard = Guard(limits, host)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, Adapter(self._guard, verify_tls))

    @property
    def host(self) -> str:
        """Host and port, to be shown."""
        return self._guard.host

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> Reply:
        """Ask once. Raises ``ControllerError``; any status is a ``Reply``."""
        if not self._usable:
            raise self._refused_url()
        self._guard.start()
        limits = self._guard.limits
        try:
            response = self._session.get(
                self._base_url + path,
                params=params,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(limits.connect_s, limits.read_s),
            )
        except requests.exceptions.InvalidURL as error:
            raise self._refused_url() from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._broken(error) from error
        with response:
            return Reply(response.status_code, response.headers, self._read(response.raw))

    def _refused_url(self) -> RefusedAddress:
        return RefusedAddress(
            "The address can't be used: write it as http(s)://HOST[:PORT] and the path of the API, without a user name."
        )

    def _read(self, raw: urllib3.HTTPResponse) -> bytes:
        """The body, inflated; given up as soon as it is too large."""
        parts, size, limit = list[bytes](), 0, self._guard.limits.body_bytes
        try:
            while part := raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise TooLarge(f"{self.host} answered with more than {limit:,} bytes: ask for a shorter window.")
        except urllib3.exceptions.DecodeError:
            raise BadAnswer(f"The answer of {self.host} isn't compressed as it says.", b"".join(parts)) from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise BadAnswer(f"The answer of {self.host} was cut off after {size:,} bytes.", b"".join(parts)) from None
        return b"".join(parts)

    def _broken(self, error: Exception) -> Unreachable | BadAnswer:
        """The error for a connection that stood, but on which no answer came."""
        if any(isinstance(cause, HTTPException) and not isinstance(cause, OSError) for cause in _causes(error)):
            return BadAnswer(f"{self.host} doesn't speak HTTP: check the port.")
        return Unreachable(f"{self.host} closed the connection without an answer: it may be restarting.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _host(base_url: str) -> tuple[str, bool]:
    """Host and port of a URL, to be shown without what else may stand in it; and whether it can be asked at all."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return "The controller", False
    usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    return parts.netloc.rpartition("@")[2] or "The controller", usable
