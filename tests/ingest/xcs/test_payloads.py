"""What is kept of an answer or a webhook's body, and what is said of the rest."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.wire.errors import EXCERPT_BYTES, BadAnswer
from ingest.xcs.payloads import (
    Counts,
    Dwell,
    Occupancy,
    PathCount,
    PayloadError,
    QueueStatus,
    SensorInfo,
    parse_answer,
    parse_event,
    parse_events,
)
from tests.ingest.xcs.controller import NOW, envelope

GOOD = {"zoneId": "good", "current_people": 5}
INTERVAL = {"start": "2026-11-02T09:45:00Z", "end": "2026-11-02T10:00:00Z"}
COUNTS = {"zoneId": "a", "in": 3, "out": 2, **INTERVAL}
EVENT = {"eventId": "01HYE2", "event": "queue.threshold_exceeded", "timestamp": NOW, "data": {"zoneId": "c"}}


def raw_envelope(*rows: bytes) -> bytes:
    return b'{"status": "success", "timestamp": "%b", "data": [%b]}' % (NOW.encode(), b", ".join(rows))


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("row", "pointer", "reason"),
    [
        (b'{"zoneId": "a", "current_people": "5"}', "/data/1/current_people", "Expected integer, got string."),
        (b'{"zoneId": "a", "current_people": true}', "/data/1/current_people", "Expected integer, got boolean."),
        (b'{"zoneId": "a", "current_people": 4.5}', "/data/1/current_people", "Expected integer, got number."),
        (b'{"zoneId": "a", "current_people": -1}', "/data/1/current_people", "Expected integer >= 0."),
        (b'{"zoneId": "a", "current_people": 3000000000}', "/data/1/current_people", "Expected integer <= 2147483647."),
        (b'{"zoneId": "a", "current_people": NaN}', "/data/1/current_people", "Expected integer, got string."),
        (b'{"zoneId": "a", "current_people": -Infinity}', "/data/1/current_people", "Expected integer, got string."),
        (b'{"zoneId": "a", "current_people": 1e999}', "/data/1/current_people", "Expected integer, got string."),
        (b'{"zoneId": "a", "current_people": null}', "/data/1/current_people", "Expected integer, got null."),
        (b'{"zoneId": "a"}', "/data/1/current_people", "It is missing."),
        (b'{"zoneId": "", "current_people": 1}', "/data/1/zoneId", "Expected string of length >= 1."),
        (
            b'{"zoneId": "%b", "current_people": 1}' % (b"x" * 201),
            "/data/1/zoneId",
            "Expected string of length <= 200.",
        ),
        (b'{"zoneId": "a\\u0000", "current_people": 1}', "/data/1/zoneId", "Control or broken characters in a name."),
        (b'{"zoneId": "\\ud800", "current_people": 1}', "/data/1/zoneId", "Control or broken characters in a name."),
        (b'{"zoneId": "caf\xe9", "current_people": 1}', "/data/1/zoneId", "Control or broken characters in a name."),
        (b'"a"', "/data/1", "Expected object, got string."),
        (b'{"zoneId": "good", "current_people": 6}', "/data/1", "This row was there already."),
    ],
)
def test_a_bad_row_is_rejected_with_its_place_and_the_good_are_kept(row: bytes, pointer: str, reason: str) -> None:
    answer = parse_answer(raw_envelope(as_json(GOOD), row, b'{"zoneId": "other", "current_people": 6}'), Occupancy)
    assert answer.rows == [Occupancy("good", 5), Occupancy("other", 6)]
    assert [(item.pointer, item.reason) for item in answer.rejected] == [(pointer, reason)]


def test_a_rejected_row_is_kept_as_it_came() -> None:
    row = b'{"zoneId":"a",  "current_people":-1}'
    assert parse_answer(raw_envelope(row), Occupancy).rejected[0].raw == row


@pytest.mark.parametrize("number", [b"47.0", b"4.7e1", b"47"])
def test_a_whole_number_may_be_written_as_a_float(number: bytes) -> None:
    answer = parse_answer(raw_envelope(b'{"zoneId": "a", "current_people": %b}' % number), Occupancy)
    assert answer.rows == [Occupancy("a", 47)]
    assert type(answer.rows[0].current_people) is int


def test_what_nobody_reads_cant_make_a_row_unusable() -> None:
    row = b'{"zoneId": "a", "current_people": 1, "utilization_percentage": NaN, "status": 7, "newer": [{}]}'
    answer = parse_answer(raw_envelope(row), Occupancy)
    assert (answer.rows, answer.rejected) == ([Occupancy("a", 1)], [])


@pytest.mark.parametrize(
    ("shape", "row", "pointer"),
    [
        (Counts, {**COUNTS, "start": INTERVAL["end"]}, "/data/0"),
        (Counts, {**COUNTS, "start": INTERVAL["end"], "end": INTERVAL["start"]}, "/data/0"),
        (Counts, {**COUNTS, "start": "2026-11-02T09:45:00"}, "/data/0/start"),
        (Counts, {**COUNTS, "start": 1716301921}, "/data/0/start"),
        (Counts, {**COUNTS, "start": "1970-01-01T00:00:00Z"}, "/data/0"),
        (Counts, {**COUNTS, "end": "9999-12-31T23:59:59-12:00"}, "/data/0"),
        (Counts, {**COUNTS, "in": -3}, "/data/0/in"),
        (Counts, {**COUNTS, "complete": 1}, "/data/0/complete"),
        (Dwell, {"zoneId": "a", "average_dwell_ms": 41500.5, **INTERVAL}, "/data/0/average_dwell_ms"),
        (Dwell, {"zoneId": "a", "average_dwell_ms": 41500, "visits": -1, **INTERVAL}, "/data/0/visits"),
        (PathCount, {"fromZoneId": None, "count": 4, **INTERVAL}, "/data/0/toZoneId"),
        (PathCount, {"fromZoneId": None, "toZoneId": "", "count": 4, **INTERVAL}, "/data/0/toZoneId"),
        (QueueStatus, {"zoneId": "a", "people_waiting": 1, "longest_wait_ms": "9"}, "/data/0/longest_wait_ms"),
        (SensorInfo, {"sensorId": "a", "zones": ["b", 3]}, "/data/0/zones/1"),
        (SensorInfo, {"sensorId": "a", "firmware": "x" * 101}, "/data/0/firmware"),
    ],
)
def test_each_kind_of_row_is_held_to_its_types(shape: Any, row: dict[str, Any], pointer: str) -> None:
    answer = parse_answer(envelope([row]), shape)
    assert answer.rows == []
    assert [item.pointer for item in answer.rejected] == [pointer]


def test_instants_are_in_utc_whatever_the_offset() -> None:
    row = {**COUNTS, "start": "2026-11-02T15:30:00+05:45", "end": "2026-11-02T15:45:00+05:45"}
    counts = parse_answer(envelope([row]), Counts).rows[0]
    assert counts.start == datetime(2026, 11, 2, 9, 45, tzinfo=UTC)
    assert counts.start.tzinfo is UTC


def test_a_zone_has_one_row_for_each_of_its_intervals() -> None:
    later = {"start": INTERVAL["end"], "end": "2026-11-02T10:15:00Z"}
    answer = parse_answer(envelope([COUNTS, {**COUNTS, **later}, {**COUNTS, "in": 99}]), Counts)
    assert [row.count_in for row in answer.rows] == [3, 3]
    assert [item.pointer for item in answer.rejected] == ["/data/2"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"Service unavailable", "isn't an XCS's"),
        (b'{"status": "success", "timestamp": "2026', "isn't an XCS's"),
        (b"[]", "isn't an XCS's"),
        (b"null", "isn't an XCS's"),
        (b'{"data": ' + b"[" * 200_000, "deeply"),
        (b"\xff\xfe", "isn't an XCS's"),
        (b"9" * 10_000, "isn't an XCS's"),
        (as_json({"status": "success", "timestamp": NOW}), "missing"),
        (as_json({"status": "success", "data": []}), "missing"),
        (as_json({"status": "error", "timestamp": NOW, "error": {}}), "status isn't success"),
        (as_json({"timestamp": NOW, "data": []}), "/status"),
        (as_json({"status": "success", "timestamp": NOW, "data": {}}), "/data"),
        (as_json({"status": "success", "timestamp": "2026-11-02T10:00:00", "data": []}), "/timestamp"),
        (as_json({"status": "success", "timestamp": "1970-01-01T00:00:07Z", "data": []}), "set the controller's clock"),
        (raw_envelope(*[b"1"] * 10_001), "10,000 rows"),
    ],
)
def test_what_isnt_an_answer_is_told_apart(body: bytes, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason) as caught:
        parse_answer(body, Occupancy)
    assert caught.value.excerpt == (body[:EXCERPT_BYTES] if body.strip() else b"")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_answer(b"\xef\xbb\xbf" + envelope([GOOD]), Occupancy).rows == [Occupancy("good", 5)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([NOW, "a", "success"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["zoneId", "in", "out", "start", "end", "data", "x"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=5))
def test_every_row_is_either_kept_or_rejected(rows: list[Any]) -> None:
    answer = parse_answer(envelope(rows), Counts)
    assert len(answer.rows) + len(answer.rejected) == len(rows)


@given(st.binary() | json_values.map(as_json))
def test_no_body_raises_anything_but_its_error(body: bytes) -> None:
    for parse, error in ((lambda: parse_answer(body, Counts), BadAnswer), (lambda: parse_events(body), PayloadError)):
        with contextlib.suppress(error):
            parse()


def test_a_body_is_one_event() -> None:
    body = as_json(EVENT)
    [(event, raw)] = parse_events(body).events
    assert (event.event_id, event.event) == ("01HYE2", "queue.threshold_exceeded")
    assert event.timestamp == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert raw == body


def test_a_body_is_many_events_each_with_its_own_bytes() -> None:
    second = b'{"eventId":"2",  "event":"sensor.offline", "timestamp":"2026-11-02T10:00:00Z", "data":{}}'
    parsed = parse_events(b'{"events": [%b, %b]}' % (as_json(EVENT), second))
    assert [raw for _, raw in parsed.events] == [as_json(EVENT), second]
    assert parse_event(parsed.events[1][1]).event_id == "2"


def test_no_events_are_no_fault() -> None:
    assert parse_events(b'{"events": []}').events == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"eventId": ""}, "/eventId"),
        ({"eventId": "x" * 201}, "/eventId"),
        ({"eventId": 7}, "/eventId"),
        ({"event": "x" * 101}, "/event"),
        ({"event": None}, "/event"),
        ({"timestamp": "2026-11-02T10:00:00"}, "/timestamp"),
        ({"timestamp": "yesterday"}, "/timestamp"),
    ],
)
def test_a_bad_event_is_named_alone_and_among_others(change: dict[str, Any], pointer: str) -> None:
    bad = {**EVENT, **change}
    with pytest.raises(PayloadError) as caught:
        parse_events(as_json(bad))
    assert caught.value.pointer == pointer
    parsed = parse_events(as_json({"events": [EVENT, bad]}))
    assert [event.event_id for event, _ in parsed.events] == ["01HYE2"]
    assert [(item.pointer, item.raw) for item in parsed.rejected] == [(f"/events/1{pointer}", as_json(bad))]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", ""),
        (b"hello", ""),
        (b"[]", ""),
        (b'{"events": {}}', "/events"),
        (as_json({"events": [EVENT] * 1001}), "/events"),
        (as_json({key: value for key, value in EVENT.items() if key != "data"}), "/data"),
    ],
)
def test_a_body_that_isnt_events_says_where(body: bytes, pointer: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse_events(body)
    assert caught.value.pointer == pointer


def test_an_event_with_nan_can_still_be_read_later() -> None:
    body = b'{"events": [%b]}' % as_json({**EVENT, "data": {"zoneId": "c", "people_waiting": float("nan")}})
    [(_, raw)] = parse_events(body).events
    assert parse_event(raw).event_id == "01HYE2"
