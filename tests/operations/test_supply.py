"""The audit of what is installed, by the real tools, asking registries of the tests' own; and the bill of materials."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.stack.running import ROOT
from xovis_platform.supply import audit, sbom

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm on this machine")
ADVISORY = {
    "id": "TEST-2026-1",
    "summary": "all is lost",
    "aliases": [],
    "affected": [
        {
            "package": {"name": "celery", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999.0"}]}],
        }
    ],
}
HTMX = {
    "htmx.org": [
        {
            "id": 1,
            "url": "https://example.org/1",
            "title": "all is lost",
            "severity": "high",
            "vulnerable_versions": "<999.0.0",
        }
    ]
}


@contextmanager
def registry(status: int, celery: list[Any], npm: dict[str, Any]) -> Iterator[str]:
    """A server that tells advisories as OSV's and npm's do, of one package each; gives its address."""

    class Telling(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            if self.path.startswith("/osv"):
                told: Any = {"vulns": celery} if asked["package"]["name"] == "celery" else {}
            else:
                told = npm
            self.answer(status, told)

        def do_GET(self) -> None:
            self.answer(404, {})

        def answer(self, code: int, told: Any) -> None:
            content = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def audited(url: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str]]:
    status = audit.main(["--osv-url", f"{url}/osv", "--npm-registry", f"{url}/npm/", *options])
    return status, capsys.readouterr().out.splitlines()


@needs_npm
def test_a_finding_of_either_kind_ends_it_with_one_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with registry(200, [ADVISORY], HTMX) as url:
        status, lines = audited(url, capsys)
    assert status == 1
    assert re.fullmatch(r"Python: celery [\d.]+: TEST-2026-1, fixed in 999.0", lines[0])
    assert lines[1].startswith("npm: htmx.org: high")
    assert re.fullmatch(
        r"Audit: Python (\d+) of \1 packages audited, 1 findings; npm (\d+) of \2 packages audited, 1 findings\.",
        lines[-1],
    )


@needs_npm
def test_where_nothing_is_known_all_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with registry(200, [], {}) as url:
        status, lines = audited(url, capsys, "--strict")
    assert (status, len(lines)) == (0, 1)
    assert lines[0].count("audited, 0 findings") == 2
    packages = int(re.findall(r"Python (\d+) of", lines[0])[0])
    locked = audit.split((ROOT / "requirements.lock").read_text())
    # Some are for other systems only.
    assert len([item for item in locked if " ; " not in item]) <= packages <= len(locked)


@needs_npm
@pytest.mark.parametrize(("options", "status"), [([], 0), (["--strict"], 1)])
def test_a_registry_that_refuses_is_told_and_is_no_clean_result(
    options: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with registry(405, [], {}) as url:
        told, lines = audited(url, capsys, *options)
    assert told == status
    assert lines[-1].count("NOT AUDITED") == 2
    assert "the registry answers 405" in lines[-1]


def test_packages_that_the_index_does_not_know_of_are_not_called_clean() -> None:
    known = {"name": "a", "version": "1", "vulns": []}
    unknown = {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited: b (1)"}
    some = audit.read_pip_audit(json.dumps({"dependencies": [known, unknown, known]}), "")
    assert str(some) == "Python 2 of 3 packages audited, 0 findings (the index tells nothing of 1)"
    none = audit.read_pip_audit(json.dumps({"dependencies": [unknown]}), "No known vulnerabilities found")
    assert str(none) == "Python NOT AUDITED (the index tells nothing of any)"


@needs_npm
def test_the_bill_of_materials_has_what_the_locks_have(tmp_path: Path) -> None:
    python, npm = (json.loads(path.read_text()) for path in sbom.write(tmp_path))
    assert (python["bomFormat"], npm["bomFormat"]) == ("CycloneDX", "CycloneDX")
    assert {item["name"] for item in npm["components"]} == {"axe-core", "echarts", "htmx.org", "tslib", "zrender"}
    locked = [re.split(r"[=; ]", line)[0] for line in audit.split((ROOT / "requirements.lock").read_text())]
    assert sorted(item["name"] for item in python["components"]) == sorted(locked)
    assert all(item.get("version") for item in python["components"])


def test_both_locks_are_of_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert json.loads((ROOT / "package.json").read_text())["version"] == project
    assert json.loads((ROOT / "package-lock.json").read_text())["packages"][""]["version"] == project
