"""What the OpenAPI document says of the registry, controllers and events is true."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from sites_app.models import Sensor
from tests import chain
from tests.caller import Caller, problem_of, writer

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer: dict[str, Any] = Client().get("/api/v1/schema").json()
    return answer


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def answered(document: dict[str, Any], path: str, method: str, status: str, answer: Any) -> None:
    content = document["paths"][f"/api/v1/{path}"][method]["responses"][status]["content"]
    validator(document, next(iter(content.values()))["schema"]).validate(answer)


@pytest.fixture
def caller() -> Caller:
    controller = chain.controller(chain.store("S1"))
    chain.zone(controller, "door", "entrance")
    Sensor.objects.create(controller=controller, sensor_id="80:1F")
    return writer()


@pytest.mark.parametrize("path", ["regions", "stores", "controllers", "sensors", "zones", "events"])
def test_lists_are_as_described(document: dict[str, Any], caller: Caller, path: str) -> None:
    page = caller.get(path, limit=1)
    assert page["results"] or path == "events"
    answered(document, path, "get", "200", page)
    described = {parameter["name"] for parameter in document["paths"][f"/api/v1/{path}"]["get"]["parameters"]}
    known = caller.problem(path, zzzzzz="1")["detail"].partition("known are ")[2].rstrip(".")
    assert described - {"If-None-Match"} == set(known.split(", "))


def test_what_is_sent_as_in_the_examples_is_taken(document: dict[str, Any], caller: Caller) -> None:
    chain.region("Europe/Germany")
    for path in ("regions", "stores", "controllers"):
        body = document["paths"][f"/api/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]
        (example,) = (example["value"] for example in body["examples"].values())
        example = {**example, "code": "x"} if path == "regions" else example
        example = {**example, "name": "X"} if path == "regions" else example
        response = caller.send("post", path, example)
        assert response.status_code == 201, response.content
        answered(document, path, "post", "201", response.json())


def test_problems_are_as_described(document: dict[str, Any], caller: Caller) -> None:
    answered(document, "stores", "post", "400", problem_of(caller.send("post", "stores", {"x": 1}), 400))
    answered(
        document, "stores", "post", "415", problem_of(caller.send("post", "stores", b"x", content_type="x/y"), 415)
    )
    answered(document, "stores/{code}", "get", "404", caller.problem("stores/none", status=404))
    bad = caller.send("post", "stores/import", b"store_code\nx", content_type="text/csv")
    answered(document, "stores/import", "post", "400", problem_of(bad, 400))
