"""Text headers of ENVI cubes, as cameras and people write them.

``name = value`` lines, values in braces over several lines, names in any case, comments
after a semicolon, any line ending, a byte order mark. What the header claims is checked
here as far as text can be; that the data file agrees is `envi`'s part. Pure functions.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.limits import MAX_FIELDS, MAX_HEADER_BYTES, MAX_SIDE

INTERLEAVES = ("bil", "bip", "bsq")
DTYPES: Mapping[int, str] = MappingProxyType({
    1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 6: "c8", 9: "c16",
    12: "u2", 13: "u4", 14: "i8", 15: "u8",
})  # fmt: skip
LIBRARY = "envi spectral library"
_MICROMETRES = frozenset({
    "um",
    "\N{MICRO SIGN}m",
    "\N{GREEK SMALL LETTER MU}m",
    "micrometers",
    "micrometres",
    "micron",
    "microns",
})
_NANOMETRES = frozenset({"nm", "nanometers", "nanometres", "nanometer", "nanometre"})
_NM_PER_UM = 1000.0
_LONGEST_MICROMETRE = 100.0
_HINT = "correct the .hdr file, or export the cube again."


@dataclass(frozen=True, slots=True)
class EnviHeader:
    """What a header says, checked.

    Attributes
    ----------
    lines, samples, bands : int
        Rows, columns, bands; at least 1.
    dtype : str
        numpy's type with byte order.
    interleave : str
        ``bil``, ``bip`` or ``bsq``.
    offset_bytes : int
        Where the values begin in the data file.
    wavelength_nm, fwhm_nm : tuple of float or None
        One for each band, in the file's order; a library's are `parse_channels`.
    good_bands : tuple of bool or None
        False for bands that the header calls bad.
    scale : float or None
        Stored values divided by this are reflectance.
    ignored : float or None
        The stored value of a pixel without measurement.
    band_names : tuple of str or None
        One for each band.
    default_bands : tuple of int or None
        Three or one, counted from 0.
    kind : str
        File type, as in ``"envi standard"``.
    fields : mapping of str to str
        Everything, as it was written.
    guessed_unit : bool
        The header gives wavelengths without a unit.
    """

    lines: int
    samples: int
    bands: int
    dtype: str
    interleave: str
    offset_bytes: int
    wavelength_nm: tuple[float, ...] | None
    fwhm_nm: tuple[float, ...] | None
    good_bands: tuple[bool, ...] | None
    scale: float | None
    ignored: float | None
    band_names: tuple[str, ...] | None
    default_bands: tuple[int, ...] | None
    kind: str
    fields: Mapping[str, str] = field(repr=False)
    guessed_unit: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns, bands."""
        return self.lines, self.samples, self.bands


def parse_header(content: bytes) -> EnviHeader:
    """Read a header.

    Parameters
    ----------
    content : bytes
        The whole ``.hdr`` file.

    Returns
    -------
    EnviHeader
        With every number in its range.
    """
    fields = parse_fields(content)
    bands = _whole(fields, "bands", 1, MAX_SIDE)
    kind = " ".join(fields.get("file type", "").lower().split())
    unit, is_guessed = _unit(fields)
    is_library = kind == LIBRARY
    return EnviHeader(
        lines=_whole(fields, "lines", 1, MAX_SIDE),
        samples=_whole(fields, "samples", 1, MAX_SIDE),
        bands=bands,
        dtype=_dtype(fields),
        interleave=_choice(fields, "interleave", INTERLEAVES),
        offset_bytes=_whole(fields, "header offset", 0, 1 << 40, default=0),
        wavelength_nm=None if is_library else _lengths_nm(fields, "wavelength", bands, unit),
        fwhm_nm=None if is_library else _lengths_nm(fields, "fwhm", bands, unit),
        good_bands=None if is_library else _good_bands(fields, bands),
        scale=_scale(fields),
        ignored=_ignored(fields),
        band_names=_band_names(fields, bands),
        default_bands=_default_bands(fields, bands),
        kind=kind,
        fields=MappingProxyType(fields),
        guessed_unit=is_guessed,
    )


