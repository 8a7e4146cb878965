"""JCAMP-DX: spectra that laboratories exchange as text.

One spectrum becomes (spectrum, wavelength) with wavelengths in nm, whatever the file's unit
of x: nanometres, micrometres or wavenumbers; percent become fractions.

References
----------
R. S. McDonald and P. A. Wilks, "JCAMP-DX: a standard form for exchange of infrared spectra
in computer readable form", Applied Spectroscopy 42 (1988) 151-162.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.csv_text import decode_text
from museion_datasets.ingest.form import ArrayForm, Reading
from museion_datasets.ingest.limits import MAX_TABLE_BYTES
from museion_datasets.ingest.source import Original, look_at, reading

_ENDINGS = (".jdx", ".dx", ".jcamp", ".jcm")
_QUANTITIES = {
    "reflectance": ("reflectance", 1.0),
    "%reflectance": ("reflectance", 0.01),
    "percentreflectance": ("reflectance", 0.01),
    "absorbance": ("absorbance", 1.0),
    "log(1/r)": ("absorbance", 1.0),
}
_NM_PER_CM = 1e7
_HINT = "export it again as JCAMP-DX 4.24 or 5.01, one spectrum, uncompressed or packed."


class JcampReader:
    """Reads a spectrum."""

    name = "JCAMP-DX"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it begins with a title as the standard wants."""
        return head.lstrip()[:8].upper().startswith(b"##TITLE=") and not path.is_dir()

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Read a spectrum."""
        with reading(path), path.open("rb") as file:
            content = file.read(MAX_TABLE_BYTES + 1)
        found, facts = read_jcamp(content)
        yield Reading((ArrayForm("", found, {}),), (), {"jcamp": facts})


def read_jcamp(content: bytes) -> tuple[xr.Dataset, dict[str, str]]:
    """Read a spectrum.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    Dataset
        One variable (spectrum, wavelength), named after its quantity, wavelengths in nm rising.
    dict
        The file's labels as text.

    Raises
    ------
    InvalidError
        If it is too long, damaged, or its units are not known.
    """
    if len(content) > MAX_TABLE_BYTES:
        raise InvalidError(f"The file is too long: {len(content):,} bytes", hint=_HINT)
    labels = _parse(decode_text(content)[0])
    nm = _nanometres(labels)
    quantity, factor = _quantity(labels)
    values = np.asarray(labels["y"], np.float64) * factor
    order = np.argsort(nm)
    if len(nm) != len(values) or len(nm) < 2 or np.any(np.diff(nm[order]) <= 0):  # noqa: PLR2004
        raise InvalidError("The spectrum has not one value for each x", hint=_HINT)
    coords = {
        "wavelength": ("wavelength", nm[order], {"units": "nm", "long_name": "wavelength"}),
        "good_band": ("wavelength", np.ones(nm.size, bool)),
        "name": ("spectrum", [str(labels.get("title", "")).strip() or "untitled"]),
    }
    variable = (("spectrum", "wavelength"), values[None, order], {"quantity": quantity})
    facts = {key: str(value)[:200] for key, value in labels.items() if isinstance(value, str)}
    return xr.Dataset({quantity: variable}, coords), facts


def _parse(text: str) -> dict[str, Any]:
    """Return labels and numbers.

    Raises
    ------
    InvalidError
        If the text is no such file, or holds several spectra.
    """
    import jcamp  # noqa: PLC0415 - only who has such a file pays

    try:
        labels: dict[str, Any] = dict(jcamp.read(text.splitlines(keepends=True)))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise InvalidError("The JCAMP-DX file is damaged", hint=_HINT) from error
    if "children" in labels or "x" not in labels or "y" not in labels:
        raise InvalidError("The JCAMP-DX file does not hold one spectrum", hint=_HINT)
    return labels


def _nanometres(labels: dict[str, Any]) -> NDArray[np.float64]:
    """Return the wavelengths in nm.

    Raises
    ------
    InvalidError
        If the unit is none of those known, or a value is not positive.
    """
    x = np.asarray(labels["x"], np.float64)
    unit = str(labels.get("xunits", "")).strip().lower()
    if not x.size or not np.all(np.isfinite(x)) or x.min() <= 0:
        raise InvalidError("A wavelength is not positive", hint=_HINT)
    if unit in {"nanometers", "nanometres", "nm"}:
        return x
    if unit in {"micrometers", "micrometres", "um", "microns"}:
        return x * 1e3
    if unit in {"1/cm", "cm-1", "cm^-1"}:
        nm: NDArray[np.float64] = _NM_PER_CM / x
        return nm
    raise InvalidError(
        f"Not a unit of wavelength that is known: {unit!r:.40}",
        hint="XUNITS is NANOMETERS, MICROMETERS or 1/CM.",
    )


def _quantity(labels: dict[str, Any]) -> tuple[str, float]:
    """Return what the values are, and what to multiply them with."""
    unit = "".join(str(labels.get("yunits", "")).lower().split())
    return _QUANTITIES.get(unit, ("values", 1.0))
