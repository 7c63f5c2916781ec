"""Pages in the language that a person's browser asks for, or that they chose; what programs read stays as it is."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

_FOR_PROGRAMS = ("/api/", "/xcs/", "/ingest/")


class PersonsLanguage(LocaleMiddleware):
    """Django's own, but for programs: the sentences of their errors are looked up by people of all languages."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(_FOR_PROGRAMS):
            translation.activate(settings.LANGUAGE_CODE)  # the thread may have answered a person before
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if request.path.startswith(_FOR_PROGRAMS) else super().process_response(request, response)
