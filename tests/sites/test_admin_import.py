"""A CSV in the admin: what it would do is seen before it's done, and every cell that can't be used is named."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sites_app.models import Controller, Membership, Store
from tests import chain

pytestmark = pytest.mark.django_db

URL = reverse("admin:sites_app_store_import")
HEAD = "store_code,store_name,region,timezone,base_url,api_key\n"
ROW = "S001,Köln Mitte,Europe/Germany,Europe/Berlin,https://xcs.s001.example.com/api/v1,very-secret\n"


def sent(person: Client, text: str = "", **form: str) -> str:
    """The page after a file was sent."""
    file = {"file": SimpleUploadedFile("chain.csv", text.encode(), "text/csv")} if text else {}
    return person.post(URL, {**file, **form}).content.decode()


def kept(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    return found[1] if found else ""


def test_a_file_is_looked_at_and_then_imported(admin_client: Client) -> None:
    page = sent(admin_client, HEAD + ROW)
    assert "2 new, 0 changed, 0 as before" in page
    assert "Nothing is written yet" in page
    assert "very-secret" not in page
    assert not Store.objects.exists()
    page = sent(admin_client, kept=kept(page), write="yes")
    assert "It is imported" in page
    controller = Controller.objects.get()
    assert controller.store.name == "Köln Mitte"
    assert controller.api_key.reveal() == "very-secret"
    assert controller.webhook_url in page


def test_cells_that_cannot_be_used_are_named(admin_client: Client) -> None:
    page = sent(admin_client, HEAD + ROW + ROW.replace("S001", "S002").replace("Europe/Berlin", "Berlin"))
    assert "1 cell can't be used" in page
    assert "timezone" in page
    assert ">3<" in re.sub(r"\s+", "", page)
    assert not kept(page)
    assert not Store.objects.exists()


def test_nothing_is_written_without_a_file(admin_client: Client) -> None:
    assert "Choose a file" in sent(admin_client, write="yes")
    assert "too long ago" in sent(admin_client, kept="gone", write="yes")


def test_what_waits_for_a_word_is_kept_encrypted(admin_client: Client) -> None:
    page = sent(admin_client, HEAD + ROW)
    waiting = cache.get(f"import-{kept(page)}")
    assert waiting
    assert "very-secret" not in waiting


def test_a_region_of_others_is_named_as_such(client: Client) -> None:
    person = User.objects.create_user("ines", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="sites_app"))
    Membership.objects.create(user=person, region=chain.region("Europe/Italy"))
    client.force_login(person)
    page = sent(client, HEAD + ROW)
    assert "Nothing was imported" in page
    assert not kept(page)


def test_who_may_not_register_stores_may_not_import_them(client: Client) -> None:
    client.force_login(User.objects.create_user("rita", is_staff=True))
    assert client.get(URL).status_code == 403
