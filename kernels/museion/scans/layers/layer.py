"""A layer: one value for each measured vertex of a scan, what it means and where it is from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.scans.measure.paradata import Origin, Paradata, paradata
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.layer_format import LayerAbout, LayerHead
from museion_datasets.ingest.scans.layers import LayerValues
from museion_datasets.versions.naming import require_item_name

if TYPE_CHECKING:
    from museion.scans.scan import Scan

type Array = NDArray[Any]


class LayerTerms(TypedDict, total=False):
    """What values from elsewhere are; as of `Layer.of_values`."""

    title: str
    unit: str
    quantity: str
    center: float | None
    method: str
    source: str
    parameters: Mapping[str, object]
    is_lossless: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Layer:
    """Values on a scan.

    Attributes
    ----------
    name : str
        Letters, digits, dots, hyphens and underscores.
    values : (n,) float64
        Of each measured vertex (row of `scan.vertices`), in `unit`; NaN where nothing is known.
    title : str
        For people.
    unit : str
        As in ``"m"``; empty for a plain number.
    quantity : str
        What a value is: ``"relief"``, ``"occlusion"``, ``"distance"``, …
    center : float or None
        The value that means nothing happens: flat, unmoved; colours diverge around it.
    paradata : Paradata
        How the values came about.
    is_lossless : bool
        Whether stored values keep single precision, whatever it takes; else they have sixteen
        bits over their range, where that is fine enough.
    made_by : str
        Who stored it; empty until then.
    created : str
        When it was stored, RFC 3339.
    """

    name: str
    values: Array
    title: str
    unit: str = ""
    quantity: str = ""
    center: float | None = None
    paradata: Paradata
    is_lossless: bool = False
    made_by: str = ""
    created: str = ""

    @classmethod
    def of_values(
        cls, scan: "Scan", values: object, *, name: str, **terms: Unpack[LayerTerms]
    ) -> Self:
        """Return values from elsewhere as a layer: XRF, colour differences, classes.

        Parameters
        ----------
        scan : Scan
            What they lie on.
        values : (n,) array-like
            One for each row of `scan.vertices`; NaN where nothing is known.
        name : str
            Letters, digits, dots, hyphens and underscores.
        **terms
            What they are: `title`, `unit`, `quantity`, `center` and `is_lossless` as the
            attributes; `method` and `source`, how they were obtained and the publication that
            describes it; `parameters`, a mapping of what was chosen.

        Raises
        ------
        InputError
            If there is not one number for each vertex, or the name is none.
        """
        found = np.asarray(values, np.float64)
        count = len(scan.measured.vertices)
        if found.shape != (count,):
            raise InputError(
                f"The layer has a wrong shape: {found.shape}",
                hint=f"give one value for each of the {count} rows of scan.vertices.",
            )
        title = terms.get("title") or name
        how = paradata(
            scan.origin,
            terms.get("method", "values as given"),
            terms.get("source", ""),
            (),
            **terms.get("parameters", {}),
        )
        return cls(
            name=require_name(name),
            values=np.where(np.isfinite(found), found, np.nan),
            title=title,
            unit=terms.get("unit", ""),
            quantity=terms.get("quantity") or title,
            center=terms.get("center"),
            paradata=how,
            is_lossless=terms.get("is_lossless", False),
        )

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest value; NaN where no value is known."""
        known = self.values[np.isfinite(self.values)]
        return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)

    def stored(self, made_by: str = "", moment: datetime | None = None) -> LayerValues:
        """Return what is stored of the layer.

        Parameters
        ----------
        made_by : str
            Who stores it.
        moment : datetime, optional
            When; now by default.
        """
        how = {
            "method": self.paradata.method,
            "source": self.paradata.source,
            "level": self.paradata.level,
            "software": [list(each) for each in self.paradata.software],
            "parameters": [list(each) for each in self.paradata.parameters],
            "origins": [_origin_to_json(each) for each in self.paradata.origins],
            "made_by": made_by or self.made_by,
            "created": (moment or datetime.now(UTC)).isoformat(timespec="seconds"),
        }
        about = LayerAbout(self.title, self.unit, self.quantity, self.center, how)
        return LayerValues(self.values, about, self.is_lossless)

    def named(self, name: str, title: str = "") -> Self:
        """Return the same layer under another name.

        Parameters
        ----------
        name, title : str
        """
        return replace(self, name=require_name(name), title=title or self.title)

    def rows(self) -> list[tuple[str, str]]:
        """Return what a person reads: name and text of each entry."""
        known = int(np.isfinite(self.values).sum())
        low, high = self.range
        unit = f" {self.unit}" if self.unit else ""
        own = [
            ("values", f"{known} of {len(self.values)} vertices"),
            ("range", f"{low:.6g} to {high:.6g}{unit}"),
        ]
        stored = [("stored", f"{self.created} {self.made_by}".strip())] if self.created else []
        return own + stored + self.paradata.rows()

    def __repr__(self) -> str:
        (_, known), (_, span) = self.rows()[:2]
        return f"Layer({self.name!r}, {self.title!r}, {span}, {known})"

    def _repr_html_(self) -> str:
        """Return a table that loads nothing."""
        body = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self.rows()
        )
        return f"<table><caption>{escape(self.title)}</caption>{body}</table>"


def layer_from(head: LayerHead, name: str, values: Array) -> Layer:
    """Return a stored layer.

    Parameters
    ----------
    head : LayerHead
    name : str
    values : (n,) float64
        Of each measured vertex.
    """
    how, about = head.about.how, head.about
    return Layer(
        name=name,
        values=values,
        title=about.title,
        unit=about.unit,
        quantity=about.quantity,
        center=about.center,
        paradata=Paradata(
            tuple(_origin_from_json(each) for each in _listed(how.get("origins"))),
            str(how.get("method", "")),
            str(how.get("source", "")),
            _pairs(how.get("software")),
            _pairs(how.get("parameters")),
            str(how.get("level", "")),
        ),
        is_lossless=not head.step,
        made_by=str(how.get("made_by", "")),
        created=str(how.get("created", "")),
    )


def require_name(name: str) -> str:
    """Return the name if a layer can have it.

    Raises
    ------
    InputError
        If it has other characters than letters, digits, dots, hyphens and underscores.
    """
    try:
        require_item_name(name)
    except InvalidError as error:
        raise InputError(error.message, hint=error.hint) from error
    return name


def _origin_to_json(origin: Origin) -> dict[str, Any]:
    return {
        "dataset": origin.dataset,
        "version": origin.version,
        "digest": origin.digest,
        "item": origin.item,
        "grid_step_m": origin.grid_step_m,
        "noise_m": origin.noise_m,
        "synthetic": origin.is_synthetic,
    }


def _origin_from_json(told: object) -> Origin:
    known = told if isinstance(told, dict) else {}
    version, noise_m = known.get("version"), known.get("noise_m")
    step_m = known.get("grid_step_m")
    return Origin(
        str(known.get("dataset", "")),
        version if isinstance(version, int) else None,
        str(known.get("digest", "")),
        str(known.get("item", "")),
        float(step_m) if isinstance(step_m, int | float) else 0.0,
        float(noise_m) if isinstance(noise_m, int | float) else None,
        known.get("synthetic") is True,
    )


def _listed(told: object) -> list[Any]:
    return told if isinstance(told, list) else []


def _pairs(told: object) -> tuple[tuple[str, str], ...]:
    found = (each for each in _listed(told) if isinstance(each, list) and len(each) == 2)  # noqa: PLR2004 - a pair
    return tuple((str(name), str(value)) for name, value in found)
