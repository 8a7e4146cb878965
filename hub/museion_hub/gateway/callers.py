"""Who calls the gateway: the hub says, by the caller's token."""

from aiohttp import web
from dask_gateway_server.auth import JupyterHubAuthenticator, unauthorized
from dask_gateway_server.models import User

UNKNOWN_TOKEN = "Permission failure"  # noqa: S105  how dask-gateway's reason begins


class HubAuthenticator(JupyterHubAuthenticator):
    """dask-gateway's, but a token that the hub does not know is the caller's fault."""

    async def authenticate(self, request: web.Request) -> User:
        """Return the account of a request's token; without a good one, 401.

        Raises
        ------
        HTTPInternalServerError
            The hub gives no account.
        """
        try:
            return await super().authenticate(request)
        except web.HTTPInternalServerError as error:
            if not error.reason.startswith(UNKNOWN_TOKEN):
                raise
            refusal = unauthorized("jupyterhub")
            raise refusal from error
