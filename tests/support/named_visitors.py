"""Lets a test's clients into a workspace server under any name, with the hub's kind of user.

A client sends `Authorization: token <name>`, a browser the cookie `visitor=<name>`. Whoever
is called `looker…` is no member of the workgroup, like an administrator who only looks in.
"""

from typing import Any

from jupyter_server.auth import IdentityProvider
from jupyterhub.services.auth import HubAuth
from jupyterhub.singleuser.extension import JupyterHubUser

MEMBERS = "wg-murals"
ACCESS = "access:servers"


class NamedVisitors(IdentityProvider):
    """Believes the name."""

    @property
    def hub_auth(self) -> HubAuth:
        """What `MemberAuthorizer` asks about scopes."""
        return HubAuth(access_scopes={ACCESS})

    def get_user(self, handler: Any) -> JupyterHubUser | None:  # noqa: ANN401
        scheme, _, name = handler.request.headers.get("Authorization", "").partition(" ")
        if scheme != "token":
            name = handler.get_cookie("visitor", "")
        if not name:
            return None
        groups = [] if name.startswith("looker") else [MEMBERS]
        info = {"name": name.title(), "display_name": name.title(), "color": "#23406e"}
        return JupyterHubUser({
            "name": name,
            "groups": groups,
            "scopes": [ACCESS],
            "user_info": info,
        })

    def is_token_authenticated(self, handler: Any) -> bool:  # noqa: ANN401
        # A page has a cookie, never a token; a test's client no _xsrf.
        return not handler.get_cookie("visitor") and "Origin" not in handler.request.headers

    @property
    def auth_enabled(self) -> bool:
        return True
