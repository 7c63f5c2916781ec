"""Errors as answers: RFC 9457 ``application/problem+json``, naming the field and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as framework_handler

MEDIA_TYPE = "application/problem+json"


class Problem(APIException):
    """An error with its own status, sentence and list of faults."""

    def __init__(self, status: int, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status_code = status
        self.errors = errors or []


def parameter_problem(name: str, detail: str) -> Problem:
    """A query parameter that can't be used."""
    return Problem(400, detail, [{"parameter": name, "detail": detail}])


def only_parameters(request: Request, allowed: Iterable[str]) -> None:
    """Refuse a query parameter that isn't known: a typing error must never widen a report."""
    known = sorted(allowed)
    for name in request.query_params:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}."
            raise parameter_problem(name, f"There is no parameter '{name}'; {hint}")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as a problem."""
    response = framework_handler(error, context)
    if response is None:
        return None
    errors: list[dict[str, str]] = []
    detail = str(getattr(error, "detail", "")) or HTTPStatus(response.status_code).phrase
    if isinstance(error, Problem):
        errors = error.errors
    elif isinstance(error, ValidationError):
        errors = list(_pointers(error.detail))
        detail = errors[0]["detail"] if len(errors) == 1 else "Several fields can't be used; see 'errors'."
    elif response.status_code == 404:
        detail = "There is nothing here, or nothing that you can see."
    response.data = problem(response.status_code, detail, errors)
    response.content_type = MEDIA_TYPE
    return response


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """A problem's members."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return {**body, "errors": errors} if errors else body


def _pointers(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _pointers(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for number, inner in enumerate(detail):
            yield from _pointers(inner, f"{pointer}/{number}")
    else:
        for text in detail if isinstance(detail, list) else [detail]:
            yield {"pointer": pointer, "detail": str(text)}


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if _is_machine(request):
        return JsonResponse(problem(status, detail), status=status, content_type=MEDIA_TYPE)
    return render(request, "error.html", _page(status, detail), status=status)


def _is_machine(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/ingest/"))


def _page(status: int, detail: str) -> dict[str, Any]:
    return {"status": status, "title": HTTPStatus(status).phrase, "detail": detail}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 from the framework."""
    return _answer(request, 400, "The request can't be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 from the framework."""
    return _answer(request, 403, "This is not yours to see or do.")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without this session's token: mostly one that was open for long, or in another tab."""
    return _answer(request, 403, "This form is out of date. Go back, load the page again, and send it once more.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 from the framework."""
    return _answer(request, 404, "There is nothing here, or nothing that you can see.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: what went wrong stands in the log, never in the answer."""
    detail = "Something went wrong on our side. It has been logged."
    if _is_machine(request):
        return _answer(request, 500, detail)
    # Without the request, whose user would be looked for in a database that may be what is broken.
    return HttpResponse(render_to_string("error.html", _page(500, detail)), status=500)
