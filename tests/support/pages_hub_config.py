"""Configuration of the hub in `pages_hub`: read by JupyterHub, not imported."""

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner, SpawnException
from traitlets.config import get_config

from museion_hub.authenticator import RegistryAuthenticator, SignedIn
from museion_hub.pages import setup as pages
from museion_hub.registry.directory import Directory, HubRole
from museion_hub.registry.views import PersonView
from museion_hub.settings import Settings

SERVER = Path(__file__).with_name("pages_hub_server.py")
HOLD = Path("hold")
FAILS_AFTER_S = {"wg-broken": 0.2, "wg-late": 4.0}


class PatientSpawner(SimpleLocalProcessSpawner):
    """Starts in steps that a person can follow, or fails with a reason."""

    async def start(self) -> tuple[str, int]:
        if self.user.name in FAILS_AFTER_S:
            await asyncio.sleep(FAILS_AFTER_S[self.user.name])
            reason = "The disk is full\nhint: free some space, then open the workspace again"
            raise SpawnException(reason, reason="storage", status_code=500)
        while HOLD.exists():  # noqa: ASYNC110, ASYNC240  another process lifts it
            await asyncio.sleep(0.05)
        return await super().start()

    async def progress(self) -> AsyncGenerator[dict[str, object]]:
        yield {"progress": 20, "message": "Setting up the sandbox"}
        await asyncio.sleep(0.4)
        yield {"progress": 60, "message": "Starting JupyterLab"}


class AuthenticatorWithAdmin(RegistryAuthenticator):
    """The deployment's own, and one person who may see the administration page."""

    def _describe(self, person: PersonView) -> SignedIn:
        told = super()._describe(person)
        if person.username == "emeka":
            told["roles"].append(HubRole(name="admin"))
        return told


c = get_config()
url = os.environ["PAGES_HUB_DATABASE"]
directory = Directory(url)
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['PAGES_HUB_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['PAGES_HUB_OWN_PORT']}"
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.authenticator_class = AuthenticatorWithAdmin
c.AuthenticatorWithAdmin.database_url = url
c.JupyterHub.spawner_class = PatientSpawner
c.JupyterHub.template_paths = pages.template_paths()
c.JupyterHub.template_vars = pages.template_vars(directory, Settings(state_dir=Path.cwd()))
c.JupyterHub.redirect_to_server = False
c.JupyterHub.last_activity_interval = 5
c.ConfigurableHTTPProxy.command = shlex.split(os.environ["PAGES_HUB_PROXY"])
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PAGES_HUB_PROXY_PORT']}"
c.Spawner.cmd = [sys.executable, str(SERVER)]
c.Spawner.consecutive_failure_limit = 0
c.JupyterHub.load_roles = [{"name": "seed", "scopes": ["admin:users"], "services": ["seed"]}]
c.JupyterHub.services = [{"name": "seed", "api_token": os.environ["PAGES_HUB_SEED_TOKEN"]}]
