"""The workers' sign of life."""

from datetime import UTC, datetime

import redis
from celery import shared_task
from django.conf import settings

from xovis_platform.celery import HEARTBEAT_KEY


@shared_task
def heartbeat() -> None:
    """Leave the time in the broker: beat, broker and workers all did their part for it to get there."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.set(HEARTBEAT_KEY, datetime.now(UTC).timestamp())
