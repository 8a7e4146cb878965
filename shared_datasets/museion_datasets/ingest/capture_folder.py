"""A capture of a line camera: a folder with raw counts, a dark and a white reference.

As SPECIM cameras write it: ``NAME.hdr``, ``DARKREF_NAME.hdr`` and ``WHITEREF_NAME.hdr`` with their
data files, in the folder itself or in its ``capture`` folder; ``WHITEDARKREF_NAME.hdr`` if the
white was taken at another exposure. What comes out is reflectance, computed region by region
as it is read; every file is kept as it was delivered.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.envi import EnviReader
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Values, Variable
from museion_datasets.ingest.plain_files import FolderReader
from museion_datasets.ingest.source import Original, reading
from museion_datasets.ingest.white_reference import WhiteReference, make_reference

_DARK, _WHITE, _WHITE_DARK = "darkref_", "whiteref_", "whitedarkref_"
_REFERENCES = (_DARK, _WHITE, _WHITE_DARK)
_EXPOSURES = ("tint", "integration time", "exposure time")
_RAW_KINDS = "iu"


@dataclass(frozen=True, slots=True)
class Capture:
    """The headers of a capture.

    Attributes
    ----------
    raw, white, dark : Path
        Headers.
    white_dark : Path or None
        Dark counts at the white's exposure.
    """

    raw: Path
    white: Path
    dark: Path
    white_dark: Path | None


class CaptureFolderReader:
    """Reads a capture folder as reflectance."""

    name = "capture folder"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it holds a dark or a white reference."""
        if head or not path.is_dir():
            return False
        return any(name.startswith((_DARK, _WHITE)) for name in _headers(path))

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return everything in the folder."""
        return FolderReader().originals(path)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a capture as reflectance."""
        capture = find_capture(path)
        with ExitStack() as stack:
            readings = {
                name: stack.enter_context(EnviReader().open(header))
                for name, header in _named(capture).items()
            }
            raw = _form(readings["raw"])
            reference = _reference(readings)
            folder = stack.enter_context(FolderReader().open(path))
            (variable,) = raw.variables.values()
            values = CalibratedValues(variable.values, reference)
            attrs = {
                key: value
                for key, value in variable.attrs.items()
                if key not in {"scale_factor", "add_offset", "_FillValue"}
            } | {"quantity": "reflectance", "calibration": "white and dark reference"}
            made = Variable(variable.dims, values, attrs)
            frame = raw.frame.assign_attrs(calibration="white and dark reference")
            notes = (*_said(capture, readings, reference), *readings["raw"].notes, *folder.notes)
            yield Reading(
                (ArrayForm("", frame, {"reflectance": made}),),
                notes,
                {**readings["raw"].facts, **folder.facts},
            )


class CalibratedValues:
    """Reflectance, computed as it is read.

    Parameters
    ----------
    raw : Values
        Counts (y, x, band).
    reference : WhiteReference
        Of the same columns and bands.
    """

    def __init__(self, raw: Values, reference: WhiteReference) -> None:
        self._raw, self._reference = raw, reference
        self.shape, self.dtype = raw.shape, np.dtype(np.float32)

    def __getitem__(self, region: Region) -> NDArray[np.float32]:
        _, columns, bands = region
        return self._reference.reflectance(np.asarray(self._raw[region]), columns, bands)


def find_capture(folder: Path) -> Capture:
    """Return the files of a capture.

    Parameters
    ----------
    folder : Path
        The capture's folder, or the one that holds its ``capture`` folder.

    Returns
    -------
    Capture
        Raw counts and references.

    Raises
    ------
    InvalidError
        If a reference is missing, or there are several captures.
    """
    headers = _headers(folder)
    raws = {name: path for name, path in headers.items() if not name.startswith(_REFERENCES)}
    if len(raws) != 1:
        raise InvalidError(
            f"Not one capture in {folder.name!r:.60}: {', '.join(raws) or 'none'}"[:200],
            hint="put each capture into a folder of its own, with its references.",
        )
    ((name, raw),) = raws.items()
    found: dict[str, Path] = {}
    for prefix in _REFERENCES:
        several = [path for each, path in headers.items() if each.startswith(prefix)]
        exact = headers.get(f"{prefix}{name}")
        if exact is not None or len(several) == 1:
            found[prefix] = exact or several[0]
    for prefix, word in ((_WHITE, "white"), (_DARK, "dark")):
        if prefix not in found:
            raise InvalidError(
                f"The capture has no {word} reference: {prefix.upper()}{raw.name}",
                hint="copy the whole folder from the camera, references too.",
            )
    return Capture(raw, found[_WHITE], found[_DARK], found.get(_WHITE_DARK))


