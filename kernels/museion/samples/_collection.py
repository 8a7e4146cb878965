"""Which samples there are, and how each gets into a draft.

A sample is prepared first (made, or read and checked) and only then written, so that a
damaged file costs nothing but a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from spectral import SpyException
from spectral.io import envi

from museion.errors import InputError
from museion_datasets.draft import Draft
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.cube import put_cube
from museion_datasets.ingest.scan import ScanInfo, put_scan
from museion_datasets.ingest.scan_read import ColorUse, ReadOptions, UpAxis, read_mesh

type Put = Callable[[Draft], None]
type Prepare = Callable[[Path], Put]

PIGMENT_FOLDER = "spectral_libraries/hyppigments_kremer_vnir"
VENUS_FILE = "3d/venus_de_milo_smk/venus.glb"
_SCAN = "scan"


@dataclass(frozen=True, slots=True)
class Sample:
    """A dataset that can be made.

    Attributes
    ----------
    name, title, kind, rights, description : str
        As for a draft.
    synthetic : bool
        Made by the project; otherwise it needs the folder with real data.
    workgroups : tuple of str
        Which get it; empty for all.
    prepare : callable
        Takes the folder with real data and returns what writes the items.
    """

    name: str
    title: str
    kind: str
    rights: str
    description: str
    synthetic: bool
    prepare: Prepare
    workgroups: tuple[str, ...] = ()


def prepare_panel(_folder: Path) -> Put:
    """Paint the panel."""
    from museion.samples.panel import make_panel  # noqa: PLC0415 - only who makes it pays

    panel = make_panel()

    def put(draft: Draft) -> None:
        put_cube(draft, "vnir", panel.cube)
        draft.put_array("truth", panel.truth)

    return put


def prepare_vessel(_folder: Path) -> Put:
    """Throw the vessel."""
    from museion.samples.vessel import SCANNER_NOISE_M, make_vessel  # noqa: PLC0415

    vessel = make_vessel()
    info = ScanInfo(
        "Amphora with horses",
        is_synthetic=True,
        source="museion.samples.vessel",
        step_m=SCANNER_NOISE_M / 10,
    )

    def put(draft: Draft) -> None:
        put_scan(draft, _SCAN, vessel.mesh, info)
        draft.put_array("truth", vessel.truth)

    return put


def prepare_pigments(folder: Path) -> Put:
    """Read the pigment library.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    stem = folder / PIGMENT_FOLDER / "__speclib_averages"
    header, values = stem.with_suffix(".hdr"), stem.with_suffix(".sli")
    try:
        library = read_library(header, values)
        originals = {path.name.lstrip("_"): path.read_bytes() for path in (header, values)}
    except OSError as error:
        raise InputError(_damage(values, "it cannot be read"), hint=_HINT) from error

    def put(draft: Draft) -> None:
        draft.put_array("reflectance", library)
        for name, content in originals.items():
            draft.put_file(name, content)

    return put


def read_library(header: Path, values: Path) -> xr.DataArray:
    """Read an ENVI spectral library.

    Parameters
    ----------
    header, values : Path
        The ``.hdr`` and the ``.sli`` file.

    Returns
    -------
    DataArray
        Reflectance (pigment, wavelength) float32, wavelength in nm; ``pigment`` holds the
        spectra's names, ``name`` and ``number`` what the library says about each.

    Raises
    ------
    InputError
        If the two do not belong together or are damaged.
    """
    try:
        opened = envi.open(str(header), str(values))
        spectra = np.asarray(opened.spectra, np.float32)
        nm = np.asarray(opened.bands.centers, np.float64)
    except (SpyException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(_damage(values, "it is no ENVI library"), hint=_HINT) from error
    if spectra.shape != (len(opened.names), nm.size) or not np.isfinite(spectra).any():
        raise InputError(_damage(values, "header and values do not agree"), hint=_HINT)
    described = {key: opened.metadata.get(key, []) for key in ("pname", "pnumber")}
    return xr.DataArray(
        spectra,
        name="reflectance",
        dims=("pigment", "wavelength"),
        coords={
            "pigment": list(opened.names),
            "wavelength": ("wavelength", nm, {"units": "nm"}),
            **{
                key.removeprefix("p"): ("pigment", [text.strip() for text in texts])
                for key, texts in described.items()
                if len(texts) == len(opened.names)
            },
        },
        attrs={"quantity": "reflectance", "attribution": _HYPPIGMENTS},
    )


def prepare_venus(folder: Path) -> Put:
    """Read the scan of the Venus.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    path = folder / VENUS_FILE
    try:
        content = path.read_bytes()
        # Its base colour image is a helper map for texturing, no colour.
        options = ReadOptions(unit="mm", up=UpAxis.Y, colors=ColorUse.HIDE)
        mesh = read_mesh(content, "glb", options)
    except (OSError, InvalidError) as error:
        raise InputError(_damage(path, "it is no readable GLB"), hint=_HINT) from error
    info = ScanInfo("Venus de Milo, plaster cast", source=path.name)

    def put(draft: Draft) -> None:
        put_scan(draft, _SCAN, mesh, info, original=(path.name, content))

    return put


def _damage(path: Path, why: str) -> str:
    return f"The sample file {path.name} is damaged: {why}"


_HINT = "fetch it again, or unset MUSEION_TEST_DATA to do without real samples."
_HYPPIGMENTS = (
    "H. Deborah, Hyperspectral Pigment Dataset, WHISPERS 2022, "
    "doi:10.1109/WHISPERS56178.2022.9955067; data doi:10.5281/zenodo.5592485, CC BY 4.0"
)

SAMPLES = (
    Sample(
        name="panel",
        title="Saint with a palm",
        kind="cube",
        rights="CC0-1.0",
        description=(
            "Synthetic. A painted panel as reflectance cube, 400 to 1000 nm, made by "
            "Kubelka-Munk theory; its underdrawing shows only in the near infrared. "
            "Item truth holds abundances, thickness, underdrawing and noise."
        ),
        synthetic=True,
        prepare=prepare_panel,
        workgroups=("murals",),
    ),
    Sample(
        name="vessel",
        title="Amphora with horses",
        kind="scan",
        rights="CC0-1.0",
        description="Synthetic. A relief-decorated vessel of some 1.5 million triangles.",
        synthetic=True,
        prepare=prepare_vessel,
        workgroups=("murals",),
    ),
    Sample(
        name="pigments",
        title="HypPigments: Kremer pigments, VNIR",
        kind="library",
        rights="CC-BY-4.0",
        description=f"398 pigments in four shades, 405 to 996 nm. {_HYPPIGMENTS}",
        synthetic=False,
        prepare=prepare_pigments,
        workgroups=("murals",),
    ),
    Sample(
        name="venus",
        title="Venus de Milo, plaster cast",
        kind="scan",
        rights="CC0-1.0",
        description="Scan of a plaster cast. National Gallery of Denmark (SMK), CC0.",
        synthetic=False,
        prepare=prepare_venus,
    ),
)
