"""What a process of a cluster gets: the keys and heads that the cluster was granted.

Each time the grant is looked for and held against what is right at this moment. For reading, a
process gets the keys of the epochs up to the one under which the granted version was written;
for writing, the newest epoch's alone. What no grant covers looks as if it did not exist.
"""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from museion_datasets.model import DatasetPath, Head
from museion_datasets.place import Place
from museion_hub.custody import Custody
from museion_hub.registry.acting import principal_in
from museion_hub.registry.catalogue import Visible
from museion_hub.registry.cluster_grants import Use, require_place, require_usable
from museion_hub.registry.cluster_tables import Cluster, ClusterGrant
from museion_hub.registry.clusters import about, require_use
from museion_hub.registry.epochs import newest_epoch, require_keys
from museion_hub.registry.errors import NotFoundError, ReadOnlyError, RefusedError
from museion_hub.registry.opening import (
    Handout,
    Keys,
    OpenedDataset,
    OpenWish,
    record_vend,
    seal_to,
)
from museion_hub.registry.places import Places
from museion_hub.registry.tables import Dataset, DatasetVersion, GrantMode


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a process asks a grant to be exchanged for."""

    path: DatasetPath
    mode: GrantMode = GrantMode.READ
    purpose: str | None = None
    version: int | None = None

    def fits(self, grant: ClusterGrant) -> bool:
        """Tell whether a grant is for this."""
        is_purpose = self.purpose is None or grant.purpose == self.purpose
        is_version = self.version is None or grant.covers(self.version)
        return grant.mode is self.mode and is_purpose and is_version


def open_granted(
    session: Session,
    custody: Custody,
    cluster: Cluster,
    path: DatasetPath,
    wish: OpenWish,
    places: Places,
) -> OpenedDataset:
    """Vend keys to a process of a cluster by one of its grants, and write that down.

    Raises
    ------
    NotFoundError
        If no grant covers this, or the account may not read the dataset any more.
    RefusedError
        If the policy does not allow it now.
    ConflictError
        If the workgroup is not in use any more.
    InvalidError
        If the public key is none.
    """
    exchange = Exchange(path, wish.mode, wish.purpose, wish.version)
    grant, visible = _require_granted(session, cluster, exchange, places)
    handout = _handout(session, visible, wish.mode, places)
    opened = seal_to(custody, handout, wish.public_key)
    said = {"purpose": grant.purpose, "cluster": cluster.name, "place": cluster.place}
    record_vend(session, cluster.account, visible, opened, said)
    return opened


def read_granted_head(
    session: Session, cluster: Cluster, path: DatasetPath, number: int, places: Places
) -> Head:
    """Give the head of a version that a cluster may read.

    Raises
    ------
    NotFoundError
        If no grant covers it, or there is none.
    """
    exchange = Exchange(path, version=number)
    _, visible = _require_granted(session, cluster, exchange, places)
    return Head.from_json(_head_of(visible))


def _require_granted(
    session: Session, cluster: Cluster, exchange: Exchange, places: Places
) -> tuple[ClusterGrant, Visible]:
    """Give a grant that holds now, and the dataset with the version that is to be read.

    Raises
    ------
    NotFoundError
        If no grant covers this, or there is no such version.
    RefusedError, ReadOnlyError
        If one does, and does not hold now.
    """
    principal = principal_in(session, cluster.account)
    require_use(session, principal, about(cluster))
    place = require_place(places, cluster)
    refusal: RefusedError | ReadOnlyError | None = None
    for grant in _grants_for(session, cluster, exchange):
        try:
            use = Use(grant.mode, grant.purpose, place)
            visible = require_usable(session, principal, exchange.path, use)
        except (RefusedError, ReadOnlyError) as error:
            refusal = error
            continue
        return grant, _at_version(session, visible, grant, exchange)
    raise refusal or NotFoundError(subject=str(exchange.path), reason="no grant")


def _grants_for(session: Session, cluster: Cluster, exchange: Exchange) -> list[ClusterGrant]:
    """List the grants that cover an exchange, those to the newest versions first."""
    rows = session.scalars(
        select(ClusterGrant)
        .join(Dataset, Dataset.id == ClusterGrant.dataset)
        .where(
            ClusterGrant.cluster == cluster.id,
            ClusterGrant.revoked.is_(None),
            Dataset.workgroup == exchange.path.workgroup,
            Dataset.name == exchange.path.name,
        )
    )
    found = [row for row in rows if exchange.fits(row)]
    return sorted(found, key=lambda row: -(row.last_version or float("inf")))


def _at_version(
    session: Session, visible: Visible, grant: ClusterGrant, exchange: Exchange
) -> Visible:
    if exchange.mode is GrantMode.WRITE:
        return replace(visible, newest=None)
    newest = visible.newest.version if visible.newest else 0
    number = exchange.version or min(grant.last_version or newest, newest)
    version = session.get(DatasetVersion, (visible.dataset.id, number))
    if version is None:
        raise NotFoundError(subject=visible.path, reason="missing version")
    return replace(visible, newest=version)


def _handout(session: Session, visible: Visible, mode: GrantMode, places: Places) -> Handout:
    dataset = visible.dataset
    is_writer = mode is GrantMode.WRITE
    keys = require_keys(session, dataset.id, visible.reader)
    if is_writer:
        newest = newest_epoch(session, dataset.id)
        chosen: Keys = [pair for pair in keys if pair[0].epoch == newest]
    else:
        last = Head.from_json(_head_of(visible)).epoch
        chosen = [pair for pair in keys if pair[0].epoch <= last]
    place = places.require(dataset.place)
    return Handout(
        visible, place, chosen, _credentials(places, place, visible, is_writer=is_writer)
    )


def _credentials(
    places: Places, place: Place, visible: Visible, *, is_writer: bool
) -> bytes | None:
    # Where a deployment has keys for writing alone, the workspace reads with them too.
    has_none = place.name not in places.readers and visible.is_writable
    return places.credentials(place, is_writer=is_writer or has_none, subject=visible.path)


def _head_of(visible: Visible) -> dict[str, object]:
    return visible.newest.head if visible.newest else {}