def _headers(folder: Path) -> dict[str, Path]:
    """Return the headers of a capture by their names in lower case."""
    inner = folder / "capture"
    with reading(folder):
        place = inner if inner.is_dir() and not inner.is_symlink() else folder
        return {
            each.name.lower(): each
            for each in sorted(place.iterdir())
            if each.suffix.lower() == ".hdr" and not each.name.startswith(".") and each.is_file()
        }


def _named(capture: Capture) -> dict[str, Path]:
    files = {"raw": capture.raw, "white": capture.white, "dark": capture.dark}
    return files if capture.white_dark is None else {**files, "white_dark": capture.white_dark}


def _form(each: Reading) -> ArrayForm:
    """Return the cube of a reading."""
    (form,) = (form for form in each.forms if isinstance(form, ArrayForm))
    return form


def _reference(readings: Mapping[str, Reading]) -> WhiteReference:
    """Return the reference of a capture.

    Raises
    ------
    InvalidError
        If raw counts and references do not belong together.
    """
    frames = {name: _form(each) for name, each in readings.items()}
    values = {name: next(iter(form.variables.values())).values for name, form in frames.items()}
    raw = values["raw"]
    if raw.dtype.kind not in _RAW_KINDS:
        raise InvalidError(
            f"The raw file holds no counts but {raw.dtype} numbers",
            hint="if it is reflectance already, ingest its header instead of the folder.",
        )
    for name, each in values.items():
        if each.shape[1:] != raw.shape[1:] or not _same_bands(frames["raw"], frames[name]):
            raise InvalidError(
                f"The {name.replace('_', ' ')} reference has other columns or bands: "
                f"{each.shape[1:]}, not {raw.shape[1:]}",
                hint="use references taken with the same binning and field of view.",
            )
    whole = {
        name: np.asarray(each[slice(None), slice(None), slice(None)])
        for name, each in values.items()
        if name != "raw"
    }
    exposures = {name: _exposure(each) for name, each in readings.items()}
    ratio = exposures["raw"] / exposures["white"] if all(exposures.values()) else 1.0
    return make_reference(
        whole["white"],
        whole["dark"],
        white_dark=whole.get("white_dark"),
        exposure_ratio=ratio,
        full_scale=_full_scale(readings["raw"], raw.dtype),
    )


def _same_bands(first: ArrayForm, second: ArrayForm) -> bool:
    one, other = (each.frame.coords.get("wavelength") for each in (first, second))
    if one is None or other is None:
        return True
    return bool(np.allclose(one.to_numpy(), other.to_numpy()))


def _exposure(each: Reading) -> float:
    """Return the exposure that a header states; 0 if it states none."""
    fields = each.facts["envi"]
    for name in _EXPOSURES:
        try:
            return max(0.0, float(fields[name]))
        except (KeyError, ValueError):
            continue
    return 0.0


def _full_scale(each: Reading, dtype: np.dtype[Any]) -> float:
    """Return the counts from which the detector is saturated."""
    try:
        return float(each.facts["envi"]["ceiling"])
    except (KeyError, ValueError):
        return float(np.iinfo(dtype).max)


def _said(
    capture: Capture, readings: Mapping[str, Reading], reference: WhiteReference
) -> tuple[str, ...]:
    """Say what was done, and where there is no reflectance."""
    said = [f"Reflectance was computed with {capture.white.stem} and {capture.dark.stem}"]
    exposures = {name: _exposure(each) for name, each in readings.items()}
    if exposures["raw"] != exposures["white"]:
        said.append(
            f"White and object had different exposures, {exposures['white']:g} and "
            f"{exposures['raw']:g}: scaled by their ratio"
            if all(exposures.values())
            else "Not every header states the exposure: taken as the same"
        )
    share = float(reference.unusable.mean())
    if share:
        columns = np.flatnonzero(reference.unusable.any(axis=1))
        said.append(
            f"No reflectance in {share:.1%} of the detector, columns {columns[0]} to "
            f"{columns[-1]}: the white is saturated or no brighter than the dark"
        )
    return tuple(said)
