"""What element maps say of a ranking by likeness: support, contradiction, or nothing.

Two spectra may be alike where two pigments have no element in common. An element that is there
does not prove a pigment, since another layer may hold it; one that would have been seen and was
not speaks against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from museion.imaging.libraries.matching import Match, Ranking


@dataclass(frozen=True, slots=True)
class Weighed:
    """A match, and what its elements say.

    Attributes
    ----------
    match : Match
        By likeness.
    seen, absent, undetermined : tuple of str
        Symbols of the pigment's elements: there; not there; not known.
    """

    match: Match
    seen: tuple[str, ...]
    absent: tuple[str, ...]
    undetermined: tuple[str, ...]

    @property
    def support(self) -> float:
        """Share of the pigment's elements that are there, 0 to 1; 0 if it has none."""
        known = len(self.seen) + len(self.absent) + len(self.undetermined)
        return len(self.seen) / known if known else 0.0

    def __str__(self) -> str:
        parts = {
            "seen": self.seen,
            "AGAINST IT, not there": self.absent,
            "not determined": self.undetermined,
        }
        said = "; ".join(f"{label}: {' '.join(which)}" for label, which in parts.items() if which)
        return f"{self.match.material} ({self.match.angle:.3f} rad) {said or 'no element to see'}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A ranking by both.

    Attributes
    ----------
    weighed : tuple of Weighed
        First those that nothing speaks against: the alike ones before the others, by the share
        of their elements that are there, then by likeness. Last what elements speak against.
    max_angle : float
        Beyond this, in radians, a spectrum is not alike.
    """

    weighed: tuple[Weighed, ...]
    max_angle: float

    @property
    def best(self) -> Weighed | None:
        """The first, if nothing speaks against it and its spectrum is alike."""
        first = self.weighed[0] if self.weighed else None
        if first is None or first.absent or first.match.angle > self.max_angle:
            return None
        return first

    def __str__(self) -> str:
        best = self.best
        head = f"{best.match.material}" if best else "Unknown"
        if best and not best.seen:
            head += ", by its spectrum alone"
        return "\n".join([f"{head}:", *(f"  {each}" for each in self.weighed)])

    def __repr__(self) -> str:
        return str(self)


def weigh(ranking: Ranking, seen: Iterable[str], absent: Iterable[str] = ()) -> Verdict:
    """Weigh a ranking by the elements that a place holds.

    Parameters
    ----------
    ranking : Ranking
        Of `SpectralLibrary.search`; its ``count`` says how many materials compete.
    seen : iterable of str
        Symbols of elements that are there.
    absent : iterable of str
        Of those that would have been seen; any other is not determined.

    Returns
    -------
    Verdict
        Print it for the list.
    """
    there, missing = set(seen), set(absent)
    found = []
    for match in ranking.matches:
        own = match.elements.split()
        found.append(
            Weighed(
                match,
                tuple(each for each in own if each in there),
                tuple(each for each in own if each in missing),
                tuple(each for each in own if each not in there | missing),
            )
        )
    limit = ranking.max_angle
    found.sort(
        key=lambda each: (
            bool(each.absent),
            each.match.angle > limit,
            -each.support,
            each.match.angle,
        )
    )
    return Verdict(tuple(found), ranking.max_angle)
