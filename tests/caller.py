"""A caller of the API: its credentials, and what it's answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from sites_app.models import ApiKey, Membership, Region, Role


class Caller:
    """Asks under ``/api/v1/``, with an ``Authorization`` header or a browser's session."""

    def __init__(self, authorization: str | None = None, user: User | None = None) -> None:
        # What goes wrong is to be an answer, as it is for callers.
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": authorization} if authorization else {}
        if user is not None:
            self.client.force_login(user)

    def ask(self, path: str, *, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        """The answer to a GET, whatever it is."""
        return self.client.get(f"/api/v1/{path}", parameters, headers={**self.headers, **(headers or {})})

    def send(
        self, method: str, path: str, content: Any = None, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        """The answer to another method, whatever it is; ``content`` goes as JSON, or as it is if it's bytes."""
        body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        sent = {"content_type": "application/json", **more}
        ask = getattr(self.client, method)
        return ask(f"/api/v1/{path}", data=body, headers={**self.headers, **(headers or {})}, **sent)

    def get(self, path: str, **parameters: Any) -> Any:
        """The content of a good answer."""
        response = self.ask(path, **parameters)
        assert response.status_code == 200, response.content
        return response.json()

    def problem(self, path: str, *, status: int = 400, **parameters: Any) -> dict[str, Any]:
        """The content of a bad answer, which is a problem."""
        return problem_of(self.ask(path, **parameters), status)


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """A problem's members, once it's seen to be one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], bool(body["type"]), bool(body["title"]), bool(body["detail"])) == (status, True, True, True)
    return body


def key(
    *regions: Region, scopes: Iterable[str] = ("read",), expires_at: datetime | None = None, **fields: Any
) -> tuple[ApiKey, str]:
    """A stored key of these regions (none: all stores), and its plain text."""
    made, plain = ApiKey.generate("tests", scopes=list(scopes), expires_at=expires_at)
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    made.regions.set(regions)
    return made, plain


def with_key(*regions: Region) -> Caller:
    """A program that sees the stores of these regions; without any all stores."""
    return Caller(f"Apikey {key(*regions)[1]}")


def writer(*regions: Region) -> Caller:
    """A program that may change what it sees."""
    return Caller(f"Apikey {key(*regions, scopes=('read', 'write'))[1]}")


def person(name: str, *regions: Region | None, role: str = Role.REGIONAL_MANAGER, **fields: Any) -> User:
    """A person with a role in these regions; ``None`` is all stores."""
    user = User.objects.create(username=name, **fields)
    Membership.objects.bulk_create(Membership(user=user, region=region, role=role) for region in regions)
    return user
