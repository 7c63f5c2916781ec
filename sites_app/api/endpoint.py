"""The base of every endpoint: unknown parameters are refused, good answers tagged, and not sent twice."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sites_app.api.bodies import JsonBody
from sites_app.api.tags import is_known, tag_of_content, tagged
from sites_app.problems import only_parameters, parameter_problem

_READING = ("GET", "HEAD")


class Endpoint(APIView):
    """An endpoint. ``parameters`` are what a GET takes; None where the endpoint looks at them itself."""

    parser_classes = [JsonBody]
    parameters: ClassVar[tuple[str, ...] | None] = ()
    volatile: ClassVar[tuple[str, ...]] = ()
    """Members of an answer that change by themselves: see ``tag_of_content``."""

    problems: ClassVar[tuple[int, ...]] = ()
    """What it may be refused with, by status, beside what any endpoint may."""
    only_problems: ClassVar[tuple[int, ...]] = ()
    """All that it may be refused with, where that differs from any endpoint's."""

    def parameters_of(self, method: str) -> tuple[str, ...] | None:
        """The query parameters that a method takes."""
        return self.parameters if method in _READING else ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.parameters_of(str(request.method))
        if known is not None:
            only_parameters(request, known)
            for name, values in request.query_params.lists():
                if any("\x00" in value for value in values):
                    raise parameter_problem(name, "There is a NUL character in it.")

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer, and let go of the answer.

        A request holds its view, so what that holds stays until garbage is collected, which a server seldom does: hundreds
        of answers, of megabytes each. Neither the view nor its renderer is to be a way back to the answer.
        """
        response = super().dispatch(request, *args, **kwargs)
        del self.response
        if isinstance(response, Response):
            response.add_post_render_callback(_without_context)
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        is_good = isinstance(response, Response) and request.method in _READING and response.status_code == 200
        if is_good and not response.has_header("ETag"):
            response = self._tagged(request, response)
        return super().finalize_response(request, response, *args, **kwargs)

    def _tagged(self, request: Request, response: Response) -> Response:
        tag = tag_of_content(response.data, self.volatile)
        return tagged(Response(status=304) if is_known(request, tag) else response, tag)


def _without_context(response: Any) -> None:
    response.renderer_context = {}
