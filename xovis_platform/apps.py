"""The wiring as a Django app, so that its system checks are registered."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "xovis_platform"

    def ready(self) -> None:
        from xovis_platform import checks, exposure  # noqa: F401 - importing registers them
