"""From an event of the log to the sentence that a workgroup's page shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from museion_datasets.log.event import Event
from museion_hub.audit.events import EventName
from museion_hub.registry import names

type Detail = Mapping[str, object]
type Phrase = str | Callable[[str, Detail], str]

_REFUSALS: Final = frozenset({EventName.KEY_REFUSED, EventName.ACCESS_REFUSED})


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event: who, did what, when."""

    index: int
    actor: str
    text: str
    time: datetime
    is_refusal: bool


def event_line(event: Event, people: Mapping[str, str]) -> EventLine:
    """Return what a page shows of an event.

    Parameters
    ----------
    event : Event
        As the log gives it.
    people : mapping of str to str
        Username → name; who is not in it appears by username.
    """
    said, actor = str(event["event"]), str(event["actor"] or "")
    detail = event["detail"]
    _, _, about = str(event["subject"] or "").partition("/")
    text = _text(said, people.get(about, about), detail if isinstance(detail, Mapping) else {})
    return EventLine(
        index=int(str(event["index"])),
        actor="The workspace" if names.find_slug(actor) else people.get(actor, actor),
        text=text,
        time=datetime.fromisoformat(str(event["time"])),
        is_refusal=said in _REFUSALS,
    )


def _text(event: str, about: str, detail: Detail) -> str:
    unknown = f"{event.replace('.', ': ').replace('-', ' ')} {{about}}"
    phrase = _PHRASES.get(event, unknown)
    said = phrase(about, detail) if callable(phrase) else phrase.replace("{about}", about)
    return said.strip()


def _membership(about: str, detail: Detail) -> str:
    before, after = detail.get("before"), detail.get("after")
    if before is None:
        return f"made {about} a {after}"
    if after is None:
        return f"ended the membership of {about}, a {before}"
    return f"changed the role of {about} from {before} to {after}"


def _opened(_about: str, detail: Detail) -> str:
    return f"opened the workspace as {detail.get('as', 'member')}"


def _described(_about: str, detail: Detail) -> str:
    return f"changed its {str(detail.get('changed', 'settings')).replace('is_listed', 'listing')}"


def _mailed(_about: str, detail: Detail) -> str:
    return "mailed an invitation" if detail.get("is_sent") else "could not mail an invitation"


def _versioned(verb: str) -> Callable[[str, Detail], str]:
    return lambda about, detail: f"{verb} version {detail.get('version', '')} of {about}"


def _shared(verb: str, joint: str) -> Callable[[str, Detail], str]:
    def phrase(about: str, detail: Detail) -> str:
        return (
            f"{verb} {about} {joint} {detail.get('label') or detail.get('recipient') or 'others'}"
        )

    return phrase


def _published(verb: str) -> Callable[[str, Detail], str]:
    def say(_about: str, detail: Detail) -> str:
        by = f" for {detail['by']}" if detail.get("by") else ""
        return f"{verb} {detail.get('path', '')}{by}"

    return say


def _refused(_about: str, detail: Detail) -> str:
    action = str(detail.get("action", "something")).replace("_", " ")
    return f"was refused: {action}"


def _at(detail: Detail) -> str:
    return f" at {detail['place']}" if detail.get("place") else ""


def _cluster_started(_about: str, detail: Detail) -> str:
    verb = "started" if detail.get("is_new") else "took up again"
    return f"{verb} the cluster {detail.get('cluster', '')}{_at(detail)}"


def _cluster_ended(_about: str, detail: Detail) -> str:
    cluster, reason = detail.get("cluster", ""), detail.get("reason")
    if reason == "expired":
        return f"gave up the cluster {cluster}, which no longer answered"
    return f"{reason or 'ended'} the cluster {cluster}"


def _granted(about: str, detail: Detail) -> str:
    verb = "write to" if detail.get("mode") == "write" else "read"
    return f"let a cluster {verb} {about}{_at(detail)}"


def _ungranted(about: str, detail: Detail) -> str:
    verb = "writing to" if detail.get("mode") == "write" else "reading"
    return f"kept the cluster {detail.get('cluster', '')} from {verb} {about}"


def _vended(about: str, detail: Detail) -> str:
    where = f"{_at(detail)}, in a cluster" if detail.get("cluster") else ""
    return f"opened the dataset {about}{where}"


def _key_refused(about: str, detail: Detail) -> str:
    is_cluster = detail.get("cluster") or detail.get("action") == "issue_grant"
    return f"was refused the keys of {about}{' in a cluster' if is_cluster else ''}"


_PHRASES: Final[Mapping[str, Phrase]] = MappingProxyType({
    EventName.WORKGROUP_CREATED: "made the workgroup",
    EventName.WORKGROUP_DESCRIBED: _described,
    EventName.WORKGROUP_APPROVED: "approved the workgroup",
    EventName.WORKGROUP_DECLINED: "declined the workgroup",
    EventName.WORKGROUP_ARCHIVED: "archived the workgroup",
    EventName.WORKGROUP_RESTORED: "restored the workgroup",
    EventName.WORKGROUP_KEY_ROTATED: "turned the keys of the workgroup",
    EventName.MEMBERSHIP_CHANGED: _membership,
    EventName.INVITATION_CREATED: "made an invitation",
    EventName.INVITATION_MAILED: _mailed,
    EventName.INVITATION_ACCEPTED: "accepted an invitation",
    EventName.INVITATION_REVOKED: "revoked an invitation",
    EventName.JOIN_REQUESTED: "asked to join",
    EventName.JOIN_WITHDRAWN: "took the request to join back",
    EventName.JOIN_DECLINED: "declined the request of {about}",
    EventName.WORKSPACE_STARTED: "started the workspace",
    EventName.WORKSPACE_STOPPED: "stopped the workspace",
    EventName.WORKSPACE_OPENED: _opened,
    EventName.DOCUMENT_RESTORED: "restored an earlier state of a document",
    EventName.ACCESS_ENDED: "lost access; open tabs were stopped",
    EventName.SNAPSHOT_PUBLISHED: _published("published"),
    EventName.SNAPSHOT_WITHDRAWN: _published("withdrew"),
    EventName.DATASET_CREATED: "began the dataset {about}",
    EventName.DATASET_DISCARDED: "discarded the draft {about}",
    EventName.DATASET_SHARED: _shared("shared", "with"),
    EventName.DATASET_REVOKED: _shared("ended the share of", "with"),
    EventName.DATASET_KEY_ROTATED: "turned the keys of {about}",
    EventName.POLICY_CHANGED: "changed the policy of {about}",
    EventName.VERSION_COMMITTED: _versioned("saved"),
    EventName.VERSION_RELEASED: _versioned("released"),
    EventName.CLUSTER_REGISTERED: _cluster_started,
    EventName.CLUSTER_ENDED: _cluster_ended,
    EventName.GRANT_ISSUED: _granted,
    EventName.GRANT_REVOKED: _ungranted,
    EventName.KEY_VENDED: _vended,
    EventName.KEY_REFUSED: _key_refused,
    EventName.ACCESS_REFUSED: _refused,
})
