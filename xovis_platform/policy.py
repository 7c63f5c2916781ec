"""What a browser may load on a page: our own files, nothing inline and nothing from other hosts.

To be replaced by Django's own middleware, which comes with Django 6.0.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_OWN = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
STRICT = _OWN
# The admin's widgets are Alpine expressions, which are evaluated, and both pages carry styles and scripts of their own.
_LENIENT = f"{_OWN}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self' 'unsafe-inline'"
ADMIN = f"{_LENIENT} 'unsafe-eval'"
API_DOCS = _LENIENT


class ContentSecurityPolicy:
    """Sends the policy with every answer: strict, but for two pages that are not our own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy_for(request))
        return response


def _policy_for(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None and match.app_name == "admin":
        return ADMIN
    if match is not None and match.view_name == "api-docs":
        return API_DOCS
    return STRICT
