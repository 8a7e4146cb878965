"""A library of reference spectra: opened from a file or a dataset, searched in three ways."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.analysis.pixels import WAVELENGTH
from museion.imaging.cubes import Quantity, good_bands, mark, quantity_of, require_reflectance
from museion.imaging.libraries.chemistry import elements_of
from museion.imaging.libraries.matching import Entries, Ranking, rank
from museion.imaging.smoothing import resample

SPECTRUM = "spectrum"
MAX_ANGLE_RAD = 0.1
_NAMES = ("pname", "name", "title")
_SHADE = re.compile(r"[\s,]*(--|\()\s*[0-9]+\)?$")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_LARGEST_REFLECTANCE = 1.5
_FEWEST_BANDS = 8
_LONGEST_MICROMETRE = 100.0


@dataclass(frozen=True, slots=True, repr=False)
class SpectralLibrary:
    """Reference spectra with names.

    Attributes
    ----------
    spectra : DataArray
        Reflectance (spectrum, wavelength), wavelengths in nm, with the coordinates ``name`` and
        ``elements`` (symbols joined by a space) along ``spectrum``.
    title : str
        Where it comes from.
    """

    spectra: xr.DataArray
    title: str = ""

    def __repr__(self) -> str:
        nm = self.spectra[WAVELENGTH].to_numpy()
        return f"SpectralLibrary({self.title!r}: {len(self)} spectra, {nm[0]:g} to {nm[-1]:g} nm)"

    def __len__(self) -> int:
        return int(self.spectra.sizes[SPECTRUM])

    @classmethod
    def of_array(cls, spectra: xr.DataArray, title: str = "", scale: float = 1.0) -> Self:
        """Make a library of an array.

        Parameters
        ----------
        spectra : DataArray
            Two dimensions, one of them ``wavelength`` in nm; names as a coordinate ``pname``,
            ``name``, ``title``, or of the other dimension.
        title : str
            Where it comes from.
        scale : float
            Of the values, as 0.01 for percent.

        Returns
        -------
        SpectralLibrary
            Spectra with gaps keep them. Elements come from a coordinate ``elements``, else from
            names of pigments that are known.

        Raises
        ------
        InputError
            If it has no wavelengths in nm, or the values are no reflectance.
        """
        _require_axes(spectra)
        (dim,) = (name for name in spectra.dims if name != WAVELENGTH)
        names = _names(spectra, str(dim))
        known = spectra.coords.get("elements")
        elements = [elements_of(name) for name in names] if known is None else known.to_numpy()
        values = _reflectance(spectra * scale if scale != 1 else spectra)
        _require_fractions(values)
        values = values.transpose(dim, WAVELENGTH).rename("reflectance")
        kept = {
            name: values.coords[name]
            for name in (WAVELENGTH, "good_band", "fwhm")
            if name in values.coords
        }
        bare = values.reset_coords(drop=True).drop_vars([str(dim)], errors="ignore")
        made = bare.rename({dim: SPECTRUM}).assign_coords(kept)
        coords = {"name": (SPECTRUM, names), "elements": (SPECTRUM, [str(e) for e in elements])}
        return cls(made.assign_coords(coords), title)

    @property
    def names(self) -> list[str]:
        """Names of the spectra, in their order."""
        return [str(name) for name in self.spectra["name"].to_numpy()]

    def find(self, name: str) -> Self:
        """Return the spectra whose name has all words of a text.

        Parameters
        ----------
        name : str
            As in ``"lapis pure"``; in any case.

        Returns
        -------
        SpectralLibrary
            Perhaps of no spectra.
        """
        words = name.lower().split()
        return self._those([all(word in each.lower() for word in words) for each in self.names])

    def with_element(self, *symbols: str) -> Self:
        """Return the spectra of pigments that contain elements.

        Parameters
        ----------
        *symbols : str
            As in ``"Hg"``; all of them must be there.

        Returns
        -------
        SpectralLibrary
            Perhaps of no spectra. Pigments whose composition is not known are left out.

        Raises
        ------
        InputError
            If one is no symbol.
        """
        for symbol in symbols:
            if not _SYMBOL.fullmatch(symbol):
                raise InputError(f"Not an element's symbol: {symbol!r:.20}", hint="as in Pb.")
        wanted = set(symbols)
        elements = self.spectra["elements"].to_numpy()
        return self._those([wanted <= set(str(each).split()) for each in elements])

    def search(
        self,
        spectrum: xr.DataArray,
        *,
        count: int = 5,
        max_angle: float = MAX_ANGLE_RAD,
        error: xr.DataArray | None = None,
    ) -> Ranking:
        """Rank the materials that a spectrum resembles.

        Parameters
        ----------
        spectrum : DataArray
            Reflectance along ``wavelength`` in nm, or what can be turned back into it; the
            library is interpolated to its good bands, where both have values.
        count : int
            How many materials.
        max_angle : float
            In radians; beyond, the answer is unknown.
        error : DataArray, optional
            Standard error of the spectrum, as the spread of a region over the square root of
            its pixels: decides when two materials can be told apart.

        Returns
        -------
        Ranking
            Print it for the list and the reason.

        Raises
        ------
        InputError
            If there is no spectrum to compare, or they share too few bands.
        """
        measured = _measured(spectrum)
        nm = measured[WAVELENGTH].to_numpy().astype(np.float64)
        usable = good_bands(self.spectra)
        own = usable[WAVELENGTH].to_numpy()
        inside = (nm >= own[0]) & (nm <= own[-1]) & np.isfinite(measured.to_numpy())
        if inside.sum() < _FEWEST_BANDS or not len(self):
            raise InputError(
                f"Nothing to compare: {int(inside.sum())} bands of the spectrum lie within the "
                f"library's {own[0]:g} to {own[-1]:g} nm, and it has {len(self)} spectra",
                hint="search a library of the same range of wavelengths.",
            )
        shared = resample(usable, nm[inside]).to_numpy().astype(np.float64)
        complete = np.flatnonzero(np.isfinite(shared).all(axis=1) & shared.any(axis=1))
        values = measured.to_numpy()[inside].astype(np.float64)
        if not values.any() or not len(complete):
            raise InputError(
                "Nothing to compare: all values are zero or gaps", hint="pick another place."
            )
        names = [str(name) for name in self.spectra["name"].to_numpy()[complete]]
        elements = [str(each) for each in self.spectra["elements"].to_numpy()[complete]]
        entries = Entries(shared[complete], names, [material_of(name) for name in names], elements)
        spread = None if error is None else _error(error, measured, inside)
        return rank(values, spread, nm[inside], entries, count=count, max_angle=max_angle)

    def _those(self, flags: list[bool]) -> Self:
        return type(self)(self.spectra.isel({SPECTRUM: np.flatnonzero(flags)}), self.title)


def open_library(source: Any, *, scale: float = 1.0) -> SpectralLibrary:  # noqa: ANN401 - see below
    """Open a library.

    Parameters
    ----------
    source : path, array item of a dataset, DataArray or Dataset
        A file is ENVI ``.sli`` with its header, JCAMP-DX, or CSV with wavelengths as a column or
        as the header.
    scale : float
        Of the values, as 0.01 for a library in percent.

    Returns
    -------
    SpectralLibrary
        In memory.

    Raises
    ------
    InputError
        If it holds no spectra.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        return SpectralLibrary.of_array(_read(path), path.stem, scale)
    title = str(getattr(source, "name", "") or "")
    found = (
        source.to_xarray()
        if hasattr(source, "to_xarray") and not isinstance(source, xr.Dataset | xr.DataArray)
        else source
    )
    if isinstance(found, xr.Dataset):
        found = _only_variable(found)
    if not isinstance(found, xr.DataArray):
        raise InputError(
            f"Not a spectral library: {type(source).__name__}",
            hint="give a file, an array item of a dataset, or an array.",
        )
    return SpectralLibrary.of_array(found, title, scale)


