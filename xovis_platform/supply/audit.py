"""``python -m xovis_platform.supply.audit [--strict]``: whether a locked version is known to be vulnerable.

A finding ends it with 1. A registry that has no advisories to tell isn't a clean result: the last line says what wasn't
audited and why, and with ``--strict`` that ends it with 1, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300


@dataclass(frozen=True)
class Audit:
    """What an auditor has said: of how many packages it knows anything, and what is wrong with which."""

    what: str
    packages: int = 0
    known: int = 0
    findings: list[str] = field(default_factory=list)
    silent: str = ""
    """Why packages weren't audited; empty where all were."""

    def __str__(self) -> str:
        if not self.known and self.silent:
            return f"{self.what} NOT AUDITED ({self.silent})"
        told = f"{self.what} {self.known} of {self.packages} packages audited, {len(self.findings)} findings"
        return f"{told} ({self.silent})" if self.silent else told


def python_audit(lock: Path, *options: str) -> Audit:
    """What pip-audit knows of the locked packages. One is asked for first: an index that doesn't answer isn't asked for all."""
    requirements = split(lock.read_text())
    first = _ask_pip_audit(requirements[:1], options)
    return first if first.silent else _ask_pip_audit(requirements, options)


def split(lock: str) -> list[str]:
    """The lock's requirements, each with its hashes."""
    found: list[str] = []
    for line in lock.splitlines():
        if line and not line.startswith(("#", " ")):
            found.append(line)
        elif found and line.strip() and not line.strip().startswith("#"):
            found[-1] += f"\n{line}"
    return found


def _ask_pip_audit(requirements: Sequence[str], options: Sequence[str]) -> Audit:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(requirements) + "\n")
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "-r", file.name, "--disable-pip", "--progress-spinner", "off"]
        return read_pip_audit(*_run([*command, "-f", "json", *options]))


def read_pip_audit(output: str, errors: str) -> Audit:
    """What its JSON says. It calls a package that the index doesn't know of "skipped", and the whole clean."""
    try:
        told = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return Audit("Python", silent=_last_line(errors))
    findings = [
        f"{item['name']} {item['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for item in told
        for flaw in item.get("vulns", ())
    ]
    skipped = sum("skip_reason" in item for item in told)
    silent = f"the index tells nothing of {'any' if skipped == len(told) else skipped}" if skipped else ""
    return Audit("Python", len(told), len(told) - skipped, findings, silent)


def npm_audit(folder: Path, *options: str) -> Audit:
    """What npm's own audit knows of the locked packages."""
    try:
        output, errors = _run(["npm", "audit", "--json", "--package-lock-only", *options], folder)
    except FileNotFoundError:
        return Audit("npm", silent="there is no npm on this machine")
    packages = len(json.loads((folder / "package-lock.json").read_text())["packages"]) - 1
    return read_npm_audit(output, errors, packages)


def read_npm_audit(output: str, errors: str, packages: int) -> Audit:
    """What its JSON says."""
    try:
        told: dict[str, Any] = json.loads(output)
    except ValueError:
        return Audit("npm", silent=_last_line(errors))
    if "vulnerabilities" not in told:
        status = told.get("statusCode")
        return Audit("npm", silent=f"the registry answers {status}" if status else "the registry doesn't answer")
    findings = [f"{name}: {flaw['severity']}, {flaw['range']}" for name, flaw in told["vulnerabilities"].items()]
    return Audit("npm", packages, packages, findings)


def _run(command: Sequence[str], folder: Path = ROOT) -> tuple[str, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.stdout, done.stderr


def _last_line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it said nothing"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="xovis_platform.supply.audit", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="end with 1 also where something couldn't be audited")
    parser.add_argument("--osv-url", help="ask this server of the OSV API for Python's, not the index")
    parser.add_argument("--npm-registry", help="ask this registry for npm's")
    asked = parser.parse_args(arguments)
    audits = [
        python_audit(ROOT / "requirements.lock", *(["-s", "osv", "--osv-url", asked.osv_url] if asked.osv_url else [])),
        npm_audit(ROOT, *(["--registry", asked.npm_registry] if asked.npm_registry else [])),
    ]
    for audit in audits:
        for finding in audit.findings:
            print(f"{audit.what}: {finding}")
    print("Audit: " + "; ".join(str(audit) for audit in audits) + ".")
    found = any(audit.findings for audit in audits)
    return 1 if found or (asked.strict and any(audit.silent for audit in audits)) else 0


if __name__ == "__main__":
    sys.exit(main())
