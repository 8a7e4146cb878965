"""The lines of elements that a plot of a spectrum marks."""

import pytest

from museion.errors import InputError
from museion.imaging.xrf.lines import line_energy
from museion.imaging.xrf.marks import strong_lines


def test_lines_that_no_detector_tells_apart_are_one() -> None:
    alpha, beta = strong_lines(["Fe K"])
    assert alpha.name == beta.name == "Fe K"
    assert alpha.energy_kev == pytest.approx(line_energy("Fe Ka"), abs=0.002)
    assert 0.8 < alpha.share < 0.95
    assert beta.energy_kev == pytest.approx(7.058, abs=0.01)


def test_element_without_family_has_all_of_them() -> None:
    marks = strong_lines(["Pb"])
    assert {mark.name for mark in marks} == {"Pb L", "Pb M"}
    assert any(mark.energy_kev == pytest.approx(10.55, abs=0.03) for mark in marks)


@pytest.mark.parametrize("wish", ["Xx", "H K", "Pb Q"])
def test_what_has_no_lines_is_said(wish: str) -> None:
    with pytest.raises(InputError):
        strong_lines([wish])
