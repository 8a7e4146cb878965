"""The settings of a deployment: one file `museion.toml`, read once, checked, then frozen.

Every key has a default, so the file may be missing. A key that is unknown or of the wrong
type is an error that names it: a misspelt safety setting must never pass in silence. Each
setting is described in `docs/settings.md`.
"""

import dataclasses
import difflib
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from museion_datasets.errors import DatasetsError
from museion_datasets.jurisdiction import require_jurisdiction
from museion_datasets.place import Place
from museion_hub.errors import SettingsError

FILE_NAME = "museion.toml"
STATE_DIR_NAME = ".museion"
LOWEST_PORT = 1
HIGHEST_PORT = 65535
SHORTEST_REFRESH_S = 1
LONGEST_REFRESH_S = 300


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
    isolation : Isolation
        What shuts a workgroup's processes in.
    network : Network
        What a sandboxed process can reach.
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
    """

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    isolation: Isolation = Isolation.BUBBLEWRAP
    network: Network = Network.PRIVATE
    database_url: str = ""
    auth_refresh_s: int = 30
    title: str = "Museion"
    institution: str = ""
    demo: bool = False
    root_key: RootKey = RootKey.FILE
    root_key_passphrase_file: str = ""
    root_key_module: str = ""
    root_key_token: str = ""
    root_key_pin_file: str = ""
    recovery_key: str = ""
    jurisdiction: str = ""
    place: tuple[DeclaredPlace, ...] = ()

    @property
    def connect_host(self) -> str:
        """Address at which a process on this machine reaches the deployment."""
        return "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104

    @property
    def url(self) -> str:
        """Address of the deployment, as seen from this machine."""
        host = f"[{self.connect_host}]" if ":" in self.connect_host else self.connect_host
        return f"http://{host}:{self.port}"


def load_settings(path: Path | None = None) -> Settings:
    """Read `museion.toml`.

    Parameters
    ----------
    path : Path, optional
        The file; by default `museion.toml` in the current directory, if there is one.

    Returns
    -------
    Settings
        Relative paths are resolved against the file's folder.

    Raises
    ------
    SettingsError
        The file can't be read, or says something that can't be meant.
    """
    file = path or Path.cwd() / FILE_NAME
    if path is None and not file.exists():
        return settings_from({}, folder=file.parent)
    return settings_from(_read(file), folder=file.resolve().parent)


def _read(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"The settings file can't be read: {file} ({reason})"
        raise SettingsError(message, hint="check the path, or leave it out") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The settings file is not valid TOML: {file} ({error})"
        raise SettingsError(message, hint="correct that place in the file") from error


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings, those decided on the command line included, for the other processes."""
    values = dataclasses.asdict(settings)
    given = {key: value for key, value in values.items() if value != "" and value != ()}  # noqa: PLR1714 - places have no hash
    lines = [f"{key} = {_toml(value)}\n" for key, value in given.items()]
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)
    draft.replace(path)


def settings_from(values: Mapping[str, object], *, folder: Path) -> Settings:
    """Check the settings file's contents; a pure function.

    Parameters
    ----------
    values : mapping of str to object
        What stands in the file.
    folder : Path
        Where relative paths start.

    Returns
    -------
    Settings
        The checked settings, defaults filled in.

    Raises
    ------
    SettingsError
        A key is unknown, or its value is of the wrong type or out of bounds.
    """
    for key in values:
        if key not in _READERS:
            close = difflib.get_close_matches(key, _READERS, n=1)
            remedy = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(_READERS)}"
            raise SettingsError(f"Unknown setting: {key}", hint=remedy)
    read = {key: _READERS[key](key, value) for key, value in values.items()}
    read |= {key: str(folder / Path(str(read[key])).expanduser()) for key in _FILES & set(read)}
    if "place" in read:
        read["place"] = tuple(_rooted(place, folder) for place in read["place"])  # type: ignore[attr-defined]  # places
    state_dir = folder / Path(str(read.pop("state_dir", STATE_DIR_NAME))).expanduser()
    blank = Settings(state_dir=state_dir.resolve())
    return dataclasses.replace(blank, **read)  # type: ignore[arg-type]  # readers check types


def _refuse(key: str, value: object, expected: str) -> SettingsError:
    return SettingsError(f"Setting `{key}` can't be: {value!r}", hint=f"give {expected}")


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _refuse(key, value, "a text in quotes")
    return value


def _yes_or_no(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _refuse(key, value, "true or false")
    return value


def _whole_number(lowest: int, highest: int) -> Callable[[str, object], int]:
    def read(key: str, value: object) -> int:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not lowest <= value <= highest:  # type: ignore[operator]  # a number
            raise _refuse(key, value, f"a whole number from {lowest} to {highest}")
        return value  # type: ignore[return-value]  # checked above

    return read


def _choice[E: StrEnum](kind: type[E]) -> Callable[[str, object], E]:
    def read(key: str, value: object) -> E:
        try:
            return kind(value)  # type: ignore[arg-type]  # anything else is a ValueError
        except ValueError as error:
            raise _refuse(key, value, " or ".join(f'"{name}"' for name in kind)) from error

    return read


def _code(key: str, value: object) -> str:
    try:
        return require_jurisdiction(_text(key, value))
    except DatasetsError as error:
        raise _refuse(key, value, 'a country\'s two-letter code, or "EU"') from error


def _places(key: str, value: object) -> tuple[DeclaredPlace, ...]:
    expected = "tables [[place]] with name, url and jurisdiction, all texts, no name twice"
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _refuse(key, value, expected)
    if not all(isinstance(text, str) for item in value for text in item.values()):
        raise _refuse(key, value, expected)
    try:
        declared = tuple(DeclaredPlace(**item) for item in value)
        names = {one.place.name for one in declared}
    except TypeError as error:
        raise _refuse(key, value, expected) from error
    except DatasetsError as error:
        raise SettingsError(f"Setting `{key}`: {error.message}", hint=error.hint) from error
    if len(names) != len(declared) or "local" in names:
        raise _refuse(key, value, expected)
    return declared


def _rooted(place: DeclaredPlace, folder: Path) -> DeclaredPlace:
    """Resolve the paths of a place's files."""
    names = ("credentials", "read_credentials")
    paths = {name: getattr(place, name) for name in names if getattr(place, name)}
    resolved = {name: str(folder / Path(path).expanduser()) for name, path in paths.items()}
    return dataclasses.replace(place, **resolved)


def _toml(value: object) -> str:
    """Write a value; what JSON writes of texts, numbers and truths is TOML too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, default=str, ensure_ascii=False)


_FILES = {"root_key_passphrase_file", "root_key_module", "root_key_pin_file", "recovery_key"}
_READERS: Mapping[str, Callable[[str, object], object]] = {
    "state_dir": _text,
    "host": _text,
    "port": _whole_number(LOWEST_PORT, HIGHEST_PORT),
    "isolation": _choice(Isolation),
    "network": _choice(Network),
    "database_url": _text,
    "auth_refresh_s": _whole_number(SHORTEST_REFRESH_S, LONGEST_REFRESH_S),
    "title": _text,
    "institution": _text,
    "demo": _yes_or_no,
    "root_key": _choice(RootKey),
    "root_key_passphrase_file": _text,
    "root_key_module": _text,
    "root_key_token": _text,
    "root_key_pin_file": _text,
    "recovery_key": _text,
    "jurisdiction": _code,
    "place": _places,
}
