"""Letters that aren't about alerts: to be sent like those, but written at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from alerts.models import Mail
from sites_app.models import Membership, Role


def write(addresses: Iterable[str], subject: str, text: str, *, now: datetime) -> None:
    """A letter to each of these, in the transaction of what it's about."""
    one_line = " ".join(subject.split())[:300]
    Mail.objects.bulk_create(
        Mail(address=address, subject=one_line, text=text, created_at=now, due_at=now) for address in addresses
    )


def head_office() -> list[str]:
    """The addresses of the people who look after all stores."""
    of_all = Membership.objects.filter(region=None).exclude(role=Role.AUDITOR)
    people = User.objects.filter(is_active=True, memberships__in=of_all).exclude(email="")
    return sorted(set(people.values_list("email", flat=True)))
