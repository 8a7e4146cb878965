"""Why somebody is not signed in, grouped by what a handler does about it.

::

    SignInError
    ├── EntitlementError      the entitlement is left out; the others still count
    ├── DeniedError           the person reads the reason; a session that was open ends
    ├── AttemptError          the person begins again: forged, expired or cancelled
    ├── ProviderAwayError     an open session goes on for a while; a new one waits
    └── ProviderAnswerError   as above, and the operator looks at the provider

What is said to the person stands in `PROBLEMS`, and only that; the message goes to the log.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from museion_hub.errors import HubError


class Kind(StrEnum):
    """Stable names of what went wrong."""

    ENTITLEMENT = "entitlement"
    DENIED = "sign_in_denied"
    ATTEMPT = "sign_in_attempt"
    PROVIDER_AWAY = "provider_away"
    PROVIDER_ANSWER = "provider_answer"


class Problem(StrEnum):
    """What a person is told on the sign-in page; the value travels in a cookie."""

    NO_CLAIM = "no-claim"
    NOT_ENTITLED = "not-entitled"
    ENDED = "ended"
    OUTAGE = "outage"
    AWAY = "away"
    CANCELLED = "cancelled"
    ATTEMPT = "attempt"
    ANSWER = "answer"


PROBLEMS: Final[Mapping[Problem, tuple[int, str, str]]] = MappingProxyType({
    Problem.NO_CLAIM: (
        403,
        "{provider} did not say which groups you belong to, so you were not signed in",
        "ask the people who run this hub whether it may read your groups there",
    ),
    Problem.NOT_ENTITLED: (
        403,
        "Your account at {provider} opens no workgroup here",
        "ask a lead of your workgroup for an invitation, then follow its link",
    ),
    Problem.ENDED: (
        403,
        "{provider} has ended your session, so it ended here too",
        "sign in again; if that fails, ask {provider}",
    ),
    Problem.OUTAGE: (
        503,
        "{provider} has not answered for too long, so your session was ended",
        "what you saved is safe; sign in again when it answers",
    ),
    Problem.AWAY: (
        503,
        "{provider} does not answer at the moment",
        "try again in a few minutes",
    ),
    Problem.CANCELLED: (403, "The sign-in was cancelled", "begin again when you like"),
    Problem.ATTEMPT: (
        400,
        "This sign-in does not belong to this browser, or took too long",
        "begin again from here",
    ),
    Problem.ANSWER: (
        502,
        "The answer of {provider} could not be trusted, so you were not signed in",
        "try again; if it stays, tell the people who run this hub when it happened",
    ),
})


class SignInError(HubError):
    """Base of what prevents a sign-in.

    Parameters
    ----------
    message : str
        For the log; never a token or a claim's value.
    problem : Problem
        What the person is told.
    """

    default: Problem

    def __init__(self, message: str, problem: Problem | None = None) -> None:
        self.problem = problem or self.default
        super().__init__(message, hint=PROBLEMS[self.problem][2].format(provider="the provider"))


class EntitlementError(SignInError):
    """A text is no entitlement that this deployment accepts."""

    kind = Kind.ENTITLEMENT
    default = Problem.NOT_ENTITLED


class DeniedError(SignInError):
    """The provider does not vouch for the person, or vouches for nothing that counts here."""

    kind = Kind.DENIED
    default = Problem.NOT_ENTITLED


class AttemptError(SignInError):
    """What came back with the browser is not what was sent out with it."""

    kind = Kind.ATTEMPT
    default = Problem.ATTEMPT


class ProviderAwayError(SignInError):
    """The provider can't be reached, or says that it can't answer now."""

    kind = Kind.PROVIDER_AWAY
    default = Problem.AWAY


class ProviderAnswerError(SignInError):
    """The provider's answer is not well formed, not signed by it, or not meant for us."""

    kind = Kind.PROVIDER_ANSWER
    default = Problem.ANSWER
