"""The OpenAPI document is complete: every endpoint, and of each all that may be sent to it and answered, to the last field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator

import portal.doors
import portal.urls
from alerts.models import EventType

pytestmark = pytest.mark.django_db
Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
ELSEWHERE: dict[str, set[str]] = {
    "pages for people": {
        str(page.name)
        for page in (*portal.urls.urlpatterns, *portal.doors.urlpatterns)
        if isinstance(page, URLPattern) and page.name
    },
    "the document itself, and its page": {"schema", "api-docs"},
    "what no endpoint of the façade answers": {"xcs-chain-nothing", "xcs-store-nothing"},
}
FOR_OPERATORS = {"/healthz", "/readyz", "/metrics", "/favicon.ico"}
BINARY = re.compile(r"parquet|spreadsheet|octet-stream")


@pytest.fixture(scope="module")
def document() -> Json:
    answer: Json = Client().get("/api/v1/schema").json()
    return answer


def served(of: Any = None, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """All addresses but the admin's, with what answers there."""
    for pattern in (of or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            path = simplify_regex(prefix + str(pattern.pattern)).rstrip("/")
            yield re.sub(r"<\w+>", "{}", path), pattern
        elif isinstance(pattern, URLResolver) and pattern.app_name != "admin":
            yield from served(pattern, prefix + str(pattern.pattern))


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """All of them by name; also those that others have, who are sent webhooks."""
    for part in ("paths", "webhooks"):
        for path, methods in document[part].items():
            for method, operation in methods.items():
                yield f"{method} {path}", operation


def own(document: Json) -> Iterator[tuple[str, Json]]:
    """Those of the platform's own API: not the façade, which answers as a controller does, nor what controllers send."""
    return ((name, operation) for name, operation in operations(document) if " /api/v1/" in name)


def contents(operation: Json) -> Iterator[tuple[str, Json]]:
    """All that is sent and answered, by what it is and its media type."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"body {kind}", content
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            yield f"{status} {kind}", content


def is_typed(schema: Json) -> bool:
    return bool(schema.keys() & {"type", "$ref", "allOf", "oneOf", "anyOf", "enum"})


def test_every_endpoint_is_in_it(document: Json) -> None:
    known = set().union(*ELSEWHERE.values())
    missing = set()
    for path, pattern in served():
        view: Any = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        if pattern.name in known or path in FOR_OPERATORS:
            continue
        allowed = set(METHODS) & set(view.http_method_names)
        missing |= {(method, path) for method in allowed if hasattr(view, method)}
    described = {
        (method, re.sub(r"\{\w+\}", "{}", path)) for path, methods in document["paths"].items() for method in methods
    }
    assert missing == described
    assert len(described) > 70


def test_the_other_addresses_are_still_there(document: Json) -> None:
    names = {pattern.name for _, pattern in served()}
    assert set().union(*ELSEWHERE.values()) <= names
    assert {path for path, pattern in served() if pattern.name is None} == FOR_OPERATORS


def test_every_operation_says_what_it_does(document: Json) -> None:
    ids = [operation["operationId"] for name, operation in operations(document) if "/" in name]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        assert all(answer["description"] for answer in operation["responses"].values()), name


def test_every_parameter_is_described_typed_and_shown_where_it_is_not_obvious(document: Json) -> None:
    faults = []
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            within = schema.get("items", schema)
            obvious = (
                within.get("type") != "string" or within.keys() & {"format", "enum"} or parameter["in"] == "header"
            )
            shown = obvious or parameter.keys() & {"example", "examples"}
            if not (parameter.get("description") and is_typed(schema) and is_typed(within) and shown):
                faults.append((name, parameter["name"]))
    assert faults == []


def test_every_field_is_described_and_typed(document: Json) -> None:
    schemas = document["components"]["schemas"]
    faults = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if not (described.get("description") and is_typed(described) and is_typed(described.get("items", described)))
    ]
    assert faults == []
    objects = {name: schema for name, schema in schemas.items() if schema.get("type") == "object"}
    assert [
        name for name, schema in objects.items() if not (schema.get("description") and schema.get("properties"))
    ] == []
    assert len(objects) > 80


def test_nothing_is_described_that_is_nowhere(document: Json) -> None:
    named, new = (
        set[str](),
        set(re.findall(r"#/components/schemas/(\w+)", str([document["paths"], document["webhooks"]]))),
    )
    while new:
        named |= new
        told = str([document["components"]["schemas"][name] for name in new])
        new = set(re.findall(r"#/components/schemas/(\w+)", told)) - named
    assert named == document["components"]["schemas"].keys()


def test_everything_sent_and_answered_has_a_schema_and_an_example_that_is_as_described(document: Json) -> None:
    for name, operation in operations(document):
        for what, content in contents(operation):
            assert is_typed(content["schema"]), (name, what)
            if BINARY.search(what):
                continue
            examples = [example["value"] for example in content.get("examples", {}).values()]
            assert examples, (name, what)
            whole = {**content["schema"], "components": document["components"]}
            for example in examples:
                Draft202012Validator(whole).validate(example)


def test_every_operation_says_how_it_succeeds(document: Json) -> None:
    for name, operation in operations(document):
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        [answer] = good
        # Nothing is answered to who deletes, to sensors, and by who is sent webhooks.
        silent = name.startswith("delete") or "/ingest/xovis" in name or "/" not in name
        assert ("content" in answer) != silent, name


def test_every_operation_says_how_it_refuses(document: Json) -> None:
    for name, operation in own(document):
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "406", "429"} <= statuses, name
        assert ("404" in statuses) == ("{" in name), name
        assert ({"413", "415"} <= statuses) == name.startswith(("post", "put", "patch")), name
        assert ("412" in statuses) == name.startswith(("put", "patch", "delete")), name
        assert ("304" in statuses) == name.startswith("get"), name


def test_refusals_are_problems_and_of_the_facade_a_controllers(document: Json) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status[0] in "45" and "/" in name:
                [(kind, content)] = answer["content"].items()
                expected = ("json", "XcsRefusal") if " /xcs/" in name else ("problem+json", "Problem")
                assert (kind, content["schema"]["$ref"].rpartition("/")[2]) == (
                    "application/" + expected[0],
                    expected[1],
                )
                [example] = content["examples"].values()
                told = example["value"]
                assert (told["error"]["code"] if " /xcs/" in name else str(told["status"])) in (status, *CODES), name


CODES = ("INVALID_PARAMETER", "UNAUTHORIZED", "FEATURE_DISABLED", "NOT_FOUND", "RATE_LIMITED", "UNAVAILABLE")


def test_what_was_made_leads_to_all_that_can_be_done_with_it(document: Json) -> None:
    links: dict[str, dict[str, str]] = {}
    for name, operation in own(document):
        for status in {"201", "202"} & operation["responses"].keys():
            for link in operation["responses"][status]["links"].values():
                links.setdefault(name, {})[link["operationId"]] = str(*link["parameters"].items())
    one = ("one", "change", "replace", "delete")
    asked = (*one, "retire", "test", "discover", "poll", "backfill")
    told = (*one, "test", "rotate_secret", "deliveries")
    assert {name.rpartition("/api/v1/")[2]: set(found) for name, found in links.items()} == {
        "regions": {f"regions_{what}" for what in one},
        "stores": {f"stores_{what}" for what in one},
        "controllers": {f"controllers_{what}" for what in asked},
        "controllers/{id}/backfill": {"backfills_one"},
        "deliveries/{id}/replay": {"deliveries_one", "deliveries_replay"},
        "exports": {"exports_one", "exports_file"},
        "webhook_endpoints": {f"webhook_endpoints_{what}" for what in told},
    }
    assert links["post /api/v1/stores"]["stores_change"] == "('code', '$response.body#/code')"
    assert links["post /api/v1/exports"]["exports_file"] == "('export_id', '$response.body#/id')"


def test_every_post_can_be_sent_again(document: Json) -> None:
    for name, operation in own(document):
        headers = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
        assert ("Idempotency-Key" in headers) == ("422" in operation["responses"]) == name.startswith("post"), name


def test_every_event_that_is_told_by_webhook_is_in_it(document: Json) -> None:
    assert set(document["webhooks"]) == set(EventType.values)
    for name, webhook in document["webhooks"].items():
        [content] = webhook["post"]["requestBody"]["content"].values()
        [example] = content["examples"].values()
        assert example["value"]["type"] == name
        signed = {parameter["name"] for parameter in webhook["post"]["parameters"] if parameter["required"]}
        assert signed == {"webhook-id", "webhook-timestamp", "webhook-signature"}
