"""`museion dataset ingest`."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from museion_datasets.cli.connection import PATH, open_library
from museion_datasets.cli.declared import Answer, Command
from museion_datasets.cli.progress import byte_bar


def _describe_scans(scans: "argparse._ArgumentGroup") -> None:
    scans.add_argument("--unit", help="unit of length of the coordinates: m, cm, mm, in …")
    scans.add_argument("--up", choices=["y", "z"], help="axis of the file that points up")
    scans.add_argument("--noise-mm", type=float, help="the instrument's standard deviation")
    scans.add_argument("--frame", default="", help="name of the frame of reference")
    scans.add_argument(
        "--hide-colors", action="store_true", help="the file's colours were not measured"
    )


def _ingest(options: argparse.Namespace) -> Answer:
    """Bring them in."""
    from museion_datasets.ingest.progress import silent  # noqa: PLC0415
    from museion_datasets.ingest.run import Options, ingest  # noqa: PLC0415
    from museion_datasets.ingest.scans.terms import declared  # noqa: PLC0415

    named = {
        name: getattr(options, name) for name in ("title", "rights", "description", "synthetic")
    }
    about: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    terms = declared(
        unit=options.unit,
        up=options.up,
        noise_mm=options.noise_mm,
        frame=options.frame,
        hide_colors=options.hide_colors,
    )
    report = ingest(
        open_library(options),
        options.path,
        options.source,
        options=Options(
            originals=not options.no_originals, pyramid=not options.no_pyramid, scan=terms
        ),
        progress=byte_bar() or silent,
        **about,
    )
    data = {
        "path": report.path,
        "version": report.version,
        "is_new_version": report.is_new_version,
        "items": [_item(asdict(each)) for each in report.items],
    }
    return Answer(data, str(report))


def _item(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report on one item as JSON knows it."""
    return {name: _plain(value) for name, value in report.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field
    """Return a value as JSON knows it."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _describe(parser: argparse.ArgumentParser) -> None:
    """Add what is ingested, and what is said about it."""
    parser.add_argument("source", nargs="+", type=Path, metavar="FILE", help="files and folders")
    parser.add_argument("--no-originals", action="store_true", help="don't keep the files as well")
    parser.add_argument("--no-pyramid", action="store_true", help="no smaller images of cubes")
    _describe_scans(parser.add_argument_group("for meshes and clouds of points"))
    about = parser.add_argument_group("for a new dataset")
    about.add_argument("--title", help="for people")
    about.add_argument("--rights", help="as in CC-BY-4.0, InC or UND")
    about.add_argument("--description", help="a paragraph for people")
    made = about.add_mutually_exclusive_group()
    made.add_argument(
        "--measured", action="store_const", const=False, dest="synthetic", help="from an object"
    )
    made.add_argument(
        "--synthetic", action="store_const", const=True, help="computed rather than measured"
    )


INGEST = Command(
    "ingest", "bring files and folders into a dataset", _ingest, (PATH,), describe=_describe
)
