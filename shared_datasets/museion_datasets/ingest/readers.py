"""Which reader reads a source: by its content first, then by its name.

The order matters where one format is also another: captures and bands are folders,
NetCDF 4 is HDF5, and any file may have a header beside it.
"""

import os
from pathlib import Path

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.band_folder import BandFolderReader
from museion_datasets.ingest.capture_folder import CaptureFolderReader
from museion_datasets.ingest.csv_table import CsvReader
from museion_datasets.ingest.envi import EnviReader
from museion_datasets.ingest.form import Reader
from museion_datasets.ingest.hdf5 import Hdf5Reader
from museion_datasets.ingest.hsh import HshReader
from museion_datasets.ingest.image import ImageReader
from museion_datasets.ingest.jcamp import JcampReader
from museion_datasets.ingest.netcdf import NetcdfReader
from museion_datasets.ingest.plain_files import FolderReader, PlainFileReader
from museion_datasets.ingest.ptm import PtmReader
from museion_datasets.ingest.rti_capture import RtiCaptureReader
from museion_datasets.ingest.scans.reader import ScanReader
from museion_datasets.ingest.source import look_at, read_head, reading
from museion_datasets.ingest.tiff import TiffReader

READERS: tuple[Reader, ...] = (
    RtiCaptureReader(),
    PtmReader(),
    HshReader(),
    CaptureFolderReader(),
    BandFolderReader(),
    FolderReader(),
    EnviReader(),
    NetcdfReader(),
    Hdf5Reader(),
    TiffReader(),
    ImageReader(),
    JcampReader(),
    ScanReader("PLY", (".ply",), b"ply"),
    ScanReader("glTF", (".glb", ".gltf"), b"glTF"),
    ScanReader("OBJ", (".obj",)),
    ScanReader("STL", (".stl",)),
    ScanReader("LAS", (".las", ".laz"), b"LASF"),
    ScanReader("E57", (".e57",), b"ASTM-E57"),
    CsvReader(),
    PlainFileReader(),
)


def find_reader(path: Path) -> Reader:
    """Return the reader of a source.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    Reader
        The first that recognises it.

    Raises
    ------
    InvalidError
        If none does, or it is empty.
    """
    with reading(path):
        is_folder = path.is_dir()
        os.stat(path)  # noqa: PTH116 - for its error
    if not is_folder and look_at(path).size_bytes == 0:
        raise InvalidError(
            f"The file is empty: {path.name!r:.80}", hint="copy it again from where it was made."
        )
    head = b"" if is_folder else read_head(path)
    for reader in READERS:
        if reader.recognises(path, head):
            return reader
    raise InvalidError(
        f"Not a format that is known: {path.name!r:.80}",
        hint="put the file into a folder and ingest the folder, which keeps every file as it is.",
    )
