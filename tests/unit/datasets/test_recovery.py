"""Shares, recovery files and partners' keys: what opens a copied directory, and what does not."""

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from museion_datasets.envelope import (
    KeyPair,
    generate_data_key,
    generate_keypair,
    seal,
    wrap_info,
)
from museion_datasets.errors import (
    ConflictError,
    IntegrityError,
    InvalidError,
    KeyUnavailableError,
    NotFoundError,
    PolicyError,
)
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.keyfiles import KeyFile
from museion_datasets.recipients.outside import open_copy, open_recovery
from museion_datasets.recipients.recipient import (
    Partner,
    decode_private_key,
    decode_public_key,
    encode_private_key,
    encode_public_key,
)
from museion_datasets.recipients.recovery import RecoveryFile
from museion_datasets.recipients.shares import Share, combine, create_recovery
from tests.support.datasets import PANEL, begin_panel, dataset_folder, make_cube, make_library

FILE, SHARES = create_recovery("Museum of Fine Arts", shares=5, threshold=3)
CUBE = make_cube()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = make_library(tmp_path / "home")
    (tmp_path / "home" / "recovery.json").write_bytes(FILE.encode())
    with begin_panel(library) as draft:
        draft.put_array("vnir", CUBE)
    return library


def copy_of(library: Library, tmp_path: Path) -> Path:
    """Keep nothing but a copy of the dataset's directory."""
    copy = tmp_path / "copy"
    shutil.copytree(dataset_folder(tmp_path / "home", library), copy)
    shutil.rmtree(tmp_path / "home")
    return copy


def share(library: Library) -> KeyPair:
    pair = generate_keypair()
    library.share(PANEL, Partner(pair.public, "Getty"))
    return pair


@pytest.mark.parametrize("held", list(itertools.combinations(range(5), 3)), ids=str)
def test_any_three_of_five_shares_open_the_recovery_key(held: tuple[int, ...]) -> None:
    pair = FILE.open(combine(SHARES[number] for number in held))
    assert pair.public == FILE.public


def test_two_shares_or_one_given_twice_are_too_few() -> None:
    for held in (SHARES[:2], [SHARES[0], SHARES[1], SHARES[1]]):
        with pytest.raises(KeyUnavailableError, match="Too few shares: 2 of 3"):
            combine(held)


def test_shares_of_two_keys_do_not_mix() -> None:
    _, others = create_recovery("Another", shares=5, threshold=3)
    with pytest.raises(KeyUnavailableError, match="different recovery keys"):
        combine([*SHARES[:2], others[2]])
    with pytest.raises(KeyUnavailableError, match="do not open the recovery key"):
        FILE.open(combine(others[:3]))


def test_share_is_read_as_people_type_it() -> None:
    text = SHARES[0].encode()
    typed = (text.lower(), text.replace("-", " "), text.replace("0", "O").replace("1", "l"))
    assert {Share.decode(each) for each in typed} == {SHARES[0]}
    assert set(map(len, text.split("-"))) <= {5, 4}


@pytest.mark.parametrize("place", range(0, 52, 3))
def test_one_wrong_letter_in_a_share_is_found(place: int) -> None:
    text = SHARES[0].encode()
    if text[place] == "-":
        return
    wrong = text[:place] + ("7" if text[place] != "7" else "8") + text[place + 1 :]
    with pytest.raises(InvalidError, match="A share has a wrong letter"):
        Share.decode(wrong)


def test_share_shows_its_secret_only_when_printed() -> None:
    assert SHARES[0].secret.hex() not in repr(SHARES[0])
    assert repr(SHARES[0].secret) not in repr(SHARES[0])


@pytest.mark.parametrize(("shares", "threshold"), [(5, 1), (2, 3), (300, 3)])
def test_senseless_number_of_shares_is_refused(shares: int, threshold: int) -> None:
    with pytest.raises((InvalidError, ValueError), match=r"Not a recovery key"):
        create_recovery("Museum", shares=shares, threshold=threshold)


@pytest.mark.parametrize("spoil", [b"", b"{}", b"[1]", FILE.encode()[:-9], b"\xff"])
def test_damaged_recovery_file_is_refused(spoil: bytes) -> None:
    with pytest.raises(InvalidError, match="Not a recovery file"):
        RecoveryFile.decode(spoil)


def test_copied_directory_and_three_shares_give_the_bytes_back(
    library: Library, tmp_path: Path
) -> None:
    library.rotate(PANEL)
    with library.draft(PANEL) as draft:
        draft.write_bytes("files/note.txt", b"after the rotation")
    copy = copy_of(library, tmp_path)
    dataset = open_copy(copy, open_recovery(copy, SHARES[2:]))
    assert dataset.read_bytes("files/note.txt") == b"after the rotation"
    assert np.array_equal(dataset["vnir"].to_xarray().values, CUBE.values)
    assert open_copy(copy, open_recovery(copy, SHARES[:3]), 1).version == 1


