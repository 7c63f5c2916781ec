"""Logs: every line an event with its fields, those of libraries too, and each with the request or task it belongs to."""

from __future__ import annotations

import re
from typing import Any

import structlog

_KEYS_IN_ADDRESSES = re.compile(r"(/signs/|/login/forgotten/)[\w-]{20,}")


def without_keys(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The event without what opens a sign's screen or sets a password: those are parts of addresses."""
    return {
        name: _KEYS_IN_ADDRESSES.sub(r"\1…", value) if isinstance(value, str) else value
        for name, value in event.items()
    }


_SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.format_exc_info,
    without_keys,
]


def configured(*, as_text: bool, level: str) -> dict[str, Any]:
    """Set structlog up, and answer the ``LOGGING`` that sends everybody's lines the same way.

    Lines are JSON, or plain text for people at a terminal.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False) if as_text else structlog.processors.JSONRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": _SHARED_PROCESSORS,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # A line for every request and task start is noise at 10,000 controllers; what fails is logged as a warning.
            "django_structlog": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }
