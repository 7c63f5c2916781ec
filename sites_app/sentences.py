"""Sentences that are stored and sent in English, told to people in their own language.

A stored sentence is known again by its template, ``{host} refused the connection``, and what stood in the places is put
into the template's translation. So what is stored stays the same for all who read it, and old rows speak, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext

_PLACE = re.compile(r"\\\{(\w+)\\\}")


class Sentences:
    """Templates that lead from a sentence to its translation. What stands in a place may be a sentence itself."""

    def __init__(self, *templates: str) -> None:
        self._patterns = {template: _pattern(template) for template in templates}

    def __iter__(self) -> Iterator[str]:
        return iter(self._patterns)

    def spoken(self, text: str) -> str:
        """The sentence in the language of whoever reads it; one that isn't known as it is."""
        for template, pattern in self._patterns.items():
            if found := pattern.fullmatch(text):
                places = {name: self.spoken(value) for name, value in found.groupdict().items() if value != text}
                return gettext(template).format(**places)
        return text

    def knows(self, text: str) -> bool:
        """Whether it's told by one of the templates."""
        return any(pattern.fullmatch(text) for pattern in self._patterns.values())


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.*?)", re.escape(template)), re.DOTALL)
