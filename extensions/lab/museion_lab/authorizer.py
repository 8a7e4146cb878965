"""What a visitor may do on this server: members everything, others look.

jupyter_server asks with an action and a resource. To look is `read`, and to hear the server's
events. Whatever else there is, contents, kernels, terminals and what extensions add, is for
those who may write.
"""

from typing import Any

from jupyterhub.singleuser.extension import JupyterHubAuthorizer

from museion_lab.membership import may_write

LOOKING = frozenset({("execute", "events")})


class MemberAuthorizer(JupyterHubAuthorizer):  # type: ignore[misc,unused-ignore]
    """Lets members write, and others whom the hub lets in read."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:  # noqa: ANN401 - jupyter_server's
        """Decide about one request.

        Parameters
        ----------
        handler : JupyterHandler
            The request.
        user : JupyterHubUser
            Who asks.
        action : str
            ``"read"``, ``"write"`` or ``"execute"``.
        resource : str
            What is acted on, as in ``"contents"``.

        Returns
        -------
        bool
            Whether it may be done.
        """
        if not super().is_authorized(handler, user, action, resource):
            return False
        return action == "read" or (action, resource) in LOOKING or may_write(user)
