"""Names of the events and the shape of their details."""

from collections.abc import Mapping
from enum import StrEnum

type Detail = Mapping[str, str | int | bool | None]


class EventName(StrEnum):
    """What can happen; the value is stored, so it never changes."""

    SIGNED_IN = "person.signed-in"
    SIGN_IN_FAILED = "person.sign-in-failed"
    PERSON_CREATED = "person.created"
    PASSWORD_CHANGED = "person.password-changed"  # noqa: S105 - the name of an event
    WORKGROUP_CREATED = "workgroup.created"
    MEMBERSHIP_CHANGED = "membership.changed"
    DATASET_CREATED = "dataset.created"
    DATASET_DISCARDED = "dataset.discarded"
    DATASET_SHARED = "dataset.shared"
    VERSION_COMMITTED = "version.committed"
    VERSION_RELEASED = "version.released"
    SIGNER_CERTIFIED = "signer.certified"
    DATASET_REVOKED = "dataset.revoked"
    POLICY_CHANGED = "dataset.policy-changed"
    RECOVERY_ADOPTED = "recovery.adopted"
    DATASET_KEY_ROTATED = "dataset.key-rotated"
    WORKGROUP_KEY_ROTATED = "workgroup.key-rotated"
    KEY_VENDED = "key.vended"
    KEY_REFUSED = "key.refused"
    ACCESS_REFUSED = "access.refused"
