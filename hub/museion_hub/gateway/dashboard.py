"""A cluster's pages, for its workgroup: HTTP and websockets, behind the hub's tokens.

``/api/v1/clusters/<name>/dashboard/<path>`` needs the token of the owner in its header; a
cookie is no sign-in here, so no page of one workgroup can ask for another's. To everybody
else there is no such cluster. The pages come out of the workgroup's own sandbox: neither the
token nor a cookie goes in, and nothing that comes out may set one.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    from museion_hub.gateway.workgroups import WorkgroupBackend

PATH = "/api/v1/clusters/{cluster_name}/dashboard/{path:.*}"
LARGEST_MESSAGE_BYTES = 64 * 2**20
PROTOCOLS = "Sec-WebSocket-Protocol"
NOT_PASSED_ON = {
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Headers of one connection, and everything that proves who somebody is."""


def routes(backend: "WorkgroupBackend") -> list[web.RouteDef]:
    """Return the routes at which clusters' pages are.

    Parameters
    ----------
    backend : WorkgroupBackend
        Knows the clusters and the way to their schedulers.

    Returns
    -------
    list of aiohttp.web.RouteDef
    """

    async def show(request: web.Request) -> web.StreamResponse:
        user = await request.app["authenticator"].authenticate(request)
        cluster = backend.db.get_cluster(request.match_info["cluster_name"])
        if cluster is None or cluster.username != user.name or not cluster.is_active():
            raise web.HTTPNotFound(reason="There is no such cluster")
        async with backend.open_dashboard(cluster) as way:
            if way is None:
                raise web.HTTPNotFound(reason="There is no such page")
            session, base_url = way
            url = f"{base_url}/{request.match_info['path']}?{request.query_string}".rstrip("?")
            try:
                if request.headers.get("Upgrade", "").lower() == "websocket":
                    return await _join(request, session, url)
                return await _pass_on(request, session, url)
            except aiohttp.ClientError as error:
                raise web.HTTPBadGateway(reason="The scheduler does not answer") from error

    return [web.get(PATH, show)]


def kept(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """Return the headers that are passed on.

    Examples
    --------
    >>> dict(kept([("Authorization", "jupyterhub x"), ("Accept", "text/html")]))
    {'Accept': 'text/html'}
    """
    passed = CIMultiDict[str]()
    for name, value in headers:
        is_websocket = name.lower().startswith("sec-websocket")
        if name.lower() not in NOT_PASSED_ON and not is_websocket:
            passed.add(name, value)
    return passed


async def _pass_on(
    request: web.Request, session: aiohttp.ClientSession, url: str
) -> web.StreamResponse:
    headers = kept(request.headers.items())
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        response = web.StreamResponse(status=answer.status, headers=kept(answer.headers.items()))
        await response.prepare(request)
        async for block in answer.content.iter_any():
            await response.write(block)
        await response.write_eof()
        return response


async def _join(
    request: web.Request, session: aiohttp.ClientSession, url: str
) -> web.StreamResponse:
    asked = [word.strip() for word in request.headers.get(PROTOCOLS, "").split(",") if word]
    headers = kept(request.headers.items())
    async with session.ws_connect(
        url, protocols=asked, headers=headers, max_msg_size=LARGEST_MESSAGE_BYTES
    ) as far:
        chosen = [far.protocol] if far.protocol else []
        near = web.WebSocketResponse(protocols=chosen, max_msg_size=LARGEST_MESSAGE_BYTES)
        await near.prepare(request)
        ways = {asyncio.create_task(_copy(near, far)), asyncio.create_task(_copy(far, near))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await near.close()
        return near


type _Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _copy(source: _Socket, target: _Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
