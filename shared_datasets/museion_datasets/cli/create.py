"""`museion dataset create`."""

import argparse
from typing import TYPE_CHECKING

from museion_datasets.cli.connection import PATH, open_dataset, open_library
from museion_datasets.cli.declared import Answer, Command
from museion_datasets.errors import ConflictError, NotFoundError
from museion_datasets.model import DatasetKind, DatasetPath
from museion_datasets.policy import DatasetPolicy

if TYPE_CHECKING:
    from museion_datasets.library import Library


def _create(options: argparse.Namespace) -> Answer:
    """Commit a first version that holds no item yet."""
    library = open_library(options)
    _require_free(library, options)
    with library.draft(
        options.path,
        title=options.title,
        kind=options.kind,
        rights=options.rights,
        synthetic=options.synthetic,
        description=options.description,
        policy=_policy(options),
        place=options.place,
        purpose=options.purpose,
    ) as draft:
        draft.message = "Created"
    record = open_dataset(library, options).record
    return Answer(record.to_json(), f"Made {record.path}: {record.title}")


def _policy(options: argparse.Namespace) -> DatasetPolicy | None:
    """Return the policy that the options describe, or None if they say nothing."""
    said = (options.owner, options.store_in, options.compute_in, options.embargo, options.use_for)
    if not any(said):
        return None
    return DatasetPolicy(
        owner=options.owner or DatasetPath.parse(options.path).workgroup,
        rights=options.rights,
        storage_jurisdictions=tuple(options.store_in),
        compute_jurisdictions=tuple(options.compute_in),
        embargo_until=options.embargo,
        purposes=tuple(options.use_for),
    )


def _require_free(library: "Library", options: argparse.Namespace) -> None:
    """Raise if there is a dataset at the path already.

    Raises
    ------
    ConflictError
        If there is.
    """
    try:
        open_dataset(library, options)
    except NotFoundError:
        return
    raise ConflictError(
        f"There is a dataset at this path already: {options.path}",
        hint="choose another name, or add to it with museion dataset ingest.",
    )


def _describe(parser: argparse.ArgumentParser) -> None:
    """Add what is said about a new dataset."""
    parser.add_argument("--title", required=True, help="for people")
    parser.add_argument("--kind", required=True, choices=sorted(DatasetKind), help="mainly holds")
    parser.add_argument("--rights", required=True, help="as in CC-BY-4.0, InC or UND")
    made = parser.add_mutually_exclusive_group(required=True)
    made.add_argument("--measured", action="store_false", dest="synthetic", help="from an object")
    made.add_argument("--synthetic", action="store_true", help="computed rather than measured")
    parser.add_argument("--description", help="a paragraph for people")
    policy = parser.add_argument_group("policy", "What the owner allows; anything by default.")
    policy.add_argument("--owner", help="who owns the data; by default the workgroup")
    for option, what in (("--store-in", "stored"), ("--compute-in", "computed on")):
        policy.add_argument(
            option, action="append", default=[], metavar="COUNTRY", help=f"may be {what} there"
        )
    policy.add_argument("--embargo", metavar="DAY", help="as in 2027-03-01: only we open it before")
    policy.add_argument("--use-for", action="append", default=[], metavar="PURPOSE")
    parser.add_argument("--place", metavar="NAME", help="which of the catalogue's storage places")


CREATE = Command("create", "make a dataset", _create, (PATH,), describe=_describe)
