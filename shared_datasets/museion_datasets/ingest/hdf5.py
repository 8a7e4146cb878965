"""HDF5 and NeXus files.

A NeXus file says by itself what it shows: the default NXdata group, its signal and its
axes, which become a cube if there are y, x and a spectral axis. Any other file becomes one
item with all its numeric arrays under their paths; dimensions without a name are named
after their length, so that arrays which belong together share them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import Guarded, parsing
from museion_datasets.ingest.form import ArrayForm, Form, Reading, Variable
from museion_datasets.ingest.hdf5_safety import Contents, open_hdf5, text
from museion_datasets.ingest.record import plain_json
from museion_datasets.ingest.source import Original, item_name, look_at
from museion_datasets.ingest.spectral_frame import Reordered

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SMALL_BYTES = 4 << 20
_NUMBERS = "biufc"
_OFFSETS = (0, 512, 1024, 2048)
_NM = {
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometers": 1.0,
    "um": 1e3,
    "\N{MICRO SIGN}m": 1e3,
    "micrometer": 1e3,
}


class Hdf5Reader:
    """Reads NXdata groups, or all arrays of a file."""

    name = "HDF5"

    def recognises(self, _path: Path, head: bytes) -> bool:
        """Return whether it has the signature, which may follow a user block."""
        return any(head[offset : offset + 8] == SIGNATURE for offset in _OFFSETS)

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a file; InvalidError if there is no array in it."""
        with open_hdf5(path) as (_, contents):
            with parsing(path):
                forms, name = _forms(path, contents)
                facts = {"attributes": _attributes(contents)}
            notes = (
                name,
                *(f"Skipped, since it lies in another file: {p}" for p in contents.skipped),
            )
            yield Reading(forms, tuple(filter(None, notes)), facts)


def _forms(path: Path, contents: Contents) -> tuple[tuple[Form, ...], str]:
    """Return what the file shows by itself, else all its arrays; and what to say of it."""
    groups = _nexus_groups(contents)
    if not groups:
        return (_guard(_all_arrays(path, contents), path),), ""
    made = [_nexus_form(contents, group, is_first=not at) for at, group in enumerate(groups)]
    return tuple(_guard(form, path) for form in made), "NeXus: its default plot is the main item"


def _guard(form: ArrayForm, path: Path) -> ArrayForm:
    """Return a form whose decoding errors are ours."""
    guarded = {
        name: replace(each, values=Guarded(each.values, path))
        for name, each in form.variables.items()
    }
    return replace(form, variables=guarded)


def _nexus_groups(contents: Contents) -> list[str]:
    """Return the NXdata groups with a signal, the default one first."""
    found = [
        path
        for path, group in contents.groups.items()
        if text(group.attrs.get("NX_class", "")) == "NXdata" and _signal(contents, path)
    ]
    default = _default_path(contents)
    return sorted(found, key=lambda path: path != default)


def _default_path(contents: Contents) -> str:
    """Follow the ``default`` attributes from the root."""
    path = ""
    while name := text(contents.groups[path].attrs.get("default", "")):
        following = f"{path}/{name}".lstrip("/")
        if following not in contents.groups or following == path:
            break
        path = following
    return path


def _signal(contents: Contents, path: str) -> str:
    """Return the name of a group's signal; the older way marks the dataset itself."""
    name = text(contents.groups[path].attrs.get("signal", ""))
    if f"{path}/{name}".lstrip("/") in contents.datasets:
        return name
    for key, dataset in contents.datasets.items():
        parent, _, own = key.rpartition("/")
        if parent == path and str(dataset.attrs.get("signal", "")) in {"1", "b'1'"}:
            return own
    return ""


def _nexus_form(contents: Contents, path: str, *, is_first: bool) -> ArrayForm:
    """Return one NXdata group.

    Raises
    ------
    InvalidError
        If its axes do not fit its signal.
    """
    signal = _signal(contents, path)
    members = _members(contents, path)
    values = members[signal]
    dims = _dims(contents.groups[path], values)
    names, coords = _spectral(dims, members, values.shape)
    frame = xr.Dataset(coords=coords, attrs={"title": _title(members), "quantity": signal})
    ordered, frame = _order(values, names, frame)
    small = {}
    for name, dataset in members.items():
        own = tuple(names[dims.index(d)] for d in dims[: dataset.ndim])
        fits = dataset.shape == values.shape[: dataset.ndim] and dataset.ndim > 0
        if fits and name != signal and name not in dims and dataset.nbytes <= SMALL_BYTES:
            small[_variable_name(name, frame)] = (own, dataset[()], _units(dataset))
    variable = Variable(names, ordered, {"quantity": signal, **_units(values)})
    suffix = "" if is_first else item_name(path.replace("/", "-"))
    return ArrayForm(suffix, frame.assign(small), {_variable_name(signal, frame): variable})


