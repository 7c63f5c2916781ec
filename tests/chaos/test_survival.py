"""A minute of chaos; as much as one likes of it, and by another seed, is ``make chaos``."""

from __future__ import annotations

from tests.chaos.__main__ import main


def test_two_hundred_misbehaving_controllers_and_killed_processes_lose_double_and_hide_nothing() -> None:
    assert main(["--seconds", "60", "--seed", "7"]) == 0
