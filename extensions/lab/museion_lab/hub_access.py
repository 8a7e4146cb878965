"""What the hub says about a visitor: asked for, kept a few seconds, forgotten on demand.

The question names this server, so that the hub can log who visits which workspace.
"""

from typing import Any

from jupyterhub.services.auth import HubOAuth
from tornado.httputil import url_concat

from museion_lab.environment import read_environment


class MemberHubOAuth(HubOAuth):  # type: ignore[misc,unused-ignore]
    """JupyterHub's client, whose memory can be emptied."""

    _times_forgotten = 0

    def forget_visitors(self) -> None:
        """Ask the hub anew about every visitor, those included it is being asked about now."""
        self._times_forgotten += 1
        self.cache.clear()

    async def _check_hub_authorization(
        self,
        url: str,
        api_token: str,
        cache_key: str | None = None,
        use_cache: bool = True,  # noqa: FBT001, FBT002 - JupyterHub's signature
    ) -> dict[str, Any] | None:
        """Return the visitor of a token; never an answer from before they were forgotten."""
        if use_cache and cache_key in self.cache:
            kept: dict[str, Any] | None = self.cache[cache_key]
            return kept
        address = url_concat(url, {"server": read_environment().account})
        while True:
            times = self._times_forgotten
            visitor: dict[str, Any] | None = await super()._check_hub_authorization(
                address, api_token, use_cache=False
            )
            if times == self._times_forgotten:
                break
        if use_cache:
            self.cache[cache_key] = visitor
        return visitor
