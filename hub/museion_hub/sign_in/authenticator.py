"""Signs people in at an OpenID provider, and keeps asking whether it still vouches for them.

At sign-in: code, state, PKCE, nonce, signed ID token, UserInfo, then the registry's account and
memberships. At every refresh: the claims again. If the provider takes its word back, the session
ends and open connections are closed; if it does not answer, the session goes on with what the
registry knows until `sign_in.outage_s` have passed since the last answer, and then ends.

What is kept of the session at the provider is encrypted in the hub's database, stays in the hub's
process, and never reaches a workspace. Local accounts sign in beside it only where the settings
say so.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from jupyterhub import orm
from jupyterhub.handlers import BaseHandler
from jupyterhub.user import User
from traitlets import Instance, default

from museion_hub.audit import EventName
from museion_hub.authenticator import RegistryAuthenticator, SignedIn
from museion_hub.people_refresh import drop_credentials, refresh_person
from museion_hub.registry import names
from museion_hub.registry.database import Database
from museion_hub.settings import SignInOpenTo
from museion_hub.sign_in.accounts import Accounts, Admitted
from museion_hub.sign_in.claims import Claims, identity_from, require_entitlements
from museion_hub.sign_in.errors import (
    DeniedError,
    Problem,
    ProviderAnswerError,
    ProviderAwayError,
    SignInError,
)
from museion_hub.sign_in.handlers import (
    BeginHandler,
    EndedThereHandler,
    LeaveHandler,
    ReturnHandler,
    SignInHandler,
    farewell_url,
    tell_problem,
)
from museion_hub.sign_in.line import ProviderLine
from museion_hub.sign_in.logout_tokens import Logout, UsedTokens
from museion_hub.sign_in.rules import rights_from
from museion_hub.sign_in.tokens import Session, challenge_of, nonce_of
from museion_hub.sign_in.visits import close_visits

INVITED_FOR_S: Final = 3600
"""How long somebody may stay without a membership, to accept an invitation."""
BACK_CHANNEL: Final = "/backchannel_logout"
JOIN: Final = "/services/registry/join/"
THROUGH: Final = "/services/registry/sign-in"
"""By way of the registry's own sign-in, which leads back to the invitation."""


