"""The home page, what it refreshes itself with, and the button that stops a server."""

import asyncio
from typing import Any

from jupyterhub.handlers import BaseHandler
from jupyterhub.scopes import needs_scope
from tornado import web

from museion_hub.pages.view import HomeView, ServerState, home_view, refresh_payload
from museion_hub.registry.directory import Directory
from museion_hub.registry.errors import UnavailableError
from museion_hub.registry.views import PersonView, WorkgroupCard


class HomeReader(BaseHandler):
    """A handler that can put the signed-in person's home page together."""

    def initialize(self, directory: Directory) -> None:
        """Take the directory from the route."""
        self.directory = directory

    async def read_home(self) -> HomeView:
        """Return the home page of whoever asks.

        Raises
        ------
        tornado.web.HTTPError
            404 if the account is no person of the registry (a workgroup's own, or removed);
            503 if the registry can't be read.
        """
        name = self.current_user.name
        try:
            person, cards = await asyncio.to_thread(self._look_up, name)
        except UnavailableError as error:
            raise web.HTTPError(503, f"{error.message}\nhint: {error.hint}") from error
        if person is None:
            raise web.HTTPError(404)
        accounts = [name, *(card.account for card in cards)]
        states = {account: server_state(self.find_user(account)) for account in accounts}
        return home_view(person, cards, states)

    def _look_up(self, name: str) -> tuple[PersonView | None, list[WorkgroupCard]]:
        return self.directory.find_person(name), self.directory.workgroup_cards(name)


class HomeHandler(HomeReader):
    """``GET /hub/home``: the signed-in person's workgroups and private space."""

    @web.authenticated
    async def get(self) -> None:
        """Show the page; first notice if the private server died unseen."""
        if self.current_user.running:
            await self.current_user.spawner.poll_and_notify()
        view = await self.read_home()
        self.finish(await self.render_template("home.html", view=view))


class HomeStateHandler(HomeReader):
    """``GET /hub/home/state``: who is online and what servers do, as JSON."""

    async def get(self) -> None:
        """Answer the open home page.

        Raises
        ------
        tornado.web.HTTPError
            401 if nobody is signed in: a script can't follow a redirect to the sign-in page.
        """
        if self.current_user is None:
            raise web.HTTPError(401)
        payload = refresh_payload(await self.read_home())
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(payload)


class StopServerHandler(BaseHandler):
    """``POST /hub/servers/<account>/stop``: a plain form, so that it works without scripts."""

    @web.authenticated
    async def post(self, account: str) -> None:
        """Stop the account's server and go home."""
        await self._stop(account)
        self.redirect(f"{self.hub.base_url}home")

    @needs_scope("delete:servers")
    async def _stop(self, user_name: str) -> None:
        user = self.find_user(user_name)
        if user is None:
            raise web.HTTPError(404)
        if user.spawner.ready:
            await self.stop_single_user(user)


def server_state(user: Any) -> ServerState:  # noqa: ANN401  jupyterhub's User is untyped
    """Say what the default server of a hub user is doing; no such user means stopped."""
    if user is None:
        return ServerState.STOPPED
    spawner = user.spawner
    if spawner.pending == "stop":
        return ServerState.STOPPING
    if spawner.pending:
        return ServerState.STARTING
    if spawner.ready:
        return ServerState.RUNNING
    # JupyterHub's own pages read this flag too; there is no public name for it.
    return ServerState.FAILED if spawner._failed else ServerState.STOPPED  # noqa: SLF001
