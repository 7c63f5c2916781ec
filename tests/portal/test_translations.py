"""The texts in other languages: all of them, with the same places for figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils import translation

from ingest.sentences import SENTENCES, spoken
from ingest.wire.errors import ControllerError
from portal import writing
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
    errors = {error.__name__ for error in ControllerError.__subclasses__()}
    said = set(raised("ingest", errors)) - {"'x' is no path whose answers are samples."}  # of a command
    assert len(said) > 30
    assert [sentence for sentence in said if not SENTENCES.knows(sentence)] == []


def test_a_stored_sentence_is_told_in_the_readers_language_with_what_it_holds() -> None:
    stored = "The controller has a fault of its own (502 Bad Gateway). XCS says: try later"
    assert spoken(stored) == stored
    with translation.override("de"):
        assert spoken(stored) == "Der Controller hat selbst einen Fehler (502 Bad Gateway). XCS sagt: try later"
        expired = spoken("The certificate of xcs.example has expired: renew it.")
        assert expired == "Das Zertifikat von xcs.example ist abgelaufen: Erneuern Sie es."
        assert spoken("Something else.") == "Something else."


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
