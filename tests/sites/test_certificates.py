"""A controller's own CA: validated where it's typed in, used where the controller is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from sites_app.models import Controller
from tests import chain
from tests.ingest.scripted import Site, poll
from tests.ingest.xcs.controller import running
from tests.ingest.xcs.test_tls import certificate, served_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A key and a certificate."""
    return certificate(tmp_path, "localhost")


def pem(file: Path) -> str:
    """The certificate alone."""
    text = file.read_text()
    return text[text.index("-----BEGIN CERTIFICATE") :]


def test_a_controller_is_trusted_by_its_companys_ca(file: Path) -> None:
    with running(served_with(file)) as server:
        scripted = Site(server)
        scripted.says("/occupancy/current", [])
        scripted.says("/queue/status", [])
        controller = chain.controller(chain.store(), base_url=server.base_url)
        poll(controller, "live")
        controller.refresh_from_db()
        assert "signed by nobody known" in controller.last_error
        Controller.objects.update(ca_certificate=pem(file))
        poll(controller, "live")
        controller.refresh_from_db()
        assert (controller.state, controller.last_error) == ("online", "")


@pytest.mark.parametrize(
    ("verify", "given", "trust"), [(True, "", True), (False, "", False), (True, "PEM", "PEM"), (False, "PEM", False)]
)
def test_whom_a_controller_is_trusted_by(verify: bool, given: str, trust: bool | str) -> None:
    assert Controller(verify_tls=verify, ca_certificate=given).tls_trust == trust


@pytest.mark.parametrize("text", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="Give certificates as PEM"):
        Controller(ca_certificate=text).clean_fields(exclude={"store", "name", "base_url", "api_key"})


def test_a_private_key_is_refused(file: Path) -> None:
    with pytest.raises(ValidationError, match="private key"):
        Controller(ca_certificate=file.read_text()).clean_fields(exclude={"store", "name", "base_url", "api_key"})


def test_it_is_typed_into_the_admin(admin_client: Client, file: Path) -> None:
    controller = chain.controller(chain.store())
    form = {
        "store": controller.store_id,
        "name": controller.name,
        "kind": "xcs",
        "base_url": controller.base_url,
        "poll_interval_s": 60,
        "verify_tls": "on",
        "ca_certificate": "nonsense",
    }
    url = reverse("admin:sites_app_controller_change", args=[controller.pk])
    assert "Give certificates as PEM" in admin_client.post(url, form).content.decode()
    assert admin_client.post(url, {**form, "ca_certificate": pem(file)}).status_code == 302
    controller.refresh_from_db()
    assert controller.ca_certificate.strip().replace("\r", "") == pem(file).strip()
