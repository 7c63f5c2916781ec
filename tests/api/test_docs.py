"""Every call of ``docs/api.md`` and ``docs/webhooks.md`` does what the page says, against a running platform."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.api.running import Platform, environment, workers

pytestmark = pytest.mark.django_db
PAGE, WEBHOOKS = Path("docs/api.md"), Path("docs/webhooks.md")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: Path, wanted: str = r"\w+") -> list[str]:
    return [match[2] for match in _BLOCK.finditer(page.read_text()) if re.fullmatch(wanted, match[1])]


SHELL, PYTHON = blocks_of(PAGE, "sh"), blocks_of(PAGE, "python")


def run(command: list[str], platform: Platform, folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(platform), capture_output=True, text=True, errors="replace", timeout=60
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page_has_nothing_but_what_is_run_here() -> None:
    for page in (PAGE, WEBHOOKS):
        known = len(blocks_of(page, "text|sh|python"))
        assert known == len(blocks_of(page)) == page.read_text().count("\n```") // 2
        assert [code for code in blocks_of(page, "text") if "/api/" in code] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.parametrize(
    "code", [*SHELL, *blocks_of(WEBHOOKS, "sh")], ids=lambda code: re.findall(r"/api/v1/[\w/]+", code)[0]
)
def test_a_call_by_curl_is_answered(platform: Platform, tmp_path: Path, code: str) -> None:
    answer = run(["/bin/sh", "-ec", code], platform, tmp_path)
    files = list(tmp_path.iterdir())
    assert answer or [file for file in files if file.stat().st_size]
    if "/reports/" in code and not files:
        assert '"rows":[{' in answer.replace(" ", ""), "the report is empty"


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: re.findall(r"/api/v1/[\w/]+", code)[-1])
def test_a_program_does_what_it_says(platform: Platform, tmp_path: Path, code: str) -> None:
    with workers() if "/exports" in code else nullcontext():
        run([sys.executable, "-c", code], platform, tmp_path)
    assert "/exports" not in code or (tmp_path / "occupancy.parquet").read_bytes()[:4] == b"PAR1"


def test_the_receiver_of_webhooks_takes_each_message_once_and_nothing_forged() -> None:
    [code] = blocks_of(WEBHOOKS, "python")
    secret, handled, seen = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", list[Any](), set[str]()
    names: dict[str, Any] = {
        "__name__": __name__,
        "SECRET": secret,
        "is_new": lambda message: not (message in seen or seen.add(message)),  # type: ignore[func-returns-value]
        "handle": lambda *event: handled.append(event),
    }
    exec(code, names)
    receiver, now, body = names["app"].test_client(), datetime.now(UTC), '{"type": "alert.opened", "data": {"id": 1}}'
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    signed = {**headers, "webhook-signature": Webhook(secret).sign("msg_1", now, body)}
    for _ in range(2):
        assert receiver.post("/hooks/stores", data=body, headers=signed).status_code == 204
    assert handled == [("alert.opened", {"id": 1})]
    assert (
        receiver.post("/hooks/stores", data=body, headers={**signed, "webhook-signature": "v1,AAAA"}).status_code == 401
    )
