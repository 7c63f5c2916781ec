"""``manage.py create_demo_logins``: one person of head office and one regional manager, to look around with."""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count

from sites_app.management.base import JsonCommand
from sites_app.models import Membership, Region, Role


class Command(JsonCommand):
    help = "Make the users 'demo' (head office) and 'manager' (one region). Their passwords are shown once."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="give them new passwords")

    def run(self, **options: Any) -> dict[str, Any]:
        region = Region.objects.annotate(size=Count("stores")).order_by("-size", "code").first()
        logins = [
            self._login("demo", "head office", None, options["reset"]),
            *([self._login("manager", f"manager of {region.name}", region, options["reset"])] if region else []),
        ]
        return {"logins": logins}

    def _login(self, username: str, role: str, region: Region | None, reset: bool) -> dict[str, Any]:
        head_office = region is None
        user, made = User.objects.get_or_create(
            username=username, defaults={"is_staff": head_office, "is_superuser": head_office}
        )
        password = None
        if made or reset:
            password = os.environ.get("XOVIS_DEMO_PASSWORD") or secrets.token_urlsafe(9)
            user.set_password(password)
            user.save()
        if made:
            Membership.objects.create(
                user=user, region=region, role=Role.HEAD_OFFICE if head_office else Role.REGIONAL_MANAGER
            )
        return {"username": username, "password": password, "role": role}

    def summary(self, done: dict[str, Any]) -> str:
        return "\n".join(
            f"{login['username']} ({login['role']}): {login['password'] or 'password unchanged'}"
            for login in done["logins"]
        )
