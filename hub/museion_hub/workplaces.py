"""Where everything is kept: pure functions from the settings to paths.

::

    <state_dir>/                  0700, as is everything in it
        run/                      lock, museion.toml, runtime.json, logs
        secrets/                  root key, cookie secret, demo password
        hub/                      JupyterHub's own database
        registry/                 the registry's database
        clusters/<place>/         books, ledger and sockets of a compute place's gateway
        storage/<slug>/<id>/      sealed objects of a dataset
        workgroups/<slug>/        a workgroup's workplace
        people/<username>/        a person's workplace: workspace, home, rtc, run

An account's name becomes a path here and nowhere else.
"""

from dataclasses import dataclass
from pathlib import Path

from museion_hub.errors import StateError
from museion_hub.registry import names
from museion_hub.sandbox.door import OUTWARD_FOLDER, REPORT
from museion_hub.settings import Settings

PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Workplace:
    """The directories of one account's server.

    Attributes
    ----------
    account : str
        Hub account, as in ``"wg-murals"`` or ``"murals-lead"``.
    workspace : Path
        Notebooks; what the server shows.
    home : Path
        Settings and caches of programs.
    rtc : Path
        Live documents' history; outside the workspace, on local disk.
    run : Path
        Sockets and generated files of the running server.
    """

    account: str
    workspace: Path
    home: Path
    rtc: Path
    run: Path

    @property
    def log(self) -> Path:
        """What the server last wrote to its output."""
        return self.run / "server.log"

    @property
    def report(self) -> Path:
        """What the running server uses, and which limits it reached; seen inside, read-only."""
        return self.run / OUTWARD_FOLDER / REPORT

    def create(self) -> None:
        """Make the directories that are missing."""
        base = self.run.parent
        for folder in (base.parent, base, self.workspace, self.home, self.rtc, self.run):
            _create_private(folder)


@dataclass(frozen=True, slots=True)
class StatePaths:
    """Everything below one state directory."""

    root: Path

    @property
    def run(self) -> Path:
        """Lock, `runtime.json` and logs of the deployment."""
        return self.root / "run"

    @property
    def runtime_file(self) -> Path:
        """What the supervisor decided at the last start."""
        return self.run / "runtime.json"

    @property
    def settings_file(self) -> Path:
        """The settings of the last start, those decided on the command line included."""
        return self.run / "museion.toml"

    @property
    def secrets(self) -> Path:
        """Keys and generated passwords, one file each, 0600."""
        return self.root / "secrets"

    @property
    def cookie_secret_file(self) -> Path:
        """What the hub signs its cookies with."""
        return self.secrets / "cookie-secret"

    @property
    def root_key_file(self) -> Path:
        """The key under which all other keys are sealed."""
        return self.secrets / "root-key"

    @property
    def sign_in_key_file(self) -> Path:
        """The key under which the hub keeps what it needs of sessions at an identity provider."""
        return self.secrets / "sign-in-key"

    @property
    def demo_password_file(self) -> Path:
        """Password of the demonstration accounts."""
        return self.secrets / "demo-password"

    @property
    def hub(self) -> Path:
        """JupyterHub's own state."""
        return self.root / "hub"

    @property
    def hub_database(self) -> Path:
        """JupyterHub's SQLite database."""
        return self.hub / "jupyterhub.sqlite"

    @property
    def registry(self) -> Path:
        """The registry's own state."""
        return self.root / "registry"

    @property
    def registry_database(self) -> Path:
        """The registry's SQLite database."""
        return self.registry / "registry.sqlite"

    @property
    def clusters(self) -> Path:
        """What the gateways keep, one folder for each compute place."""
        return self.root / "clusters"

    @property
    def clusters_key_file(self) -> Path:
        """The key under which the gateways keep the TLS keys of running clusters."""
        return self.secrets / "clusters-key"

    @property
    def storage(self) -> Path:
        """Sealed objects of all datasets."""
        return self.root / "storage"

    def workplace(self, account: str) -> Workplace:
        """Return the directories of an account's server.

        Raises
        ------
        StateError
            The name can't be an account's.
        """
        slug = names.find_slug(account)
        if slug is None and not names.is_username(account):
            message = f"This can't be the name of an account: {account!r}"
            raise StateError(message, hint="use lower-case letters, digits and single hyphens")
        base = self.root / "workgroups" / slug if slug else self.root / "people" / account
        return Workplace(account, base / "workspace", base / "home", base / "rtc", base / "run")

    def create(self) -> None:
        """Make the directories that are missing, all private.

        Raises
        ------
        StateError
            The directory can't be made or written.
        """
        parts = (self.run, self.secrets, self.hub, self.registry, self.clusters, self.storage)
        for folder in (self.root, *parts):
            _create_private(folder)


def state_paths(settings: Settings) -> StatePaths:
    """Return where a deployment keeps everything."""
    return StatePaths(settings.state_dir)


def registry_database_url(settings: Settings) -> str:
    """Return the address of the registry's database."""
    default = f"sqlite:///{state_paths(settings).registry_database}"
    return settings.database_url or default


def is_workgroup_account(account: str) -> bool:
    """Whether a hub account is a workgroup's, never a person's."""
    return names.find_slug(account) is not None


def _create_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        folder.chmod(PRIVATE)
    except OSError as error:
        message = f"A state directory can't be made: {folder} ({error.strerror})"
        hint = "make the folder writable, or set another `state_dir` in museion.toml"
        raise StateError(message, hint=hint) from error
