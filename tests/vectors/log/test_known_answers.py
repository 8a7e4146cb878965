"""Answers that others have published for the same formats.

The leaves and roots are those of the reference tests of Certificate Transparency (RFC 6962),
which most implementations repeat, for example `testonly/constants.go` of
github.com/transparency-dev/merkle. The notes are the examples in the texts of C2SP signed-note
v1.0.0, tlog-checkpoint v1.0.0 and tlog-cosignature v1.0.1 (c2sp.org).
"""

import pytest

from museion_datasets.errors import HistoryError
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.keys import Verifier
from museion_datasets.log.note import Note
from museion_datasets.log.tree import EMPTY_ROOT, Frontier, leaf_hash

ENTRIES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
    "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_roots_are_the_published_ones() -> None:
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")
    frontier = Frontier()
    for entry, root in zip(ENTRIES, ROOTS, strict=True):
        frontier.append(leaf_hash(bytes.fromhex(entry)))
        assert frontier.head.root.hex() == root


def test_published_key_verifies_the_published_note() -> None:
    verifier, note = Verifier.parse(KEY), Note.parse(NOTE)
    (line,) = note.signatures
    assert line.is_of(verifier)
    assert (str(verifier), str(note)) == (KEY, NOTE)
    verifier.require_signed(note.text.encode(), line.signature)
    with pytest.raises(HistoryError):
        verifier.require_signed(note.text.upper().encode(), line.signature)


def test_published_checkpoint_is_read_and_written_again() -> None:
    note = Note.parse(CHECKPOINT)
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.head.size) == ("example.com/behind-the-sofa", 20852163)
    assert str(checkpoint) == note.text
    assert str(note) == CHECKPOINT
    witness = note.signatures[1]
    # The time that the specification states beside it.
    assert int.from_bytes(witness.signature[:8]) == 1679315147
    assert len(witness.signature) == 8 + 64
