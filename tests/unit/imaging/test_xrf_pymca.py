"""XRF maps with the peaks of PyMca: as ours where both know, and said clearly where it can't."""

import os
import sys
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from museion.errors import InputError
from museion.imaging import xrf
from museion.imaging.xrf.response import Response, channel_edges

DATA = Path(os.environ.get("MUSEION_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
ENERGY = np.arange(0.0, 16.0, 0.02)
AMOUNTS = {"Fe K": 120.0, "Cu K": 60.0, "Pb L": 200.0}


def made_scan(seed: int = 1) -> xr.DataArray:
    """Return 10 by 12 pixels of one paint, of known amounts."""
    response, edges = Response(noise_kev=0.08), channel_edges(ENERGY)
    paint = 2.0 * np.exp(-ENERGY / 8) + 0.1
    for name, amount in AMOUNTS.items():
        element, shell = name.split()
        family = xrf.find_lines(element, shell, 17.5)
        assert family is not None
        paint = paint + amount * response.family(edges, family)
    counts = np.random.default_rng(seed).poisson(paint, (10, 12, len(ENERGY)))
    energy = ("energy", ENERGY, {"units": "keV"})
    return xr.DataArray(counts, dims=("y", "x", "energy"), coords={"energy": energy})


def test_amounts_of_a_made_scan_come_back_through_pymca_lazily_too() -> None:
    scan, elements = made_scan(), ["Fe", "Cu", "Pb", "Ni", "Sn K"]
    ours = xrf.map_elements(scan, elements)
    lazy = xrf.map_elements(scan.chunk({"y": 5, "x": 12}), elements, engine="pymca")
    assert lazy["counts"].chunks
    theirs = lazy.compute()
    assert theirs.attrs["engine"] == f"PyMca {version('PyMca5')}"
    assert ours.attrs["engine"].startswith("museion with xraylib")
    assert set(theirs.variables) == set(ours.variables)
    assert theirs["status"].to_numpy().tolist() == ours["status"].to_numpy().tolist()
    for name, amount in AMOUNTS.items():
        found = theirs.sel(element=name)
        assert float(found["counts"].mean()) == pytest.approx(amount, rel=0.05)
        claimed = float(found["counts_error"].mean())
        assert float(found["counts"].std()) == pytest.approx(claimed, rel=0.25)
    assert not np.array_equal(theirs["counts"], ours["counts"], equal_nan=True)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {DATA}")
def test_both_engines_agree_on_the_reference_panel() -> None:
    with h5py.File(DATA / "xrf/synthetic_panel_maxrf/panel_maxrf.h5") as file:
        energy = ("energy", file["entry/data/energy"][()], {"units": "keV"})
        counts = file["entry/data/counts"][::4, ::2]
    scan = xr.DataArray(counts, dims=("y", "x", "energy"), coords={"energy": energy})
    elements = ["Pb", "Hg", "As", "Cu", "Fe", "Zn", "Mn", "Ca", "Al"]
    ours = xrf.map_elements(scan, elements, anode="Mo")
    theirs = xrf.map_elements(scan, elements, anode="Mo", engine="pymca")
    assert theirs["status"].equals(ours["status"])
    assert theirs["interferes"].sel(element="As K") == "Pb L"
    assert float(theirs["residual"].mean()) == pytest.approx(1, abs=0.05)
    for name in ("Pb L", "Hg L", "As K", "Cu K", "Fe K", "Zn K"):
        one, two = (each["counts"].sel(element=name).to_numpy() for each in (ours, theirs))
        both = np.isfinite(one) & np.isfinite(two)
        assert both.mean() > 0.9
        assert np.corrcoef(one[both], two[both])[0, 1] > 0.999
        assert two[both].sum() == pytest.approx(one[both].sum(), rel=0.03)


def test_what_pymca_cannot_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = made_scan()
    bent = scan.assign_coords(energy=("energy", ENERGY**1.1, {"units": "keV"}))
    with pytest.raises(InputError, match="not equally wide"):
        xrf.map_elements(bent, ["Fe"], engine="pymca")
    with pytest.raises(InputError, match="No such engine: 'pyxrf'"):
        xrf.map_elements(scan, ["Fe"], engine="pyxrf")
    monkeypatch.setitem(sys.modules, "PyMca5.PyMcaPhysics.xrf", None)
    with pytest.raises(InputError, match="not installed") as caught:
        xrf.map_elements(scan, ["Fe"], engine="pymca")
    assert "museion[pymca]" in caught.value.hint
