"""Where datasets lie and where they are computed on, as the settings declare it.

``local`` is the storage in the state directory, which servers see as a mount. Other places are
buckets; their keys stand in files that only the registry's account reads, and are given out with
access to a dataset, sealed to the process that asked: the writing ones to whoever may write it,
the reading ones to whoever reads. Without a file for it, nothing is given.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from museion_datasets.place import Credentials, Place
from museion_hub.custody.private_file import read_private
from museion_hub.errors import SettingsError
from museion_hub.registry.errors import InvalidError, RefusedError
from museion_hub.settings import DeclaredPlace, Settings
from museion_hub.workplaces import state_paths

LOCAL: Final = "local"
WORKSPACE: Final = "workspace"
SEEN_BY_SERVERS: Final = Path("/datasets")
MAX_FILE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ComputePlace:
    """Where kernels and workers run."""

    name: str = WORKSPACE
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """What a deployment declares.

    Attributes
    ----------
    storage : mapping of str to Place
        By name, ``local`` always among them.
    workspace : ComputePlace
        Where every server runs that has a token of this hub, and the clusters inside it.
    directory : Path or None
        The local storage as this process sees it; None for one that doesn't.
    writers, readers : mapping of str to bytes
        Credentials as JSON, by name of the place; never shown.
    computes : tuple of ComputePlace
        Where clusters run outside the workspaces.
    """

    storage: Mapping[str, Place]
    workspace: ComputePlace
    directory: Path | None = None
    writers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    readers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    computes: tuple[ComputePlace, ...] = ()

    def require(self, name: str) -> Place:
        """Give a place by name.

        Raises
        ------
        InvalidError
            If it is not declared.
        """
        if name not in self.storage:
            raise InvalidError(
                f"There is no such place: {name[:40]!r}",
                hint=f"name one of: {', '.join(sorted(self.storage))}",
            )
        return self.storage[name]

    def find_compute(self, name: str) -> ComputePlace | None:
        """Give a place where clusters run, None if it is not declared, or no longer."""
        return next((one for one in (self.workspace, *self.computes) if one.name == name), None)

    def require_compute(self, name: str) -> ComputePlace:
        """Give a place where clusters run.

        Raises
        ------
        InvalidError
            If it is not declared.
        """
        found = self.find_compute(name)
        if found is None:
            known = ", ".join(one.name for one in (self.workspace, *self.computes))
            raise InvalidError(
                f"There is no such compute place: {name[:40]!r}", hint=f"name one of: {known}"
            )
        return found

    def credentials(self, place: Place, *, is_writer: bool, subject: str) -> bytes | None:
        """Give the keys to a bucket; None for a directory.

        Raises
        ------
        RefusedError
            If the settings name none for this use.
        """
        if not place.location.is_remote:
            return None
        found = (self.writers if is_writer else self.readers).get(place.name)
        if found is None:
            use = "writing to" if is_writer else "reading from"
            raise RefusedError(
                f"This deployment has no keys for {use} the place {place.name}",
                hint="whoever runs the hub adds them to its [[place]] in museion.toml",
                subject=subject,
                reason=f"no credentials for {place.name}",
            )
        return found


def local_places(jurisdiction: str = "") -> Places:
    """Give the places of a deployment that declares none."""
    local = Place.of_directory(LOCAL, SEEN_BY_SERVERS, jurisdiction)
    return Places({LOCAL: local}, ComputePlace(jurisdiction=jurisdiction))


def places_of(settings: Settings) -> Places:
    """Give the places of a deployment, the credentials read from their files."""
    default = local_places(settings.jurisdiction)
    declared = {place.name: place.place for place in settings.place}
    computes = (ComputePlace(one.name, settings.jurisdiction_of(one)) for one in settings.compute)
    return Places(
        {**default.storage, **declared},
        default.workspace,
        state_paths(settings).storage,
        writers=_read(settings, "credentials"),
        readers=_read(settings, "read_credentials"),
        computes=tuple(computes),
    )


def _read(settings: Settings, name: str) -> dict[str, bytes]:
    return {
        place.name: _credentials(place, Path(path))
        for place in settings.place
        if (path := getattr(place, name))
    }


def _credentials(place: DeclaredPlace, path: Path) -> bytes:
    """Read one file of credentials.

    Raises
    ------
    SettingsError
        If it is missing, readable by others, or not of the right form.
    """
    what = f"credentials of the place {place.name}"
    content = read_private(path, what, MAX_FILE_BYTES)
    try:
        values: dict[str, Any] = tomllib.loads(content.decode())
        found = Credentials(**{name: _text(value) for name, value in values.items()})
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"These are no {what}: {path}",
            hint="write endpoint, region, access_key and secret_key, each as a text in quotes",
        ) from error
    return json.dumps(asdict(found)).encode()


def _text(value: object) -> str:
    """Give a text.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(value, str):
        raise TypeError(type(value))
    return value
