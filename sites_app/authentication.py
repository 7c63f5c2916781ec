"""Who calls the API: programs by their key, people by the browser's session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from sites_app import audit
from sites_app.access import READ, WRITE, Principal, principal_of_key, principal_of_user
from sites_app.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView

_SCHEMES = ("apikey", "bearer")


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Apikey KEY`` or ``Bearer KEY``."""

    def authenticate(self, request: Request) -> tuple[Principal, ApiKey] | None:
        scheme, _, given = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() not in _SCHEMES:
            return None
        now = datetime.now(UTC)
        key = ApiKey.objects.valid(given.strip(), now=now)
        if key is None:
            raise AuthenticationFailed("The API key is not known, has expired or was revoked.")
        ApiKey.objects.note_use([key], now=now)
        audit.by_program(key)
        return principal_of_key(key), key

    def authenticate_header(self, request: Request) -> str:
        return "Apikey"


class HasScope(BasePermission):
    """Reading needs the ``read`` scope, anything else ``write``, or what the view calls its own ``scope``."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.user is None or getattr(request.user, "is_anonymous", False):
            raise NotAuthenticated("Send 'Authorization: Apikey KEY', or log in.")
        if not hasattr(view, str(request.method).lower()):
            raise MethodNotAllowed(str(request.method))  # whatever the caller may do
        wanted = READ if request.method in SAFE_METHODS else getattr(view, "scope", WRITE)
        self.message = _beyond(request, wanted)
        return wanted in principal_of(request).scopes


def _beyond(request: Request, wanted: str) -> str:
    """Why who asks may not, and who may."""
    if not isinstance(request.auth, ApiKey):
        return "Your role doesn't allow this."
    return f"This key may not do this: it takes one of scope '{READ if wanted == READ else WRITE}'."


def principal_of(request: Request) -> Principal:
    """Who asks: the key's principal, or the logged-in person's."""
    caller: Any = request.user
    return caller if isinstance(caller, Principal) else principal_of_user(caller)


def caller_of(request: Request) -> str:
    """Who asks, as one and the same for as long as the key or the person is registered."""
    kind = "key" if isinstance(request.auth, ApiKey) else "user"
    return f"{kind} {(request.auth if kind == 'key' else request.user).pk}"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the key."""

    target_class = "sites_app.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Apikey KEY` or `Bearer KEY`. Keys are made in the admin or by `manage.py create_api_key`.",
        }
