"""The HTTP API of keys and rules: recipients, epochs, policy. Each endpoint is one transaction."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path

from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recipient import Partner, Recipient, Revocation
from museion_hub.registry import sharing
from museion_hub.registry.beside import files_beside, publish_beside
from museion_hub.registry.catalogue import (
    require_custodian,
    require_led,
    require_visible,
)
from museion_hub.registry.epochs import rotate_dataset
from museion_hub.registry.permissions import Action
from museion_hub.registry.policies import policy_of, set_policy
from museion_hub.registry.principals import Who
from museion_hub.registry.routes import PREFIX, REFUSALS, At, Parts
from museion_hub.registry.wire import (
    CheckedPolicy,
    EpochAnswer,
    PartnerRequest,
    ShareRequest,
)

MAX_RECIPIENT_CHARS: Final = 80
_DATASET: Final = "/datasets/{workgroup}/{name}"

api: Final = APIRouter(prefix=f"{PREFIX}/api/v1", tags=["keys"], responses=REFUSALS)


@api.get(f"{_DATASET}/recipients")
def list_recipients(service: Parts, who: Who, path: At) -> list[Recipient]:
    """List to whom a dataset's keys are sealed."""
    with service.database.reading() as session:
        visible = require_custodian(session, who, path)
        return sharing.list_recipients(session, visible.dataset)


@api.post(f"{_DATASET}/recipients", status_code=HTTPStatus.CREATED)
def share_dataset(service: Parts, who: Who, path: At, wish: ShareRequest) -> list[Recipient]:
    """Let another workgroup read a dataset."""
    with service.database.writing() as session:
        visible = require_custodian(session, who, path, Action.SHARE_DATASETS)
        sharing.share_dataset(session, service.custody, path, wish.workgroup, actor=who.name)
        return sharing.list_recipients(session, visible.dataset)


@api.post(f"{_DATASET}/partners", status_code=HTTPStatus.CREATED)
def share_with_partner(service: Parts, who: Who, path: At, wish: PartnerRequest) -> list[Recipient]:
    """Let the holder of a key pair outside read copies of a dataset."""
    partner = Partner(wish.public_key, wish.label.strip(), wish.jurisdiction, wish.purpose)
    with service.database.writing() as session:
        dataset = require_custodian(session, who, path, Action.SHARE_DATASETS).dataset
        sharing.share_with_partner(session, service.custody, dataset, partner, actor=who.name)
        recipients = sharing.list_recipients(session, dataset)
        beside = files_beside(session, dataset)
    publish_beside(service.places.directory, *beside)
    return recipients


@api.delete(f"{_DATASET}/recipients/{{recipient}}")
def revoke_recipient(
    service: Parts,
    who: Who,
    path: At,
    recipient: Annotated[str, Path(max_length=MAX_RECIPIENT_CHARS)],
) -> Revocation:
    """Take a recipient's access away and begin a new epoch; say what has happened."""
    with service.database.writing() as session:
        dataset = require_custodian(session, who, path).dataset
        revocation = sharing.revoke_recipient(
            session, service.custody, dataset, recipient, actor=who.name
        )
        beside = files_beside(session, dataset)
    publish_beside(service.places.directory, *beside)
    return revocation


@api.post(f"{_DATASET}/epochs", status_code=HTTPStatus.CREATED)
def rotate_keys(service: Parts, who: Who, path: At) -> EpochAnswer:
    """Begin a new epoch for what is written from now on."""
    with service.database.writing() as session:
        dataset = require_custodian(session, who, path).dataset
        epoch = rotate_dataset(
            session, service.custody, dataset, actor=who.name, reason="asked for"
        )
        beside = files_beside(session, dataset)
    publish_beside(service.places.directory, *beside)
    return EpochAnswer(epoch=epoch)


@api.get(f"{_DATASET}/policy")
def read_policy(service: Parts, who: Who, path: At) -> DatasetPolicy:
    """Give what the owner allows; whoever may read the dataset may know."""
    with service.database.reading() as session:
        return policy_of(require_visible(session, who, path).dataset)


@api.put(f"{_DATASET}/policy")
def change_policy(service: Parts, who: Who, path: At, policy: CheckedPolicy) -> DatasetPolicy:
    """Replace what the owner allows."""
    with service.database.writing() as session:
        dataset = require_led(session, who, path).dataset
        place = service.places.require(dataset.place)
        set_policy(session, dataset, policy, place, actor=who.name)
    return policy