class ProviderAuthenticator(RegistryAuthenticator, ProviderLine):
    """People of an OpenID provider over the registry's tables."""

    accounts = Instance(Accounts, help="The registry's people; made from the address.")
    login_handler = BeginHandler
    callback_handler = ReturnHandler
    logout_handler = LeaveHandler

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - traits
        super().__init__(**kwargs)
        self._renewals: dict[str, asyncio.Task[SignedIn | bool]] = {}
        self._endings: dict[str, Problem] = {}
        self._used = UsedTokens()

    @default("accounts")
    def _accounts_default(self) -> Accounts:
        return Accounts(Database(self.database_url))

    def get_handlers(self, app: object) -> list[tuple[object, ...]]:
        """Return the pages of the sign-in, and those of the registry's authenticator."""
        own = [(r"/login", SignInHandler), (BACK_CHANNEL, EndedThereHandler)]
        return [*own, *super().get_handlers(app)]

    async def authenticate(
        self, handler: BaseHandler, data: Mapping[str, str] | None = None
    ) -> SignedIn | None:
        """Sign in whoever comes back from the provider, or a local account by its password.

        Parameters
        ----------
        handler
            The request; its kind decides which of the two it is.
        data
            The local form's fields.

        Returns
        -------
        SignedIn or None
            None if a local name and password don't belong together, or are not asked for.

        Raises
        ------
        SignInError
            If the provider does not vouch for the person.
        """
        if not isinstance(handler, ReturnHandler):
            return await super().authenticate(handler, data or {}) if self.is_local_too else None
        try:
            return await self._sign_in_at_provider(handler)
        except SignInError as error:
            detail = {"provider": self.provider.issuer, "reason": error.problem.value}
            await self._record(EventName.SIGN_IN_FAILED, "", detail)
            raise

    async def refresh_user(
        self, user: User, handler: BaseHandler | None = None, **_kwargs: object
    ) -> SignedIn | bool:
        """Read the claims again, then groups and roles.

        Parameters
        ----------
        user
            A person, or the account of a workgroup.
        handler
            The request.

        Returns
        -------
        SignedIn or bool
            False if the session is over.
        """
        name = str(user.name)
        if names.find_slug(name) is not None:
            return await super().refresh_user(user, handler)
        if not await asyncio.to_thread(self.accounts.is_provided, name):
            return await super().refresh_user(user, handler) if self.is_local_too else False
        # One renewal at a time: a refresh token may be used once.
        task = self._renewals.get(name)
        if task is None:
            task = asyncio.create_task(self._renew(user, handler))
            self._renewals[name] = task
            task.add_done_callback(lambda done: self._settle(name, done))
        found = await asyncio.shield(task)
        if not found and name in self._endings and _is_own(handler, user):
            tell_problem(handler, self._endings[name])
        return found

    def is_vouched_for(self, user: User) -> bool:
        """Whether there is a session at the provider; what the registry says is not enough."""
        return user.encrypted_auth_state is not None

    def _settle(self, name: str, done: asyncio.Task[SignedIn | bool] | None) -> None:
        if done is None or self._renewals.get(name) is done:
            self._renewals.pop(name, None)

    async def leave(self, user: User) -> str:
        """End a person's sessions here; the tokens at the provider too.

        Parameters
        ----------
        user
            Who signs out.

        Returns
        -------
        str
            Where the provider ends its own session; empty if it offers that nowhere.
        """
        session = Session.find(await user.get_auth_state())
        await self._record(EventName.SIGNED_OUT, str(user.name), {})
        if session is None:
            return ""
        _end_cookies(user)
        await user.save_auth_state(None)
        await self.channel.revoke(session)
        try:
            metadata = await self.channel.metadata()
        except SignInError as error:
            self.log.warning("the session at the provider goes on: %s", error.message)
            return ""
        return farewell_url(
            metadata.end_session,
            id_token=session.id_token,
            client_id=self.client_id,
            back=self.settings.address + "/hub/login",
        )

    async def end_as_told(self, handler: BaseHandler, token: str) -> None:
        """End the sessions of which a logout token of the provider says that they have ended.

        Parameters
        ----------
        handler
            The provider's request.
        token
            The logout token.

        Raises
        ------
        SignInError
            If it can't be believed, or checked.
        """
        logout = await self.channel.require_logout(token)
        self._used.require_new(logout.token_id)
        for name in await self._who_may_be(handler, logout):
            user = handler.find_user(name)
            session = Session.find(await user.get_auth_state()) if user is not None else None
            if session is not None and logout.ends(session):
                self.log.info("the provider has ended the session of %s", name)
                await self._end(user, handler, Problem.ENDED)

    async def _who_may_be(self, handler: BaseHandler, logout: Logout) -> list[str]:
        """Give the people of whom a logout may tell; their sessions say whether it does."""
        if logout.subject and self.provider.subject_claim == "sub":
            subject = f"{self.provider.issuer}#{logout.subject}"
            name = await asyncio.to_thread(self.accounts.find_username, subject)
            return [name] if name is not None else []
        signed_in = orm.User.encrypted_auth_state.is_not(None)
        return [str(user.name) for user in handler.db.query(orm.User).filter(signed_in)]

    async def _sign_in_at_provider(self, handler: ReturnHandler) -> SignedIn:
        await self.discover()
        attempt = handler.attempt()
        verifier = str(attempt.get("code_verifier", ""))
        form = self.build_access_tokens_request_params(handler)
        form.pop("data", None)
        claims, session = await self.channel.exchange(form, nonce_of(challenge_of(verifier)))
        invited_until = await self._invited_until(str(attempt.get("next_url") or ""))
        session = session.invited(invited_until)
        admitted = await asyncio.to_thread(self._admit, claims, session, "")
        detail = {"provider": self.provider.issuer}
        await self._record(EventName.SIGNED_IN, admitted.username, detail)
        user = handler.find_user(admitted.username)
        if user is not None and not self.is_vouched_for(user):
            _end_cookies(user)  # a session that has ended does not come back with this one
        if user is not None and admitted.is_changed:
            await refresh_person(handler, admitted.username)
        self._endings.pop(admitted.username, None)
        found = await self.look_again(admitted.username)
        if isinstance(found, bool):
            raise DeniedError(f"The account is gone: {admitted.username}")
        return _with_state(found, session)

    async def _renew(self, user: User, handler: BaseHandler | None) -> SignedIn | bool:
        name = str(user.name)
        session = Session.find(await user.get_auth_state())
        if session is None:
            return False
        before = session
        try:
            claims, session = await self.channel.renew(before)
            if not await _keep_renewed(user, before, session):
                return await self._follow_newer(user, handler)
            admitted = await asyncio.to_thread(self._admit, claims, session, name)
        except (ProviderAwayError, ProviderAnswerError) as error:
            return await self._outlive(user, handler, session, error)
        except DeniedError as error:
            if Session.find(await user.get_auth_state()) in {before, session}:
                self.log.warning("the session of %s ends: %s", name, error.message)
                await self._end(user, handler, error.problem)
            return False  # else the person has signed in anew meanwhile; that session lives
        if admitted.is_changed and handler is not None:
            await refresh_person(handler, name)
        found = await super().refresh_user(user, handler)
        if isinstance(found, bool) or not self.is_vouched_for(user):
            return False
        return _with_state(found, session.vouched_for(time.time()))

    async def _follow_newer(self, user: User, handler: BaseHandler | None) -> SignedIn | bool:
        """Go on where a session has ended, or another one begun, while this one was renewed."""
        if not self.is_vouched_for(user):
            return False
        return await super().refresh_user(user, handler)

    async def _outlive(
        self, user: User, handler: BaseHandler | None, session: Session, error: SignInError
    ) -> SignedIn | bool:
        """Go on without the provider's word, for as long as the settings allow."""
        unheard_s = time.time() - session.confirmed
        if unheard_s <= self.settings.sign_in.outage_s:
            self.log.warning("%s stays, unconfirmed for %.0f s: %s", user.name, unheard_s, error)
            return await super().refresh_user(user, handler)
        self.log.warning("the session of %s ends after %.0f s: %s", user.name, unheard_s, error)
        await self._end(user, handler, Problem.OUTAGE)
        return False

    async def _end(self, user: User, handler: BaseHandler | None, problem: Problem) -> None:
        await user.save_auth_state(None)
        self._endings[str(user.name)] = problem
        # The workspaces ask the hub about the person before this renewal is over.
        self._settle(str(user.name), None)
        detail = {"provider": self.provider.issuer, "reason": problem.value}
        await self._record(EventName.ACCESS_ENDED, str(user.name), detail)
        if handler is None:
            return
        if problem is not Problem.OUTAGE:
            drop_credentials(handler.db, user, is_gone=True)
        await close_visits(handler, user)

    def _admit(self, claims: Claims, session: Session, username: str) -> Admitted:
        provider = self.provider
        identity = identity_from(
            claims, issuer=provider.issuer, subject_claim=provider.subject_claim
        )
        if username:
            self.accounts.require_same(username, identity)
        claim = provider.entitlement_claim
        rights = rights_from(require_entitlements(claims, claim) if claim else [], provider.rules)
        for reason in rights.refused:
            self.log.debug("left out: %s", reason)
        is_open = self.settings.sign_in.open_to is SignInOpenTo.ANYONE
        is_open |= time.time() < session.invited_until
        return self.accounts.admit(identity, rights, is_open=is_open)

    async def _invited_until(self, next_url: str) -> float:
        token = find_invitation(next_url)
        if not token:
            return 0
        is_invited = await asyncio.to_thread(self.accounts.is_invited, token)
        return time.time() + INVITED_FOR_S if is_invited else 0

    async def _record(self, name: EventName, actor: str, detail: Mapping[str, str]) -> None:
        await asyncio.to_thread(self.directory.record_event, name, actor=actor, detail=detail)


