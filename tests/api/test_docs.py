"""Every call of ``docs/api.md`` does what the page says, against a running platform."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.running import Platform, environment

pytestmark = pytest.mark.django_db
PAGE = Path("docs/api.md")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2]) for match in _BLOCK.finditer(PAGE.read_text())]
SHELL, PYTHON = ([code for language, code in BLOCKS if language == wanted] for wanted in ("sh", "python"))


def run(command: list[str], platform: Platform, folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(platform), capture_output=True, text=True, errors="replace", timeout=60
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page_has_nothing_but_what_is_run_here() -> None:
    assert {language for language, _ in BLOCKS} == {"text", "sh", "python"}
    assert len(BLOCKS) == PAGE.read_text().count("\n```") // 2
    assert [code for language, code in BLOCKS if language == "text" and "/api/" in code] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.parametrize("code", SHELL, ids=lambda code: re.findall(r"/api/v1/[\w/]+", code)[0])
def test_a_call_by_curl_is_answered(platform: Platform, tmp_path: Path, code: str) -> None:
    answer = run(["/bin/sh", "-ec", code], platform, tmp_path)
    files = list(tmp_path.iterdir())
    assert answer or [file for file in files if file.stat().st_size]
    if "/reports/" in code and not files:
        assert '"rows":[{' in answer.replace(" ", ""), "the report is empty"


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: re.findall(r"/api/v1/[\w/]+", code)[-1])
def test_a_program_does_what_it_says(platform: Platform, tmp_path: Path, code: str) -> None:
    run([sys.executable, "-c", code], platform, tmp_path)
