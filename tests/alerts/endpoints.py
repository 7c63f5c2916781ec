"""Endpoints that take webhooks, as a receiver's developer would set them up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from alerts.models import WebhookEndpoint
from alerts.webhooks import delivering
from alerts.webhooks import endpoints as room
from sites_app.models import Region
from tests.alerts.happening import NOW
from tests.simulator.receiver import Post, Receiver, receiving


def clock() -> datetime:
    """The test's own moment. Signatures alone are made with the real one, which receivers hold them to."""
    return NOW


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver on loopback, which only tests may send to."""
    settings.WEBHOOKS_TO_PRIVATE = True
    with receiving() as running:
        yield running


def endpoint(url: str, *regions: Region, **fields: Any) -> WebhookEndpoint:
    """An endpoint, with a secret that nobody has looked at yet."""
    made = WebhookEndpoint(url=url, **fields)
    room.give_secret(made)
    made.save()
    made.regions.set(regions)
    return made


def deliver(now: datetime = NOW) -> int:
    """What a worker does then."""
    return delivering.deliver_due(clock=lambda: now)


def verified(post: Post, secret: str) -> Any:
    """A message's content, by the specification's own library; raises where it isn't signed with this secret."""
    return Webhook(secret).verify(post.body, {name.lower(): value for name, value in post.headers.items()})
