"""What the environment gives: a value, or in ``NAME_FILE`` the file that holds it, as containers are handed secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from xovis_platform.stack.errors import StackError

PREFIX, SUFFIX = "XOVIS_", "_FILE"


def given(name: str, environment: Mapping[str, str]) -> str:
    """The value of a variable, or what its file holds; empty where neither is given. Raises StackError that names the file."""
    path = environment.get(name + SUFFIX)
    if not path:
        return environment.get(name, "")
    if fault := _fault(name + SUFFIX, path):
        raise StackError(fault)
    return Path(path).read_text().strip()


def unusable_files(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each file that is named and can't be used, with the remedy."""
    named = [(name, path) for name, path in sorted(environment.items()) if path and _names_a_file(name)]
    return [fault for name, path in named if (fault := _fault(name, path))]


def _names_a_file(variable: str) -> bool:
    return variable.startswith(PREFIX) and variable.endswith(SUFFIX)


def _fault(variable: str, path: str) -> str:
    try:
        content = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it isn't text"
    else:
        reason = "" if content else "it is empty"
    plain = variable.removesuffix(SUFFIX)
    return (
        f"{variable} names {path}, which can't be used ({reason}): put the value in it, or set {plain}."
        if reason
        else ""
    )