def find_invitation(url: str) -> str:
    """Give the token of the invitation to which an address leads; empty if it leads to none."""
    try:
        parts = urlsplit(url)
        onward = parse_qs(parts.query).get("next", [""]) if parts.path == THROUGH else [parts.path]
        path = urlsplit(onward[0]).path
    except ValueError:
        return ""
    return path.removeprefix(JOIN) if path.startswith(JOIN) else ""


def _with_state(found: SignedIn, session: Session) -> SignedIn:
    return {**found, "auth_state": session.to_json()}  # type: ignore[typeddict-unknown-key]  # the hub's own


async def _keep_renewed(user: User, before: Session, session: Session) -> bool:
    """Keep a renewed session before anything else: the old refresh token may be worth nothing.

    Tells whether the old one was still there: else it has ended meanwhile, or begun anew.
    """
    if Session.find(await user.get_auth_state()) != before:
        return False
    if session != before:
        await user.save_auth_state(session.to_json())
    return True


def _is_own(handler: BaseHandler | None, user: User) -> bool:
    """Tell whether a request is the person's own, not somebody else's about the person."""
    return getattr(handler, "_jupyterhub_user", None) is user


def _end_cookies(user: User) -> None:
    """Make every cookie of a person worthless; whoever stores the person next commits it."""
    user.orm_user.cookie_id = orm.new_token()
