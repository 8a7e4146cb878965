"""Signs people in against the registry's tables, and keeps the hub's picture of them current.

Groups, roles, display name and colour are read at sign-in and again every
`Settings.auth_refresh_s` seconds, so a new workgroup or member needs no restart and a person
who was removed loses access by themselves. The account of a workgroup never signs in: it has
no password and its name is refused before any table is asked.
"""

import asyncio
import math
from collections.abc import Mapping
from typing import TypedDict

from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User
from tornado import web
from traitlets import Bool, Instance, Unicode

from museion_hub.access import WorkspaceAuthorizeHandler
from museion_hub.audit import EventName
from museion_hub.concerned import Concerned
from museion_hub.pages import setup as pages
from museion_hub.people_refresh import RefreshPersonHandler
from museion_hub.registry import names
from museion_hub.registry.directory import Directory, HubRole
from museion_hub.registry.views import PersonView
from museion_hub.sessions import RenewalHandler, Renewals
from museion_hub.visits import ServerHandler, VisitLog, VisitorHandler

TOO_MANY_TRIES = 429


class UserInfo(TypedDict):
    """How a person appears to others in a shared notebook."""

    name: str
    display_name: str
    initials: str
    color: str


class SignedIn(TypedDict):
    """What the hub is told about an account."""

    name: str
    groups: list[str]
    roles: list[HubRole]
    user_info: UserInfo


class RegistryAuthenticator(Authenticator):
    """Local accounts of the registry; who may do what comes from its memberships."""

    database_url = Unicode(help="Address of the registry's database.").tag(config=True)
    directory = Instance(Directory, help="The registry's read side; made from the address.")
    concerned = Instance(Concerned, (), help="The servers that must hear of a change.")
    renewals = Instance(Renewals, (), help="The browsers that may fetch a new cookie.")
    visits = Instance(VisitLog, (), help="Who visits which workspace.")

    manage_groups = Bool(default_value=True, help="The registry knows the groups.")
    manage_roles = Bool(default_value=True, help="The registry knows the roles.")
    allow_all = Bool(default_value=True, help="Who is in the registry may sign in.")
    refresh_pre_spawn = Bool(default_value=True, help="Look again before a server starts.")
    auth_refresh_strict = Bool(default_value=True, help="A removed person's tokens end too.")

    def _directory_default(self) -> Directory:
        return Directory(self.database_url)

    def get_handlers(self, app: object) -> list[tuple[object, ...]]:
        """Return the sign-in form, and the pages that stand before JupyterHub's own."""
        return [
            *super().get_handlers(app),
            (r"/api/oauth2/authorize", WorkspaceAuthorizeHandler),
            (r"/api/user", VisitorHandler),
            (r"/api/users/([^/]+)/server", ServerHandler),
            (r"/api/museion/people/([^/]+)/refresh", RefreshPersonHandler),
            (r"/museion/renewal", RenewalHandler),
            *pages.handlers(self.directory),
        ]

    async def authenticate(self, handler: BaseHandler, data: Mapping[str, str]) -> SignedIn | None:
        """Check name and password.

        Parameters
        ----------
        handler
            The request; unused.
        data
            The form's ``username`` and ``password``.

        Returns
        -------
        SignedIn or None
            None if the two don't belong together; a stranger learns no more.

        Raises
        ------
        tornado.web.HTTPError
            After too many failed tries.
        """
        del handler
        username = self.normalize_username(data.get("username", "").strip())
        wait_s = self.directory.seconds_until_next_try(username)
        if wait_s > 0:
            minutes = math.ceil(wait_s / 60)
            raise web.HTTPError(
                TOO_MANY_TRIES,
                f"Too many failed tries for this name\nhint: try again in {minutes} min",
            )
        return await asyncio.to_thread(self._sign_in, username, data.get("password", ""))

    def _sign_in(self, username: str, password: str) -> SignedIn | None:
        person = self.directory.verify_password(username, password)
        if person is None:
            actor = username if names.is_username(username) else ""
            self.directory.record_event(EventName.SIGN_IN_FAILED, actor=actor)
            return None
        self.directory.record_event(EventName.SIGNED_IN, actor=username)
        return self._describe(person)

    async def refresh_user(
        self,
        user: User,
        handler: BaseHandler | None = None,
        **_kwargs: object,
    ) -> SignedIn | bool:
        """Read groups and roles again.

        Parameters
        ----------
        user
            A person, or the account of a workgroup, which has no groups or roles to refresh.
        handler
            The request; unused.

        Returns
        -------
        SignedIn or bool
            False if the account is no longer in the registry: its sessions end.
        """
        del handler
        found = await self.look_again(str(user.name))
        self.concerned.note_difference(user, found)
        return found

    async def look_again(self, name: str) -> SignedIn | bool:
        """Read groups and roles; once more if they were changed meanwhile.

        Parameters
        ----------
        name
            A person, or the account of a workgroup.

        Returns
        -------
        SignedIn or bool
            As `refresh_user`; the registry alone is asked.
        """
        while True:
            changes = self.concerned.changes(name)
            found = await asyncio.to_thread(self._look_again, name)
            if changes == self.concerned.changes(name):
                return found

    def _look_again(self, name: str) -> SignedIn | bool:
        if names.find_slug(name) is not None:
            return self.directory.workgroup_exists(name)
        person = self.directory.find_person(name)
        return self._describe(person) if person else False

    def _describe(self, person: PersonView) -> SignedIn:
        return SignedIn(
            name=person.username,
            groups=self.directory.groups(person.username),
            roles=self.directory.roles(person.username),
            user_info=user_info(person),
        )

    def is_vouched_for(self, user: User) -> bool:
        """Whether what the registry says of a person is enough for the person to be here."""
        del user
        return True

    def validate_username(self, username: str) -> bool:
        """Whether an account of this name may exist: a person's or a workgroup's."""
        return names.is_username(username) or names.find_slug(username) is not None


def user_info(person: PersonView) -> UserInfo:
    """Return how a person appears to others in a shared notebook."""
    name = person.display_name or person.username
    return UserInfo(
        name=name,
        display_name=name,
        initials=person.initials,
        color=person.color,
    )
