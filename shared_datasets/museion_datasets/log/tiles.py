"""Tiles (C2SP tlog-tiles): a log's hashes and entries as files of at most 256 each.

A tile holds neighbouring hashes of one level out of eight; the levels between follow from them. A
bundle holds the entries beneath a tile of level 0. The last tile of a level is partial until it
is full, and its address says how wide it is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from museion_datasets.errors import HistoryError, InvalidError
from museion_datasets.log.tree import HASH_BYTES, MAX_TREE_SIZE

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
MAX_LEVEL: Final = 63
MAX_ENTRY_BYTES: Final = 0xFFFF
MAX_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
MAX_BUNDLE_BYTES: Final = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
_LENGTH_BYTES: Final = 2
_GROUP: Final = 1000
_ENTRIES: Final = "entries"
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile or bundle.

    Attributes
    ----------
    level : int or None
        In steps of eight levels of the tree; None for a bundle of entries.
    index : int
        Place within the level.
    width : int
        How many hashes or entries it holds, 1 to 256.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read an address below the log's.

        Raises
        ------
        InvalidError
            If no tile can have it.
        """
        match = _PATH.fullmatch(path)
        tile = match and cls(
            None if match["level"] == _ENTRIES else int(match["level"]),
            int(match["index"].replace("x", "").replace("/", "")),
            int(match["width"] or TILE_WIDTH),
        )
        # Written again, so that a tile has one address and no other.
        if not tile or tile.path != path or not tile.is_possible:
            raise InvalidError(
                f"Not the address of a tile: {path[:80]!r}", hint="see C2SP tlog-tiles"
            )
        return tile

    @property
    def is_possible(self) -> bool:
        """Whether a log could ever have it."""
        is_small = self.index * TILE_WIDTH <= MAX_TREE_SIZE and 1 <= self.width <= TILE_WIDTH
        return is_small and (self.level is None or self.level <= MAX_LEVEL)

    @property
    def path(self) -> str:
        """The address below the log's."""
        index, groups = self.index, [f"{self.index % _GROUP:03d}"]
        while index >= _GROUP:
            index //= _GROUP
            groups.insert(0, f"x{index % _GROUP:03d}")
        level = _ENTRIES if self.level is None else str(self.level)
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{level}/{'/'.join(groups)}{partial}"


def tile_at(level: int, index: int, size: int) -> Tile:
    """Give the tile that a tree of this size has at a place.

    Parameters
    ----------
    level : int
        In steps of eight.
    index : int
        Place within the level.
    size : int
        Of the tree, from a verified checkpoint.

    Raises
    ------
    ValueError
        If the tree has none there.
    """
    hashes = (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH
    if hashes < 1 or not 0 <= index <= MAX_TREE_SIZE:
        raise ValueError(f"no tile {level}/{index} in a tree of {size}")
    return Tile(level, index, min(hashes, TILE_WIDTH))


def split_hashes(tile: Tile, content: bytes) -> list[bytes]:
    """Take a tile apart.

    Raises
    ------
    HistoryError
        If it has not as many hashes as its address says.
    """
    if len(content) != tile.width * HASH_BYTES:
        raise HistoryError(
            f"The log serves a tile of the wrong size: {tile.path} ({len(content)} bytes)",
            hint="try again; if it stays so, tell whoever runs the log",
        )
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Join entries, each after its length in two bytes."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries)


def split_bundle(tile: Tile, content: bytes) -> list[bytes]:
    """Take a bundle apart.

    Raises
    ------
    HistoryError
        If it has not as many whole entries as its address says.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(content) and len(entries) <= tile.width:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(content[at:start])
        entries.append(content[start:at])
    if at != len(content) or len(entries) != tile.width:
        raise HistoryError(
            f"The log serves a damaged bundle of entries: {tile.path}",
            hint="try again; if it stays so, tell whoever runs the log",
        )
    return entries
