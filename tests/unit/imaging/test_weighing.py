"""A ranking by likeness, weighed by elements; and what element maps say of a place."""

import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import xrf
from museion.imaging.libraries import Match, Ranking, weigh


def match(rank: int, material: str, angle: float, elements: str) -> Match:
    return Match(rank, f"{material}--1", material, rank, angle, 1.0, 500.0, 0.1, elements)


YELLOWS = Ranking(
    (
        match(1, "Naples yellow", 0.035, "Pb Sb"),
        match(2, "lead-tin yellow", 0.049, "Pb Sn"),
        match(3, "cadmium yellow", 0.056, "Cd S"),
        match(4, "weld", 0.060, ""),
    ),
    margin=0.005,
    max_angle=0.1,
    low_nm=430,
    high_nm=970,
)


def test_elements_put_the_nearest_spectrum_behind_the_supported_one() -> None:
    verdict = weigh(YELLOWS, seen=["Pb", "Sn"], absent=["Cd"])
    order = [each.match.material for each in verdict.weighed]
    assert order == ["lead-tin yellow", "Naples yellow", "weld", "cadmium yellow"]
    assert verdict.best is verdict.weighed[0]
    assert "seen: Pb Sn" in str(verdict)
    assert "AGAINST IT, not there: Cd" in str(verdict)


def test_without_elements_likeness_decides_and_is_said_to_be_alone() -> None:
    verdict = weigh(YELLOWS, seen=[])
    assert str(verdict).startswith("Naples yellow, by its spectrum alone")


def test_an_element_makes_no_pigment_of_a_spectrum_that_is_not_alike() -> None:
    near = Ranking(YELLOWS.matches, 0.005, 0.04, 430, 970)
    best = weigh(near, seen=["Sn"]).best
    assert best is not None
    assert best.match.material == "Naples yellow"


@pytest.mark.parametrize(
    ("absent", "limit"), [("Pb Cd Sb Sn", 0.058), ("", 0.01)], ids=["all refused", "none alike"]
)
def test_what_is_refused_or_not_alike_is_unknown(absent: str, limit: float) -> None:
    ranking = Ranking(YELLOWS.matches, 0.005, limit, 430, 970)
    verdict = weigh(ranking, seen=[], absent=absent.split())
    assert verdict.best is None
    assert str(verdict).startswith("Unknown")


def element_maps() -> xr.Dataset:
    """Return three elements: one on the left, one open on the right, one nowhere determined."""
    left = np.zeros((6, 10), bool)
    left[:, :5] = True
    counts = np.where(left, 90.0, 1.0)
    open_right = np.where(left, 0.5, np.nan)
    nowhere = np.full(left.shape, np.nan)
    names = ["Hg L", "S K", "Sb K"]
    return xr.Dataset(
        {
            "counts": (("element", "y", "x"), np.stack([counts, open_right, nowhere])),
            "detected": (("element", "y", "x"), np.stack([left, ~left & left, ~left & left])),
        },
        coords={"element": names},
    )


def test_a_place_says_what_is_there_what_is_not_and_what_is_open() -> None:
    maps = element_maps()
    there, away = xrf.find_elements(maps, 2, 3), xrf.find_elements(maps, 8, 3)
    assert (there.seen, there.absent, there.undetermined) == (("Hg",), ("S",), ("Sb",))
    assert (away.seen, away.absent, away.undetermined) == ((), ("Hg",), ("S", "Sb"))
    assert str(there) == "seen: Hg; not there: S; not determined: Sb"
    on_the_border = xrf.find_elements(maps, 5, 3, radius=1)
    assert "Hg" in on_the_border.undetermined


def test_other_data_and_places_outside_are_refused() -> None:
    with pytest.raises(InputError, match="Not element maps"):
        xrf.find_elements(xr.Dataset(), 0, 0)
    with pytest.raises(InputError, match="outside"):
        xrf.find_elements(element_maps(), 40, 3)
