"""What an operator may decide. Every setting has a default; `docs/settings.md` describes each."""

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from museion_datasets.place import Place
from museion_hub.registry.tables import Role
from museion_hub.settings.compute import DEFAULT_COMPUTE, Clusters, ComputePlace
from museion_hub.settings.kubernetes import Kubernetes
from museion_hub.settings.servers import Servers


class Isolation(StrEnum):
    """What stands between one workgroup's processes and the rest of the machine."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


class Network(StrEnum):
    """What a sandboxed process can reach: the public address alone, or all the host can."""

    PRIVATE = "private"
    HOST = "host"


class RootKey(StrEnum):
    """What protects the root key at rest."""

    FILE = "file"
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a choice
    PKCS11 = "pkcs11"


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SignInProvider(StrEnum):
    """Who knows the people: the registry's own accounts, or an OpenID provider."""

    LOCAL = "local"
    OIDC = "oidc"


class SignInPreset(StrEnum):
    """Providers whose addresses and claims are known."""

    NONE = ""
    EGI = "egi"
    KEYCLOAK = "keycloak"
    ORCID = "orcid"


class SignInOpenTo(StrEnum):
    """Who of a provider's people gets an account here."""

    ENTITLED = "entitled"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class DeclaredPlace:
    """A bucket for sealed objects, as one ``[[place]]`` of the file declares it.

    Attributes
    ----------
    name, url, jurisdiction : str
        As in `museion_datasets.place.Place`.
    credentials, read_credentials : str
        Files with the keys for writing and for reading; empty to give none out.
    """

    name: str
    url: str
    jurisdiction: str = ""
    credentials: str = ""
    read_credentials: str = ""

    @property
    def place(self) -> Place:
        """The place itself."""
        return Place(self.name, self.url, self.jurisdiction)


