"""What a message on a document's socket may say, and what is made of names in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Awareness, Doc, create_awareness_message, create_sync_message

from museion_lab.live.frames import (
    Ask,
    Frame,
    MalformedFrameError,
    encode_block,
    encode_number,
    encode_reply,
    read_frame,
)
from museion_lab.live.presences import (
    LONGEST_BYTES,
    MOST_CLIENT_IDS,
    ClientIds,
    Presence,
    encode_presences,
    read_presences,
    vouched,
)
from museion_lab.people import make_person

ANNA = make_person("anna", "Anna Ancher", color="#23406e")


def test_a_browsers_frames_are_understood() -> None:
    doc: Doc = Doc()  # type: ignore[type-arg]
    awareness = Awareness(doc)
    said = awareness.encode_awareness_update([doc.client_id])
    assert read_frame(create_sync_message(doc)) == Frame(Ask.STATE, doc.get_state())
    assert read_frame(b"\x00\x01" + encode_block(b"update")) == Frame(Ask.CHANGE, b"update")
    assert read_frame(b"\x00\x02" + encode_block(b"update")) == Frame(Ask.CHANGE, b"update")
    assert read_frame(create_awareness_message(said)) == Frame(Ask.PRESENCE, said)
    assert read_frame(b"\x02" + encode_block(b"save") + b"\x05") == Frame(Ask.SAVE, number=5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x03\x00",
        b"\x00\x02\x05abc",
        b"\x00\x02\x03abcd",
        b"\x03\x00",
        b"\x7d\x00",
        b"\x02\x04load\x01",
        b"\x02\x04save",
        b"\x00\x02" + encode_number(2**53 - 1) + b"abc",
        b"\x80" * 100,
        b"\xff" * 20,
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedFrameError):
        read_frame(data)


@given(st.binary(max_size=64))
def test_any_bytes_are_understood_or_refused(data: bytes) -> None:
    try:
        frame = read_frame(data)
    except MalformedFrameError:
        return
    assert len(frame.body) < len(data)


@given(st.integers(0, 2**53 - 1))
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    body = encode_number(7) + encode_number(value) + encode_block(b"null")
    assert read_presences(b"\x01" + body) == [Presence(7, value, None)]


def test_a_reply_is_json_behind_its_kind() -> None:
    reply = encode_reply({"type": "save", "status": "success"})
    assert (reply[0], json.loads(reply[2:])) == (2, {"type": "save", "status": "success"})


def test_presences_are_written_as_the_library_reads_them() -> None:
    heard = Awareness(Doc())
    said = Presence(7, 1, {"cursor": "é", "user": {"name": "Æ"}})
    heard.apply_awareness_update(encode_presences([said]), "test")
    assert heard.states[7] == said.state
    assert read_presences(encode_presences([said])) == [said]


@pytest.mark.parametrize(
    "state", [b"", b"[]", b"1", b"{", b'{"x": NaN}', b'{"x": Infinity}', b"[" * 10_000, b"\xff"]
)
def test_a_state_that_other_browsers_could_not_read_is_refused(state: bytes) -> None:
    with pytest.raises(MalformedFrameError):
        read_presences(b"\x01\x07\x01" + encode_block(state))


def test_presences_that_are_too_long_are_refused() -> None:
    with pytest.raises(MalformedFrameError):
        read_presences(bytes(LONGEST_BYTES + 1))


@pytest.mark.parametrize(
    "claim",
    [
        {"user": {"username": "ben", "name": "Ben", "color": "red;x:y", "avatar_url": "//evil"}},
        {"user": "ben"},
        {},
    ],
)
def test_the_name_is_that_of_who_signed_in(claim: dict[str, object]) -> None:
    said = vouched(Presence(7, 1, claim | {"cursors": [1]}), ANNA)
    assert said.state is not None
    assert said.state["cursors"] == [1]
    assert said.state["user"] == {
        "username": "anna",
        "name": "Anna Ancher",
        "display_name": "Anna Ancher",
        "initials": "AA",
        "avatar_url": None,
        "color": "#23406e",
    }


def test_who_is_gone_needs_no_name() -> None:
    assert vouched(Presence(7, 2, None), ANNA) == Presence(7, 2, None)


def test_a_client_id_belongs_to_who_used_it_first() -> None:
    ids = ClientIds()
    assert ids.claim(7, "anna")
    assert not ids.claim(7, "ben")
    assert ids.claim(7, "anna")


def test_no_more_client_ids_are_remembered_than_a_bound() -> None:
    ids = ClientIds()
    for number in range(MOST_CLIENT_IDS + 5):
        ids.claim(number, "anna")
        ids.claim(0, "anna")  # in use, hence not forgotten
    assert not ids.claim(0, "ben")
    assert ids.claim(1, "ben")
