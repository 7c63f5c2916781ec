"""The texts in other languages: all of them, with the same places for figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils import translation
from msgspec import ValidationError, convert
from msgspec.structs import fields

from ingest.quarantine import UNKNOWN_ZONE
from ingest.sentences import SENTENCES, spoken
from ingest.wire.decoding import PayloadError, decode
from ingest.wire.errors import ControllerError
from ingest.xcs.payloads import (
    Counts,
    Dwell,
    Occupancy,
    PathCount,
    QueueStatus,
    SensorInfo,
    WebhookEvent,
)
from portal import writing
from sites_app.models import SpecialHours
from tests.portal.people import logged_in, person
from tests.portal.texts import held, marked, raised
from xovis_platform.messages import compile_messages

SOURCES = sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))
PLACES = re.compile(r"%\(\w+\)\d*[sdg]|\{\w+\}")


def texts(source: Path) -> list[Any]:
    with source.open("rb") as file:
        return [message for message in read_po(file) if message.id]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.parts[-3])
def test_every_text_is_translated_with_all_its_figures(source: Path) -> None:
    assert len(texts(source)) > 200
    for message in texts(source):
        plural = isinstance(message.id, tuple)
        ids, strings = (message.id, message.string) if plural else ((message.id,), (message.string,))
        assert all(strings), message.id
        assert not message.fuzzy, message.id
        for text, translated in zip(ids, strings, strict=True):
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(translated)), message.id


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.parts[-3])
def test_whatever_people_are_told_is_among_them(source: Path) -> None:
    there = {message.id[0] if isinstance(message.id, tuple) else message.id for message in texts(source)}
    assert {*marked(), *held()} - there == set()


def test_every_sentence_about_a_controller_can_be_told() -> None:
    errors = {error.__name__: 0 for error in ControllerError.__subclasses__()}
    said = set(raised("ingest", errors)) - {"'x' is no path whose answers are samples."}  # of a command
    assert len(said) > 30
    assert [sentence for sentence in said if not SENTENCES.knows(sentence)] == []


def test_every_reason_of_quarantine_can_be_told() -> None:
    reasons = {"PayloadError": 0, "StillBad": 0, "Rejected": 1, "_fault": 1, "reject": 1, "_reject": 0, "reject_all": 0}
    of_code = {"x is asked for a window", "An instant needs a time zone."}  # which nobody else hears of
    raised_in_structs = {text.removesuffix(".") + "." for text in set(raised("ingest", {"ValueError": 0})) - of_code}
    of_decoder = {"x."}  # looked at below
    said = {*raised("ingest", reasons), *raised_in_structs, UNKNOWN_ZONE} - of_decoder
    said = {reason for reason in said if not reason.startswith("/")}  # that's where, not why
    assert len(said) > 25
    assert [reason for reason in said if not SENTENCES.knows(reason)] == []


def test_whatever_a_decoder_does_not_like_is_told_in_german_word_for_word() -> None:
    reasons = set(_not_liked())
    assert len(reasons) > 50
    with translation.override("de"):
        kept = {reason: spoken(reason) for reason in reasons}
    assert [reason for reason, told in kept.items() if reason == told or OF_THE_DECODER.search(told)] == []
    assert kept["Expected integer | null, got string."] == "Erwartet: ganze Zahl oder nichts (null); gekommen: Text."


OF_THE_DECODER = re.compile(r"\b(integer|string|number|boolean|array|object|expected|invalid|trailing|missing|year)\b")
WRONG: list[Any] = [None, -1, 10**30, 1.5, True, [], {}, "", "x" * 1000, "\0", "2026-01-01", "0001-01-01T00:00:00Z"]
BROKEN = [
    b"",
    b"{",
    b"[1,",
    b"{x",
    b"{} x",
    b"01",
    b'{"a" 1}',
    b'{"a":1,}',
    b"[1,]",
    b"{1:2}",
    b'"\\q"',
    b"\xff",
    b"[" * 100_000,
]


def _not_liked() -> Iterator[str]:
    """Each field of each payload of an XCS left out and given what it can't be, and JSON that is none."""
    for shape in (Occupancy, QueueStatus, Counts, Dwell, PathCount, SensorInfo, WebhookEvent):
        good = {one.encode_name: _fitting(one.type) for one in fields(shape)}
        for name in good:
            others = {key: good[key] for key in good if key != name}
            tried = [others, *({name: wrong, **others} for wrong in WRONG)]
            yield from (reason for one in tried for reason in _reasons(json.dumps(one).encode(), shape))
    yield from (reason for body in BROKEN for reason in _reasons(body, WebhookEvent))


def _fitting(kind: Any) -> Any:
    values: tuple[Any, ...] = (1, "2026-01-01T00:00:00Z", [])
    for value in values:
        with suppress(ValidationError):
            convert(value, kind)
            return value
    return None


def _reasons(body: bytes, shape: Any) -> Iterator[str]:
    try:
        decode(body, shape)
    except PayloadError as error:
        yield error.reason


def test_a_stored_sentence_is_told_in_the_readers_language_with_what_it_holds() -> None:
    stored = "The controller has a fault of its own (502 Bad Gateway). XCS says: try later"
    assert spoken(stored) == stored
    with translation.override("de"):
        assert spoken(stored) == "Der Controller hat selbst einen Fehler (502 Bad Gateway). XCS sagt: try later"
        expired = spoken("The certificate of xcs.example has expired: renew it.")
        assert expired == "Das Zertifikat von xcs.example ist abgelaufen: Erneuern Sie es."
        assert spoken("Something else.") == "Something else."


def test_a_closed_day_is_called_so_in_a_form() -> None:
    new_year = SpecialHours(date=date(2026, 1, 1))
    assert str(new_year) == "2026-01-01 closed"
    with translation.override("de"):
        assert str(new_year) == "2026-01-01 geschlossen"


def test_every_language_that_can_be_chosen_is_there() -> None:
    assert {source.parts[-3] for source in SOURCES} | {"en"} == set(dict(settings.LANGUAGES))


def test_texts_are_compiled_where_they_have_changed(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Open"\nmsgstr "Offen"\n')
    assert compile_messages(tmp_path) == [source]
    assert compile_messages(tmp_path) == []
    assert b"Offen" in source.with_suffix(".mo").read_bytes()


@pytest.mark.django_db
def test_pages_follow_the_person_and_programs_do_not() -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9"}
    client = logged_in(person("head", None))
    assert "Übersicht" in client.get("/", headers=german).content.decode()
    assert "nothing here" in Client().get("/api/v1/no/such", headers=german).json()["detail"]
    client.post("/language", {"language": "de", "next": "/"})
    assert "Übersicht" in client.get("/", headers={"Accept-Language": "en"}).content.decode()


def test_figures_are_written_as_the_language_has_them() -> None:
    with translation.override("de"):
        assert writing.figure(12345.6, "number") == "12.346"
        assert writing.figure(1.234, "number") == "1,23"
        assert writing.figure(0.7465, "share") == "74,7 %"
        assert writing.signed_percent(-0.034) == "−3,4 %"
    assert writing.figure(None, "share") == "–"
    assert writing.figure(3_600_000, "duration") == "1 h 00 min"
