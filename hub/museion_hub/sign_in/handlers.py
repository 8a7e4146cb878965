"""The pages between the browser and the provider: begin, come back, sign out.

A browser that begins gets a signed cookie with a random state and the PKCE verifier; whoever
comes back without it is nobody. What went wrong is one of our own sentences on the sign-in page:
nothing that came with the address is ever shown.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from jupyterhub.handlers import BaseHandler
from jupyterhub.handlers.login import LoginHandler
from oauthenticator.oauth2 import (
    STATE_COOKIE_NAME,
    OAuthCallbackHandler,
    OAuthLoginHandler,
    OAuthLogoutHandler,
)
from tornado.httputil import url_concat

from museion_hub.sign_in.errors import (
    PROBLEMS,
    AttemptError,
    Problem,
    SignInError,
)
from museion_hub.sign_in.tokens import nonce_of

PROBLEM_COOKIE: Final = "museion-sign-in-problem"
PROBLEM_FOR_S: Final = 300
ATTEMPT_FOR_DAYS: Final = 1 / 48


def tell_problem(handler: BaseHandler, problem: Problem) -> None:
    """Have the sign-in page say what went wrong, when this browser gets there."""
    handler.sign_in_problem = problem  # the sign-in page itself may be what was asked for
    handler.set_cookie(
        PROBLEM_COOKIE,
        problem.value,
        path=handler.hub.base_url,
        max_age=PROBLEM_FOR_S,
        httponly=True,
        samesite="Lax",
    )


class SignInHandler(LoginHandler):
    """``/hub/login``: the button, the local form if there is one, and what went wrong."""

    def _render(
        self, login_error: str | None = None, username: str | None = None, **kwargs: object
    ) -> Any:  # noqa: ANN401 - JupyterHub's
        problem = None if login_error else self._find_problem()
        if problem is not None:
            for name in (PROBLEM_COOKIE, self.hub.cookie_name):
                self.clear_cookie(name, path=self.hub.base_url)
            status, sentence, hint = PROBLEMS[problem]
            provider = self.authenticator.provider.title
            login_error = f"{sentence}\nhint: {hint}".format(provider=provider)
            self.set_status(status)
            kwargs["is_about_provider"] = True
        return super()._render(login_error=login_error, username=username, **kwargs)

    def _find_problem(self) -> Problem | None:
        found: Problem | None = getattr(self, "sign_in_problem", None)
        try:
            return found or Problem(self.get_cookie(PROBLEM_COOKIE, ""))
        except ValueError:
            return None


class BeginHandler(OAuthLoginHandler):
    """``/hub/oauth_login``: sends the browser to the provider."""

    async def get(self) -> None:
        """Redirect with state, PKCE challenge and nonce."""
        try:
            await self.authenticator.discover()
        except SignInError as error:
            self.log.warning("sign-in could not begin: %s", error.message)
            tell_problem(self, error.problem)
            self.redirect(self.settings["login_url"])
            return
        super().get()

    def set_state_cookie(self, state_cookie_value: str) -> None:
        """Keep the attempt in the browser, for half an hour."""
        self._set_cookie(
            STATE_COOKIE_NAME,
            state_cookie_value,
            expires_days=ATTEMPT_FOR_DAYS,
            httponly=True,
            samesite="Lax",
        )

    def authorize_redirect(self, *args: object, **kwargs: Any) -> None:  # noqa: ANN401 - tornado's
        """Add the nonce that the ID token must name."""
        extra = kwargs["extra_params"]
        extra["nonce"] = nonce_of(extra["code_challenge"])
        super().authorize_redirect(*args, **kwargs)


class ReturnHandler(OAuthCallbackHandler):
    """``/hub/oauth_callback``: the browser comes back from the provider."""

    async def get(self) -> None:
        """Sign the person in, or say why not."""
        try:
            self.check_arguments()
            user = await self.login_user()
        except SignInError as error:
            self.log.warning("nobody was signed in: %s", error.message)
            self._refuse(error.problem)
            return
        if user is None:
            self._refuse(Problem.NOT_ENTITLED)
            return
        self.clear_cookie(PROBLEM_COOKIE, path=self.hub.base_url)
        self.redirect(self.get_next_url(user))

    def check_arguments(self) -> None:
        """Refuse whatever this browser did not begin.

        Raises
        ------
        AttemptError
            If state or issuer are not those of the attempt, or the person cancelled.
        """
        sent = self.attempt().get("state_id")
        expected = urlsafe_b64encode(json.dumps({"state_id": sent}).encode())
        given = self.get_argument("state", "").encode()
        if not sent or not hmac.compare_digest(given, expected):
            raise AttemptError("The state is missing, forged, or of another attempt")
        if self.get_argument("iss", self.authenticator.provider.issuer) != (
            self.authenticator.provider.issuer
        ):
            raise AttemptError("The answer is of another issuer")
        if self.get_argument("error", ""):
            is_cancelled = self.get_argument("error") == "access_denied"
            raise AttemptError(
                "The provider answered with an error",
                Problem.CANCELLED if is_cancelled else Problem.ANSWER,
            )
        if not self.get_argument("code", ""):
            raise AttemptError("The answer has no code")

    def attempt(self) -> dict[str, Any]:
        """Give what the cookie keeps of the attempt; empty if there is none."""
        try:
            kept = json.loads(urlsafe_b64decode(self.get_state_cookie()))
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}

    def _refuse(self, problem: Problem) -> None:
        tell_problem(self, problem)
        next_url = self.attempt().get("next_url")
        page = str(self.settings["login_url"])
        self.redirect(url_concat(page, {"next": next_url}) if next_url else page)


class EndedThereHandler(BaseHandler):
    """``POST /hub/backchannel_logout``: the provider says which session has ended there.

    OpenID Connect Back-Channel Logout 1.0; what proves it is the token in the body alone.
    """

    def check_xsrf_cookie(self) -> None:
        """Ask for no cookie: a provider has none."""

    async def post(self) -> None:
        """End what the token names, and answer when it has ended."""
        self.set_header("Cache-Control", "no-store")
        try:
            await self.authenticator.end_as_told(self, self.get_body_argument("logout_token", ""))
        except SignInError as error:
            self.log.warning("a logout token was refused: %s", error.message)
            self.set_status(HTTPStatus.BAD_REQUEST)
            self.write({"error": "invalid_request", "error_description": error.message})


class LeaveHandler(OAuthLogoutHandler):
    """``/hub/logout``: ends the session here, then at the provider if it offers that."""

    _farewell: str = ""

    async def default_handle_logout(self) -> None:
        """End what is kept of the session at the provider, then JupyterHub's own."""
        if self.current_user:
            self._farewell = await self.authenticator.leave(self.current_user)
        await super().default_handle_logout()

    async def render_logout_page(self) -> None:
        """Go on to the provider's page, which comes back to the sign-in page."""
        self.redirect(self._farewell or self.settings["login_url"])


def farewell_url(end_session: str, *, id_token: str, client_id: str, back: str) -> str:
    """Give the address that ends a session at the provider (OIDC RP-Initiated Logout 1.0)."""
    if not end_session:
        return ""
    fields = {"client_id": client_id, "post_logout_redirect_uri": back}
    if id_token:
        fields["id_token_hint"] = id_token
    return f"{end_session}{'&' if '?' in end_session else '?'}{urlencode(fields)}"
