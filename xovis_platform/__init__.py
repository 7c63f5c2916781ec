"""Wiring of the platform: settings, URLs, workers and the embedded stack. No logic of the domain lives here."""

from xovis_platform.celery import app as celery_app

__all__ = ["celery_app"]
