"""Secrets and signatures, by the specification's own library."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from standardwebhooks import Webhook

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret as receivers enter it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(webhook_id: str, body: str, keys: Iterable[str], now: datetime) -> Mapping[str, str]:
    """What goes with a message: its id, this attempt's time, and a signature by each of the secrets."""
    signatures = [Webhook(key).sign(webhook_id, now, body) for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": "xovis-platform",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
