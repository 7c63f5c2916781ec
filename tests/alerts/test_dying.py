"""A process that is killed hard loses nothing and tells nobody of what didn't happen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from alerts import lifecycle
from alerts.models import Alert, Notice, WebhookDelivery
from alerts.webhooks import delivering
from tests import chain
from tests.alerts.endpoints import deliver, endpoint, receiver
from tests.alerts.happening import NOW, waited
from tests.caller import person
from tests.simulator.receiver import Receiver

__all__ = ["receiver"]

pytestmark = pytest.mark.django_db(transaction=True)

_BEGIN = f"""
import os, signal
from datetime import datetime
import django
django.setup()
from alerts import lifecycle, outbox
from alerts.webhooks import delivering
NOW = datetime.fromisoformat("{NOW.isoformat()}")
"""
_DIES_BEFORE_ITS_COMMIT = """
tell = outbox.tell
def tell_and_die(*args, **kwargs):
    tell(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
outbox.tell = tell_and_die
lifecycle.review(now=NOW)
"""
_DELIVERS = "delivering.deliver_due(clock=lambda: NOW)"


def another_process(code: str) -> subprocess.Popen[bytes]:
    """A process of its own on the test's database."""
    name = connection.settings_dict["NAME"]
    database_url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    environment = {**os.environ, "XOVIS_DATABASE_URL": database_url, "XOVIS_WEBHOOKS_TO_PRIVATE": "1"}
    return subprocess.Popen([sys.executable, "-c", _BEGIN + code], env=environment)


def prepared(url: str) -> None:
    """A queue that has been too long, of which a person and a program are to be told."""
    store = chain.store()
    waited(chain.zone(chain.controller(store), "till", "queue"), [12] * 6)
    endpoint(url)
    person("anna", store.region, email="anna@example.com")


def test_an_alert_and_what_is_told_of_it_are_there_together_or_not_at_all() -> None:
    prepared("https://a.example/")
    dying = another_process(_DIES_BEFORE_ITS_COMMIT)
    assert dying.wait(60) == -signal.SIGKILL
    assert [model.objects.count() for model in (Alert, Notice, WebhookDelivery)] == [0, 0, 0]
    assert lifecycle.review(now=NOW) == (1, 0)
    assert [model.objects.count() for model in (Alert, Notice, WebhookDelivery)] == [1, 1, 1]


def test_a_delivery_whose_process_is_killed_while_it_waits_is_delivered_by_another(receiver: Receiver) -> None:
    prepared(receiver.url)
    lifecycle.review(now=NOW)
    receiver.answers = lambda number: 204 if number else None
    dying = another_process(_DELIVERS)
    try:
        receiver.wait_for_posts(1)
    finally:
        dying.kill()
        dying.wait(60)
    assert deliver(NOW) == 0
    assert deliver(NOW + delivering.LEASE) == 1
    first, again = receiver.posts
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert WebhookDelivery.objects.get().state == "delivered"
