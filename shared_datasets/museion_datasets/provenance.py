"""Where an item comes from: what it was derived from, by whom, when, and with what software.

The record lies sealed beside its item, so it goes when the item is replaced or removed and
stays when later versions keep the item. It is the author's word: a version's own head says
only who committed it. A release repeats the records in its signed statement.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from museion_datasets.arrays.store import SealedStore
from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.model import Head, is_timestamp
from museion_datasets.versions.naming import PROVENANCE, find_kind, provenance_key
from museion_datasets.versions.snapshot import Snapshot, keys_under

PROVENANCE_FORMAT = 1
MAX_INPUTS = 256
_HINT = "it was written by another version of museion, or by a program that is none."


@dataclass(frozen=True, slots=True)
class Input:
    """A version of a dataset that something was derived from.

    Attributes
    ----------
    path : str
        Workgroup and name.
    version : int
        Counts from 1.
    dataset : str
        The dataset's id.
    manifest_root : str
        BLAKE3 over the version's sealed manifest, which tells it from any other.
    """

    path: str
    version: int
    dataset: str
    manifest_root: str

    @classmethod
    def of(cls, path: str, head: Head) -> "Input":
        """Return the input that a version is.

        Parameters
        ----------
        path : str
            Workgroup and name.
        head : Head
            The version's.

        Returns
        -------
        Input
            Naming it so that it cannot be mistaken.
        """
        return cls(path, head.version, head.dataset, head.manifest_root)

    def __str__(self) -> str:
        return f"{self.path} version {self.version}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an item comes from.

    Attributes
    ----------
    inputs : tuple of Input
        What it was derived from.
    is_stated : bool
        Whether the author named the inputs; otherwise they were found in the computation.
    author : str
        Who derived it.
    created : str
        When, RFC 3339 in UTC.
    software : mapping of str to str
        Versions by name.
    """

    inputs: tuple[Input, ...]
    is_stated: bool
    author: str
    created: str
    software: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _require(len(self.inputs) <= MAX_INPUTS, f"more than {MAX_INPUTS} inputs")
        _require(is_timestamp(self.created), f"created is no time: {self.created!r:.40}")

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON object.

        Returns
        -------
        dict
            With the number of its format.
        """
        return {"format": PROVENANCE_FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, data: Any) -> "Provenance":  # noqa: ANN401 - what a JSON parser returned
        """Read a record.

        Parameters
        ----------
        data : object
            What a JSON parser returned.

        Returns
        -------
        Provenance
            Its members checked.

        Raises
        ------
        InvalidError
            If a member is missing, unknown or of a wrong type.
        """
        try:
            said = dict(data)
            number = said.pop("format")
            inputs = tuple(Input(**each) for each in said.pop("inputs"))
            record = cls(inputs=inputs, **said)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise InvalidError("Not a record of provenance", hint=_HINT) from error
        _require(number == PROVENANCE_FORMAT, f"format {number!r:.20}")
        _require(_is_typed(record), "a member of a wrong type")
        return record


def put_provenance(store: SealedStore, item: str, provenance: Provenance) -> None:
    """Say where an item of a draft comes from.

    Parameters
    ----------
    store : SealedStore
        The draft's.
    item : str
        Name of an item that was put already: putting it removes what was said of it before.
    provenance : Provenance
        What to say.

    Raises
    ------
    NotFoundError
        If the draft has no such item.
    """
    staging = store.require_staging()
    kind = find_kind(staging.keys(), item)
    if kind is None:
        raise NotFoundError(f"No such item in the draft: {item!r:.80}", hint="put it first.")
    staging.put(provenance_key(kind, item), json.dumps(provenance.to_json()).encode())


def read_provenance(snapshot: Snapshot) -> dict[str, Provenance]:
    """Read what a version says of where its items come from.

    Parameters
    ----------
    snapshot : Snapshot
        The version.

    Returns
    -------
    dict of str to Provenance
        By item; empty if nobody said anything.

    Raises
    ------
    InvalidError
        If a record is none.
    """
    records = {}
    for key in keys_under(snapshot.keys(), PROVENANCE):
        try:
            said = json.loads(bytes(snapshot.read(key)))
        except ValueError as error:
            raise InvalidError("Not a record of provenance", hint=_HINT) from error
        _, _, item = key.removeprefix(PROVENANCE).partition("/")
        records[item] = Provenance.from_json(said)
    return records


def describe_inputs(records: Iterable[Provenance]) -> tuple[str, ...]:
    """Return what items were derived from, for people.

    Parameters
    ----------
    records : iterable of Provenance
        Of a version.

    Returns
    -------
    tuple of str
        Each input once, as in ``"murals/panel version 3"``.
    """
    return tuple(dict.fromkeys(str(each) for record in records for each in record.inputs))


def summarise(records: Mapping[str, Provenance]) -> dict[str, Any]:
    """Return what a release says of where its items come from.

    Parameters
    ----------
    records : mapping of str to Provenance
        By item.

    Returns
    -------
    dict
        ``inputs`` as `docs/formats/release.md` has them, and ``items``; empty if nothing
        was said.
    """
    if not records:
        return {}
    inputs = dict.fromkeys(each for record in records.values() for each in record.inputs)
    items = {
        name: {
            "inputs": [str(each) for each in record.inputs],
            "is_stated": record.is_stated,
            "author": record.author,
            "created": record.created,
            "software": dict(record.software),
        }
        for name, record in records.items()
    }
    return {"inputs": [asdict(each) for each in inputs], "items": items}


def _is_typed(record: Provenance) -> bool:
    """Whether every member has its type."""
    software: object = record.software
    if not isinstance(software, Mapping):
        return False
    texts = [record.author, record.created, *record.software, *record.software.values()]
    texts += [text for each in record.inputs for text in (each.path, each.dataset)]
    texts += [each.manifest_root for each in record.inputs]
    versions = [each.version for each in record.inputs]
    return (
        isinstance(record.is_stated, bool)
        and all(isinstance(text, str) for text in texts)
        and all(type(version) is int and version > 0 for version in versions)
    )


def _require(claim: object, what: str) -> None:
    """Raise unless `claim` holds.

    Raises
    ------
    InvalidError
        If it doesn't.
    """
    if not claim:
        raise InvalidError(f"Not a record of provenance: {what}", hint=_HINT)
