"""Notebooks as a workgroup publishes them to its guests: rendered pages without a server.

A snapshot belongs to a notebook's path: publishing again replaces the page at the same address, the
old one is gone. Pages are kept sealed under the root key and are opened for the workgroup's people
alone. Who publishes is named by the workspace's server, which knows whom the hub has let in; a
person's own token can name nobody else.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from museion_hub import audit
from museion_hub.custody import Custody
from museion_hub.registry.access import Principal, PrincipalKind
from museion_hub.registry.errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from museion_hub.registry.permissions import Action
from museion_hub.registry.standing import require_action
from museion_hub.registry.tables import Membership, Person, Role
from museion_hub.registry.texts import require_line
from museion_hub.registry.workgroup_tables import Snapshot

MAX_PAGE_BYTES: Final = 10_000_000
MAX_SNAPSHOTS: Final = 200
MAX_TOTAL_BYTES: Final = 500_000_000
MAX_PATH_CHARS: Final = 400
MAX_TITLE_CHARS: Final = 200
BYTES_PER_MB: Final = 1e6
ID_BYTES: Final = 16


class PageTooLargeError(TooLargeError):
    """A page that is larger than any may be."""

    def __init__(self, size_bytes: int) -> None:
        size, limit = size_bytes / BYTES_PER_MB, MAX_PAGE_BYTES / BYTES_PER_MB
        super().__init__(
            f"The notebook's page is too large: {size:.1f} MB, at most {limit:.0f} MB",
            hint="save its pictures smaller, or clear outputs that guests don't need",
        )


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A published notebook in the workgroup's list."""

    id: str
    path: str
    title: str
    published: datetime
    published_by: str
    publisher: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A page to publish, already harmless, and whose work it is."""

    path: str
    title: str
    html: str
    author: str | None = None


def list_snapshots(session: Session, principal: Principal, slug: str) -> list[SnapshotView]:
    """List what a workgroup has published, newest first."""
    require_action(session, principal, slug, Action.LIST_SNAPSHOTS)
    rows = session.execute(
        select(Snapshot, Person.display_name)
        .outerjoin(Person, Person.username == Snapshot.published_by)
        .where(Snapshot.workgroup == slug)
        .order_by(Snapshot.published.desc(), Snapshot.id)
    )
    return [_view(snapshot, name) for snapshot, name in rows]


def require_author(
    session: Session,
    principal: Principal,
    slug: str,
    author: str | None,
    action: Action = Action.PUBLISH_SNAPSHOT,
) -> str:
    """Give the name of who publishes or withdraws in a workgroup.

    Parameters
    ----------
    session : Session
        The one that acts.
    principal : Principal
        Whose token it is.
    slug : str
        The workgroup.
    author : str or None
        Whom the token's holder names; only the workgroup's own account can name another.
    action : Action
        What is to be done.

    Raises
    ------
    InvalidError
        If the person who is named does not work in the workgroup.
    """
    require_action(session, principal, slug, action, subject=_subject(slug))
    if author is None or author == principal.name:
        return principal.name
    membership = session.get(Membership, (author, slug))
    is_working = membership is not None and membership.role is not Role.GUEST
    if principal.kind is not PrincipalKind.WORKGROUP or not is_working:
        raise InvalidError(
            f"This person can't do that here: {author[:64]!r}",
            hint="act in your own name, as a member of the workgroup",
        )
    return author


def publish(
    session: Session, custody: Custody, principal: Principal, slug: str, new: Publication
) -> SnapshotView:
    """Publish a page, or replace the one of the same notebook.

    Raises
    ------
    PageTooLargeError
        If the page is too large.
    """
    author = require_author(session, principal, slug, new.author)
    path, title = require_path(new.path), require_line(new.title, "title", limit=MAX_TITLE_CHARS)
    page = new.html.encode("utf-8", "replace")
    if len(page) > MAX_PAGE_BYTES:
        raise PageTooLargeError(len(page))
    found = select(Snapshot).where(Snapshot.workgroup == slug, Snapshot.path == path)
    old = session.scalars(found).one_or_none()
    _require_room(session, slug, old, len(page))
    snapshot = old or Snapshot(id=secrets.token_hex(ID_BYTES), workgroup=slug, path=path)
    snapshot.title = title
    snapshot.sealed = custody.seal_snapshot(slug, snapshot.id, page)
    snapshot.size_bytes = len(page)
    snapshot.published = datetime.now(UTC)
    snapshot.published_by = author
    session.add(snapshot)
    session.flush()
    _record(session, audit.EventName.SNAPSHOT_PUBLISHED, principal, snapshot, by=author)
    return _view(snapshot, _name_of(session, author))


def withdraw(
    session: Session,
    principal: Principal,
    slug: str,
    snapshot_id: str,
    *,
    author: str | None = None,
) -> None:
    """Take a published page away; nothing of it stays."""
    by = require_author(session, principal, slug, author, Action.WITHDRAW_SNAPSHOT)
    snapshot = _require(session, slug, snapshot_id)
    _record(session, audit.EventName.SNAPSHOT_WITHDRAWN, principal, snapshot, by=by)
    session.delete(snapshot)


def read_snapshot(
    session: Session, custody: Custody, principal: Principal, slug: str, snapshot_id: str
) -> tuple[SnapshotView, str]:
    """Give a published page to one of the workgroup's people."""
    require_action(session, principal, slug, Action.READ_SNAPSHOT, subject=_subject(slug))
    snapshot = _require(session, slug, snapshot_id)
    page = custody.open_snapshot(slug, snapshot.id, snapshot.sealed).decode()
    return _view(snapshot, _name_of(session, snapshot.published_by)), page


