"""Where webhooks may go: nowhere that only this machine or its neighbours reach, whatever name leads there."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.webhooks import attempts, targets
from alerts.webhooks.signing import new_secret
from ingest.wire.addresses import is_public
from tests.alerts.endpoints import receiver
from tests.simulator.receiver import Receiver, receiving

__all__ = ["receiver"]

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "224.0.0.1", "ff02::1", "255.255.255.255", "198.18.0.1", "192.0.2.1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1",
    "2001:0:7f00:1::1", "2001:db8::1", "168.63.129.16", "::7f00:1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_s_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_what_is_public_is_taken(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://127.0.0.1/hook", "private and local"),
        ("https://localhost/hook", "private and local"),
        ("https://[::1]:8443/hook", "private and local"),
        ("https://192.168.0.10/hook", "private and local"),
        ("https://169.254.169.254/latest", "private and local"),
        ("https://2130706433/", "private and local"),
        ("http://93.184.215.14/hook", "Only https"),
        ("ftp://example.com/hook", "Write it as"),
        ("https://me:pw@example.com/hook", "Write it as"),
        ("https://example.com/a b", "Write it as"),
        ("https://example.com/#x", "Write it as"),
        ("https://", "Write it as"),
        ("https://[::1", "Write it as"),
        ("hook", "Write it as"),
    ],
)
def test_an_address_that_cannot_be_told_is_refused_when_it_is_entered(url: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        targets.validate_url(url)


def test_a_public_address_and_a_name_that_is_not_found_yet_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    targets.validate_url("https://93.184.215.14/hook?tenant=7")

    def finds_nothing(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", finds_nothing)
    targets.validate_url("https://hooks.not-yet.invalid/hook")


def test_networks_of_ones_own_are_taken_where_the_operator_says_so_but_never_metadata(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE = True
    targets.validate_url("http://127.0.0.1:9/hook")
    targets.validate_url("http://10.1.2.3/hook")
    with pytest.raises(ValidationError, match="private and local"):
        targets.validate_url("http://169.254.169.254/latest")


def sent(url: str) -> attempts.Outcome:
    return attempts.attempt(attempts.Attempt(url, "msg_1", "{}", (new_secret(),)))


def test_a_name_that_leads_to_this_machine_later_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public while it's looked at, loopback when it's used."""
    with receiving() as receiver:
        port = receiver.server_address[1]
        answers = iter(["93.184.215.14", "127.0.0.1"])

        def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("flags") == socket.AI_NUMERICHOST:
                raise OSError
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        targets.validate_url(f"https://rebinding.example:{port}/hook")
        outcome = sent(f"http://rebinding.example:{port}/hook")
        assert (outcome.delivered, outcome.error) == (False, "The address is private or local, and isn't sent to.")
        assert receiver.posts == []


def test_a_redirect_is_not_followed_and_a_failure(receiver: Receiver) -> None:
    receiver.answers = lambda _: 307
    outcome = sent(receiver.url)
    assert (outcome.delivered, outcome.status) == (False, 307)
    assert "redirects aren't followed" in outcome.error
    assert len(receiver.posts) == 1


def test_the_query_of_an_address_is_sent_with_it(receiver: Receiver) -> None:
    assert sent(f"{receiver.url}/?tenant=a%20b").delivered
    assert receiver.posts[0].path == "/hook/?tenant=a%20b"


def test_an_endpoint_that_is_not_there_is_told_in_words_without_the_secret(settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE = True
    outcome = sent("http://127.0.0.1:9/hook")
    assert "refused the connection" in outcome.error
    wanted = attempts.Attempt("http://x", "msg_1", "{}", ("whsec_secret",))
    assert "whsec" not in repr(wanted)


def test_without_a_secret_that_can_be_read_nothing_is_sent(receiver: Receiver) -> None:
    outcome = attempts.attempt(attempts.Attempt(receiver.url, "msg_1", "{}", ()))
    assert not outcome.delivered
    assert "XOVIS_ENCRYPTION_KEYS" in outcome.error
    assert receiver.posts == []
