"""deploy/kubernetes runs the same commands as docker-compose.yml, by Kubernetes' own schemas, and as tightly."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.operations.compose import read
from tests.stack.running import ROOT
from xovis_platform.stack import plan
from xovis_platform.stack.make_secrets import make

FOLDER = ROOT / "deploy" / "kubernetes"
BASE = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
RESOURCES: list[dict[str, Any]] = [
    resource for name in BASE["resources"] for resource in yaml.safe_load_all((FOLDER / name).read_text())
]
NAMES = [f"{resource['kind']} {resource['metadata']['name']}" for resource in RESOURCES]
PODS: dict[str, Any] = {
    resource["metadata"]["name"]: resource["spec"]["template"]["spec"]
    for resource in RESOURCES
    if resource["kind"] in ("Deployment", "Job")
}
SERVICES = read()["services"]
SERVERS = ("web", "landing", "stream")


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item for item in RESOURCES if item["kind"] == kind}


def test_all_files_are_in_the_base() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*BASE["resources"], "kustomization.yaml"}
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("number", range(len(RESOURCES)), ids=NAMES)
def test_it_follows_the_schema(number: int) -> None:
    # Typing errors are no errors to the cluster: strictly, an unknown field is one.
    kubernetes_validate.validate(RESOURCES[number], "1.33", strict=True)


def test_a_typing_error_is_found() -> None:
    wrong = {**RESOURCES[0], "dta": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.33", strict=True)


def test_it_runs_what_compose_runs_and_nothing_else() -> None:
    commands = {name: pod["containers"][0]["command"] for name, pod in PODS.items()}
    assert commands == {name: SERVICES[name]["command"] for name in (*plan.production(), "prepare")}


@pytest.mark.parametrize("name", sorted(PODS))
def test_each_has_composes_variables_volumes_and_limits(name: str) -> None:
    container, service = PODS[name]["containers"][0], SERVICES[name]
    own = {item["name"]: item["value"] for item in container.get("env", [])}
    assert {**of_kind("ConfigMap")["xovis"]["data"], **own} == service["environment"]
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted == {
        "/run/secrets",
        *service["tmpfs"],
        *(volume.partition(":")[2] for volume in service.get("volumes", [])),
    }
    limits, composed = container["resources"]["limits"], service["deploy"]["resources"]["limits"]
    assert limits["memory"].removesuffix("i") == composed["memory"]
    assert in_cores(limits["cpu"]) == float(composed["cpus"])
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}


def in_cores(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


@pytest.mark.parametrize("name", sorted(PODS))
def test_no_container_can_do_more_than_it_must(name: str) -> None:
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == SERVICES[name]["user"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_secrets_are_named_and_never_there() -> None:
    assert not of_kind("Secret")
    for pod in PODS.values():
        assert {"name": "secrets", "secret": {"secretName": "xovis", "defaultMode": 0o440}} in pod["volumes"]


def test_each_secret_that_is_read_is_one_that_is_made(tmp_path: Any) -> None:
    made = set(make(tmp_path))
    data = of_kind("ConfigMap")["xovis"]["data"]
    assert {value.rpartition("/")[2] for name, value in data.items() if name.endswith("_FILE")} < made


@pytest.mark.parametrize("name", sorted(set(PODS) - {"prepare", "beat"}))
def test_its_health_is_looked_at(name: str) -> None:
    container = PODS[name]["containers"][0]
    if name in SERVERS:
        assert {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")} == {
            "/healthz"
        }
    else:
        looked = ["sh", "-c", SERVICES[name]["healthcheck"]["test"][1]]
        assert container["livenessProbe"]["exec"]["command"] == container["startupProbe"]["exec"]["command"] == looked


def test_what_answers_is_never_all_away_at_once() -> None:
    for name in (*SERVERS, "beat"):
        assert of_kind("Deployment")[name]["spec"]["replicas"] >= 2
        budget = of_kind("PodDisruptionBudget")[name]["spec"]
        assert budget["minAvailable"] == 1
        assert budget["selector"] == of_kind("Deployment")[name]["spec"]["selector"]


def test_every_selector_finds_its_pods() -> None:
    for deployment in of_kind("Deployment").values():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert labels == deployment["spec"]["selector"]["matchLabels"]
    for name in SERVERS:
        assert of_kind("Service")[name]["spec"]["selector"] == {"app": "xovis", "part": name}


def test_the_way_in_is_the_proxys() -> None:
    paths = of_kind("Ingress")["xovis"]["spec"]["rules"][0]["http"]["paths"]
    ways = {path["path"]: path["backend"]["service"]["name"] for path in paths}
    assert ways["/ingest/"] == "landing"
    assert ways["/api/v1/live/stream"] == "stream"
    # These end where nothing knows them.
    assert (ways["/metrics"], ways["/readyz"], ways["/"]) == ("landing", "landing", "web")


def test_polling_grows_with_the_chain() -> None:
    scaler = of_kind("HorizontalPodAutoscaler")["poll"]["spec"]
    assert scaler["scaleTargetRef"]["name"] in of_kind("Deployment")
    assert "replicas" not in of_kind("Deployment")["poll"]["spec"]
    assert scaler["minReplicas"] < scaler["maxReplicas"]