def material_of(name: str) -> str:
    """Return a spectrum's name without the number of its shade, as in ``"azurite--2"``."""
    return _SHADE.sub("", name).strip() or name


def _read(path: Path) -> xr.DataArray:
    """Read the spectra of a file.

    Raises
    ------
    InputError
        If there are none.
    """
    from museion_datasets.ingest.form import ArrayForm  # noqa: PLC0415 - loads readers
    from museion_datasets.ingest.readers import find_reader  # noqa: PLC0415

    with find_reader(path).open(path) as reading:
        for form in reading.forms:
            if isinstance(form, ArrayForm) and SPECTRUM in form.frame.sizes:
                frame = form.frame.load()
                for name, each in form.variables.items():
                    values = np.asarray(each.values[tuple(slice(None) for _ in each.dims)])
                    values = values * each.attrs.get("scale_factor", 1.0)
                    frame[name] = (
                        each.dims,
                        values,
                        {"quantity": each.attrs.get("quantity", name)},
                    )
                return _only_variable(frame)
    raise InputError(
        f"There are no spectra in {path.name!r:.80}",
        hint="a library is ENVI .sli, JCAMP-DX, or CSV with wavelengths in nm.",
    )


def _only_variable(data: xr.Dataset) -> xr.DataArray:
    """Return the variable of a dataset that holds spectra.

    Raises
    ------
    InputError
        If there is not exactly one.
    """
    found = [each for each in data.data_vars.values() if WAVELENGTH in each.dims and each.ndim == 2]  # noqa: PLR2004
    if len(found) != 1:
        raise InputError(
            f"Not one array of spectra but {len(found)}", hint="give the array itself."
        )
    return found[0]


