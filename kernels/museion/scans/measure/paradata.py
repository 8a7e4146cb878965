"""What each measurement says about where it comes from, and how it looks in a notebook."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from museion.scans.measure.quantities import Quantity, show_length

_FAINT = "border-top:1px solid color-mix(in srgb,currentColor 16%,transparent)"
_CELL = f'style="text-align:left;padding:.2em 1.4em .2em 0;{_FAINT}"'


@dataclass(frozen=True, slots=True)
class Origin:
    """The surface that was measured on.

    Attributes
    ----------
    dataset : str
        `<workgroup>/<name>`; empty for a mesh that lives in the kernel only.
    version : int or None
    digest : str
        Manifest root of the version, or BLAKE2 digest of the arrays.
    item : str
        Name of the scan in the dataset.
    grid_step_m : float
        Coordinates are multiples of it; 0 if they are on no grid.
    noise_m : float or None
        Declared standard deviation of each coordinate of a vertex, in metres.
    is_synthetic : bool
        Computed, not measured on an object.
    """

    dataset: str
    version: int | None
    digest: str
    item: str
    grid_step_m: float
    noise_m: float | None
    is_synthetic: bool = False

    @property
    def sigma_m(self) -> float | None:
        """Standard uncertainty of a coordinate: noise and rounding to the grid, in metres."""
        if self.noise_m is None:
            return None
        return float(np.hypot(self.noise_m, self.grid_step_m / np.sqrt(12.0)))

    def __str__(self) -> str:
        name = self.dataset or "mesh in memory"
        return f"{name}@{self.version}, {self.item}" if self.version else name


@dataclass(frozen=True, slots=True)
class Paradata:
    """How a value was obtained.

    Attributes
    ----------
    origins : tuple of Origin
        One surface, or two for what compares them.
    method : str
        Name of the method.
    source : str
        Publication that describes it.
    software : tuple of (str, str)
        Names and versions of the programs that computed it.
    parameters : tuple of (str, str)
        Names and values of what was chosen.
    level : str
        Level of detail that was measured on.
    """

    origins: tuple[Origin, ...]
    method: str
    source: str
    software: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...] = ()
    level: str = "full resolution"

    def rows(self) -> list[tuple[str, str]]:
        """Return what a person reads: name and text of each entry."""
        found = [("method", self.method), ("source", self.source), ("level", self.level)]
        for origin in self.origins:
            note = " (synthetic)" if origin.is_synthetic else ""
            found += [
                ("measured on", f"{origin}{note}"),
                ("digest", origin.digest),
                ("grid step", show_length(origin.grid_step_m)),
                ("noise (standard deviation of a coordinate)", show_length(origin.noise_m)),
            ]
        found += self.parameters
        return [*found, ("software", ", ".join(f"{name} {one}" for name, one in self.software))]


def paradata(
    origins: Origin | tuple[Origin, ...],
    method: str,
    source: str,
    packages: Iterable[str] = (),
    **parameters: object,
) -> Paradata:
    """Return the paradata of a measurement made by this process.

    Parameters
    ----------
    origins : Origin or tuple of Origin
    method, source : str
    packages : iterable of str
        Distributions that took part, beside museion and numpy.
    **parameters
        What was chosen.
    """
    used = ("museion", "numpy", *packages)
    return Paradata(
        origins if isinstance(origins, tuple) else (origins,),
        method,
        source,
        tuple((name, _version(name)) for name in used),
        tuple((name.replace("_", " "), str(value)) for name, value in parameters.items()),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Measurement:
    """A measured result, with all that is needed to publish it.

    Attributes
    ----------
    paradata : Paradata
    """

    paradata: Paradata

    def values(self) -> dict[str, Quantity | str]:
        """Return what was measured, by name."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name.replace("_", " "): value
            for name, value in own.items()
            if isinstance(value, Quantity)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return values in SI units and paradata, as plain JSON."""
        values = {
            name: {"value": one.value, "unit": one.unit, "standard_uncertainty": one.uncertainty}
            if isinstance(one, Quantity)
            else one
            for name, one in self.values().items()
        }
        return {"values": values, "paradata": [list(row) for row in self.paradata.rows()]}

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} = {value}" for name, value in self.values().items())
        return f"{type(self).__name__}({shown}; {self.paradata.method})"

    def _repr_html_(self) -> str:
        """Return a table that loads nothing."""
        values = "".join(_row(name, str(one)) for name, one in self.values().items())
        notes = "".join(_row(name, one) for name, one in self.paradata.rows())
        return (
            f"<div><table><caption>{escape(type(self).__name__)}</caption>{values}</table>"
            f"<details><summary>How it was measured</summary><table>{notes}</table></details></div>"
        )


def _row(name: str, text: str) -> str:
    return f'<tr><th scope="row" {_CELL}>{escape(name)}</th><td {_CELL}>{escape(text)}</td></tr>'
