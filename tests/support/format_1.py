"""Writes the frozen sample of format 1; run once for each change of the format before a release.

python -m tests.support.format_1 tests/vectors/datasets/format-1
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from tests.support.datasets import PANEL, make_library


def write_sample(folder: Path) -> None:
    """Write two versions of a small dataset into an empty folder."""
    library = make_library(folder)
    cube = xr.DataArray(
        np.arange(72, dtype="u2").reshape(6, 4, 3),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": [450.0, 550.0, 650.0]},
        attrs={"unit": "1"},
    )
    with library.draft(
        PANEL,
        title="Frozen panel",
        kind="cube",
        rights="CC-BY-4.0",
        synthetic=True,
        description="Written by format 1",
    ) as draft:
        draft.put_array("vnir", cube)
        draft.put_table("pigments", pd.DataFrame({"name": ["azurite", "minium"]}))
        draft.put_file("notes.txt", b"written by format 1")
    with library.draft(PANEL) as draft:
        draft.message = "A second version"
        draft.put_file("more.txt", b"more")


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]).resolve())
