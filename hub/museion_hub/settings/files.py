"""Reading `museion.toml`: once, checked, then frozen.

The file may be missing. A key that is unknown or of the wrong type is an error that names it: a
misspelt safety setting must never pass in silence.
"""

import dataclasses
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from museion_datasets.errors import DatasetsError
from museion_hub.errors import SettingsError
from museion_hub.registry import names
from museion_hub.registry.tables import Role
from museion_hub.settings import compute, kubernetes, readers, servers
from museion_hub.settings.compute import Clusters
from museion_hub.settings.kubernetes import Kubernetes
from museion_hub.settings.model import (
    DeclaredPlace,
    GroupRule,
    Isolation,
    Limits,
    Mail,
    MailSecurity,
    Network,
    RootKey,
    Settings,
    SignIn,
    SignInOpenTo,
    SignInPreset,
    SignInProvider,
)
from museion_hub.settings.servers import Servers

FILE_NAME = "museion.toml"
STATE_DIR_NAME = ".museion"
LOWEST_PORT = 1
HIGHEST_PORT = 65535
SHORTEST_REFRESH_S = 1
LONGEST_REFRESH_S = 300
LONGEST_OUTAGE_S = 86_400
LARGEST_MEMORY_GB = 1e6
MOST_CPUS = 1e4
MOST_PROCESSES = 10**6


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


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings, those decided on the command line included, for the other processes."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(settings_text(settings))
    draft.replace(path)


def settings_text(settings: Settings) -> str:
    """Return settings as a settings file; `settings_from` reads the same from it."""
    given = _given(dataclasses.asdict(settings))
    return "".join(f"{key} = {_toml(value)}\n" for key, value in given.items())


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
    read = readers.read_all(values, _READERS, folder)
    state_dir = Path(str(read.pop("state_dir", folder / STATE_DIR_NAME)))
    blank = Settings(state_dir=state_dir.resolve())
    return dataclasses.replace(blank, **read)  # type: ignore[arg-type]  # readers check types


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


def _places(key: str, value: object, folder: Path) -> tuple[DeclaredPlace, ...]:
    entry = readers.table(DeclaredPlace, _PLACE)
    declared: tuple[DeclaredPlace, ...] = readers.tables(entry)(key, value, folder)  # type: ignore[assignment]
    try:
        given = {one.place.name for one in declared}
    except DatasetsError as error:
        raise SettingsError(f"Setting `{key}`: {error.message}", hint=error.hint) from error
    expected = 'places with names of their own, none of them "local"'
    readers.require(
        key, value, expected, holds=len(given) == len(declared) and "local" not in given
    )
    return declared


def _slug(key: str, value: object, folder: Path) -> str:
    slug = readers.text(key, value, folder)
    readers.require(key, value, "the slug of a workgroup", holds=names.is_slug(slug))
    return slug


def _given(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out what says nothing, as the readers take no empty text."""
    kept = {k: _given(v) if isinstance(v, dict) else v for k, v in values.items()}
    return {key: value for key, value in kept.items() if value not in ("", (), {})}


def _toml(value: object) -> str:
    """Write a value; what JSON writes of texts, numbers and truths is TOML too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(item)}" for k, item in _given(value).items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, default=str, ensure_ascii=False)


_PLACE: Mapping[str, readers.Reader] = {
    "name": readers.text,
    "url": readers.text,
    "jurisdiction": readers.jurisdiction,
    "credentials": readers.file,
    "read_credentials": readers.file,
}
_LIMITS: Mapping[str, readers.Reader] = {
    "memory_gb": readers.amount(LARGEST_MEMORY_GB),
    "cpus": readers.amount(MOST_CPUS),
    "processes": readers.whole_number(0, MOST_PROCESSES),
}
_MAIL: Mapping[str, readers.Reader] = {
    "host": readers.text,
    "port": readers.whole_number(LOWEST_PORT, HIGHEST_PORT),
    "sender": readers.text,
    "username": readers.text,
    "password_file": readers.file,
    "security": readers.choice(MailSecurity),
}
_GROUP: Mapping[str, readers.Reader] = {
    "entitlement": readers.text,
    "workgroup": _slug,
    "role": readers.choice(Role),
}
_SIGN_IN: Mapping[str, readers.Reader] = {
    "provider": readers.choice(SignInProvider),
    "preset": readers.choice(SignInPreset),
    "title": readers.text,
    "issuer": readers.address,
    "client_id": readers.text,
    "client_secret_file": readers.file,
    "scopes": readers.texts,
    "username_claim": readers.text,
    "entitlement_claim": readers.text,
    "entitlement_authority": readers.texts,
    "administrators_entitlement": readers.text,
    "local_too": readers.yes_or_no,
    "open_to": readers.choice(SignInOpenTo),
    "outage_s": readers.whole_number(0, LONGEST_OUTAGE_S),
    "group": readers.tables(readers.table(GroupRule, _GROUP)),
}
_READERS: Mapping[str, readers.Reader] = {
    "state_dir": readers.file,
    "host": readers.text,
    "port": readers.whole_number(LOWEST_PORT, HIGHEST_PORT),
    "public_url": readers.address,
    "separate_origins": readers.yes_or_no,
    "isolation": readers.choice(Isolation),
    "network": readers.choice(Network),
    "limits": readers.table(Limits, _LIMITS),
    "database_url": readers.text,
    "auth_refresh_s": readers.whole_number(SHORTEST_REFRESH_S, LONGEST_REFRESH_S),
    "title": readers.text,
    "institution": readers.text,
    "demo": readers.yes_or_no,
    "workgroups_need_approval": readers.yes_or_no,
    "sign_in": readers.table(SignIn, _SIGN_IN),
    "mail": readers.table(Mail, _MAIL),
    "root_key": readers.choice(RootKey),
    "root_key_passphrase_file": readers.file,
    "root_key_module": readers.file,
    "root_key_token": readers.text,
    "root_key_pin_file": readers.file,
    "recovery_key": readers.file,
    "jurisdiction": readers.jurisdiction,
    "place": _places,
    "clusters": readers.table(Clusters, compute.CLUSTERS),
    "compute": compute.read_compute,
    "servers": readers.table(Servers, servers.READERS),
    "kubernetes": readers.table(Kubernetes, kubernetes.KUBERNETES),
}
