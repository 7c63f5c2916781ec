"""What all commands share: what was done in the last line, or with ``--json`` as one JSON object; errors in one line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError


class JsonCommand(BaseCommand):
    """A command whose ``run`` returns what it did.

    ``run`` returns an object for ``--json``; ``summary`` makes the last line of it. An object with a true ``failed``
    ends the command with exit code 1, after it was written.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="write one JSON object and nothing else")
        self.add_options(parser)

    def add_options(self, parser: ArgumentParser) -> None:
        """The command's own arguments."""

    def run(self, **options: Any) -> dict[str, Any]:
        """Do it."""
        raise NotImplementedError

    def summary(self, done: dict[str, Any]) -> str:
        """What was done, in one line."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json: bool = options["json"]
        done = self.run(**options)
        if self.as_json:
            self.stdout.write(msgspec.json.encode(done).decode())
        else:
            self.stdout.write(self.summary(done))
        if done.get("failed"):
            raise CommandError(self.failure(done), returncode=1)

    def failure(self, done: dict[str, Any]) -> str:
        """Why the command ends with 1, in one line."""
        return f"{done['failed']} failed."

    def note(self, text: str) -> None:
        """A line for a person on the way; nothing with ``--json``."""
        if not self.as_json:
            self.stdout.write(text)
