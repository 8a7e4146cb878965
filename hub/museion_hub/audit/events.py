"""Names of the events and the shape of their details."""

from collections.abc import Mapping
from enum import StrEnum

type Detail = Mapping[str, str | int | bool | None]


class EventName(StrEnum):
    """What can happen; the value is stored, so it never changes."""

    SIGNED_IN = "person.signed-in"
    SIGN_IN_FAILED = "person.sign-in-failed"
    SIGNED_OUT = "person.signed-out"
    PERSON_CREATED = "person.created"
    PERSON_CHANGED = "person.changed"
    PERSON_REMOVED = "person.removed"
    PASSWORD_CHANGED = "person.password-changed"  # noqa: S105 - the name of an event
    WORKGROUP_CREATED = "workgroup.created"
    WORKGROUP_DESCRIBED = "workgroup.described"
    WORKGROUP_APPROVED = "workgroup.approved"
    WORKGROUP_DECLINED = "workgroup.declined"
    WORKGROUP_ARCHIVED = "workgroup.archived"
    WORKGROUP_RESTORED = "workgroup.restored"
    MEMBERSHIP_CHANGED = "membership.changed"
    INVITATION_CREATED = "invitation.created"
    INVITATION_MAILED = "invitation.mailed"
    INVITATION_ACCEPTED = "invitation.accepted"
    INVITATION_REVOKED = "invitation.revoked"
    JOIN_REQUESTED = "join.requested"
    JOIN_WITHDRAWN = "join.withdrawn"
    JOIN_DECLINED = "join.declined"
    WORKSPACE_STARTED = "workspace.started"
    WORKSPACE_STOPPED = "workspace.stopped"
    WORKSPACE_OPENED = "workspace.opened"
    DOCUMENT_RESTORED = "document.restored"
    ACCESS_ENDED = "access.ended"
    SNAPSHOT_PUBLISHED = "snapshot.published"
    SNAPSHOT_WITHDRAWN = "snapshot.withdrawn"
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
