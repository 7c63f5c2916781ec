"""Whom we trust, and what an installer is told when we can't."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ingest.xcs.conftest import IMPATIENT, MakeClient
from tests.ingest.xcs.controller import Controller, envelope, running
from tests.ingest.xcs.test_refusals import error_of

TODAY = datetime.now(UTC)  # certificates are checked against the machine's clock
DAY = timedelta(days=1)


def certificate(folder: Path, name: str, *, until: datetime = TODAY + DAY) -> Path:
    """A file with a key and a certificate that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, False, False, False, False, True, False, False, False)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), until - 9 * DAY, until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{name}.pem"
    file.write_bytes(plain + made.public_bytes(encoding))
    return file


def served_with(file: Path) -> Controller:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Controller(context)


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    return certificate(tmp_path, "localhost")


@pytest.fixture
def tls_controller(own_certificate: Path) -> Iterator[Controller]:
    with running(served_with(own_certificate)) as controller:
        yield controller


def test_a_certificate_signed_by_nobody_known_is_not_trusted(
    tls_controller: Controller, make_client: MakeClient
) -> None:
    error = error_of(make_client(tls_controller.base_url))
    assert (error.code, error.permanent) == ("tls_failed", True)
    assert "signed by nobody known" in str(error)
    assert tls_controller.asked == []


def test_the_cas_certificate_makes_it_trusted(
    tls_controller: Controller, make_client: MakeClient, own_certificate: Path
) -> None:
    client = make_client(tls_controller.base_url, verify_tls=own_certificate.read_text())
    tls_controller.says(envelope([{"zoneId": "a", "current_people": 2}]))
    assert client.occupancy().rows[0].current_people == 2
    client.queues()
    assert len(tls_controller.connections) == 1


def test_verification_can_be_switched_off_without_a_warning(
    tls_controller: Controller, make_client: MakeClient
) -> None:
    assert make_client(tls_controller.base_url, verify_tls=False).occupancy().rows == []


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path, make_client: MakeClient) -> None:
    file = certificate(tmp_path, "other.example")
    with running(served_with(file)) as controller:
        error = error_of(make_client(controller.base_url, verify_tls=file.read_text()))
    assert error.code == "tls_failed"
    assert "another name" in str(error)


def test_a_certificate_that_has_expired_is_not_trusted(tmp_path: Path, make_client: MakeClient) -> None:
    file = certificate(tmp_path, "localhost", until=TODAY - DAY)
    with running(served_with(file)) as controller:
        error = error_of(make_client(controller.base_url, verify_tls=file.read_text()))
    assert error.code == "tls_failed"
    assert "expired" in str(error)


def test_https_on_a_port_of_http_is_said_so(controller: Controller, make_client: MakeClient) -> None:
    error = error_of(make_client(controller.base_url.replace("http:", "https:")))
    assert error.code == "tls_failed"
    assert "http, not https" in str(error)


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_cas_certificate_that_cant_be_read_is_named(
    controller: Controller, make_client: MakeClient, content: str
) -> None:
    error = error_of(make_client(controller.base_url.replace("http:", "https:"), verify_tls=content))
    assert error.code == "tls_failed"
    assert "CA certificate of this controller can't be read" in str(error)


def test_another_certificate_than_the_cas_is_not_trusted(
    tls_controller: Controller, make_client: MakeClient, tmp_path: Path
) -> None:
    stranger = certificate(tmp_path, "stranger.example").read_text()
    assert error_of(make_client(tls_controller.base_url, verify_tls=stranger)).code == "tls_failed"


def test_reading_over_tls_has_a_time_out(tls_controller: Controller, make_client: MakeClient) -> None:
    tls_controller.writes(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", *[b"x"] * 200, pause_s=0.02)
    client = make_client(tls_controller.base_url, verify_tls=False, limits=IMPATIENT)
    assert error_of(client).code == "timed_out"
