"""What every page says of the deployment, whichever process shows it."""

from dataclasses import dataclass
from typing import Final

from museion_hub.pages.assets import assets_version
from museion_hub.settings import Isolation, Settings, SignInProvider

HUB: Final = "/hub/"
REGISTRY: Final = "/services/registry/"


@dataclass(frozen=True, slots=True)
class Site:
    """One deployment.

    Attributes
    ----------
    title : str
        Its name.
    is_isolated : bool
        Whether workgroups can't read each other's files.
    assets_version : str
        Digest of all assets.
    address : str
        Address people type, without a slash at its end.
    has_local_accounts : bool
        Whether people can have an account with a password here.
    needs_approval : bool
        Whether an administrator approves each new workgroup.
    sends_mail : bool
        Whether invitations can be mailed.
    """

    title: str = "Museion"
    is_isolated: bool = True
    assets_version: str = ""
    address: str = ""
    has_local_accounts: bool = True
    needs_approval: bool = False
    sends_mail: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether people reach it under https."""
        return self.address.startswith("https://")


def site_of(settings: Settings) -> Site:
    """Return what the settings decide of the pages."""
    sign_in = settings.sign_in
    return Site(
        title=settings.title,
        is_isolated=settings.isolation is not Isolation.NONE,
        assets_version=assets_version(),
        address=settings.address,
        has_local_accounts=sign_in.provider is SignInProvider.LOCAL or sign_in.local_too,
        needs_approval=settings.workgroups_need_approval,
        sends_mail=bool(settings.mail.host),
    )
