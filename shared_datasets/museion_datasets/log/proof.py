"""Verifying the proofs of a Merkle tree; whoever made them is not trusted.

The two algorithms are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2, for the trees of
RFC 6962. Each either returns or raises; none returns False.
"""

import hmac
from collections.abc import Sequence
from typing import Final

from museion_datasets.errors import HistoryError
from museion_datasets.log.tree import EMPTY_ROOT, HASH_BYTES, MAX_TREE_SIZE, TreeHead, node_hash

MAX_PROOF_HASHES: Final = 2 * MAX_TREE_SIZE.bit_length()
_HINT: Final = "keep what you hold of the log, and compare it with another member's"


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Require that a leaf is part of a tree.

    Parameters
    ----------
    leaf : bytes
        The leaf's hash.
    index : int
        Its place, counted from 0.
    size : int
        Leaves of the tree.
    proof : sequence of bytes
        Audit path, from the leaf's sibling up.
    root : bytes
        The tree's root, from a checkpoint whose signatures were verified.

    Raises
    ------
    HistoryError
        If the proof does not lead from the leaf to the root.
    """
    message = f"The log does not prove that it holds entry: {index}"
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise HistoryError(message, hint=_HINT)
    _require_hashes([leaf, root, *proof], message)
    place, last, hash_ = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise HistoryError(message, hint=_HINT)
        if place & 1 or place == last:
            hash_ = node_hash(sibling, hash_)
            place, last = _up_to_left_turn(place, last)
        else:
            hash_ = node_hash(hash_, sibling)
        place, last = place >> 1, last >> 1
    _require(last == 0 and hmac.compare_digest(hash_, root), message)


def verify_consistency(old: TreeHead, new: TreeHead, proof: Sequence[bytes]) -> None:
    """Require that an older tree is the beginning of a newer one.

    Parameters
    ----------
    old : TreeHead
        What was kept.
    new : TreeHead
        What is claimed now.
    proof : sequence of bytes
        What shows that nothing was changed between the two.

    Raises
    ------
    HistoryError
        If history was rewritten, cut off or forked, or the proof is no proof.
    """
    if new.size < old.size:
        message = f"The log has lost entries: it had {old.size} and shows {new.size}"
        raise HistoryError(message, hint=_HINT)
    message = f"The log's history was rewritten or forked within its first {old.size} entries"
    _require(old.size >= 0 and new.size <= MAX_TREE_SIZE, message)
    _require_hashes([old.root, new.root, *proof], message)
    if old.size in {0, new.size}:
        expected = EMPTY_ROOT if old.size == 0 else new.root
        _require(not proof and hmac.compare_digest(old.root, expected), message)
        return
    is_power_of_two = old.size & (old.size - 1) == 0
    path = [old.root, *proof] if is_power_of_two else list(proof)
    old_root, new_root = _fold(old.size, new.size, path, message)
    is_same = hmac.compare_digest(old_root, old.root) & hmac.compare_digest(new_root, new.root)
    _require(is_same, message)


def _fold(old: int, new: int, path: list[bytes], message: str) -> tuple[bytes, bytes]:
    _require(bool(path), message)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_root = new_root = path[0]
    for hash_ in path[1:]:
        _require(last != 0, message)
        if place & 1 or place == last:
            old_root, new_root = node_hash(hash_, old_root), node_hash(hash_, new_root)
            place, last = _up_to_left_turn(place, last)
        else:
            new_root = node_hash(new_root, hash_)
        place, last = place >> 1, last >> 1
    _require(last == 0, message)
    return old_root, new_root


def _up_to_left_turn(place: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the path has no sibling to its right."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _require_hashes(hashes: Sequence[bytes], message: str) -> None:
    is_fit = len(hashes) <= MAX_PROOF_HASHES + 2 and all(len(one) == HASH_BYTES for one in hashes)
    _require(is_fit, message)


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - the one claim it checks
    if not condition:
        raise HistoryError(message, hint=_HINT)
