"""``manage.py create_api_key NAME [--region CODE]… [--scope read|write]… [--expires DATE]``."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from sites_app.management.base import JsonCommand
from sites_app.models import ApiKey, Region


class Command(JsonCommand):
    help = "Make an API key. It's shown once, here; only its hash is stored."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what it is for")
        parser.add_argument(
            "--region",
            action="append",
            default=[],
            metavar="CODE",
            help="sees stores of it and under it (default: all)",
        )
        parser.add_argument("--scope", action="append", default=[], choices=ApiKey.Scope.values, help="default: read")
        parser.add_argument("--expires", metavar="DATE", help="the last day on which it works (UTC)")

    def run(self, **options: Any) -> dict[str, Any]:
        scopes = sorted(set(options["scope"])) or [ApiKey.Scope.READ.value]
        regions = list(Region.objects.filter(code__in=options["region"]))
        missing = set(options["region"]) - {region.code for region in regions}
        if missing:
            raise CommandError(f"--region: there is no region '{min(missing)}'.")
        key, plain = ApiKey.generate(options["name"], scopes=scopes, expires_at=_end_of(options["expires"]))
        try:
            key.full_clean()
        except ValidationError as error:
            raise CommandError(
                " ".join(f"{field}: {' '.join(told)}" for field, told in error.message_dict.items())
            ) from error
        with transaction.atomic():
            key.save()
            key.regions.set(regions)
        return {"name": key.name, "key": plain, "scopes": scopes, "regions": sorted(region.code for region in regions)}

    def summary(self, done: dict[str, Any]) -> str:
        return f"API key '{done['name']}' ({', '.join(done['scopes'])}), not shown again: {done['key']}"


def _end_of(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--expires: '{text}' is not a date such as 2027-01-31.") from error
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    if end <= datetime.now(UTC):
        raise CommandError(f"--expires: {text} lies in the past.")
    return end
