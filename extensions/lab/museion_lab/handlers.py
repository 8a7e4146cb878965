"""The base of every endpoint under `museion/`: signed in, authorised, errors as JSON.

A failed request is answered with `{"kind", "message", "hint"}`. For an error of the
datasets library the three come from its table `ANSWERS`, so that nothing of the error's
own text leaves the process; for an HTTP error they come from `PLAIN_ANSWERS`. The
details go to the server's log.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from museion_datasets.errors import ANSWERS, DatasetsError, error_json
from museion_lab.datasets import OpenDatasets

__all__ = ["MuseionHandler", "authorized", "describe_error", "status_of"]

PLAIN_ANSWERS: Mapping[int, tuple[str, str, str]] = MappingProxyType({
    400: ("invalid", "The request is not well formed", "Check the names and numbers in it."),
    403: ("refused", "You are not signed in here", "Sign in again, then reload the page."),
    404: ("not_found", "There is nothing at this address", "Check its spelling."),
    405: ("invalid", "This address does not take such a request", "Use another method."),
})
BROKEN = ("internal", "The workspace server failed", "Try again; its log says what happened.")


def status_of(error: BaseException | None) -> int:
    """Return the HTTP status that answers `error`.

    Parameters
    ----------
    error : BaseException or None
        What ended the request.

    Returns
    -------
    int
        HTTP status code.
    """
    match error:
        case DatasetsError():
            return ANSWERS[error.kind].status
        case web.HTTPError():
            return int(error.status_code)
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR


def describe_error(error: BaseException | None, status: int) -> dict[str, str]:
    """Return what a person may learn of `error`.

    Parameters
    ----------
    error : BaseException or None
        What ended the request.
    status : int
        The HTTP status that is sent.

    Returns
    -------
    dict of str to str
        ``kind``, ``message`` and ``hint``.
    """
    if isinstance(error, DatasetsError):
        return error_json(error)
    kind, message, hint = PLAIN_ANSWERS.get(status, BROKEN)
    return {"kind": kind, "message": message, "hint": hint}


class MuseionHandler(APIHandler):  # type: ignore[misc,unused-ignore]
    """An endpoint that only the workspace's members reach.

    Subclasses decorate each method with `tornado.web.authenticated` and `authorized`,
    and let errors of the datasets library fly: they are answered here.
    """

    auth_resource = "contents"

    @property
    def datasets(self) -> OpenDatasets:
        """The datasets this server has open."""
        opened: OpenDatasets = self.settings["museion_datasets"]
        return opened

    def _handle_request_exception(self, error: BaseException) -> None:
        """Answer an error of the datasets library with its own status."""
        if isinstance(error, DatasetsError) and not self._finished:
            self.log.info("%s answered %s: %s", self.request.path, error.kind, error.message)
            self.send_error(status_of(error), exc_info=(type(error), error, error.__traceback__))
            return
        super()._handle_request_exception(error)

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 - tornado's
        """Answer with `{"kind", "message", "hint"}`."""
        exc_info = kwargs.get("exc_info") or (None, None, None)
        self.finish(json.dumps(describe_error(exc_info[1], status_code)))
