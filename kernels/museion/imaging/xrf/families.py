"""Which families of lines a spectrum can tell of, and which lie on top of each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from museion.errors import InputError
from museion.imaging.xrf.lines import FAMILIES, Family, atomic_number, edge_kev, find_lines
from museion.imaging.xrf.response import Response

_ON_TOP_FWHM = 1.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be mapped.

    Attributes
    ----------
    names : tuple of str
        As in ``"Cu K"``, in the order asked for.
    families : tuple of Family
        Those that can be seen.
    reasons : dict of str to str
        Why the others can't.
    """

    names: tuple[str, ...]
    families: tuple[Family, ...]
    reasons: dict[str, str]


def choose_families(
    elements: Iterable[str], primary_kev: float, low_kev: float, high_kev: float
) -> Wanted:
    """Choose for each element the family that is excited and lies in the range.

    Parameters
    ----------
    elements : iterable of str
        Symbols, or families as in ``"Pb M"``; of a symbol K comes before L before M.
    primary_kev : float
        Energy of the exciting X-rays.
    low_kev, high_kev : float
        Range of the spectrum.

    Returns
    -------
    Wanted
        Those that can be seen, and why the others can't.

    Raises
    ------
    InputError
        If none is named, one twice, or one is no element.
    """
    names, families, reasons = [], [], {}
    for wish in elements:
        element, _, shell = str(wish).strip().partition(" ")
        atomic_number(element)
        found = _seen(element, shell, primary_kev, low_kev, high_kev)
        name = found.name if found else f"{element} {shell or FAMILIES[0]}"
        if name in names:
            raise InputError(f"An element is named twice: {name!r:.20}", hint="name it once.")
        names.append(name)
        if found:
            families.append(found)
        else:
            reasons[name] = _why_unseen(element, name.partition(" ")[2], primary_kev, low_kev)
    if not names:
        raise InputError("No element is named", hint='name some: ["Pb", "Hg", "Cu", "Fe"].')
    return Wanted(tuple(names), tuple(families), reasons)


def _seen(element: str, shell: str, primary_kev: float, low: float, high: float) -> Family | None:
    for each in (shell,) if shell else FAMILIES:
        family = find_lines(element, each, primary_kev)
        if family is not None and low <= family.main_kev <= high:
            return family
    return None


def _why_unseen(element: str, shell: str, primary_kev: float, low: float) -> str:
    edge = edge_kev(element, shell)
    if edge <= 0:
        return f"{element} has no {shell} lines"
    if edge >= primary_kev:
        return f"its {shell} edge, {edge:.1f} keV, is above the excitation, {primary_kev:g} keV"
    family = find_lines(element, shell, primary_kev)
    if family is None:
        return f"{element} has no {shell} lines"
    side = "below" if family.main_kev < low else "above"
    return f"its main line, {family.main_kev:.2f} keV, lies {side} the spectrum's range"


def other_families(
    wanted: Iterable[Family], primary_kev: float, low_kev: float, high_kev: float
) -> tuple[Family, ...]:
    """Return the families that the same elements send out besides, in the same range.

    Parameters
    ----------
    wanted : iterable of Family
        Those to be mapped.
    primary_kev, low_kev, high_kev : float
        As for `choose_families`.

    Returns
    -------
    tuple of Family
        As Pb M beside Pb L.
    """
    chosen = tuple(wanted)
    names = {family.name for family in chosen}
    found = {}
    for family in chosen:
        for shell in FAMILIES[FAMILIES.index(family.shell) + 1 :]:
            other = _seen(family.element, shell, primary_kev, low_kev, high_kev)
            if other is not None and other.name not in names:
                found[other.name] = other
    return tuple(found.values())


def on_top_of(first: Family, second: Family, response: Response) -> bool:
    """Whether two main lines are too near to be told apart.

    Parameters
    ----------
    first, second : Family
        Of different elements.
    response : Response
        The detector's.

    Returns
    -------
    bool
        Nearer than 1.2 full widths at half maximum.
    """
    width = float(response.fwhm_kev(first.main_kev))
    return abs(first.main_kev - second.main_kev) < _ON_TOP_FWHM * width
