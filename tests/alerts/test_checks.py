"""System checks: an operator is told what keeps alerts from reaching people, and what webhooks reach that they shouldn't."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

SMTP = "django.core.mail.backends.smtp.EmailBackend"
FILES = "django.core.mail.backends.filebased.EmailBackend"


@pytest.mark.parametrize(
    ("public_url", "backend", "to_private", "told"),
    [
        ("http://127.0.0.1:8000", FILES, True, []),
        ("https://stores.example.com", SMTP, False, []),
        ("https://stores.example.com", FILES, False, ["xovis.W001"]),
        ("https://stores.example.com", SMTP, True, ["xovis.W002"]),
    ],
)
def test_what_is_right_for_a_demo_is_told_of_a_platform_that_others_reach(
    settings: Any, public_url: str, backend: str, to_private: bool, told: list[str]
) -> None:
    settings.PUBLIC_URL, settings.EMAIL_BACKEND, settings.WEBHOOKS_TO_PRIVATE = public_url, backend, to_private
    found = [message for message in run_checks() if message.id in ("xovis.W001", "xovis.W002")]
    assert [message.id for message in found] == told
    assert all(message.hint for message in found)
