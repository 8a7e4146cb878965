"""The pages of a cluster's scheduler, for who may look.

They listen where only this workspace, or with a credential its agent, can reach them; a
browser reaches them through here and nowhere else. What they hold is written by whoever
computes, so they run without the rights of this origin (`sandbox`) and come near no cookie,
no storage and no page of the hub or of a workspace. A visitor is let in at
`museion/clusters/<id>/dashboard/…`, with everything that is asked of a visitor, and led to an
address with a ticket. Pages are read only: nothing but GET, and the websocket by which they
draw. The visitor's own cookies and tokens stay here, and no cookie comes from there.
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from jupyter_server_proxy.handlers import ProxyHandler, RewritableResponse
from tornado import web
from tornado.httputil import HTTPHeaders

from museion_lab.clusters.agents import Agents, Dashboard, NoAgentError, SilentAgentError
from museion_lab.clusters.tickets import Tickets, credential_of
from museion_lab.handlers import authorized

KEPT_HERE: Final = (
    "Authorization",
    "Cookie",
    "Host",
    "Origin",
    "Proxy-Authorization",
    "X-XSRFToken",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Real-Ip",
    "X-Scheme",
)
"""Headers that are for this server alone; a page without origin would be refused there."""
NOT_FROM_THERE: Final = ("Set-Cookie", "Access-Control-Allow-Origin", "Service-Worker-Allowed")
WITHOUT_ORIGIN: Final = "sandbox allow-scripts allow-popups allow-downloads; frame-ancestors 'self'"
"""What a dashboard's pages may do: run, not act as the workspace's or the hub's own pages."""
FIRST_PAGE: Final = "status"
GONE: Final = "The dashboard does not answer. The cluster may have ended; look in the panel."


class DoorHandler(JupyterHandler):
    """`museion/clusters/<id>/dashboard/…`: lets a visitor in, to the pages' own address."""

    auth_resource = "contents"
    _track_activity = False

    @web.authenticated
    @authorized("read", "contents")
    async def get(self, cluster: str, path: str) -> None:
        """Send to the page."""
        tickets: Tickets = self.settings["museion_tickets"]
        ticket = tickets.issue(cluster, credential_of(self))
        self.redirect(
            url_path_join(
                self.base_url, "museion/clusters", cluster, "pages", ticket, path or FIRST_PAGE
            )
        )


class PagesHandler(ProxyHandler):
    """`museion/clusters/<id>/pages/<ticket>/…`: passes pages and their websockets on."""

    SUPPORTED_METHODS = ("GET",)
    auth_resource = "contents"
    _track_activity = False
    _dashboard: Dashboard

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - tornado's
        options.update(
            host_allowlist=self._is_dashboard,
            rewrite_response=guard,
            update_last_activity=False,
        )
        super().__init__(*arguments, **options)

    async def prepare(self) -> None:
        """Do not ask for a cookie: `get` asks for a ticket."""
        await JupyterHandler.prepare(self)

    @allow_unauthenticated
    async def get(self, cluster: str, ticket: str, path: str) -> None:
        """Answer with a page, or open the websocket of one."""
        await self._require_access(cluster, ticket)
        await self._find(cluster)
        self.proxy_base = f"museion/clusters/{cluster}/pages/{ticket}"
        await super().get(cluster, ticket, path)

    def check_origin(self, origin: str | None = None) -> bool:  # noqa: ARG002 - tornado's
        """Accept a page without an origin: the ticket tells whose it is."""
        return True

    async def _require_access(self, cluster: str, ticket: str) -> None:
        """Refuse who has no ticket, or whose visitor has no access any more.

        Raises
        ------
        tornado.web.HTTPError
            404, as for what is not there.
        """
        tickets: Tickets = self.settings["museion_tickets"]
        if (found := tickets.find(ticket, cluster)) is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        provider: Any = self.identity_provider
        if not hasattr(provider, "find_visitor"):
            return
        visitor = await provider.find_visitor(found.credential)
        if visitor is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        provider.connections.note(self, found.credential, visitor)

    async def http_get(self, _cluster: str, _ticket: str, path: str) -> None:
        """Fetch a page.

        Raises
        ------
        tornado.web.HTTPError
            502 if the dashboard does not answer.
        """
        try:
            await self.proxy(*self._address(), path)
        except (web.HTTPError, OSError) as error:
            self.log.warning("a dashboard does not answer: %s", type(error).__name__)
            raise web.HTTPError(HTTPStatus.BAD_GATEWAY) from error

    async def open(self, _cluster: str, _ticket: str, path: str) -> None:
        """Connect the websocket of a page."""
        try:
            await self.proxy_open(*self._address(), path)
        except Exception as error:  # noqa: BLE001 - whatever the other side does ends this socket
            self.log.warning("a dashboard's websocket does not open: %s", type(error).__name__)
            self.close()

    def get_client_uri(self, protocol: str, host: str, port: int, proxied_path: str) -> str:
        """Return the dashboard's own address of a page."""
        uri: str = super().get_client_uri(protocol, host, port, proxied_path)
        there, wanted = urlsplit(self._dashboard.url), urlsplit(uri)
        secure = "s" if there.scheme == "https" else ""
        path = there.path.rstrip("/") + wanted.path
        return wanted._replace(scheme=protocol + secure, netloc=there.netloc, path=path).geturl()

    def proxy_request_headers(self) -> HTTPHeaders:
        """Return the headers to send: the browser's without its credentials, and the agent's."""
        headers: HTTPHeaders = super().proxy_request_headers()
        for name in KEPT_HERE:
            headers.pop(name, None)
        headers.update(self._dashboard.headers)
        return headers

    def write_error(self, _status: int, **_details: Any) -> None:  # noqa: ANN401 - tornado's
        """Say in one sentence that there is nothing to see."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(GONE)

    async def _find(self, cluster: str) -> None:
        """Learn where the dashboard is.

        Raises
        ------
        tornado.web.HTTPError
            404 if there is none.
        """
        agents: Agents = self.settings["museion_agents"]
        try:
            found = await agents.dashboard(cluster)
        except (NoAgentError, SilentAgentError) as error:
            raise web.HTTPError(HTTPStatus.NOT_FOUND) from error
        if found is None or urlsplit(found.url).scheme not in {"http", "https"}:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        self._dashboard = found
        self.unix_socket = found.socket

    def _address(self) -> tuple[str, int]:
        there = urlsplit(self._dashboard.url)
        default = 443 if there.scheme == "https" else 80
        return there.hostname or "", there.port or default

    def _is_dashboard(self, _handler: object, host: str) -> bool:
        return host == urlsplit(self._dashboard.url).hostname


def guard(response: RewritableResponse) -> None:
    """Let a dashboard's page do no more in a browser than be a page.

    Parameters
    ----------
    response : RewritableResponse
        What the dashboard answered; changed in place.
    """
    headers = HTTPHeaders(response.headers)
    for name in NOT_FROM_THERE:
        headers.pop(name, None)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = WITHOUT_ORIGIN
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cache-Control"] = "private, no-cache"
    location = headers.get("Location")
    if location is not None and not is_inside(location):
        headers.pop("Location")
    response.headers = headers


def is_inside(location: str) -> bool:
    """Tell whether a redirect of a dashboard stays in it.

    Parameters
    ----------
    location : str
        As the dashboard says.

    Returns
    -------
    bool
        False for what names another site.
    """
    parts = urlsplit(location)
    return not (parts.scheme or parts.netloc)
