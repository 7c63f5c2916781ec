"""What the OpenAPI document says of the registry, controllers and events: all of it, and what is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from sites_app.models import Sensor
from tests import chain
from tests.caller import Caller, problem_of, writer

pytestmark = pytest.mark.django_db
TAGS = {"Registry", "Controllers", "Events"}
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer: dict[str, Any] = Client().get("/api/v1/schema").json()
    return answer


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if TAGS & set(operation.get("tags", ())):
                yield path, method, operation


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that is sent and answered as JSON, by what it is."""
    yield from (("body", content) for content in operation.get("requestBody", {}).get("content", {}).values())
    for status, answer in operation["responses"].items():
        yield from ((status, content) for content in answer.get("content", {}).values())


def test_all_is_described(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        said = [operation["summary"], operation["description"]]
        said += [answer["description"] for answer in operation["responses"].values()]
        said += [parameter.get("description") for parameter in operation.get("parameters", ())]
        assert all(said), (path, method, operation)


def test_every_field_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    seen: set[str] = set()

    def look(part: Any) -> None:
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                look(schemas[name])
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    for _, _, operation in operations(document):
        look(operation)
    assert len(seen) > 15
    missing = [
        f"{name}.{field}"
        for name in sorted(seen)
        for field, schema in schemas[name].get("properties", {}).items()
        if not schema.get("description") and not schema.keys() & {"$ref", "allOf"}
    ]
    assert not missing


def test_every_body_and_answer_has_an_example_that_is_as_described(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for what, content in contents(operation):
            examples = [example["value"] for example in content.get("examples", {}).values()]
            assert examples, (path, method, what)
            for example in examples:
                validator(document, content["schema"]).validate(example)


def test_every_method_says_how_it_refuses(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "406", "429"} <= statuses
        assert ("404" in statuses) == ("{" in path)
        assert ({"413", "415"} <= statuses) == (method in ("post", "put", "patch"))


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        if "post" in methods and "/xcs/" not in path:
            assert "Idempotency-Key" in {parameter["name"] for parameter in methods["post"]["parameters"]}, path


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
