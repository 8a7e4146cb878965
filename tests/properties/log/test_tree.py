"""Proofs of the tree: complete for every size, and false for everything else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion_datasets.errors import HistoryError
from museion_datasets.log.follow import TileReader
from museion_datasets.log.proof import verify_consistency, verify_inclusion
from museion_datasets.log.tree import (
    Frontier,
    TreeHead,
    completed_nodes,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from tests.support.logs import SimulatedLog, reader_of

MAX_SIZE = 70
ENTRIES = [str(n).encode() for n in range(MAX_SIZE)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
READ = reader_of(LEAVES)


def mth(entries: list[bytes]) -> bytes:
    """Give the Merkle tree hash word for word as RFC 6962, section 2.1, defines it."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


HEADS = [TreeHead(size, mth(ENTRIES[:size])) for size in range(MAX_SIZE + 1)]
SIZES = st.integers(0, MAX_SIZE)
PAIRS = st.tuples(SIZES, SIZES).map(sorted).map(tuple)


def test_roots_are_those_of_the_definition_for_every_size() -> None:
    frontier = Frontier()
    for size, head in enumerate(HEADS):
        assert frontier.head == head
        assert root_of(size, READ) == head.root
        if size < MAX_SIZE:
            frontier.append(LEAVES[size])


@pytest.mark.parametrize("size", range(MAX_SIZE + 1))
def test_every_leaf_and_every_older_tree_is_proved(size: int) -> None:
    for index in range(size):
        path = prove_inclusion(index, size, READ)
        verify_inclusion(LEAVES[index], index, size, path, HEADS[size].root)
    for old in range(size + 1):
        verify_consistency(HEADS[old], HEADS[size], prove_consistency(old, size, READ))


def test_each_completed_subtree_is_given_once_and_right() -> None:
    given_: dict[tuple[int, int], bytes] = {}
    for index, leaf in enumerate(LEAVES):
        for node in completed_nodes(index, leaf, READ):
            assert (node.level, node.index) not in given_
            given_[node.level, node.index] = node.hash
    assert given_ == {
        (level, index): READ(level, index)
        for level in range(1, MAX_SIZE.bit_length())
        for index in range(MAX_SIZE >> level)
    }


@given(size=st.integers(1, MAX_SIZE), data=st.data())
def test_no_other_leaf_place_size_or_path_is_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = prove_inclusion(index, size, READ)
    other = data.draw(st.integers(0, MAX_SIZE - 1).filter(lambda n: n != index))
    root = HEADS[size].root
    forged = [
        (LEAVES[other], index, size, path, root),
        (LEAVES[index], other, size, path, root),
        (LEAVES[index], index, size, [*path, LEAVES[0]], root),
        (LEAVES[index], index, size, path, HEADS[size - 1].root),
    ]
    forged += [(LEAVES[index], index, size, path[:-1], root)] if path else []
    for claim in forged:
        with pytest.raises(HistoryError):
            verify_inclusion(*claim)


@given(sizes=PAIRS, data=st.data())
def test_changed_consistency_proof_is_refused(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, new = sizes
    proof = prove_consistency(old, new, READ)
    at = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    changes = [[*proof, LEAVES[0]]]
    if proof:
        changes += [proof[:-1], [*proof[:at], bytes(32), *proof[at + 1 :]], proof[::-1][1:]]
    for changed in changes:
        with pytest.raises(HistoryError):
            verify_consistency(HEADS[old], HEADS[new], changed)


@given(sizes=PAIRS, altered=st.integers(0, MAX_SIZE - 1))
def test_history_altered_before_the_kept_size_is_never_consistent(
    sizes: tuple[int, int], altered: int
) -> None:
    old, new = sizes
    leaves = [*LEAVES[:altered], leaf_hash(b"another"), *LEAVES[altered + 1 :]]
    read = reader_of(leaves)
    head = TreeHead(new, root_of(new, read))
    proof = prove_consistency(old, new, read)
    if altered < old:
        with pytest.raises(HistoryError):
            verify_consistency(HEADS[old], head, proof)
    else:
        verify_consistency(HEADS[old], head, proof)


@given(
    old=st.binary(min_size=0, max_size=40),
    new=st.binary(min_size=32, max_size=32),
    sizes=st.tuples(st.integers(-2, 2**65), st.integers(-2, 2**65)),
    proof=st.lists(st.binary(min_size=32, max_size=32) | st.binary(max_size=33), max_size=140),
)
def test_arbitrary_proofs_are_refused_in_one_way(
    old: bytes, new: bytes, sizes: tuple[int, int], proof: list[bytes]
) -> None:
    for verify in (
        lambda: verify_consistency(TreeHead(sizes[0], old), TreeHead(sizes[1], new), proof),
        lambda: verify_inclusion(new, sizes[0], sizes[1], proof, old),
    ):
        try:
            verify()
        except HistoryError:
            continue
        assert sizes[0] == sizes[1] or old == HEADS[0].root or old == new


LARGE = SimulatedLog()
LARGE.grow(70_000)
LARGE_LEAVES = [leaf_hash(entry) for entry in LARGE.entries]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_535, 65_536, 70_000])
def test_tiles_give_the_same_hashes_as_the_leaves(size: int) -> None:
    log = SimulatedLog(LARGE.entries[:size])
    frontier = Frontier()
    for leaf in LARGE_LEAVES[:size]:
        frontier.append(leaf)
    assert root_of(size, TileReader(log.fetch, size)) == frontier.head.root
    assert len(log.asked) == len(set(log.asked)) <= 3
