"""The texts that people see, as they stand in code and templates and as models and sentences hold them."""

from __future__ import annotations

import ast
import io
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.extract import extract
from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation.template import templatize

from ingest.sentences import SENTENCES as OF_CONTROLLERS
from sites_app.onboarding.sentences import SENTENCES as OF_CELLS
from sites_app.wording import texts_of

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ["sites_app", "ingest", "reports", "alerts", "portal", "xovis_platform", "templates"]
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)  # to Python it would mean something
_KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
}


def files(ending: str) -> list[Path]:
    """The files of the house that end so."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FLOORS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if name.endswith(ending) and (ROOT / name).exists()]


def marked() -> Iterator[str]:
    """What is marked to be translated; of a plural its singular."""
    for path in files(".py"):
        yield from _of_python(path.read_text())
    for path in [*files(".html"), *files(".txt")]:
        yield from _of_python(_INDENT.sub("", templatize(path.read_text())))


def _of_python(code: str) -> Iterator[str]:
    for _, text, _, _ in extract("python", io.BytesIO(code.encode()), keywords=_KEYWORDS):
        yield text if isinstance(text, str) else text[0]


def held() -> Iterator[str]:
    """What models, controllers' errors and cells of a CSV say."""
    yield from OF_CONTROLLERS
    yield from OF_CELLS
    for app in ("sites_app", "ingest", "alerts"):
        for model in apps.get_app_config(app).get_models():
            if isinstance(model._meta.verbose_name, Promise):
                yield from texts_of(model)


def raised(folder: str, calls: Mapping[str, int]) -> Iterator[str]:
    """The sentences that these errors, functions or methods are given as the argument at this place, each place filled
    with ``x``; what stands in a constant of the module's counts, too.
    """
    for path in files(".py"):
        if path.is_relative_to(ROOT / folder):
            module = ast.parse(path.read_text())
            constants = dict(_constants(module))
            for node in ast.walk(module):
                if isinstance(node, ast.Call) and len(node.args) > (place := calls.get(_called(node.func), 99)):
                    given = node.args[place]
                    yield from _literal(constants.get(given.id, given) if isinstance(given, ast.Name) else given)


def _constants(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _literal(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
