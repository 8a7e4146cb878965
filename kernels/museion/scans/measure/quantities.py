"""Values with units and standard uncertainties, written as a conservator reads them."""

from dataclasses import dataclass
from math import floor, isfinite, log10

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "um": 1e-6, "in": 0.0254}

# What is shown for a value that is kept in SI units, and the factor between them.
_SHOWN = {
    "m": ("mm", 1e3),
    "m²": ("mm²", 1e6),
    "m³": ("cm³", 1e6),
    "°": ("°", 1.0),
    "": ("", 1.0),
}
_MOST_DECIMALS = 6
_DIGITS_WITHOUT_UNCERTAINTY = 6


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured value.

    Attributes
    ----------
    value : float
        In `unit`.
    unit : str
        m, m², m³, ° or nothing.
    uncertainty : float or None
        Standard uncertainty (k = 1) in `unit`; None where none can be given.
    """

    value: float
    unit: str
    uncertainty: float | None = None

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        unit, factor = _SHOWN[self.unit]
        value = self.value * factor
        if self.uncertainty is None or not self.uncertainty > 0.0:
            return f"{value:.{_DIGITS_WITHOUT_UNCERTAINTY}g} {unit}".strip()
        spread = self.uncertainty * factor
        decimals = min(max(1 - floor(log10(spread)), 0), _MOST_DECIMALS)
        return f"{value:.{decimals}f} ± {spread:.{decimals}f} {unit}".strip()


def show_length(metres: float | None) -> str:
    """Return a length as text in millimetres; "not declared" for None.

    Parameters
    ----------
    metres : float or None
    """
    if metres is None:
        return "not declared"
    return f"{metres * 1e3:.4g} mm" if isfinite(metres) else "unbounded"
