"""XRF: made spectra of known amounts are taken apart again, and what can't be is not."""

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from scipy.optimize import nnls

from museion.errors import InputError
from museion.imaging import xrf
from museion.imaging.xrf.fitting import solve_each
from museion.imaging.xrf.lines import compton_kev, escape_share
from museion.imaging.xrf.response import Response, channel_edges

ENERGY = np.arange(0.0, 16.0, 0.02)
EDGES = channel_edges(ENERGY)
RESPONSE = Response(noise_kev=0.08)


def spectrum_of(amounts: dict[str, float]) -> np.ndarray:
    """Return expected counts: lines with escape peaks on a continuum."""
    total = 2.0 * np.exp(-ENERGY / 8) + 0.1
    for name, amount in amounts.items():
        element, shell = name.split()
        family = xrf.find_lines(element, shell, 17.5)
        assert family is not None
        total = total + amount * RESPONSE.family(EDGES, family)
    return total


def cube_of(expected: np.ndarray, seed: int = 1) -> xr.DataArray:
    counts = np.random.default_rng(seed).poisson(expected).astype(np.uint16)
    energy = ("energy", ENERGY, {"units": "keV"})
    return xr.DataArray(counts, dims=("y", "x", "energy"), coords={"energy": energy})


def halves(left: dict[str, float], right: dict[str, float]) -> xr.DataArray:
    """Return a scan of 12 by 20 pixels of two paints side by side."""
    expected = np.empty((12, 20, len(ENERGY)))
    expected[:, :10], expected[:, 10:] = spectrum_of(left), spectrum_of(right)
    return cube_of(expected)


# --- physics --------------------------------------------------------------------------------

LINES = {"Cu Ka1": 8.0478, "Pb La1": 10.5515, "Pb L3M5": 10.5515, "Fe Kb1": 7.058, "S Ka": 2.3075}


@pytest.mark.parametrize("name", LINES)
def test_lines_are_where_the_tables_of_bearden_have_them(name: str) -> None:
    assert xrf.line_energy(name) == pytest.approx(LINES[name], abs=2e-3)


def test_shares_of_a_family_sum_to_one_and_an_edge_above_the_beam_gives_none() -> None:
    family = xrf.find_lines("Cu", "K", 17.5)
    assert family is not None
    assert sum(line.share for line in family.lines) == pytest.approx(1, abs=1e-3)
    beta = sum(line.share for line in family.lines if line.transition.startswith("KM"))
    assert beta == pytest.approx(0.12, abs=0.01)
    assert xrf.find_lines("Sn", "K", 17.5) is None


def test_escape_and_compton_follow_their_formulas() -> None:
    assert escape_share(1.8) == 0
    assert 0.002 < escape_share(6.4) < escape_share(3.0) < 0.02
    assert compton_kev(17.44, 90) == pytest.approx(17.44 / (1 + 17.44 / 510.999), rel=1e-6)


def test_a_peak_has_area_one_and_the_width_it_should() -> None:
    (peak,) = RESPONSE.peaks(EDGES, np.array([6.4]))
    centre = peak @ ENERGY
    sigma = np.sqrt(peak @ (ENERGY - centre) ** 2)
    assert peak.sum() == pytest.approx(1)
    assert centre == pytest.approx(6.4, abs=1e-4)
    assert sigma == pytest.approx(float(RESPONSE.sigma_kev(6.4)), rel=0.01)


# --- tools ----------------------------------------------------------------------------------


def test_snip_keeps_the_continuum_and_takes_the_peaks_off() -> None:
    flat = spectrum_of({}) * 100
    level = xrf.snip(spectrum_of({"Fe K": 40.0, "Cu K": 90.0}) * 100, 14)
    inner = slice(60, -60)
    assert np.all(level[inner] < 1.15 * flat[inner])
    assert np.median(np.abs(level[inner] / flat[inner] - 1)) < 0.05