def parse_channels(
    fields: Mapping[str, str], count: int
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None, tuple[bool, ...] | None]:
    """Return wavelengths, widths and good channels of a spectral library.

    Parameters
    ----------
    fields : mapping of str to str
        From `parse_fields`.
    count : int
        Channels: a library's header calls them samples.

    Returns
    -------
    wavelength_nm, fwhm_nm, good : tuples or None
        One for each channel.
    """
    unit, _ = _unit(fields)
    return (
        _lengths_nm(fields, "wavelength", count, unit),
        _lengths_nm(fields, "fwhm", count, unit),
        _good_bands(fields, count),
    )


def parse_fields(content: bytes) -> dict[str, str]:
    """Cut a header into names and values.

    Parameters
    ----------
    content : bytes
        The whole ``.hdr`` file.

    Returns
    -------
    dict of str to str
        Names in lower case with single spaces; values without their braces.

    Raises
    ------
    InvalidError
        If it does not begin with ENVI, a brace stays open or a name comes twice.
    """
    text = _text(content)
    if not text.startswith("ENVI"):
        raise InvalidError("The header does not begin with ENVI", hint=_HINT)
    fields: dict[str, str] = {}
    lines = iter(text.splitlines()[1:])
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or line.lstrip().startswith(";"):
            continue
        value = value.strip()
        while value.startswith("{") and "}" not in value:
            following = next(lines, None)
            if following is None:
                raise InvalidError(f"A brace stays open in the header: {name!r:.60}", hint=_HINT)
            value = f"{value}\n{following}"
        key = " ".join(name.lower().split())
        if key in fields:
            raise InvalidError(f"The header says this twice: {key!r:.60}", hint=_HINT)
        fields[key] = value.partition("}")[0][1:].strip() if value.startswith("{") else value
        if len(fields) > MAX_FIELDS:
            raise InvalidError(f"The header has more than {MAX_FIELDS} fields", hint=_HINT)
    return fields


def _text(content: bytes) -> str:
    """Decode a header.

    Raises
    ------
    InvalidError
        If it is too long for one.
    """
    if len(content) > MAX_HEADER_BYTES:
        raise InvalidError(f"The header is too long: {len(content):,} bytes", hint=_HINT)
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8").lstrip()
    except UnicodeDecodeError:
        return content.decode("latin-1").lstrip()


def _whole(
    fields: Mapping[str, str], name: str, low: int, high: int, *, default: int | None = None
) -> int:
    """Return a whole number in its range.

    Raises
    ------
    InvalidError
        If it is missing, no whole number or out of range.
    """
    text = fields.get(name)
    if text is None and default is not None:
        return default
    value = int(text) if text is not None and re.fullmatch(r"[+-]?[0-9]{1,15}", text) else None
    if value is None or not low <= value <= high:
        raise InvalidError(f"The header's {name} is not usable: {text!r:.60}", hint=_HINT)
    return value


