"""``python -m xovis_platform.messages``: the texts in other languages, compiled where they have changed."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[1] / "locale"


def compile_messages(folder: Path = LOCALE) -> list[Path]:
    """What was compiled."""
    stale = [source for source in sorted(folder.glob("*/LC_MESSAGES/*.po")) if _is_stale(source)]
    for source in stale:
        _compile(source)
    return stale


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> None:
    made = io.BytesIO()
    with source.open("rb") as file:
        write_mo(made, read_po(file, locale=source.parts[-3]))
    # Put there whole: another process may be reading.
    beside = source.with_suffix(".mo.new")
    beside.write_bytes(made.getvalue())
    beside.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    compile_messages()
