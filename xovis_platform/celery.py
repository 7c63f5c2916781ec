"""Workers: queues and the schedule, in code."""

from __future__ import annotations

import os
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.schedules import schedstate, schedule
from celery.signals import heartbeat_sent, setup_logging, worker_ready
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")

# Celery warns of root since its workers could once be sent code. Ours take JSON alone; containers run as nobody special.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("xovis_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)  # the request's id goes on into its tasks

QUEUES = ("poll", "digest", "rollup", "default", "tell")
HEARTBEAT_KEY = "xovis:heartbeat"
HEARTBEAT_LIMIT_S = 30
BEAT_LOCK_S = 10
"""How long a beat that has died holds up the one that stands by."""


class Steady(schedule):
    """A schedule that goes on when the clock is set back, instead of waiting until it's then again."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Due also where the last time lies in the future."""
        if last_run_at > self.now():
            return schedstate(True, self.seconds)
        return super().is_due(last_run_at)


def _steady(entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {**entry, "schedule": Steady(entry["schedule"])} for name, entry in entries.items()}


app.conf.update(
    task_default_queue="default",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Longer than the longest task: an unacknowledged task is handed out again after this.
    broker_transport_options={"visibility_timeout": 3600},
    broker_connection_retry_on_startup=True,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    # One beat ticks; others wait for its lock, which it renews with every tick and without which it sends nothing.
    beat_scheduler="redbeat.RedBeatScheduler",
    beat_max_loop_interval=1,
    redbeat_lock_timeout=BEAT_LOCK_S,
    redbeat_redis_options={},
    redbeat_key_prefix="xovis:beat",
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    task_routes={
        "ingest.tasks.poll_controllers": {"queue": "poll"},
        "ingest.tasks.digest_events": {"queue": "digest"},
        "reports.tasks.roll_up": {"queue": "rollup"},
        "alerts.tasks.deliver_webhooks": {"queue": "tell"},
        "alerts.tasks.send_mail": {"queue": "tell"},
        "portal.tasks.send_schedules": {"queue": "tell"},
        "sites_app.tasks.mail_password_links": {"queue": "tell"},
    },
    # A tick that was missed need not be made up for: each task takes all that is due. So a tick expires with the next.
    beat_schedule=_steady(
        {
            "heartbeat": {"task": "xovis_platform.tasks.heartbeat", "schedule": 2.0, "options": {"expires": 10}},
            "dispatch-polls": {
                "task": "ingest.tasks.dispatch_polls",
                "schedule": 2.0,
                "options": {"queue": "poll", "expires": 10},
            },
            "digest-events": {"task": "ingest.tasks.digest_events", "schedule": 1.0, "options": {"expires": 10}},
            "replay-found-zones": {
                "task": "ingest.tasks.replay_found_zones",
                "schedule": 10.0,
                "options": {"expires": 10},
            },
            "roll-up": {"task": "reports.tasks.roll_up", "schedule": 3.0, "options": {"expires": 30}},
            "dispatch-exports": {"task": "reports.tasks.dispatch_exports", "schedule": 2.0, "options": {"expires": 10}},
            "sweep-exports": {"task": "reports.tasks.sweep_exports", "schedule": 3600.0, "options": {"expires": 3600}},
            "note-clocks": {"task": "reports.tasks.note_clocks", "schedule": 300.0, "options": {"expires": 300}},
            "run-backfills": {"task": "ingest.tasks.run_backfills", "schedule": 2.0, "options": {"expires": 10}},
            "review-alerts": {"task": "alerts.tasks.review", "schedule": 15.0, "options": {"expires": 15}},
            "deliver-webhooks": {
                "task": "alerts.tasks.deliver_webhooks",
                "schedule": 2.0,
                "options": {"queue": "tell", "expires": 10},
            },
            "send-mail": {
                "task": "alerts.tasks.send_mail",
                "schedule": 5.0,
                "options": {"queue": "tell", "expires": 30},
            },
            "forget-alerts": {"task": "alerts.tasks.forget", "schedule": 3600.0, "options": {"expires": 3600}},
            "refresh-board": {"task": "portal.tasks.refresh_board", "schedule": 2.0, "options": {"expires": 10}},
            "refresh-trust": {"task": "portal.tasks.refresh_trust", "schedule": 60.0, "options": {"expires": 60}},
            "send-schedules": {
                "task": "portal.tasks.send_schedules",
                "schedule": 60.0,
                "options": {"queue": "tell", "expires": 60},
            },
            "make-partitions": {
                "task": "ingest.tasks.maintain_partitions",
                "schedule": 3600.0,
                "options": {"expires": 3600},
            },
        }
    ),
)


@app.on_after_configure.connect
def keep_the_schedule_in_the_broker(sender: Celery, **kwargs: Any) -> None:
    """The scheduler wants the address by a name of its own, which the settings can't give: theirs have a prefix."""
    sender.conf.redbeat_redis_url = sender.conf.broker_url


@worker_ready.connect
@heartbeat_sent.connect
def show_life(**kwargs: Any) -> None:
    """Touch the file that a container's health check looks at; asking a worker by a command costs a Python each time."""
    if path := os.environ.get("XOVIS_ALIVE_PATH"):
        Path(path).touch()


@setup_logging.connect
def use_django_logging(**kwargs: Any) -> None:
    """Celery would replace the root logger's handlers; the settings' logging stays."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)