def _most_of_memory_gb() -> float:
    """Return three quarters of this machine's memory, rounded down."""
    machine_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return machine_bytes * 3 // 4 // 10**8 / 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server and everything it starts may use; 0 for no limit.

    Attributes
    ----------
    memory_gb : float
        Memory, in units of 10^9 bytes; by default three quarters of the machine's.
    cpus : float
        Processor cores.
    processes : int
        Processes and threads.
    """

    memory_gb: float = field(default_factory=_most_of_memory_gb)
    cpus: float = 0
    processes: int = 4096


@dataclass(frozen=True, slots=True)
class Mail:
    """How invitations are mailed.

    Attributes
    ----------
    host : str
        The mail server; empty to send no mail.
    port : int
        Its port.
    sender : str
        Address from which mail comes.
    username, password_file : str
        How to sign in there; empty to send without.
    security : MailSecurity
        How the connection is protected.
    """

    host: str = ""
    port: int = 587
    sender: str = ""
    username: str = ""
    password_file: str = ""
    security: MailSecurity = MailSecurity.STARTTLS


@dataclass(frozen=True, slots=True)
class GroupRule:
    """One ``[[sign_in.group]]``: who has the entitlement is in the workgroup.

    Attributes
    ----------
    entitlement : str
        URN of a group, with or without a role (AARC-G002, AARC-G069).
    workgroup : str
        Slug.
    role : Role
        What the person is there.
    """

    entitlement: str
    workgroup: str
    role: Role = Role.MEMBER


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in.

    Attributes
    ----------
    provider : SignInProvider
        Local accounts, or an OpenID provider.
    preset : SignInPreset
        Which provider it is, if its addresses and claims are known.
    title : str
        Name of the provider on the sign-in page; empty for the preset's.
    issuer : str
        Address under which the provider describes itself; empty for the preset's.
    client_id, client_secret_file : str
        What the provider gave this deployment.
    scopes : tuple of str
        What is asked for; empty for the preset's.
    username_claim : str
        The claim that never changes for a person.
    entitlement_claim : str
        The claim with the entitlements; empty for the preset's.
    entitlement_authority : tuple of str
        Who may assert entitlements; empty for the preset's.
    administrators_entitlement : str
        Entitlement of administrators; empty for none.
    local_too : bool
        Whether local accounts may sign in beside the provider's.
    open_to : SignInOpenTo
        Whether an account needs a membership, an invitation or the administrators' entitlement.
    outage_s : int
        Seconds for which a session goes on while the provider does not answer.
    group : tuple of GroupRule
        Which entitlements are which memberships.
    """

    provider: SignInProvider = SignInProvider.LOCAL
    preset: SignInPreset = SignInPreset.NONE
    title: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ()
    username_claim: str = "sub"
    entitlement_claim: str = ""
    entitlement_authority: tuple[str, ...] = ()
    administrators_entitlement: str = ""
    local_too: bool = False
    open_to: SignInOpenTo = SignInOpenTo.ENTITLED
    outage_s: int = 900
    group: tuple[GroupRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may decide.

    Attributes
    ----------
    state_dir : Path
        Where everything that must survive a restart is kept.
    host : str
        Address on which the deployment answers browsers.
    port : int
        Port on which the deployment answers browsers.
    public_url : str
        Address that people type; empty for `url`.
    separate_origins : bool
        Whether each server has a host name of its own below that of `public_url`.
    isolation : Isolation
        What shuts a workgroup's processes in.
    network : Network
        What a sandboxed process can reach.
    limits : Limits
        What one server may use.
    database_url : str
        The registry's database; empty for SQLite in `state_dir`.
    auth_refresh_s : int
        Seconds after which groups and roles are read again from the registry.
    title : str
        Name of the deployment on every page.
    institution : str
        In whose name releases are signed; empty for `title`.
    demo : bool
        Whether a first start makes the demonstration workgroups and accounts.
    workgroups_need_approval : bool
        Whether an administrator approves each new workgroup.
    sign_in : SignIn
        How people sign in.
    mail : Mail
        How invitations are mailed.
    root_key : RootKey
        What protects the root key at rest.
    root_key_passphrase_file : str
        File with the passphrase; empty to be asked at each start.
    root_key_module, root_key_token, root_key_pin_file : str
        Library, label and PIN of the token.
    recovery_key : str
        File of the institution's recovery key; empty for none.
    jurisdiction : str
        Country in which this machine stands: its storage and its servers.
    place : tuple of DeclaredPlace
        Buckets in which datasets may lie besides the local storage.
    clusters : Clusters
        What one workgroup may use at each compute place.
    compute : tuple of ComputePlace
        Where clusters run outside the workspaces, in order of preference; at least one.
    servers : Servers
        Where the servers of workgroups and people run.
    kubernetes : Kubernetes
        What a deployment on Kubernetes needs.
    """

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    separate_origins: bool = False
    isolation: Isolation = Isolation.BUBBLEWRAP
    network: Network = Network.PRIVATE
    limits: Limits = field(default_factory=Limits)
    database_url: str = ""
    auth_refresh_s: int = 30
    title: str = "Museion"
    institution: str = ""
    demo: bool = False
    workgroups_need_approval: bool = False
    sign_in: SignIn = field(default_factory=SignIn)
    mail: Mail = field(default_factory=Mail)
    root_key: RootKey = RootKey.FILE
    root_key_passphrase_file: str = ""
    root_key_module: str = ""
    root_key_token: str = ""
    root_key_pin_file: str = ""
    recovery_key: str = ""
    jurisdiction: str = ""
    place: tuple[DeclaredPlace, ...] = ()
    clusters: Clusters = field(default_factory=Clusters)
    compute: tuple[ComputePlace, ...] = DEFAULT_COMPUTE
    servers: Servers = field(default_factory=Servers)
    kubernetes: Kubernetes = field(default_factory=Kubernetes)

    @property
    def connect_host(self) -> str:
        """Address at which a process on this machine reaches the deployment."""
        return "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104

    @property
    def url(self) -> str:
        """Address of the deployment, as seen from this machine."""
        host = f"[{self.connect_host}]" if ":" in self.connect_host else self.connect_host
        return f"http://{host}:{self.port}"

    @property
    def address(self) -> str:
        """Address of the deployment, as people reach it; without a slash at its end."""
        return self.public_url.rstrip("/") or self.url

    def jurisdiction_of(self, place: ComputePlace) -> str:
        """Country in which a compute place's processes run; empty if nobody said."""
        return place.jurisdiction or self.jurisdiction
