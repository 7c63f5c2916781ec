"""The wiring as a Django app, so that its system checks are registered and tasks are timed."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "xovis_platform"

    def ready(self) -> None:
        from xovis_platform import checks, exposure, tracing  # noqa: F401 - importing registers them
        from xovis_platform.metrics import counted  # noqa: F401 - importing has tasks timed
