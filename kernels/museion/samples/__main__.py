"""Puts the sample datasets into a workgroup: ``python -m museion.samples --to murals``.

What is there already stays; each sample is written whole or not at all. Progress is told
in lines that begin with ``step:``. A sample that fails is told in one sentence and a
hint, the others are still made, and the exit code is 1.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from museion import _session
from museion.errors import MuseionError
from museion.samples._collection import SAMPLES, Sample
from museion_datasets.errors import DatasetsError

if TYPE_CHECKING:
    from museion_datasets.library import Library

RELEASE_MESSAGE = "A sample of the demonstration"


def main(arguments: list[str] | None = None) -> int:
    """Make what is missing.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m museion.samples", description=__doc__)
    parser.add_argument("--to", required=True, metavar="WORKGROUP", help="slug, as in murals")
    workgroup = parser.parse_args(arguments).to
    try:
        present = {record.path for record in _session.records() if record.version is not None}
    except (MuseionError, DatasetsError) as error:
        return _complain(error)
    failures = 0
    for sample in wanted(workgroup, _session.find_sample_data()):
        if f"{workgroup}/{sample.name}" in present:
            continue
        try:
            make(_session.library(), workgroup, sample)
        except (MuseionError, DatasetsError) as error:
            failures += _complain(error)
    return min(failures, 1)


def wanted(workgroup: str, folder: Path | None) -> list[Sample]:
    """Return the samples for a workgroup; the real ones only where their folder is.

    Parameters
    ----------
    workgroup : str
        Slug.
    folder : Path or None
        Where the real sample data is.

    Returns
    -------
    list of Sample
        In the order they are made.
    """
    return [
        sample
        for sample in SAMPLES
        if (not sample.workgroups or workgroup in sample.workgroups)
        and (sample.synthetic or folder is not None)
    ]


def make(library: "Library", workgroup: str, sample: Sample) -> None:
    """Prepare a sample, commit it as one version and release that.

    Parameters
    ----------
    library : Library
        Where to.
    workgroup : str
        Slug.
    sample : Sample
        Which one.
    """
    path = f"{workgroup}/{sample.name}"
    _say(f"step: {path}: preparing")
    from museion.samples import _preparation  # noqa: PLC0415 - only who makes it pays

    put = getattr(_preparation, sample.prepare)(_session.find_sample_data() or Path())
    _say(f"step: {path}: encrypting and writing")
    with library.draft(
        path,
        title=sample.title,
        kind=sample.kind,
        rights=sample.rights,
        synthetic=sample.synthetic,
        description=sample.description,
    ) as draft:
        put(draft)
    _say(f"step: {path}: signing a release")
    library.release(path, message=RELEASE_MESSAGE)
    _say(f"step: {path}: done")


def _complain(error: MuseionError | DatasetsError) -> int:
    _say(str(error))
    return 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
