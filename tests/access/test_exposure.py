"""What the outside reaches: each setting that can be wrong is told with a remedy, and production as it's described is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from django.core.checks import run_checks

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


def production(**given: str) -> dict[str, str]:
    """The environment of docker-compose.yml, with what an operator writes into .env."""
    written = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["web"]["environment"]
    environment = {}
    for name, value in written.items():
        variable, _, default = str(value).removeprefix("${").removesuffix("}").partition(":")
        environment[name] = given.get(variable, default.removeprefix("-")) if str(value).startswith("${") else value
    return {
        **environment,
        "XOVIS_DATABASE_URL": os.environ["XOVIS_DATABASE_URL"],
        "XOVIS_REDIS_URL": os.environ["XOVIS_REDIS_URL"],
    }


def test_production_as_compose_describes_it_passes_the_checks_of_deployment(tmp_path: Path) -> None:
    environment = production(
        XOVIS_SECRET_KEY="kd8$" + "0aZ9-_xY" * 8,
        XOVIS_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        XOVIS_PUBLIC_URL="https://stores.example.com",
        XOVIS_ALLOWED_HOSTS="stores.example.com",
        XOVIS_TRUSTED_PROXIES="172.18.0.0/16",
        XOVIS_EMAIL_URL="submission://user:password@mail.example.com",
    )
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    own = {"PATH": os.environ["PATH"], "XOVIS_DATA_DIR": str(tmp_path), **environment}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