def test_partner_opens_a_copy_with_the_private_key_alone(library: Library, tmp_path: Path) -> None:
    pair = share(library)
    copy = copy_of(library, tmp_path)
    again = decode_private_key(encode_private_key(pair))
    assert open_copy(copy, again).path == PANEL
    with pytest.raises(KeyUnavailableError, match="None of this dataset's keys"):
        open_copy(copy, generate_keypair())


def test_former_partner_reads_what_was_before_and_nothing_of_what_came_after(
    library: Library, tmp_path: Path
) -> None:
    pair = share(library)
    name = library.recipients(PANEL)[-1].name
    before = tmp_path / "before"
    shutil.copytree(dataset_folder(tmp_path / "home", library), before)
    assert library.revoke(PANEL, name).epoch == 2
    with library.draft(PANEL) as draft:
        draft.write_bytes("files/secret.txt", b"after")
    copy = copy_of(library, tmp_path)
    assert open_copy(before, pair).version == 1
    with pytest.raises(KeyUnavailableError):
        open_copy(copy, pair)
    for file in (before / "keys").iterdir():  # who kept the old key files has the old epoch
        shutil.copy(file, copy / "keys" / file.name)
    assert open_copy(copy, pair, 1).version == 1
    with pytest.raises(KeyUnavailableError, match="No key at hand for epoch 2"):
        open_copy(copy, pair, 2)


def test_key_file_of_another_dataset_or_epoch_opens_nothing(
    library: Library, tmp_path: Path
) -> None:
    pair = share(library)
    copy = copy_of(library, tmp_path)
    file = KeyFile.decode((copy / "keys/1.json").read_bytes())
    for moved in (KeyFile("0" * 32, 1, file.sealed), KeyFile(file.dataset, 2, file.sealed)):
        (copy / "keys/1.json").write_bytes(moved.encode())
        if moved.epoch == 1:  # the id inside is not believed: the head's is
            assert open_copy(copy, pair).version == 1
        else:
            with pytest.raises(KeyUnavailableError, match="does not open"):
                open_copy(copy, pair)


def test_storage_that_forges_a_key_file_gets_no_forged_data_read(
    library: Library, tmp_path: Path
) -> None:
    pair = share(library)
    name = library.recipients(PANEL)[-1].name
    copy = copy_of(library, tmp_path)
    file = KeyFile.decode((copy / "keys/1.json").read_bytes())
    forged = seal(pair.public, generate_data_key(), wrap_info(file.dataset, 1, name))
    (copy / "keys/1.json").write_bytes(KeyFile(file.dataset, 1, {name: forged}).encode())
    with pytest.raises(IntegrityError):
        open_copy(copy, pair)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 2}', b'{"format": 1, "epoch": "1"}'])
def test_damaged_key_file_is_said_to_be_damaged(content: bytes) -> None:
    with pytest.raises(IntegrityError, match="sealed keys is damaged"):
        KeyFile.decode(content)


def test_copy_without_heads_or_of_another_recovery_is_not_found(
    library: Library, tmp_path: Path
) -> None:
    copy = copy_of(library, tmp_path)
    _, others = create_recovery("Another", shares=2, threshold=2)
    with pytest.raises(NotFoundError, match="no recovery key of these shares"):
        open_recovery(copy, others)
    shutil.rmtree(copy / "heads")
    with pytest.raises(NotFoundError, match="holds no such version"):
        open_copy(copy, open_recovery(copy, SHARES))


def test_public_key_survives_a_letter_and_a_lost_line_is_noticed() -> None:
    pair = generate_keypair()
    text = f"Dear colleague,\n\n{encode_public_key(pair.public)}\nBest regards"
    assert decode_public_key(text.replace("\n", "\r\n")) == pair.public
    lines = text.split("\n")
    for spoiled in ("\n".join(lines[:9] + lines[10:]), "", text.replace("PUBLIC", "PRIVATE")):
        with pytest.raises(InvalidError, match="Not a public key, or a damaged one"):
            decode_public_key(spoiled)


def test_laptop_has_no_workgroups_and_no_places(library: Library) -> None:
    with pytest.raises(InvalidError, match="no workgroups to share with"):
        library.share(PANEL, "lapidary")
    with pytest.raises(InvalidError, match="no such place"):
        begin_panel_at(library, "moon")
    with pytest.raises(NotFoundError, match="No such recipient"):
        library.revoke(PANEL, "key:nobody")


def begin_panel_at(library: Library, place: str) -> None:
    terms = {"title": "Vault", "kind": "cube", "rights": "INC", "synthetic": True}
    with library.draft("murals/vault", place=place, **terms):  # type: ignore[arg-type]
        pass


def test_draft_that_was_open_during_a_rotation_leaves_no_trace(library: Library) -> None:
    with pytest.raises(ConflictError, match="rotated while the draft was open"):
        write_during_a_rotation(library)
    assert library.open(PANEL).version == 1
    assert library.orphans(PANEL, older_than_s=0) == []


def write_during_a_rotation(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.write_bytes("files/late.txt", b"late")
        library.rotate(PANEL)


def test_unknown_country_is_no_jurisdiction() -> None:
    with pytest.raises(PolicyError, match="Not a jurisdiction: 'XX'"):
        DatasetPolicy("Museum", "INC", storage_jurisdictions=("DE", "XX"))
