"""Alert rules and dashboard: they speak of metrics that there are, and wake somebody when they should."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from xovis_platform.metrics import asked, counted

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "xovis.json"

PROMTOOL = shutil.which("promtool")
without_promtool = pytest.mark.skipif(
    PROMTOOL is None and not os.environ.get("CI"), reason="no promtool on PATH (Debian's package prometheus has it)"
)


def names() -> set[str]:
    """Every name that a query may use."""
    found = {gauge.name for gauge in asked.ALL}
    for metric in counted.ALL:
        (family,) = metric.describe()
        suffixes = ("_total",) if family.type == "counter" else ("_bucket", "_count", "_sum")
        found |= {family.name + suffix for suffix in suffixes}
    return found


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def queries_of_the_dashboard() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


@pytest.mark.parametrize("query", [*(rule["expr"] for rule in rules()), *queries_of_the_dashboard()])
def test_a_query_asks_for_what_is_measured(query: str) -> None:
    assert set(re.findall(r"\bxovis_\w+", query)) <= names()


def test_the_dashboard_shows_all_that_is_measured() -> None:
    shown = set(re.findall(r"\bxovis_\w+", " ".join(queries_of_the_dashboard())))
    for metric in {re.sub("_(total|bucket|count|sum)$", "", name) for name in names()}:
        assert any(name.startswith(metric) for name in shown), metric


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_how_urgent_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert {"summary", "remedy"} == set(rule["annotations"])


@without_promtool
def test_the_rules_wake_somebody_when_they_should_and_nobody_else() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "tests/seeing/alerts_test.yml"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@without_promtool
def test_prometheus_can_read_its_configuration() -> None:
    configuration = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    done = subprocess.run(["promtool", "check", "config", str(configuration)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
