"""Known providers, and what a deployment's settings make of them.

A preset holds what is the same for everybody who uses a provider; each value may be set otherwise
in ``[sign_in]``. `docs/sign-in.md` has a worked example of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from museion_hub.errors import SettingsError
from museion_hub.settings import Settings, SignInPreset
from museion_hub.sign_in.errors import EntitlementError
from museion_hub.sign_in.rules import Rules, rules_from

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a provider before a deployment says anything.

    Attributes
    ----------
    title : str
        Its name on the sign-in page; empty to use the institution's.
    issuer : str
        Where it describes itself; empty if every deployment has its own.
    scopes : tuple of str
        What is asked for.
    entitlement_claim : str
        The claim with the entitlements; empty if it has none.
    authorities : tuple of str
        Who vouches for its entitlements.
    """

    title: str = ""
    issuer: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    entitlement_claim: str = ""
    authorities: tuple[str, ...] = ()


PRESETS: Final[Mapping[SignInPreset, Preset]] = MappingProxyType({
    SignInPreset.NONE: Preset(),
    # Its access tokens live for an hour: `offline_access` brings a refresh token.
    SignInPreset.EGI: Preset(
        title="EGI Check-in",
        issuer="https://aai.egi.eu/auth/realms/egi",
        scopes=("openid", "profile", "email", "entitlements", "offline_access"),
        entitlement_claim="entitlements",
        authorities=("aai.egi.eu",),
    ),
    # No realm has the claim by itself: its administrator makes a mapper.
    SignInPreset.KEYCLOAK: Preset(entitlement_claim="entitlements"),
    # Knows people, not groups: workgroups invite them. It gives no address of theirs.
    SignInPreset.ORCID: Preset(title="ORCID", issuer="https://orcid.org", scopes=("openid",)),
})


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider of a deployment: preset and settings together.

    Attributes
    ----------
    title : str
        On the sign-in page: "Sign in with <title>".
    issuer : str
        Exactly as the provider names itself.
    client_id : str
        What the provider calls this deployment.
    scopes : tuple of str
        What is asked for.
    subject_claim : str
        The claim that never changes for a person and is nobody else's.
    entitlement_claim : str
        Empty if the provider knows no groups.
    rules : Rules
        Which entitlements count for what.
    """

    title: str
    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    subject_claim: str
    entitlement_claim: str
    rules: Rules


def provider_of(settings: Settings) -> Provider:
    """Put a deployment's provider together; a pure function.

    Raises
    ------
    SettingsError
        If something is missing, or contradicts itself.
    """
    given = settings.sign_in
    preset = PRESETS[given.preset]
    issuer = given.issuer or preset.issuer
    claim = given.entitlement_claim or preset.entitlement_claim
    _require(bool(issuer), "issuer", "the address under which the provider describes itself")
    _require(is_safe_address(issuer), "issuer", "an https address")
    _require(bool(given.client_id), "client_id", "what the provider calls this deployment")
    _require(bool(given.client_secret_file), "client_secret_file", "a file (0600) with the secret")
    authorities = given.entitlement_authority or preset.authorities
    _require(
        bool(authorities) or not claim, "entitlement_authority", "who vouches for entitlements"
    )
    _require(
        bool(claim) or not (given.group or given.administrators_entitlement),
        "entitlement_claim",
        "the claim that holds the entitlements of your rules",
    )
    scopes = given.scopes or preset.scopes
    _require("openid" in scopes, "scopes", "a list with openid in it")
    return Provider(
        title=given.title or preset.title or settings.institution or "your institution",
        issuer=issuer,
        client_id=given.client_id,
        scopes=scopes,
        subject_claim=given.username_claim,
        entitlement_claim=claim,
        rules=_rules(settings, authorities),
    )


def is_safe_address(url: str) -> bool:
    """Tell whether secrets may be sent to an address: https, or a port of this machine."""
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and "#" not in url and (parts.scheme == "https" or is_here)


def _rules(settings: Settings, authorities: tuple[str, ...]) -> Rules:
    given = settings.sign_in
    try:
        return rules_from(given.group, given.administrators_entitlement, authorities)
    except EntitlementError as error:
        raise SettingsError(
            f"Setting `sign_in.group`: {error.message}",
            hint="give whole URNs of your entitlement_authority: urn:…:group:…#authority",
        ) from error


def _require(holds: bool, key: str, expected: str) -> None:  # noqa: FBT001 - a claim
    if not holds:
        raise SettingsError(f"Setting `sign_in.{key}` is missing or unfit", hint=f"give {expected}")
