"""What controllers and sensors post to, as a process of its own."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
django.setup()

from xovis_platform import routing  # noqa: E402 - Django's settings come first
from xovis_platform.memory import settle  # noqa: E402

application = routing.routed([*routing.landing(), *routing.alive()], routing.nothing_here)
settle()
