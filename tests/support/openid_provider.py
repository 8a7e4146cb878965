"""A real OpenID provider for tests, as certified by the OpenID Foundation: npm's oidc-provider."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from museion_hub.registry.tables import Role
from museion_hub.run.checks import find_node
from museion_hub.run.commands import scripts_folder
from museion_hub.settings import GroupRule, SignIn, SignInProvider
from tests.support.hub import free_port
from tests.support.waiting import answers, wait_until

SCRIPT = Path(__file__).with_name("openid_provider.mjs")
CLIENT = "museion"
SECRET = "secret/with:odd+signs%41=and-32-bytes"
AUTHORITY = "sso.museum.example"
GROUP = f"urn:geant:museum.example:group:%s#{AUTHORITY}"
BACK_CHANNEL = "backchannel_logout"
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """A running provider, and what a test may do to it."""

    issuer: str
    orders: str

    def set(self, **state: Any) -> None:  # noqa: ANN401 - JSON
        """Decide how the provider behaves from now on."""
        httpx.post(self.orders, json={"set": state}).raise_for_status()

    def know(self, *, disabled: tuple[str, ...] = (), **people: dict[str, Any]) -> None:
        """Know these people, with these claims, and no others."""
        self.set(
            people={
                name: {"claims": claims, "disabled": name in disabled}
                for name, claims in people.items()
            }
        )

    def revoke(self, person: str) -> None:
        """Take back every token of a person."""
        httpx.post(self.orders, json={"revoke": person}).raise_for_status()

    def logout_token(self, person: str | None = None, **how: Any) -> str:  # noqa: ANN401 - JSON
        """Make a logout token of a person, with these claims besides, signed as `kind` says."""
        how["claims"] = {"sub": person, **how.get("claims", {})}
        made = httpx.post(self.orders, json={"logout": how}).raise_for_status()
        return str(made.json()["token"])

    def seen(self) -> list[dict[str, Any]]:
        """Give the requests that came so far."""
        return list(httpx.post(self.orders, json={}).json()["seen"])


def claims(name: str, *groups: str, **more: object) -> dict[str, Any]:
    """Give the claims of a person in these groups of the museum."""
    return {
        "name": name,
        "preferred_username": name.split(maxsplit=1)[0].lower(),
        "email": f"{name.split(maxsplit=1)[0].lower()}@museum.example",
        "email_verified": True,
        "entitlements": [GROUP % group for group in groups],
        **more,
    }


def sign_in_settings(provider: OpenIdProvider, folder: Path, **changes: Any) -> SignIn:  # noqa: ANN401 - settings
    """Give settings for a hub that uses the provider."""
    secret = folder / "client-secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    rules = (
        GroupRule(GROUP % "paintings", "murals", Role.MEMBER),
        GroupRule(GROUP % "paintings:role=head", "murals", Role.LEAD),
        GroupRule(GROUP % "stones", "lapidary", Role.MEMBER),
    )
    given: dict[str, Any] = {
        "provider": SignInProvider.OIDC,
        "title": "the Museum",
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret_file": str(secret),
        "scopes": ("openid", "profile", "email", "entitlements", "offline_access"),
        "entitlement_claim": "entitlements",
        "entitlement_authority": (AUTHORITY,),
        "administrators_entitlement": GROUP % "it:role=admin",
        "group": rules,
    }
    return SignIn(**{**given, **changes})


@contextmanager
def openid_provider(hub_url: str) -> Generator[OpenIdProvider]:
    """Run a provider that knows one client: the hub at this address."""
    port, orders = free_port(), free_port()
    node = find_node(scripts_folder()) / "node"
    addresses = [f"{hub_url}/hub/{name}" for name in ("oauth_callback", "login", BACK_CHANNEL)]
    command = [str(node), str(SCRIPT), str(port), str(orders), *addresses]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    provider = OpenIdProvider(f"http://localhost:{port}", f"http://127.0.0.1:{orders}")
    try:
        url = f"{provider.issuer}/.well-known/openid-configuration"
        wait_until(lambda: answers(url), "the OpenID provider answers", 60)
        yield provider
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
