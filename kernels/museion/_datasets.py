"""`museion.datasets`, `open`, `draft` and `ingest`: the library of this process."""

from typing import TYPE_CHECKING, Unpack

from museion import _session

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft
    from museion_datasets.ingest.report import Report
    from museion_datasets.ingest.run import Sources
    from museion_datasets.ingest.scans.terms import DeclaredScan
    from museion_datasets.model import DatasetRecord
    from museion_datasets.versions.wish import DraftTerms


def datasets() -> list["DatasetRecord"]:
    """Return the datasets that this workspace may open.

    Returns
    -------
    list of DatasetRecord
        With path, title, kind, rights, version and size.
    """
    return _session.library().datasets()


def open(path: str, version: int | None = None, *, purpose: str | None = None) -> "Dataset":  # noqa: A001
    """Open a dataset.

    Parameters
    ----------
    path : str
        Workgroup and name, as in ``"murals/panel"``.
    version : int, optional
        The newest by default.
    purpose : str, optional
        What for, as in ``"research"``; needed if the owner limits it, and written down.

    Returns
    -------
    Dataset
        Its items by name: ``dataset["vnir"].to_xarray()``.
    """
    return _session.library().open(path, version, purpose=purpose)


def draft(path: str, **terms: Unpack["DraftTerms"]) -> "Draft":
    """Begin a new version of a dataset; use it in a ``with`` block.

    Parameters
    ----------
    path : str
        Workgroup and name. A dataset that is not there yet is made.
    **terms
        ``title``, ``kind``, ``rights`` and ``synthetic`` (whether the data is computed rather
        than measured) are needed for a new dataset; ``description``, ``policy`` and ``place``
        may be left out. ``purpose`` as for `open`.

    Returns
    -------
    Draft
        Nothing is visible to others before the block ends without an error.
    """
    return _session.library().draft(path, **terms)


def ingest(
    path: str,
    sources: "Sources",
    *,
    scan: "DeclaredScan | None" = None,
    **about: Unpack["DraftTerms"],
) -> "Report":
    """Bring files and folders into a dataset; run it again after an interruption.

    Parameters
    ----------
    path : str
        Workgroup and name. A dataset that is not there yet is made.
    sources : path, sequence of paths, or mapping of item name to path
        ENVI, HDF5, NeXus, NetCDF, TIFF, images, CSV, meshes, clouds of points, or anything
        in a folder.
    scan : mapping, optional
        What meshes and clouds do not say themselves: ``unit`` ("m", "cm", "mm", "in" …),
        ``up`` ("y" or "z"), ``noise_mm`` (the instrument's standard deviation), ``frame``
        (name of the frame of reference), ``hide_colors``.
    **about
        Needed for a new dataset: ``title``, ``rights`` and ``synthetic``, as for `draft`.

    Returns
    -------
    Report
        What was made, how it is cut, and why.
    """
    from museion_datasets.ingest.progress import NotebookBar  # noqa: PLC0415 - loads readers
    from museion_datasets.ingest.run import Options  # noqa: PLC0415 - loads readers
    from museion_datasets.ingest.run import ingest as run  # noqa: PLC0415 - loads readers
    from museion_datasets.ingest.scans.terms import declared  # noqa: PLC0415

    options = Options(scan=declared(**(scan or {})))
    bar = NotebookBar()
    return run(_session.library(), path, sources, options=options, progress=bar, **about)
