"""Lets a page's route answer what it refuses with a page, in the words of the hub's pages."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from museion_hub.pages.words import NO_ANSWER, error_words
from museion_hub.registry import answers
from museion_hub.registry.errors import Kind, RegistryError
from museion_hub.registry.pages.rendering import render

type Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_SAYS_WHY: Final = frozenset({Kind.CONFLICT, Kind.INVALID, Kind.UNAVAILABLE})


class PageRoute(APIRoute):
    """A route whose refusals are pages; each is still recorded as the API's are."""

    def get_route_handler(self) -> Handler:
        """Give the handler, with the refusals caught."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError:
                return _page(request, HTTPStatus.NOT_FOUND)
            except RegistryError as error:
                refused = await answers.refuse(request, error)
                return _page(request, refused.status_code, error)

        return answer


def _page(request: Request, status: int, error: RegistryError | None = None) -> Response:
    says_why = error is not None and error.kind in _SAYS_WHY
    values = {
        "status_code": status,
        "words": NO_ANSWER if status == HTTPStatus.SERVICE_UNAVAILABLE else error_words(status),
        "message": error.message if error and says_why else "",
        "hint": error.hint if error and says_why else "",
    }
    return render(request, "refusal.html", values, status=status)
