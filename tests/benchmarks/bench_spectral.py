"""SAM, PCA, MNF and NNLS of one plain file, against what else a notebook would use.

``MUSEION_BENCH_PIXELS`` is the size of the cube, 262144 by default: 186 bands in float32, pixel
by pixel. Everybody reads it by memory map and gives results in memory. Peers' products run on
all processors; ours on one for each thread, as a workspace sets it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import spectral
import xarray as xr
from scipy.optimize import nnls
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import cosine_similarity
from threadpoolctl import threadpool_limits

from museion.imaging.analysis import (
    compute,
    map_spectral_angles,
    minimum_noise_fraction,
    principal_components,
    unmix,
)
from tests.support.side_by_side import measure, say, table

BANDS, ENDMEMBERS, COMPONENTS = 186, 10, 10
PIXELS = int(os.environ.get("MUSEION_BENCH_PIXELS", "262144"))
SLOW_SHARE = 16  # of the pixels, for what takes a peer seconds each
ROUNDS = 3
NM = np.linspace(405.0, 996.0, BANDS)

pytestmark = [pytest.mark.timeout(3600), pytest.mark.filterwarnings("ignore")]
type Array = np.ndarray


def make_spectra() -> Array:
    """Return smooth spectra, as pigments have."""
    random = np.random.default_rng(1)
    centres, widths = random.uniform(380, 1000, (2, ENDMEMBERS, 4, 1))
    bands = 0.6 * np.exp(-(((NM - centres) / (60 + widths / 8)) ** 2)).max(axis=1)
    return (0.05 + bands + 0.2 * (NM - 400) / 600 * random.random((ENDMEMBERS, 1))).clip(0, 0.95)


def write_cube(path: Path, spectra: Array, pixels: int = PIXELS) -> None:
    """Write mixtures of few spectra each, with noise."""
    random = np.random.default_rng(2)
    with path.open("wb") as file:
        for start in range(0, pixels, 16384):
            count = min(16384, pixels - start)
            shares = random.dirichlet(np.full(ENDMEMBERS, 0.2), count)
            noise = random.normal(0, 0.005, (count, BANDS))
            file.write((shares @ spectra + noise).astype(np.float32).tobytes())


def mapped(path: Path, share: int = 1) -> Array:
    """Return the plain file as a picture, the way every reader can."""
    whole = np.memmap(path, np.float32, "r").reshape(-1, 512, BANDS)
    return whole[: max(1, len(whole) // share)]


def labelled(path: Path, share: int = 1) -> xr.DataArray:
    """Return the same, labelled."""
    coords = {"wavelength": NM}
    return xr.DataArray(mapped(path, share), dims=("y", "x", "wavelength"), coords=coords)


class Works:
    """What is measured: each analysis by us and by its peers.

    Parameters
    ----------
    path : Path
        Of the plain file.
    spectra : (endmembers, bands) float64
        Of which it was mixed.
    """

    def __init__(self, path: Path, spectra: Array) -> None:
        self.path, self.spectra = path, spectra
        names = [f"pigment {number}" for number in range(len(spectra))]
        coords = {"pigment": names, "wavelength": NM}
        self.references = xr.DataArray(spectra, dims=("pigment", "wavelength"), coords=coords)

    def sam(self) -> dict[str, Callable[[], object]]:
        def sklearn() -> Array:
            flat = mapped(self.path).reshape(-1, BANDS)
            cosines = cosine_similarity(flat, self.spectra.astype(np.float32))
            return np.arccos(cosines.clip(-1, 1)).argmin(axis=1)

        return {
            "ours": lambda: compute(map_spectral_angles(labelled(self.path), self.references)),
            "scikit-learn": sklearn,
            "Spectral Python": lambda: spectral.spectral_angles(
                mapped(self.path), self.spectra
            ).argmin(axis=2),
        }

    def pca(self) -> dict[str, Callable[[], object]]:
        def spy() -> Array:
            cube = mapped(self.path)
            return spectral.principal_components(cube).reduce(num=COMPONENTS).transform(cube)

        return {
            "ours": lambda: compute(principal_components(labelled(self.path), COMPONENTS)),
            "scikit-learn": lambda: PCA(COMPONENTS).fit_transform(
                mapped(self.path).reshape(-1, BANDS)
            ),
            "Spectral Python": spy,
        }

    def mnf(self) -> dict[str, Callable[[], object]]:
        def spy() -> Array:
            cube = mapped(self.path)
            noise = spectral.noise_from_diffs(cube, "right")
            return spectral.mnf(spectral.calc_stats(cube), noise).reduce(cube, num=COMPONENTS)

        return {
            "ours": lambda: compute(minimum_noise_fraction(labelled(self.path), COMPONENTS)),
            "Spectral Python": spy,
        }

    def nnls(self) -> dict[str, Callable[[], object]]:
        matrix = np.ascontiguousarray(self.spectra.T)
        orthogonal, upper = np.linalg.qr(matrix)

        def scipy() -> Array:
            pixels = mapped(self.path, SLOW_SHARE).reshape(-1, BANDS)
            return np.array([nnls(matrix, each)[0] for each in pixels])

        def scipy_qr() -> Array:
            pixels = mapped(self.path, SLOW_SHARE).reshape(-1, BANDS) @ orthogonal
            return np.array([nnls(upper, each)[0] for each in pixels])

        return {
            "ours": lambda: compute(unmix(labelled(self.path, SLOW_SHARE), self.references)),
            "scipy": scipy,
            "scipy after QR": scipy_qr,
        }

    def weighted_nnls(self) -> dict[str, Callable[[], object]]:
        matrix = np.ascontiguousarray(((1 - self.spectra) ** 2 / (2 * self.spectra)).T)

        def scipy() -> Array:
            found = []
            for pixel in mapped(self.path, SLOW_SHARE).reshape(-1, BANDS).astype(np.float64):
                reflectance = pixel.clip(1e-3, 0.99)
                weight = 2 * reflectance**2 / (1 - reflectance**2)
                ratio = (1 - reflectance) ** 2 / (2 * reflectance)
                found.append(nnls(matrix * weight[:, None], ratio * weight)[0])
            return np.array(found)

        def ours() -> object:
            cube = labelled(self.path, SLOW_SHARE)
            return compute(unmix(cube, self.references, "kubelka-munk"))

        return {"ours": ours, "scipy": scipy}


TITLES = {
    "sam": f"SAM, {ENDMEMBERS} references",
    "pca": f"PCA, {COMPONENTS} scores",
    "mnf": f"MNF, {COMPONENTS} scores",
    "nnls": f"NNLS, {ENDMEMBERS} endmembers, 1/{SLOW_SHARE} of the pixels",
    "weighted_nnls": f"NNLS in K/S, weighted, 1/{SLOW_SHARE}",
}


@pytest.fixture(scope="module")
def works() -> Iterator[Works]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("MUSEION_BENCH_FOLDER")) as folder:
        spectra = make_spectra()
        write_cube(Path(folder) / "cube.bip", spectra)
        yield Works(Path(folder) / "cube.bip", spectra)


def alone(name: str, work: Callable[[], object]) -> object:
    """Run a work with the threads that suit it: ours makes its own."""
    with threadpool_limits(1 if name == "ours" else os.cpu_count()):
        return work()


@pytest.mark.parametrize("analysis", TITLES)
def test_speed_against_the_peers(works: Works, analysis: str) -> None:
    wanted = getattr(works, analysis)()
    timings = measure({name: partial(alone, name, work) for name, work in wanted.items()}, ROUNDS)
    with table(f"{TITLES[analysis]}, {PIXELS:,} pixels of {BANDS} bands, float32") as row:
        for name in [each for each in wanted if each != "ours"]:
            row(f"{analysis} against {name}", timings["ours"], timings[name], "≥ 2")


def test_everybody_finds_the_same(works: Works) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sam, nonnegative = works.sam(), works.nnls()
        ours = sam["ours"]()["best"]  # type: ignore[index]
        angles = spectral.spectral_angles(mapped(works.path), works.spectra)
        same = (ours == angles.argmin(axis=2)) | (ours == -1)
        assert float(same.mean()) > 0.9999
        expected = nonnegative["scipy"]()
        found = nonnegative["ours"]()["abundance"]  # type: ignore[index]
        found = found.transpose("y", "x", "endmember").to_numpy().reshape(-1, ENDMEMBERS)
        np.testing.assert_allclose(found, expected, atol=1e-5)


PEAK = """
import sys
from pathlib import Path
from tests.benchmarks.bench_spectral import Works, make_spectra
works = getattr(Works(Path(sys.argv[1]), make_spectra()), sys.argv[2])()
works[sys.argv[3]]()
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_peak_memory_against_the_peers(works: Works) -> None:
    size = PIXELS * BANDS * 4 // 2**20
    say(f"\npeak memory of a process in MB, the mapped file of {size} MB included")
    for analysis in ("sam", "pca", "mnf"):
        for name in getattr(works, analysis)():
            command = [sys.executable, "-W", "ignore", "-c", PEAK, str(works.path), analysis, name]
            root = Path(__file__).parents[2]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
            say(f"  {analysis:5}{name:18}{done.stdout.strip():>7}")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0
