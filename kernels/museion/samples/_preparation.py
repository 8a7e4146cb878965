"""How each sample gets into a draft.

A sample is prepared first (made, or read and checked) and only then written, so that a
damaged file costs nothing but a sentence.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr
from spectral import SpyException
from spectral.io import envi

from museion.errors import InputError
from museion.samples._collection import HYPPIGMENTS
from museion_datasets.draft import Draft
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.cube import put_cube
from museion_datasets.ingest.scans.read import ColorUse, ReadOptions, UpAxis, read_mesh
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan

type Put = Callable[[Draft], None]

PIGMENT_FOLDER = "spectral_libraries/hyppigments_kremer_vnir"
VENUS_FILE = "3d/venus_de_milo_smk/venus.glb"
_SCAN = "scan"


def prepare_panel(_folder: Path) -> Put:
    """Paint the panel."""
    from museion.samples.panel import make_panel  # noqa: PLC0415 - only who makes it pays

    panel = make_panel()

    def put(draft: Draft) -> None:
        put_cube(draft, "vnir", panel.cube)
        draft.put_array("truth", panel.truth)

    return put


def prepare_panel_xrf(_folder: Path) -> Put:
    """Scan the panel."""
    from museion.samples.panel_xrf import make_scan  # noqa: PLC0415 - only who makes it pays

    scan = make_scan()

    def put(draft: Draft) -> None:
        draft.put_array("spectra", scan.cube)
        draft.put_array("truth", scan.truth)

    return put


def prepare_reference_paints(_folder: Path) -> Put:
    """Brush out the reference paints."""
    from museion.samples.reference_paints import make_library  # noqa: PLC0415

    library = make_library()

    def put(draft: Draft) -> None:
        draft.put_array("reflectance", library)

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
        attrs={"quantity": "reflectance", "attribution": HYPPIGMENTS},
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