def require_path(path: str) -> str:
    """Give a notebook's path in the workspace.

    Raises
    ------
    InvalidError
        If it is none.
    """
    line = require_line(path, "path of a notebook", limit=MAX_PATH_CHARS)
    if line.startswith("/") or "\\" in line or not {"", ".", ".."}.isdisjoint(line.split("/")):
        raise InvalidError(
            f"Not a path of a notebook: {line[:80]!r}", hint="as in maps/panel.ipynb"
        )
    return line


def _require(session: Session, slug: str, snapshot_id: str) -> Snapshot:
    snapshot = session.get(Snapshot, snapshot_id)
    if snapshot is None or snapshot.workgroup != slug:
        raise NotFoundError(subject=_subject(slug), reason="missing")
    return snapshot


def _require_room(session: Session, slug: str, old: Snapshot | None, size_bytes: int) -> None:
    used = select(func.count(), func.coalesce(func.sum(Snapshot.size_bytes), 0))
    count, total = session.execute(used.where(Snapshot.workgroup == slug)).one()
    grows_by = size_bytes - (old.size_bytes if old else 0)
    if (old is None and count >= MAX_SNAPSHOTS) or int(total) + grows_by > MAX_TOTAL_BYTES:
        raise ConflictError(
            f"The workgroup has published as much as it may: {count} notebooks, "
            f"{int(total) / BYTES_PER_MB:.0f} MB",
            hint="withdraw one that is no longer needed, then publish again",
        )


def _record(
    session: Session,
    event: audit.EventName,
    principal: Principal,
    snapshot: Snapshot,
    *,
    by: str,
) -> None:
    audit.record(
        session,
        event,
        actor=principal.name,
        subject=_subject(snapshot.workgroup),
        detail={"snapshot": snapshot.id, "path": snapshot.path}
        | ({} if by == principal.name else {"by": by}),
    )


def _name_of(session: Session, username: str) -> str | None:
    person = session.get(Person, username)
    return None if person is None else person.display_name


def _subject(slug: str) -> str:
    return f"{slug[:40]}/snapshots"


def _view(snapshot: Snapshot, publisher: str | None) -> SnapshotView:
    return SnapshotView(
        id=snapshot.id,
        path=snapshot.path,
        title=snapshot.title,
        published=snapshot.published,
        published_by=snapshot.published_by,
        publisher=publisher or snapshot.published_by,
        size_bytes=snapshot.size_bytes,
    )
