"""The strong lines of elements, as they are marked in a plot of a spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass

from museion.errors import InputError
from museion.imaging.xrf.lines import FAMILIES, atomic_number, find_lines

_STRONG = 0.08  # of a family's intensity
_EXCITED_KEV = 60.0
_SAME_KEV = 0.06  # no detector tells such lines apart


@dataclass(frozen=True, slots=True)
class LineMark:
    """A line, or several that lie together.

    Attributes
    ----------
    name : str
        Element and family, as in ``"Pb L"``.
    energy_kev : float
        Mean of those that lie together, weighted by their shares.
    share : float
        Of the family's photons, 0 to 1.
    """

    name: str
    energy_kev: float
    share: float


def strong_lines(elements: Sequence[str]) -> list[LineMark]:
    """Return the lines of elements that one looks for in a spectrum.

    Parameters
    ----------
    elements : sequence of str
        Symbols, for all families, or families as in ``"Pb L"``.

    Returns
    -------
    list of LineMark
        Element by element, energies rising within a family.

    Raises
    ------
    InputError
        If one is no element, or has no such lines.
    """
    marks = []
    for wish in elements:
        element, _, shell = str(wish).strip().partition(" ")
        atomic_number(element)
        found = [
            mark for each in ((shell,) if shell else FAMILIES) for mark in _of_family(element, each)
        ]
        if not found:
            raise InputError(f"No such X-ray lines: {wish!r:.40}", hint='write "Pb" or "Pb L".')
        marks += found
    return marks


def _of_family(element: str, shell: str) -> list[LineMark]:
    family = find_lines(element, shell, _EXCITED_KEV)
    marks: list[LineMark] = []
    for line in sorted(family.lines if family else (), key=lambda each: each.energy_kev):
        last = marks[-1] if marks else None
        if last is None or line.energy_kev - last.energy_kev > _SAME_KEV:
            marks.append(LineMark(f"{element} {shell}", line.energy_kev, line.share))
            continue
        share = last.share + line.share
        energy = (last.energy_kev * last.share + line.energy_kev * line.share) / share
        marks[-1] = LineMark(last.name, energy, share)
    return [mark for mark in marks if mark.share >= _STRONG]
