"""What the outside reaches: each setting that can be wrong is told with a remedy, and production as it's described is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from tests.operations.compose import read
from xovis_platform.stack.make_secrets import make

ROOT = Path(__file__).parents[2]
RIGHT = {
    "PUBLIC_URL": "https://stores.example.com",
    "ALLOWED_HOSTS": ["stores.example.com"],
    "TRUSTED_PROXIES": ["10.0.0.0/8"],
    "SESSION_COOKIE_SECURE": True,
    "SECURE_HSTS_SECONDS": 3600,
    "SECURE_SSL_REDIRECT": True,
    "MFA_REQUIRED": "staff",
    "OIDC_URL": "https://id.example.com",
    "OIDC_CLIENT_ID": "xovis",
    "OIDC_CLIENT_SECRET": "s",
    "OIDC_GROUPS": {"Ops": {"role": "installer", "regions": ["europe"]}, "Head": {"role": "head_office"}},
}


def told(settings: Any, **changed: Any) -> list[str]:
    """The ids of what is told of these settings; each has a remedy."""
    for name, value in {**RIGHT, **changed}.items():
        setattr(settings, name, value)
    ours = [one for one in run_checks() if str(one.id).startswith(("xovis.E01", "xovis.W01"))]
    assert all(one.hint for one in ours)
    return sorted(str(one.id) for one in ours)


def test_what_is_right_is_told_nothing(settings: Any) -> None:
    assert told(settings) == []


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({"ALLOWED_HOSTS": ["localhost"]}, ["xovis.E010"]),
        ({"PUBLIC_URL": "http://stores.example.com"}, ["xovis.W010"]),
        ({"TRUSTED_PROXIES": []}, ["xovis.W011"]),
        ({"SESSION_COOKIE_SECURE": False}, ["xovis.W012"]),
        ({"SECURE_HSTS_SECONDS": 0}, ["xovis.W013"]),
        ({"SECURE_SSL_REDIRECT": False}, ["xovis.W013"]),
        ({"TRUSTED_PROXIES": ["the-proxy"]}, ["xovis.E011"]),
        ({"TRUSTED_PROXIES": ["10.0.0.1/8"]}, ["xovis.E011"]),
        ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, ["xovis.W014"]),
        ({"MFA_REQUIRED": ""}, ["xovis.W015"]),
        ({"OIDC_CLIENT_SECRET": ""}, ["xovis.E012"]),
        ({"OIDC_URL": "http://id.example.com"}, ["xovis.E013"]),
        ({"OIDC_GROUPS": ["Ops"]}, ["xovis.E014"]),
        ({"OIDC_GROUPS": {"Ops": {"role": "boss"}}}, ["xovis.E014"]),
        ({"OIDC_GROUPS": {"Ops": {"role": "auditor", "regions": "europe"}}}, ["xovis.E014"]),
        ({"OIDC_GROUPS": {"Ops": {"role": "head_office", "regions": ["europe"]}}}, ["xovis.E014"]),
        ({"OIDC_GROUPS": {"Ops": {"role": "store_manager"}}}, ["xovis.E014"]),
    ],
)
def test_what_is_wrong_is_told(settings: Any, changed: dict[str, Any], ids: list[str]) -> None:
    assert told(settings, **changed) == ids


def test_a_demo_at_home_is_told_nothing(settings: Any) -> None:
    home = {"PUBLIC_URL": "http://127.0.0.1:8000", "MFA_REQUIRED": "", "TRUSTED_PROXIES": [], "OIDC_URL": ""}
    assert told(settings, **home) == []


def production(secrets: Path, **given: str) -> dict[str, str]:
    """The environment of docker-compose.yml, with what an operator writes into .env and the secrets that are made for it."""
    make(secrets)
    written: dict[str, str] = read(given)["services"]["web"]["environment"]
    files = {name: value.replace("/run/secrets", str(secrets)) for name, value in written.items()}
    own = ("XOVIS_DATABASE_URL", "XOVIS_REDIS_URL")
    return {**files, **{name: os.environ[name] for name in own}}


def test_production_as_compose_describes_it_passes_the_checks_of_deployment(tmp_path: Path) -> None:
    environment = production(tmp_path / "secrets", XOVIS_SITE="https://stores.example.com")
    (tmp_path / "metrics").mkdir()
    (tmp_path / "secrets" / "email_url").chmod(0o644)
    (tmp_path / "secrets" / "email_url").write_text("submission://user:password@mail.example.com")
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path / "metrics")
    for name in ("XOVIS_DATABASE_URL_FILE", "XOVIS_REDIS_URL_FILE"):
        del environment[name]
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    own = {"PATH": os.environ["PATH"], "XOVIS_DATA_DIR": str(tmp_path), **environment}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
