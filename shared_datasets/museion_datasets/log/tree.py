"""The Merkle tree of RFC 6962, section 2.1, over SHA-256: hashes, roots and proofs.

Nothing here stores anything. A tree is seen through a `NodeReader`, which gives the hash of a
complete subtree; roots and proofs of any size follow from those. `Frontier` is the other view: a
tree of which only the newest edge is kept, to which leaves are appended.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
MAX_TREE_SIZE: Final = 2**63 - 1
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

type NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree over leaves ``[n << level, (n + 1) << level)``."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A tree at one moment: how many leaves it has, and the hash over all of them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree over the leaves ``[index << level, (index + 1) << level)``."""

    level: int
    index: int
    hash: bytes


class Frontier:
    """A growing tree of which only the hashes needed for the next leaf are kept."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf's hash."""
        hash_, index = leaf, self.size
        while index & 1:
            hash_, index = node_hash(self._peaks.pop(), hash_), index >> 1
        self._peaks.append(hash_)
        self.size += 1

    @property
    def head(self) -> TreeHead:
        """The tree as it is now."""
        return TreeHead(self.size, _fold(self._peaks))


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a log entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbouring subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_nodes(index: int, leaf: bytes, read: NodeReader) -> Iterator[Node]:
    """Give the subtrees above the leaves that a new leaf completes, from the bottom.

    Parameters
    ----------
    index : int
        The new leaf's.
    leaf : bytes
        Its hash.
    read : NodeReader
        The tree before it; asked once for each subtree given.
    """
    node = Node(0, index, leaf)
    while node.index & 1:
        left = read(node.level, node.index - 1)
        node = Node(node.level + 1, node.index >> 1, node_hash(left, node.hash))
        yield node


def root_of(size: int, read: NodeReader) -> bytes:
    """Return the root over the first `size` leaves."""
    return _range_root(0, size, read)


def prove_inclusion(index: int, size: int, read: NodeReader) -> list[bytes]:
    """Make the audit path of a leaf, from its sibling up (RFC 6962, section 2.1.1).

    Parameters
    ----------
    index : int
        The leaf's, below `size`.
    size : int
        Of the tree in which it is proved.
    read : NodeReader
        A tree of at least that size.

    Raises
    ------
    ValueError
        If there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, read))
            end = middle
        else:
            proof.append(_range_root(start, middle, read))
            start = middle
    return proof[::-1]


def prove_consistency(old: int, new: int, read: NodeReader) -> list[bytes]:
    """Prove that a tree's first `old` leaves are those it had then (RFC 6962, section 2.1.2).

    Parameters
    ----------
    old : int
        Size of the older tree; at most `new`.
    new : int
        Size of the newer tree.
    read : NodeReader
        A tree of at least that size.

    Returns
    -------
    list of bytes
        Empty if the sizes are equal or the older tree is empty.

    Raises
    ------
    ValueError
        If the older tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no tree of {old} before one of {new}")
    proof: list[bytes] = []
    start, end = 0, new
    while 0 < old < end:
        middle = start + _largest_power_below(end - start)
        if old <= middle:
            proof.append(_range_root(middle, end, read))
            end = middle
        else:
            proof.append(_range_root(start, middle, read))
            start = middle
    if start:
        proof.append(_range_root(start, end, read))
    return proof[::-1]


def _range_root(start: int, end: int, read: NodeReader) -> bytes:
    """Return the hash over leaves that begin where a subtree begins that could hold them all."""
    return _fold([read(level, index) for level, index in _peaks_between(start, end)])


def _peaks_between(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _fold(peaks: list[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    *lefts, root = peaks
    for left in reversed(lefts):
        root = node_hash(left, root)
    return root


def _largest_power_below(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)