def _choice(fields: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """Return one of a few words.

    Raises
    ------
    InvalidError
        If it is another.
    """
    word = fields.get(name, "").lower()
    if word not in known:
        raise InvalidError(
            f"The header's {name} is not usable: {word!r:.60}", hint=f"it is one of {known}."
        )
    return word


def _dtype(fields: Mapping[str, str]) -> str:
    """Return numpy's type.

    Raises
    ------
    InvalidError
        If the header names none that ENVI has.
    """
    code = _whole(fields, "data type", 0, 99)
    if code not in DTYPES:
        raise InvalidError(
            f"Not a data type of ENVI: {code}", hint=f"it is one of {sorted(DTYPES)}."
        )
    order = "<>"[_whole(fields, "byte order", 0, 1, default=0)]
    return f"{order}{DTYPES[code]}" if DTYPES[code] != "u1" else "u1"


def _items(fields: Mapping[str, str], name: str, count: int) -> tuple[str, ...] | None:
    """Return a list with one item for each band.

    Raises
    ------
    InvalidError
        If there are more or fewer.
    """
    if name not in fields:
        return None
    items = tuple(item.strip() for item in fields[name].rstrip(",\n ").split(","))
    if len(items) != count:
        raise InvalidError(
            f"The header has {count} bands and {len(items)} items in {name}", hint=_HINT
        )
    return items


def _number(text: str, name: str) -> float:
    """Return a finite number.

    Raises
    ------
    InvalidError
        If it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidError(f"The header's {name} is not a number: {text!r:.60}", hint=_HINT)
    return value


def _unit(fields: Mapping[str, str]) -> tuple[str, bool]:
    """Return the unit of the wavelengths, and whether it was guessed from their size."""
    said = fields.get("wavelength units", "").lower()
    if said and said != "unknown":
        return said, False
    first = re.match(r"[0-9.]+", fields.get("wavelength", ""))
    try:
        is_micro = first is not None and 0 < float(first[0]) < _LONGEST_MICROMETRE
    except ValueError:
        is_micro = False
    return ("um" if is_micro else "nm"), "wavelength" in fields


def _lengths_nm(
    fields: Mapping[str, str], name: str, bands: int, unit: str
) -> tuple[float, ...] | None:
    """Return wavelengths or widths in nm.

    Raises
    ------
    InvalidError
        If one is no positive number, or the unit is no length.
    """
    items = _items(fields, name, bands)
    if items is None:
        return None
    if unit not in _NANOMETRES | _MICROMETRES:
        raise InvalidError(
            f"Not a unit of wavelength that is known: {unit!r:.60}",
            hint="write nanometers or micrometers in the header.",
        )
    factor = _NM_PER_UM if unit in _MICROMETRES else 1.0
    values = tuple(round(factor * _number(item, name), 6) for item in items)
    if min(values) < 0 or (name == "wavelength" and min(values) == 0):
        raise InvalidError(f"The header's {name} is not positive: {min(values)}", hint=_HINT)
    return values


def _good_bands(fields: Mapping[str, str], bands: int) -> tuple[bool, ...] | None:
    items = _items(fields, "bbl", bands)
    return None if items is None else tuple(_number(item, "bbl") != 0 for item in items)


def _scale(fields: Mapping[str, str]) -> float | None:
    """Return the reflectance scale factor.

    Raises
    ------
    InvalidError
        If it is not positive.
    """
    if "reflectance scale factor" not in fields:
        return None
    value = _number(fields["reflectance scale factor"], "reflectance scale factor")
    if value <= 0:
        raise InvalidError(f"The reflectance scale factor is not positive: {value}", hint=_HINT)
    return value


def _ignored(fields: Mapping[str, str]) -> float | None:
    """Return the value of a pixel without measurement, which may be NaN."""
    text = fields.get("data ignore value")
    if text is None:
        return None
    return math.nan if text.lower() == "nan" else _number(text, "data ignore value")


def _band_names(fields: Mapping[str, str], bands: int) -> tuple[str, ...] | None:
    """Return the bands' names; names may hold commas, then they say nothing safe."""
    names = [name.strip() for name in fields.get("band names", "").split(",")]
    return tuple(names) if len(names) == bands and any(names) else None


def _default_bands(fields: Mapping[str, str], bands: int) -> tuple[int, ...] | None:
    """Return the bands to show first; None if the header's are no bands of the cube."""
    found = re.findall(r"[0-9]{1,9}", fields.get("default bands", ""))
    numbers = tuple(int(text) - 1 for text in found)
    is_usable = len(numbers) in {1, 3} and all(0 <= number < bands for number in numbers)
    return numbers if is_usable else None
