"""docker-compose.yml is what Compose takes, runs what the platform consists of, and gives away as little as it can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import compose_spec
import pytest

from tests.operations.compose import FILE, read
from xovis_platform.celery import QUEUES
from xovis_platform.stack import plan
from xovis_platform.stack.make_secrets import make

OWN = set(plan.production())
SERVICES: dict[str, Any] = read()["services"]


def tool_and_arguments(command: Any) -> list[str]:
    return [Path(command[0]).name, *command[1:]]


def test_it_follows_the_specification() -> None:
    compose_spec.PyCompose.from_json(json.dumps(read())).validate()
    with pytest.raises(Exception, match="comand"):
        compose_spec.PyCompose.from_json(json.dumps({"services": {"web": {"image": "x", "comand": ["y"]}}}))


@pytest.mark.parametrize("name", sorted(OWN))
def test_each_process_of_the_platform_is_a_service_with_its_command(name: str) -> None:
    assert SERVICES[name]["command"] == tool_and_arguments(plan.production()[name].command)


def test_nothing_else_of_the_platform_runs() -> None:
    others = {"postgres", "pgbouncer", "redis", "prepare", "caddy"}
    assert set(SERVICES) == OWN | others


def test_every_queue_has_a_worker_of_its_own() -> None:
    served = [name for name in QUEUES if SERVICES[name]["command"][SERVICES[name]["command"].index("-Q") + 1] == name]
    assert served == list(QUEUES)


def test_a_second_beat_stands_by() -> None:
    assert SERVICES["beat"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_container_can_do_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"prepare", "beat"}))
def test_its_health_is_looked_at(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]


def test_a_process_has_longer_to_end_than_its_longest_task_takes() -> None:
    for name, program in plan.production().items():
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > program.grace_s


def test_secrets_come_as_files_and_each_is_made() -> None:
    """None stands in the file, nor in a variable, which everybody sees who may look at a container."""
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert name.endswith("_FILE") or not any(word in name for word in ("PASSWORD", "SECRET", "KEY", "_URL_"))
        for name, value in service.get("environment", {}).items():
            if name.endswith("_FILE"):
                assert Path(value).name in service["secrets"]
    assert "DATABASE_URL: " not in FILE.read_text()


def test_secrets_are_made_once_and_are_nobody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = make(folder)
    assert set(made) == set(read()["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    before = {name: (folder / name).read_text() for name in made}
    (folder / "email_url").unlink()
    assert make(folder) == ["email_url"]
    assert {name: (folder / name).read_text() for name in made} == before
    password = before["postgres_password"].strip()
    assert before["database_url"].strip() == f"postgresql://xovis:{password}@pgbouncer:6432/xovis"


def test_secrets_are_in_no_commit_and_no_image() -> None:
    for name in (".gitignore", ".dockerignore"):
        assert "deploy/secrets" in (FILE.parent / name).read_text()
    assert all(Path(secret["file"]).parent.as_posix() == "deploy/secrets" for secret in read()["secrets"].values())


def test_what_must_be_given_is_asked_for() -> None:
    with pytest.raises(KeyError, match="XOVIS_SITE"):
        read({})
