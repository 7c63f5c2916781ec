"""A task that begins, and ends when it's told: taken into a worker by ``-I tests.operations.holding``."""

from __future__ import annotations

import redis
from celery import shared_task
from django.conf import settings

NAME = "tests.operations.holding.hold"
STARTED, GO, ENDED = "holding-started", "holding-go", "holding-ended"
PATIENCE_S = 60


@shared_task(name=NAME)
def hold(number: int) -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=None) as client:
        client.rpush(STARTED, number)
        client.blpop([GO], PATIENCE_S)
        client.rpush(ENDED, number)
