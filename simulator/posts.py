"""What a webhook's post looks like: its body, and the headers that prove who sent it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from simulator.events import Event


@dataclass(frozen=True, slots=True)
class Target:
    """Where a controller posts its events, and how it says who it is."""

    url: str
    key: str | None
    secret: str | None


def body_of(found: list[Event]) -> bytes:
    """One event as it is, several in a list."""
    if len(found) == 1:
        return found[0].body.encode()
    return f'{{"events":[{",".join(event.body for event in found)}]}}'.encode()


def headers_of(target: Target, body: bytes, sent_at: int, *, wrong: bool = False) -> dict[str, str]:
    """The headers of a post; with ``wrong``, key and signature are as by somebody else."""
    headers = {"Content-Type": "application/json"}
    suffix = "-wrong" if wrong else ""
    if target.key is not None:
        headers["Authorization"] = f"Apikey {target.key}{suffix}"
    if target.secret is not None:
        digest = hmac.new(f"{target.secret}{suffix}".encode(), b"%d.%b" % (sent_at, body), hashlib.sha256)
        headers["X-XCS-Signature"] = f"t={sent_at},v1={digest.hexdigest()}"
    return headers
