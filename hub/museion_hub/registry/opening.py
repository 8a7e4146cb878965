"""Opening a dataset: a head, and keys sealed to the process that asks, each time written down.

Whoever holds a hub token gets what its account may have at this moment; what processes of a
cluster get stands in `cluster_opening`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.place import Place
from museion_datasets.policy import DatasetPolicy
from museion_hub import audit
from museion_hub.custody import Custody, RecipientKey, SealedDataKey
from museion_hub.registry.access import Principal
from museion_hub.registry.catalogue import Visible, require_visible
from museion_hub.registry.epochs import newest_epoch, require_keys
from museion_hub.registry.errors import InvalidError
from museion_hub.registry.places import Places
from museion_hub.registry.policies import policy_of, require_vendable
from museion_hub.registry.sharing import key_files
from museion_hub.registry.tables import GrantMode

type Keys = Sequence[tuple[SealedDataKey, RecipientKey]]


@dataclass(frozen=True, slots=True)
class OpenWish:
    """What a process says when it opens a dataset.

    Attributes
    ----------
    public_key : bytes
        Its ephemeral key, to which everything is sealed.
    purpose : str or None
        What for.
    mode : GrantMode
        What a cluster's process is about to do.
    version : int or None
        Which version a cluster's process is about to read; by default the newest granted.
    """

    public_key: bytes = field(repr=False)
    purpose: str | None = None
    mode: GrantMode = GrantMode.READ
    version: int | None = None


@dataclass(frozen=True, slots=True)
class OpenedDataset:
    """What a process needs to read or write a dataset; every secret is sealed to that process."""

    dataset: DatasetRecord
    head: Head | None
    epoch: int
    location: str
    policy: DatasetPolicy
    place: Place
    key_files: Mapping[str, str] = field(repr=False)
    sealed_keys: Mapping[int, bytes] = field(repr=False)
    sealed_credentials: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Handout:
    """What is about to be sealed: of a dataset, its keys, and the keys to its bucket."""

    visible: Visible
    place: Place
    keys: Keys = field(repr=False)
    credentials: bytes | None = field(repr=False)


def open_dataset(
    session: Session,
    custody: Custody,
    principal: Principal,
    path: DatasetPath,
    wish: OpenWish,
    places: Places,
) -> OpenedDataset:
    """Vend a dataset's keys to a process of an account, and write that down.

    Raises
    ------
    NotFoundError
        If the principal may not read it.
    RefusedError
        If the dataset's policy does not allow it.
    InvalidError
        If the public key is none.
    """
    visible = require_visible(session, principal, path)
    dataset = visible.dataset
    require_vendable(
        policy_of(dataset),
        at=places.workspace,
        is_owner=visible.reader == dataset.workgroup,
        purpose=wish.purpose,
        subject=visible.path,
    )
    place = places.require(dataset.place)
    secret = places.credentials(place, is_writer=visible.is_writable, subject=visible.path)
    keys = require_keys(session, dataset.id, visible.reader)
    opened = seal_to(custody, Handout(visible, place, keys, secret), wish.public_key)
    record_vend(session, principal.name, visible, opened, {"purpose": wish.purpose})
    files = key_files(session, dataset) if visible.is_writable else {}
    return replace(opened, epoch=newest_epoch(session, dataset.id), key_files=files)


def seal_to(custody: Custody, handout: Handout, public_key: bytes) -> OpenedDataset:
    """Seal keys to a process's ephemeral public key.

    Raises
    ------
    InvalidError
        If the public key is none.
    """
    visible, place = handout.visible, handout.place
    dataset = visible.dataset
    try:
        sealed = {key.epoch: custody.vend(key, holder, public_key) for key, holder in handout.keys}
        credentials = _seal_credentials(handout, public_key)
    except KeyUnavailableError as error:
        raise InvalidError(error.message, hint=error.hint) from error
    return OpenedDataset(
        dataset=visible.record(),
        head=Head.from_json(visible.newest.head) if visible.newest else None,
        epoch=max(sealed),
        location=f"{dataset.workgroup}/{dataset.id}",
        policy=policy_of(dataset),
        place=place,
        key_files={},
        sealed_keys=sealed,
        sealed_credentials=credentials,
    )


def record_vend(
    session: Session, actor: str, visible: Visible, opened: OpenedDataset, said: audit.Detail
) -> None:
    """Write down who got which keys of a dataset, and what they said."""
    detail: audit.Detail = {
        "dataset": visible.dataset.id,
        "epoch": max(opened.sealed_keys),
        "recipient": visible.reader,
        **said,
    }
    name = audit.EventName.KEY_VENDED
    audit.record(session, name, actor=actor, subject=visible.path, detail=detail)


def _seal_credentials(handout: Handout, public_key: bytes) -> bytes | None:
    if handout.credentials is None:
        return None
    info = envelope.place_info(handout.visible.dataset.id, handout.place.name)
    return envelope.seal(public_key, handout.credentials, info)