def _members(contents: Contents, path: str) -> dict[str, Any]:
    """Return the numeric datasets that lie directly in a group."""
    return {
        key.rpartition("/")[2]: dataset
        for key, dataset in contents.datasets.items()
        if key.rpartition("/")[0] == path and dataset.dtype.kind in _NUMBERS
    }


def _dims(group: Any, values: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of a signal's axes.

    Raises
    ------
    InvalidError
        If there are not as many as dimensions.
    """
    said = group.attrs.get("axes", [])
    listed = np.atleast_1d(said).tolist() if not isinstance(said, str) else said.split(":")
    axes = [text(each) for each in listed]
    names = [f"axis_{at}" if each in {"", "."} else each for at, each in enumerate(axes)]
    if not names:
        names = [f"axis_{at}" for at in range(values.ndim)]
    if len(names) != values.ndim or len(set(names)) != len(names):
        raise InvalidError(
            f"The signal has {values.ndim} dimensions and the axes {', '.join(names):.80}",
            hint="correct the attribute axes of the NXdata group.",
        )
    return tuple(names)


def _spectral(
    dims: tuple[str, ...], members: Mapping[str, Any], shape: tuple[int, ...]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return dimensions and coordinates; a length axis in nm or micrometres becomes wavelength.

    Raises
    ------
    InvalidError
        If an axis has another length than its dimension.
    """
    names, coords = list(dims), {}
    for at, dim in enumerate(dims):
        axis = members.get(dim)
        if axis is None or axis.ndim != 1:
            continue
        if axis.shape[0] != shape[at]:
            raise InvalidError(
                f"The axis {dim!r:.60} has {axis.shape[0]} values, the signal {shape[at]}",
                hint="export the measurement again.",
            )
        attrs = _units(axis)
        factor = _NM.get(str(attrs.get("units", "")).lower())
        values = axis[()]
        if factor is not None and "wavelength" not in names and dim not in {"y", "x"}:
            names[at], values, attrs = "wavelength", values * factor, {"units": "nm"}
        coords[names[at]] = (names[at], values, attrs)
    return tuple(names), coords


def _order(values: Any, dims: tuple[str, ...], frame: xr.Dataset) -> tuple[Any, xr.Dataset]:  # noqa: ANN401
    """Let wavelengths rise and say which bands are good.

    Raises
    ------
    InvalidError
        If two are the same or one is no number.
    """
    if dims[-1:] != ("wavelength",):
        return values, frame
    nm = frame["wavelength"].to_numpy()
    order = np.argsort(nm, kind="stable")
    if not np.all(np.isfinite(nm)) or np.any(np.diff(nm[order]) == 0):
        raise InvalidError(
            "A wavelength is no number, or comes twice",
            hint="correct the wavelength axis and export the measurement again.",
        )
    good = ("wavelength", np.ones(nm.size, bool))
    frame = frame.isel(wavelength=order).assign_coords(good_band=good)
    return (values if np.all(np.diff(order) > 0) else Reordered(values, order)), frame


def _all_arrays(path: Path, contents: Contents) -> ArrayForm:
    """Return every numeric array under its path.

    Raises
    ------
    InvalidError
        If there is none.
    """
    arrays = {
        key: dataset
        for key, dataset in contents.datasets.items()
        if dataset.dtype.kind in _NUMBERS and dataset.ndim and dataset.size
    }
    if not arrays:
        raise InvalidError(
            f"There is no array of numbers in {path.name!r:.80}",
            hint="put the file into a folder and ingest the folder to keep it as it is.",
        )
    variables = {
        key.replace("/", "."): Variable(
            _phony(dataset.shape), dataset, plain_json(dict(dataset.attrs))
        )
        for key, dataset in arrays.items()
    }
    return ArrayForm("", xr.Dataset(), variables)


def _phony(shape: tuple[int, ...]) -> tuple[str, ...]:
    """Name dimensions after their length; the second of a length gets a number."""
    names: list[str] = []
    for length in shape:
        seen = sum(name.split("_")[1] == str(length) for name in names)
        names.append(f"dim_{length}" if not seen else f"dim_{length}_{seen + 1}")
    return tuple(names)


def _attributes(contents: Contents) -> dict[str, Any]:
    """Return the attributes of groups and the scalars, which describe the measurement."""
    found = {
        path or "/": plain_json(dict(group.attrs))
        for path, group in contents.groups.items()
        if group.attrs
    }
    scalars = {
        path: plain_json(dataset[()])
        for path, dataset in contents.datasets.items()
        if dataset.shape == ()
    }
    return {**found, **scalars}


def _units(dataset: Any) -> dict[str, str]:  # noqa: ANN401
    units = text(dataset.attrs.get("units", ""))
    return {"units": units} if units else {}


def _title(members: Mapping[str, Any]) -> str:
    return text(members["title"][()]) if "title" in members else ""


def _variable_name(name: str, frame: xr.Dataset) -> str:
    """Return a name that no coordinate has."""
    return f"{name}_values" if name in frame.coords or name in frame.dims else name
