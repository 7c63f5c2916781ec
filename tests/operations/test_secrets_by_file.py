"""Every secret setting can come as a file, as containers are handed them; one that can't be read is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.running import ROOT, environment_of
from xovis_platform.stack.errors import StackError
from xovis_platform.stack.given import given, unusable_files

FIRST, SECOND = "a" * 43 + "=", "b" * 43 + "="
SECRETS = {
    "XOVIS_SECRET_KEY": "signs-everything",
    "XOVIS_SECRET_KEY_FALLBACKS": "signed-before",
    "XOVIS_ENCRYPTION_KEYS": f"{FIRST}\n{SECOND}",
    "XOVIS_DATABASE_URL": "postgresql://who:pass-of-the-database@db.example:5433/chain",
    "XOVIS_REDIS_URL": "redis://:pass-of-the-broker@redis.example:6380/3",
    "XOVIS_EMAIL_URL": "submission://who:pass-of-the-mail@mail.example:587",
}
SHOW = """
import json
from django.conf import settings as s
database = s.DATABASES["default"]
print(json.dumps([s.SECRET_KEY, s.SECRET_KEY_FALLBACKS, s.ENCRYPTION_KEYS, database["PASSWORD"], database["PORT"],
                  s.CELERY_BROKER_URL, s.CACHES["default"]["LOCATION"], s.EMAIL_HOST_PASSWORD, s.EMAIL_HOST]))
"""


def django(data_dir: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own with these variables and none of the tests'."""
    environment = {**environment_of(data_dir), "DJANGO_SETTINGS_MODULE": "xovis_platform.settings", **variables}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)


def files_of(folder: Path) -> dict[str, str]:
    """A file for each secret, with the end of line that editors leave."""
    for name, value in SECRETS.items():
        (folder / name).write_text(f"{value}\n")
    return {f"{name}_FILE": str(folder / name) for name in SECRETS}


def test_every_secret_setting_is_read_from_its_file(tmp_path: Path) -> None:
    done = django(tmp_path, "-c", SHOW, **files_of(tmp_path))
    assert json.loads(done.stdout or "[]") == [
        *("signs-everything", ["signed-before"], [FIRST, SECOND], "pass-of-the-database", 5433),
        *(SECRETS["XOVIS_REDIS_URL"], SECRETS["XOVIS_REDIS_URL"], "pass-of-the-mail", "mail.example"),
    ], done.stderr


def test_keys_may_stand_behind_a_comma_and_a_space(tmp_path: Path) -> None:
    code = "from django.conf import settings; print(settings.ENCRYPTION_KEYS)"
    assert django(tmp_path, "-c", code, XOVIS_ENCRYPTION_KEYS=f"{FIRST}, {SECOND}").stdout.strip() == str(
        [FIRST, SECOND]
    )


@pytest.mark.parametrize("name", SECRETS)
def test_a_file_that_is_missing_is_named_with_its_variable(name: str, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    done = django(tmp_path, "manage.py", "check", **{f"{name}_FILE": str(missing)})
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line == (
        f"{name}_FILE names {missing}, which can't be used (No such file or directory): put the value in it, or set {name}."
    )


@pytest.mark.parametrize(("content", "reason"), [(b" \n", "it is empty"), (b"\xff\xfe", "it isn't text")])
def test_a_file_without_a_value_is_no_secret(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    [told] = unusable_files({"XOVIS_SECRET_KEY_FILE": str(file), "OTHER_FILE": "/nowhere"})
    assert f"names {file}, which can't be used ({reason})" in told


def test_the_stack_takes_its_services_from_files_as_well(tmp_path: Path) -> None:
    variables = files_of(tmp_path)
    assert given("XOVIS_DATABASE_URL", variables) == SECRETS["XOVIS_DATABASE_URL"]
    assert given("XOVIS_DATABASE_URL", {}) == ""
    (tmp_path / "XOVIS_DATABASE_URL").unlink()
    with pytest.raises(StackError, match=r"XOVIS_DATABASE_URL_FILE names .*, which can't be used"):
        given("XOVIS_DATABASE_URL", variables)


@pytest.mark.parametrize("name", ["XOVIS_DATABASE_URL", "XOVIS_EMAIL_URL", "XOVIS_REDIS_URL", "XOVIS_ENCRYPTION_KEYS"])
def test_a_secret_that_is_malformed_is_not_told(name: str, tmp_path: Path) -> None:
    for value in ("nothing://who:planted-pass@host:port/x", "planted-pass"):
        done = django(tmp_path, "manage.py", "check", **{name: value})
        assert "planted-pass" not in done.stdout + done.stderr, done.stderr[-600:]
