"""Following a log that is not trusted: consistency and inclusion from its tiles.

How bytes come is the caller's: a `Fetch` takes an address below the log's and gives what is
there. Whatever it gives, a tile that lies makes a proof that fails. Only tiles that the signed
checkpoint calls for are asked for, each once.
"""

from collections.abc import Callable
from typing import Final

from museion_datasets.errors import HistoryError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.proof import verify_consistency, verify_inclusion
from museion_datasets.log.tiles import (
    MAX_BUNDLE_BYTES,
    MAX_TILE_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    split_bundle,
    split_hashes,
    tile_at,
)
from museion_datasets.log.tree import (
    Frontier,
    TreeHead,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
)

MAX_AGE_S: Final = 24 * 3600

type Fetch = Callable[[str, int], bytes]
"""Takes an address such as ``tile/0/000`` and the most bytes that may be there."""


class TileReader:
    """A `NodeReader` over the tiles of a tree of one size.

    Parameters
    ----------
    fetch : Fetch
        Gives a tile.
    size : int
        Of the tree, from a verified checkpoint.
    """

    __slots__ = ("_fetch", "_size", "_tiles")

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._tiles: dict[Tile, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Give the hash of a complete subtree."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index << height, TILE_WIDTH)
        hashes = self._tile(tile_at(tile_level, tile_index, self._size))
        row = hashes[place : place + (1 << height)]
        while len(row) > 1:
            row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    def _tile(self, tile: Tile) -> list[bytes]:
        if tile not in self._tiles:
            content = self._fetch(tile.path, MAX_TILE_BYTES)
            self._tiles[tile] = split_hashes(tile, content)
        return self._tiles[tile]


def require_progress(kept: Checkpoint, newest: Checkpoint, fetch: Fetch) -> None:
    """Require that the newest checkpoint continues a kept one: one's own, or another member's.

    Parameters
    ----------
    kept, newest : Checkpoint
        From `open_checkpoint`.
    fetch : Fetch
        Gives tiles of the log.

    Raises
    ------
    HistoryError
        If the log has become shorter, was rewritten or forked, or gives no proof.
    """
    old, new = kept.head, newest.head
    if kept.origin != newest.origin:
        raise HistoryError(
            f"The two checkpoints are of different logs: {kept.origin} and {newest.origin}",
            hint="compare checkpoints of one and the same hub",
        )
    if new.size < old.size:
        raise HistoryError(
            f"The log has lost entries: it had {old.size} and shows {new.size}",
            hint="ask the operator whether an older backup was restored, and keep your checkpoint",
        )
    if new.size == old.size and new.root != old.root:
        raise HistoryError(
            f"The log has forked: it signed two different histories of {old.size} entries",
            hint="keep both checkpoints: together they prove it",
        )
    proof = prove_consistency(old.size, new.size, TileReader(fetch, new.size))
    verify_consistency(old, new, proof)


def require_recent(time_s: int | None, now_s: float, max_age_s: float = MAX_AGE_S) -> None:
    """Require that a log did not freeze: that it signed its newest checkpoint lately.

    Raises
    ------
    HistoryError
        If it is older than `max_age_s` seconds, or states no time.
    """
    if time_s is None or now_s - time_s > max_age_s:
        age = "unknown" if time_s is None else f"{(now_s - time_s) / 3600:.0f} h"
        raise HistoryError(
            f"The log shows an old checkpoint as its newest, age: {age}",
            hint="check this machine's clock, then ask the operator why the log stands still",
        )


def require_entry(entry: bytes, index: int, head: TreeHead, fetch: Fetch) -> None:
    """Require that an entry is part of the log.

    Parameters
    ----------
    entry : bytes
        As published; see `event.entry_of`.
    index : int
        Its place, counted from 0.
    head : TreeHead
        From a verified checkpoint.
    fetch : Fetch
        Gives tiles of the log.

    Raises
    ------
    HistoryError
        If it is not.
    """
    if not 0 <= index < head.size:
        raise HistoryError(
            f"The log has no entry: {index}", hint=f"it has {head.size}, counted from 0"
        )
    proof = prove_inclusion(index, head.size, TileReader(fetch, head.size))
    verify_inclusion(leaf_hash(entry), index, head.size, proof, head.root)


def require_all_entries(head: TreeHead, fetch: Fetch) -> None:
    """Require that the entries the log serves are exactly those of a tree: what a mirror checks.

    Raises
    ------
    HistoryError
        If an entry is missing or altered.
    """
    frontier = Frontier()
    while frontier.size < head.size:
        width = min(TILE_WIDTH, head.size - frontier.size)
        bundle = Tile(None, frontier.size // TILE_WIDTH, width)
        for entry in split_bundle(bundle, fetch(bundle.path, MAX_BUNDLE_BYTES)):
            frontier.append(leaf_hash(entry))
    if frontier.head != head:
        raise HistoryError(
            f"The log's entries are not those of its checkpoint of {head.size} entries",
            hint="keep your checkpoint, and tell the operator",
        )
