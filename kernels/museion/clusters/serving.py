"""What an agent answers: JSON over HTTP on its unix socket, for the processes of its user.

Asking counts as no activity. A refusal has the status of its kind, and one sentence with a
hint.
"""

import json
import logging
from collections.abc import Awaitable
from dataclasses import asdict
from typing import Any

from tornado.web import Application, RequestHandler

from museion.clusters.keeper import Keeper, State, as_answer
from museion.errors import ErrorKind, InputError, MuseionError

LONGEST_BODY_BYTES = 64 * 1024
BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, BAD_GATEWAY = 400, 403, 404, 409, 502
STATUS = {ErrorKind.INPUT: BAD_REQUEST, ErrorKind.REFUSED: FORBIDDEN}

log = logging.getLogger(__name__)


class _Handler(RequestHandler):
    """Knows the cluster; turns errors into answers."""

    def initialize(self, keeper: Keeper) -> None:
        """Take the cluster's keeper."""
        self.keeper = keeper

    def read(self) -> dict[str, Any]:
        """Return the request's body.

        Raises
        ------
        InputError
            It is no JSON object.
        """
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise InputError("The request is no JSON object", hint="send an object")
        return body

    async def answer(self, change: Awaitable[None]) -> None:
        """Carry out a change and tell how the cluster is then.

        Parameters
        ----------
        change : awaitable
            From the keeper.
        """
        try:
            await change
        except MuseionError as error:
            self.refuse(error)
        else:
            self.write(self.keeper.describe())

    def refuse(self, error: MuseionError) -> None:
        """Answer with an error."""
        self.set_status(STATUS.get(error.kind, BAD_GATEWAY))
        self.write(as_answer(error))


class _State(_Handler):
    def get(self) -> None:
        """Tell how the cluster is."""
        self.write(self.keeper.describe())


class _Connection(_Handler):
    def get(self) -> None:
        """Tell how a client reaches the scheduler."""
        try:
            connection = self.keeper.require_connection()
        except MuseionError as error:
            self.set_status(CONFLICT)
            self.write(as_answer(error))
        else:
            self.write({**asdict(connection), "cluster": self.keeper.registration.id})


class _Dashboard(_Handler):
    async def get(self) -> None:
        """Tell where the dashboard is."""
        found = None
        if self.keeper.state is State.RUNNING:
            found = await self.keeper.backend.open_dashboard()
        if found is None:
            self.set_status(NOT_FOUND)
            self.write({"kind": "input", "message": "There is no dashboard", "hint": "start it"})
        else:
            self.write(asdict(found))


class _Scale(_Handler):
    async def post(self) -> None:
        """Have another number of workers."""
        await self.answer(self._scale())

    async def _scale(self) -> None:
        await self.keeper.scale(self.read().get("workers"))


class _Adapt(_Handler):
    async def post(self) -> None:
        """Have as many workers as the work needs."""
        await self.answer(self._adapt())

    async def _adapt(self) -> None:
        body = self.read()
        await self.keeper.adapt(body.get("minimum"), body.get("maximum"))


class _Close(_Handler):
    async def post(self) -> None:
        """Stop the cluster; the answer comes when it is gone."""
        self.keeper.stop()
        await self.keeper.ended.wait()
        self.write(self.keeper.describe())


def application(keeper: Keeper) -> Application:
    """Return what serves one cluster.

    Parameters
    ----------
    keeper : Keeper
        Who keeps it.

    Returns
    -------
    Application
    """
    routes: dict[str, type[_Handler]] = {
        "/": _State,
        "/connection": _Connection,
        "/dashboard": _Dashboard,
        "/scale": _Scale,
        "/adapt": _Adapt,
        "/close": _Close,
    }
    handlers = [(path, handler, {"keeper": keeper}) for path, handler in routes.items()]
    return Application(handlers, log_function=_say_nothing)


def _say_nothing(handler: RequestHandler) -> None:
    """Log a request only if it failed by a mistake of ours."""
    if handler.get_status() >= BAD_GATEWAY - 2 and handler.get_status() != BAD_GATEWAY:
        log.error("%s answered %d", handler.request.path, handler.get_status())
