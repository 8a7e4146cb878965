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
    demo : bool
        Whether a first start makes the demonstration workgroups and accounts.
    """

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    isolation: Isolation = Isolation.BUBBLEWRAP
    network: Network = Network.PRIVATE
    database_url: str = ""
    auth_refresh_s: int = 30
    title: str = "Museion"
    demo: bool = False

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
    given = {key: value for key, value in values.items() if value != ""}
    lines = [f"{key} = {json.dumps(value, default=str)}\n" for key, value in given.items()]
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


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "state_dir": _text,
    "host": _text,
    "port": _whole_number(LOWEST_PORT, HIGHEST_PORT),
    "isolation": _choice(Isolation),
    "network": _choice(Network),
    "database_url": _text,
    "auth_refresh_s": _whole_number(SHORTEST_REFRESH_S, LONGEST_REFRESH_S),
    "title": _text,
    "demo": _yes_or_no,
}