def test_each_spectrum_is_solved_like_by_scipy() -> None:
    random = np.random.default_rng(2)
    roots = random.normal(size=(80, 9, 6))
    values = random.normal(size=(80, 9))
    found = solve_each(
        np.einsum("nij,nik->njk", roots, roots), np.einsum("nij,ni->nj", roots, values)
    )
    expected = [nnls(root, value)[0] for root, value in zip(roots, values, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_channels_get_their_energies_from_two_lines_or_more() -> None:
    expected = spectrum_of({"Fe K": 400.0, "Cu K": 500.0, "As K": 300.0}) * 10
    channels = (np.array([6.40, 8.05, 10.53]) / 0.02 + 3).round().tolist()
    names = ["Fe Ka", "Cu Ka", "As Ka"]
    found = xrf.calibrate_energy(expected, dict(zip(channels, names, strict=True)))
    assert found.gain_kev == pytest.approx(0.02, rel=2e-3)
    assert found.zero_kev == pytest.approx(0, abs=0.03)
    assert max(map(abs, found.residuals_kev)) < 0.01
    cube = xr.DataArray(np.zeros((2, 3, len(ENERGY))), dims=("y", "x", "channel"))
    assert found.apply(cube)["energy"].attrs["units"] == "keV"


def test_a_row_of_half_the_dwell_time_is_found_and_no_other() -> None:
    cube = halves({"Fe K": 50}, {"Cu K": 60})
    cube[5] = np.random.default_rng(7).binomial(cube[5], 0.5)
    dwell = xrf.estimate_dwell(cube)
    assert np.flatnonzero(dwell != 1).tolist() == [5]
    assert float(dwell[5]) == pytest.approx(0.5, abs=0.03)


# --- maps -----------------------------------------------------------------------------------


def test_amounts_come_back_with_errors_that_hold_and_lazily_the_same() -> None:
    cube = halves({"Fe K": 50, "Pb L": 150}, {"Cu K": 80, "Pb L": 150})
    maps = xrf.map_elements(cube, ["Fe", "Cu", "Pb"], primary_kev=17.5)
    assert maps["counts"].dims == ("element", "y", "x")
    iron = maps["counts"].sel(element="Fe K")[:, :10]
    assert float(iron.mean()) == pytest.approx(50, abs=2)
    claimed = float(maps["counts_error"].sel(element="Fe K")[:, :10].mean())
    assert float(iron.std()) == pytest.approx(claimed, rel=0.25)
    assert float(maps["residual"].mean()) == pytest.approx(1, abs=0.1)
    lazy = xrf.map_elements(cube.chunk({"y": 6, "x": 10}), ["Fe", "Cu", "Pb"], primary_kev=17.5)
    assert lazy["counts"].chunks
    np.testing.assert_allclose(lazy["counts"], maps["counts"], rtol=1e-4, atol=1e-3)


def test_live_time_turns_counts_into_rates() -> None:
    cube = halves({"Fe K": 50}, {"Cu K": 60})
    live = xr.DataArray(np.full(12, 2.0), dims=("y",), attrs={"units": "s"})
    plain = xrf.map_elements(cube, ["Fe", "Cu"])
    rates = xrf.map_elements(cube, ["Fe", "Cu"], live_time=live)
    assert rates["counts"].attrs["units"] == "counts/s"
    np.testing.assert_allclose(rates["counts"] * 2, plain["counts"], rtol=1e-5)


def test_sulphur_is_not_determined_where_lead_covers_it() -> None:
    cube = halves({"Pb L": 150, "Pb M": 60}, {"S K": 60})
    maps = xrf.map_elements(cube, ["S", "Pb"])
    sulphur = maps.sel(element="S K")
    assert sulphur["counts"][:, :10].isnull().all()
    assert float(sulphur["counts"][:, 10:].mean()) == pytest.approx(60, abs=4)
    assert sulphur["interferes"] == "Pb L"


def test_what_is_not_there_or_cannot_be_seen_is_not_determined_and_says_why() -> None:
    cube = halves({"Fe K": 50}, {"Cu K": 60})
    maps = xrf.map_elements(cube, ["Fe", "Cu", "Ni", "Sn K", "F"])
    absent = maps.where(maps["status"] == "not determined", drop=True)
    assert absent["element"].to_numpy().tolist() == ["Ni K", "Sn K", "F K"]
    assert absent["counts"].isnull().all()
    reasons = absent["reason"].to_numpy().tolist()
    assert "no more than chance" in reasons[0]
    assert "edge, 29.2 keV, is above the excitation" in reasons[1]
    assert "below the spectrum's range" in reasons[2]
    assert not maps["detected"].sel(element="Ni K").any()


def test_pixels_with_a_gap_get_no_number() -> None:
    cube = halves({"Fe K": 50}, {"Cu K": 60}).astype(np.float32)
    cube[3, 4, 100] = np.nan
    maps = xrf.map_elements(cube, ["Fe", "Cu"])
    assert maps["counts"][:, 3, 4].isnull().all()
    assert maps["counts"][:, 3, 5].notnull().all()


GOOD = halves({"Fe K": 50}, {"Cu K": 60})
ROW = xr.DataArray(np.ones(11), dims=("y",))
REFUSED = {
    "wavelengths": (lambda: xrf.map_elements(GOOD.rename(energy="wavelength"), ["Fe"]), "energy"),
    "electronvolts": (
        lambda: xrf.map_elements(
            GOOD.assign_coords(energy=("energy", ENERGY, {"units": "eV"})), ["Fe"]
        ),
        "not in keV",
    ),
    "reflectance": (
        lambda: xrf.map_elements(GOOD.assign_attrs(quantity="reflectance"), ["Fe"]),
        "no counts",
    ),
    "negative": (lambda: xrf.map_elements(GOOD.astype(float) - 9, ["Fe"]), "negative"),
    "nothing counted": (lambda: xrf.map_elements(GOOD * 0, ["Fe"]), "empty"),
    "no element": (lambda: xrf.map_elements(GOOD, []), "No element"),
    "not an element": (lambda: xrf.map_elements(GOOD, ["Pb", "Xx"]), "Not an element"),
    "twice": (lambda: xrf.map_elements(GOOD, ["Fe", "Fe K"]), "twice"),
    "none visible": (lambda: xrf.map_elements(GOOD, ["Sn K"]), "can be seen"),
    "short live time": (lambda: xrf.map_elements(GOOD, ["Fe"], live_time=ROW), "don't fit"),
    "one known line": (lambda: xrf.calibrate_energy(np.ones(99), {5: "Fe Ka"}), "Two known"),
    "no peak there": (
        lambda: xrf.calibrate_energy(np.ones(900), {50: "Fe Ka", 400: "Cu Ka"}),
        "no peak",
    ),
    "no such line": (lambda: xrf.line_energy("Fe Kz"), "No such X-ray line"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_input_is_refused_with_a_hint(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()  # type: ignore[operator]
    assert caught.value.hint


def test_a_lazy_cube_is_not_read_before_it_is_used() -> None:
    reads = []
    whole = GOOD.to_numpy()

    def part(block_info: dict[int, dict[str, list[tuple[int, int]]]]) -> np.ndarray:
        reads.append(1)
        return whole[tuple(slice(*each) for each in block_info[None]["array-location"])]

    lazy = GOOD.copy(data=da.map_blocks(part, chunks=((6, 6), (20,), (800,)), dtype=whole.dtype))
    maps = xrf.map_elements(lazy, ["Fe", "Cu"])
    before = len(reads)
    maps["counts"][:, :3].compute()
    assert len(reads) == before + 1