def _require_axes(spectra: xr.DataArray) -> None:
    """Raise unless it is an array of spectra with wavelengths in nm.

    Raises
    ------
    InputError
        With what is missing.
    """
    if spectra.ndim != 2 or WAVELENGTH not in spectra.dims or WAVELENGTH not in spectra.coords:  # noqa: PLR2004
        raise InputError(
            f"Not a spectral library: its dimensions are {', '.join(map(str, spectra.dims))}",
            hint="it needs spectra and wavelength, with wavelengths in nm as coordinate.",
        )
    nm = spectra[WAVELENGTH].to_numpy()
    if not len(nm) or nm.max() < _LONGEST_MICROMETRE or np.any(np.diff(nm) <= 0):
        raise InputError(
            "The library's wavelengths are not rising nanometres: "
            + (f"{nm.min():g} to {nm.max():g}" if len(nm) else "none"),
            hint="multiply micrometres by 1000, and sort by wavelength.",
        )


def _names(spectra: xr.DataArray, dim: str) -> list[str]:
    for name in (*_NAMES, dim):
        if name in spectra.coords and spectra.coords[name].dims == (dim,):
            return [str(each).strip() for each in spectra.coords[name].to_numpy()]
    return [f"{dim} {number}" for number in range(spectra.sizes[dim])]


def _reflectance(spectra: xr.DataArray) -> xr.DataArray:
    """Return spectra as reflectance; a library that says nothing is taken to be that."""
    if quantity_of(spectra) is Quantity.VALUES:
        spectra = mark(spectra, Quantity.REFLECTANCE)
    return require_reflectance(spectra)


def _require_fractions(values: xr.DataArray) -> None:
    """Raise if values are percent or counts.

    Raises
    ------
    InputError
        With the largest.
    """
    numbers: NDArray[Any] = values.to_numpy()
    typical = float(np.nanpercentile(numbers, 99)) if np.isfinite(numbers).any() else 0.0
    if typical > _LARGEST_REFLECTANCE:
        factor = "scale=0.01" if typical <= 150 else "scale=1/10000"  # noqa: PLR2004 - percent
        raise InputError(
            f"The library's values are no reflectance from 0 to 1: up to {typical:g}",
            hint=f"if they are percent or steps, open it with {factor}.",
        )


def _measured(spectrum: xr.DataArray) -> xr.DataArray:
    """Return a spectrum's good bands as reflectance.

    Raises
    ------
    InputError
        If it is no single spectrum.
    """
    if spectrum.dims != (WAVELENGTH,) or WAVELENGTH not in spectrum.coords:
        raise InputError(
            f"Not a single spectrum: its dimensions are {', '.join(map(str, spectrum.dims))}",
            hint="take one: museion.imaging.mean_spectrum(cube, x, y, radius)['mean'].",
        )
    return good_bands(require_reflectance(spectrum))


def _error(
    error: xr.DataArray, measured: xr.DataArray, inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    fitted = error.sel({WAVELENGTH: measured[WAVELENGTH]}).to_numpy()[inside]
    return np.nan_to_num(fitted.astype(np.float64))
