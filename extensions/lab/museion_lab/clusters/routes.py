"""`museion/clusters`: the workspace's clusters, and what a member wishes of them.

- `GET clusters`: all of them, the places to compute, and whether you may act;
- `POST clusters`: start one;
- `GET clusters/<id>`: one of them;
- `POST clusters/<id>/scale`, `…/adapt`, `…/close`: act on it;
- `GET clusters/<id>/dashboard/…` and `…/pages/…`: its scheduler's own pages (`dashboard`).

Who may look reads; only members act. Looking does not count as activity: an open panel must
not keep a workspace running.
"""

from http import HTTPStatus
from typing import Any, Final

from tornado import web

from museion_datasets.environment import find_compute_places
from museion_lab.clusters.agents import CLUSTER_ID, Agents, NoAgentError, SilentAgentError
from museion_lab.clusters.dashboard import DoorHandler, PagesHandler
from museion_lab.clusters.starting import StartError, start_cluster
from museion_lab.clusters.wishes import Refusal, WishError, read_start, read_wish
from museion_lab.handlers import MuseionHandler, authorized
from museion_lab.membership import may_write

WORKSPACE: Final = "workspace"
ENDED: Final = Refusal(
    HTTPStatus.NOT_FOUND, "This cluster has ended", "Start another one with museion.cluster()."
)
SILENT: Final = Refusal(
    HTTPStatus.BAD_GATEWAY,
    "The cluster does not answer",
    "Wait a moment; if it stays so, stop the cluster and start another one.",
)


class _ClustersHandler(MuseionHandler):
    """What the endpoints share."""

    _track_activity = False

    @property
    def agents(self) -> Agents:
        """The agents of this workspace."""
        agents: Agents = self.settings["museion_agents"]
        return agents

    def _handle_request_exception(self, error: BaseException) -> None:
        """Answer what an agent or a wish brings with its own sentence."""
        match error:
            case NoAgentError():
                self.refuse(ENDED)
            case SilentAgentError():
                self.log.warning("the agent of cluster %s does not answer", error)
                self.refuse(SILENT)
            case StartError():
                self.log.error("a cluster's agent did not start: %s", error.output)
                self.refuse(error.refusal)
            case WishError():
                self.refuse(error.refusal)
            case _:
                super()._handle_request_exception(error)

    def refuse(self, refusal: Refusal) -> None:
        """Answer with a sentence and a hint."""
        self.set_status(refusal.status)
        self.finish({"kind": refusal.kind, "message": refusal.message, "hint": refusal.hint})


class ClustersHandler(_ClustersHandler):
    """`museion/clusters`: all of them, and starting one."""

    @web.authenticated
    @authorized("read", "contents")
    async def get(self) -> None:
        """Answer with every cluster of the workspace."""
        places = [WORKSPACE, *(place.name for place in find_compute_places())]
        self.finish({
            "clusters": await self.agents.reports(),
            "places": places,
            "may_act": may_write(self.current_user),
        })

    @web.authenticated
    @authorized("write", "contents")
    async def post(self) -> None:
        """Start a cluster, and answer with its id."""
        places = {WORKSPACE, *(place.name for place in find_compute_places())}
        wish = read_start(self.request.body, places)
        cluster = await start_cluster(wish)
        self.agents.note_change()
        self.log.info("%s starts cluster %s", self.current_user.username, cluster)
        self.set_status(HTTPStatus.ACCEPTED)
        self.finish({"id": cluster})


class ClusterHandler(_ClustersHandler):
    """`museion/clusters/<id>`: one of them."""

    @web.authenticated
    @authorized("read", "contents")
    async def get(self, cluster: str) -> None:
        """Answer with what its agent says."""
        report = await self.agents.report(cluster)
        self.finish({"cluster": report, "may_act": may_write(self.current_user)})


class WishHandler(_ClustersHandler):
    """`museion/clusters/<id>/scale`, `adapt` and `close`."""

    @web.authenticated
    @authorized("write", "contents")
    async def post(self, cluster: str, name: str) -> None:
        """Tell its agent, and answer with what it says."""
        wish = read_wish(name, self.request.body)
        status, answer = await self.agents.act(cluster, name, wish)
        self.log.info("%s wishes to %s cluster %s", self.current_user.username, name, cluster)
        self.set_status(status)
        self.finish(_plain(status, answer))


def _plain(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a person may learn of an agent's answer."""
    if status < HTTPStatus.BAD_REQUEST:
        return {}
    message = str(answer.get("message") or "The cluster refuses this")
    return {"kind": "refused", "message": message, "hint": str(answer.get("hint") or "")}


def routes() -> list[tuple[str, type]]:
    """Return the endpoints of this package, below `museion/`.

    Returns
    -------
    list of (str, type)
        Pattern and handler.
    """
    one = rf"clusters/({CLUSTER_ID})"
    return [
        ("clusters", ClustersHandler),
        (one, ClusterHandler),
        (rf"{one}/(scale|adapt|close)", WishHandler),
        (rf"{one}/dashboard/(.*)", DoorHandler),
        (rf"{one}/pages/([^/]+)/(.*)", PagesHandler),
    ]
