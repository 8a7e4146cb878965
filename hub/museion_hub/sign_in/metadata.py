"""What a provider says about itself (OpenID Connect Discovery 1.0), checked before it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from museion_hub.sign_in.errors import ProviderAnswerError
from museion_hub.sign_in.presets import is_safe_address

WELL_KNOWN: Final = "/.well-known/openid-configuration"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_MAY_LACK: Final = ("userinfo_endpoint", "end_session_endpoint", "revocation_endpoint")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider does what; empty for what it does not do.

    Attributes
    ----------
    issuer : str
        Its name, equal to the one in the settings.
    authorization, token, jwks, userinfo, end_session, revocation : str
        Addresses.
    uses_basic_auth : bool
        Whether the client's secret goes in a header rather than in the form.
    """

    issuer: str
    authorization: str
    token: str
    jwks: str
    userinfo: str
    end_session: str
    revocation: str
    uses_basic_auth: bool


def address_of_metadata(issuer: str) -> str:
    """Give the address under which an issuer describes itself."""
    return issuer.rstrip("/") + WELL_KNOWN


def metadata_from(answer: object, *, issuer: str) -> Metadata:
    """Read what the provider says about itself.

    Raises
    ------
    ProviderAnswerError
        If it calls itself otherwise than expected, or an address is missing or unsafe.
    """
    if not isinstance(answer, Mapping) or answer.get("issuer") != issuer:
        raise ProviderAnswerError(f"The provider does not describe itself as: {issuer}")
    needed = [_address(answer, name) for name in _ENDPOINTS]
    if not all(needed):
        raise ProviderAnswerError(f"The provider has no address for one of: {_ENDPOINTS}")
    userinfo, end_session, revocation = (_address(answer, name) for name in _MAY_LACK)
    methods = answer.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer,
        needed[0],
        needed[1],
        needed[2],
        userinfo=userinfo,
        end_session=end_session,
        revocation=revocation,
        uses_basic_auth="client_secret_basic" in methods,
    )


def _address(answer: Mapping[str, Any], name: str) -> str:
    url = answer.get(name, "")
    if url and not (isinstance(url, str) and is_safe_address(url)):
        raise ProviderAnswerError(f"The provider has an unsafe address: {name}")
    return str(url)
