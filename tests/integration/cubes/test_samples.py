"""`python -m museion.samples`, with the sample files made here: small, whole or damaged."""

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
from spectral.io import envi

import museion
from museion import _session
from museion.samples import __main__ as command
from museion.samples import _collection
from museion.samples._collection import Sample
from museion.samples._preparation import PIGMENT_FOLDER

pytestmark = [
    pytest.mark.integration,
    # spectral 0.25 reshapes in place, which numpy 2.5 deprecates.
    pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array:DeprecationWarning"),
]
NAMES = [f"pigment {number}" for number in range(6)]
NM = np.arange(400.0, 1000.0, 50.0)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Give an empty library, real sample data of one kind, and only the sample that reads it."""
    write_library(tmp_path / "data" / PIGMENT_FOLDER)
    (tmp_path / "library").mkdir()
    monkeypatch.setenv("MUSEION_REGISTRY_URL", (tmp_path / "library").as_uri())
    monkeypatch.setenv("MUSEION_TEST_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(command, "SAMPLES", only("pigments"))
    _session.library.cache_clear()
    yield
    _session.library.cache_clear()


def only(name: str) -> tuple[Sample, ...]:
    return tuple(sample for sample in _collection.SAMPLES if sample.name == name)


def write_library(folder: Path) -> None:
    folder.mkdir(parents=True)
    values = np.linspace(0.1, 0.9, len(NAMES) * NM.size, dtype=np.float32)
    header = {
        "spectra names": NAMES,
        "wavelength": NM.tolist(),
        "wavelength units": "nm",
        "pname": [name.upper() for name in NAMES],
    }
    library = envi.SpectralLibrary(values.reshape(len(NAMES), NM.size), header)
    library.save(str(folder / "__speclib_averages"))


def test_pigments_arrive_with_names_wavelengths_and_attribution() -> None:
    assert command.main(["--to", "murals"]) == 0
    dataset = museion.open("murals/pigments")
    assert dataset.signature.startswith("release 1, signed by")
    assert "nobody vouches" not in dataset.signature
    library = dataset["reflectance"].to_xarray()
    assert library["pigment"].values.tolist() == NAMES
    assert library["name"].values.tolist() == [name.upper() for name in NAMES]
    assert library["wavelength"].values.tolist() == NM.tolist()
    assert dataset.record.rights == "CC-BY-4.0"
    assert "Deborah" in library.attrs["attribution"]
    assert set(dataset.files) == {"speclib_averages.hdr", "speclib_averages.sli"}


def test_second_run_makes_nothing_new(capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["--to", "murals"])
    assert "step: murals/pigments: done" in capsys.readouterr().out
    assert command.main(["--to", "murals"]) == 0
    assert capsys.readouterr().out == ""
    assert museion.open("murals/pigments").version == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


DAMAGE: list[tuple[str, str, Callable[[Path], None]]] = [
    ("values cut short", "sli", cut),
    ("no header", "hdr", lambda path: path.write_text("<html>404</html>")),
    (
        "header of another file",
        "hdr",
        lambda path: path.write_text(path.read_text().replace("12", "9")),
    ),
    ("missing", "sli", Path.unlink),
]


@pytest.mark.parametrize(
    ("suffix", "damage"), [row[1:] for row in DAMAGE], ids=[r[0] for r in DAMAGE]
)
def test_damaged_file_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path / "data" / PIGMENT_FOLDER / f"__speclib_averages.{suffix}")
    assert command.main(["--to", "murals"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("step:")]
    assert told[0].startswith("The sample file __speclib_averages.sli is damaged")
    assert told[1].startswith("hint: ")
    assert len(told) == 2
    assert museion.datasets() == []


def test_every_workgroup_gets_its_own_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "SAMPLES", _collection.SAMPLES)
    names = {
        slug: [s.name for s in command.wanted(slug, tmp_path)] for slug in ("murals", "lapidary")
    }
    made_here = ["panel", "panel-xrf", "reference-paints", "vessel"]
    assert names == {"murals": [*made_here, "pigments", "venus"], "lapidary": ["venus"]}
    assert [sample.name for sample in command.wanted("murals", None)] == made_here
