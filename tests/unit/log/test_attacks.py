"""A log that lies to its members, and what each lie meets: stories over a simulated log."""

import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from museion_datasets.errors import (
    DatasetsError,
    HistoryError,
    InvalidError,
    KeyUnavailableError,
    UnavailableError,
)
from museion_datasets.log.follow import require_entry
from museion_datasets.log.member import DISPUTED_SUFFIX, Step, Wish, follow_log
from museion_datasets.log.note import MAX_NOTE_BYTES
from museion_datasets.log.pin import find_pin, read_pin, write_pin
from museion_datasets.log.remote import RemoteLog
from museion_datasets.log.tree import TreeHead
from tests.support.logs import NOW_S, SimulatedLog, root, signers_of


def remote(log: SimulatedLog, *, is_known: bool = True) -> RemoteLog:
    token = "good" if is_known else "secret"
    return RemoteLog("http://hub", token, transport=httpx.MockTransport(log.answer))


def follow(log: SimulatedLog, keep: Path, now_s: float = NOW_S, **wish: object) -> Step:
    with remote(log) as reached:
        return follow_log(reached, Wish(keep, **wish), lambda: now_s)  # type: ignore[arg-type]


@pytest.fixture
def log() -> SimulatedLog:
    log = SimulatedLog()
    log.grow(300)
    return log


@pytest.fixture
def keep(log: SimulatedLog, tmp_path: Path) -> Path:
    """Give a member's kept checkpoint of 300 entries."""
    follow(log, tmp_path / "kept.json")
    return tmp_path / "kept.json"


def test_honest_log_is_followed_step_by_step(log: SimulatedLog, keep: Path) -> None:
    for more in (0, 1, 211, 1, 300):
        log.grow(more)
        step = follow(log, keep, is_whole=True)
        assert step.newest.signed.checkpoint.head == TreeHead(len(log.entries), root(log.entries))
    assert read_pin(keep) == step.newest


def test_empty_log_is_followed_into_its_first_entries(tmp_path: Path) -> None:
    log = SimulatedLog()
    follow(log, tmp_path / "kept", is_whole=True)
    log.grow(1)
    step = follow(log, tmp_path / "kept")
    assert step.before is not None
    assert (step.before.head.size, step.newest.signed.checkpoint.head.size) == (0, 1)


@pytest.mark.parametrize("index", [0, 150, 299])
def test_operator_who_rewrites_one_entry_and_signs_anew_is_caught(
    log: SimulatedLog, keep: Path, index: int
) -> None:
    before = keep.read_bytes()
    log.entries[index] = b"nobody read this"
    log.grow(5)
    with pytest.raises(HistoryError, match="rewritten or forked"):
        follow(log, keep)
    disputed = read_pin(keep.with_name(keep.name + DISPUTED_SUFFIX))
    assert disputed.signed.checkpoint.head == TreeHead(305, root(log.entries))
    assert keep.read_bytes() == before


def test_operator_who_rewrites_without_growing_is_caught(log: SimulatedLog, keep: Path) -> None:
    log.entries[7] = b"something else"
    with pytest.raises(HistoryError, match="has forked: it signed two different histories of 300"):
        follow(log, keep)


def test_operator_who_cuts_off_the_end_is_caught(log: SimulatedLog, keep: Path) -> None:
    del log.entries[-1]
    with pytest.raises(HistoryError, match="has lost entries: it had 300 and shows 299"):
        follow(log, keep)


def test_operator_who_cuts_off_and_grows_again_is_caught(log: SimulatedLog, keep: Path) -> None:
    del log.entries[250:]
    log.grow(100, "another")
    with pytest.raises(HistoryError, match="rewritten or forked"):
        follow(log, keep)


@pytest.mark.parametrize("sizes", [(300, 300), (300, 310), (310, 300), (1, 300)])
def test_two_members_who_were_shown_two_histories_find_out(
    tmp_path: Path, sizes: tuple[int, int]
) -> None:
    kept = []
    for name, size in zip("ab", sizes, strict=True):
        log = SimulatedLog()
        log.grow(size, f"as {name} sees it")
        follow(log, tmp_path / name)
        kept.append((log, tmp_path / name))
    (mine, own), (_theirs, other) = kept
    with pytest.raises(HistoryError, match=r"forked|lost entries"):
        follow(mine, own, against=(other,))


def test_two_members_of_one_history_agree_in_both_directions(
    log: SimulatedLog, keep: Path, tmp_path: Path
) -> None:
    log.grow(77)
    follow(log, tmp_path / "later", against=(keep,))
    follow(log, keep, against=(tmp_path / "later",))


def test_checkpoints_of_two_logs_are_not_compared(keep: Path) -> None:
    other = SimulatedLog(origin="museion/log/other", signers=signers_of("museion/log/other"))
    other.grow(300)
    with pytest.raises(HistoryError, match="different logs"):
        follow(other, keep.with_name("other"), against=(keep,))
    with pytest.raises(HistoryError, match="of another log"):
        follow(other, keep)


def test_checkpoint_signed_by_another_key_of_the_same_name_is_refused(
    log: SimulatedLog, keep: Path
) -> None:
    log.signers = signers_of(seed=9)
    with pytest.raises(HistoryError, match="not signed by the log's key"):
        follow(log, keep)


def test_given_keys_win_over_what_the_hub_says_of_itself(log: SimulatedLog, keep: Path) -> None:
    impostor = SimulatedLog(log.entries, signers=signers_of(seed=9))
    with pytest.raises(HistoryError, match="not signed by the log's key"):
        follow(impostor, keep.with_name("first"), keys=log.keys)
    with pytest.raises(InvalidError, match="other keys than the given ones"):
        follow(log, keep, keys=impostor.keys)


def test_frozen_log_is_noticed_after_a_day(log: SimulatedLog, keep: Path) -> None:
    follow(log, keep, now_s=NOW_S + 24 * 3600)
    with pytest.raises(HistoryError, match="old checkpoint as its newest, age: 25 h"):
        follow(log, keep, now_s=NOW_S + 25 * 3600)


LIES: dict[str, Callable[[str, bytes], bytes]] = {
    "another hash": lambda _path, content: bytes(32) + content[32:],
    "hashes swapped": lambda _path, content: content[32:64] + content[:32] + content[64:],
    "a tile too short": lambda _path, content: content[:-32],
    "a tile too long": lambda _path, content: content + bytes(32),
    "a piece of a hash": lambda _path, content: content[:-1],
    "nothing": lambda _path, _content: b"",
    "another tile": lambda _path, content: bytes(len(content)),
}


@pytest.mark.parametrize("lie", LIES)
def test_tile_that_lies_proves_nothing(log: SimulatedLog, keep: Path, lie: str) -> None:
    log.grow(212)
    log.spoil = lambda path, content: (
        LIES[lie](path, content) if path.startswith("tile/0/001") else content
    )
    with pytest.raises(DatasetsError):
        follow(log, keep)
    assert read_pin(keep).signed.checkpoint.head.size == 300


@pytest.mark.parametrize("lie", ["another hash", "a tile too short", "a piece of a hash"])
def test_bundle_that_lies_is_not_the_log(log: SimulatedLog, keep: Path, lie: str) -> None:
    log.spoil = lambda path, content: (
        LIES[lie](path, content) if path.startswith("tile/entries/001") else content
    )
    with pytest.raises(HistoryError, match=r"entries are not|damaged bundle"):
        follow(log, keep, is_whole=True)


@pytest.mark.parametrize(
    ("path", "limit"), [("checkpoint", MAX_NOTE_BYTES), ("keys", 65536), ("tile/0/001.p/45", 8192)]
)
def test_answer_without_end_is_cut_off(
    log: SimulatedLog, tmp_path: Path, path: str, limit: int
) -> None:
    follow(log, tmp_path / "kept")
    log.grow(1)
    log.spoil = lambda asked, content: b"x" * (limit + 1) if asked == path else content
    keep = tmp_path / ("first" if path == "keys" else "kept")
    with pytest.raises(InvalidError, match=f"larger than it may be, limit: {limit} bytes"):
        follow(log, keep)


NO_KEYS = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"keys": []}',
    b'{"keys": "abc+"}',
    b'{"keys": [1]}',
    b'{"keys": ["a"]}',
    b'{"keys": ["a", "a", "a", "a", "a", "a", "a", "a", "a"]}',
    b"[" * 60000,
    b"\xff",
]


@pytest.mark.parametrize("content", NO_KEYS, ids=map(str, range(len(NO_KEYS))))
def test_hub_that_names_no_keys_is_not_believed(
    log: SimulatedLog, tmp_path: Path, content: bytes
) -> None:
    log.spoil = lambda path, honest: content if path == "keys" else honest
    with pytest.raises(InvalidError):
        follow(log, tmp_path / "kept")
    assert not list(tmp_path.iterdir())


def test_entry_is_proved_from_tiles_and_another_is_not(log: SimulatedLog) -> None:
    head = TreeHead(300, root(log.entries))
    require_entry(log.entries[299], 299, head, log.fetch)
    for entry, index in ((b"never logged", 299), (log.entries[0], 1)):
        with pytest.raises(HistoryError, match=f"does not prove that it holds entry: {index}"):
            require_entry(entry, index, head, log.fetch)
    with pytest.raises(HistoryError, match="has no entry: 300"):
        require_entry(b"", 300, head, log.fetch)


def test_token_that_does_not_count_is_said_so_and_shown_nowhere(log: SimulatedLog) -> None:
    with remote(log, is_known=False) as reached:
        assert "secret" not in repr(reached)
        with pytest.raises(KeyUnavailableError, match="refuses the token") as caught:
            reached.checkpoint()
    assert "secret" not in str(caught.value)


def test_hub_that_is_away_or_broken_is_unavailable() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        if "keys" in request.url.path:
            raise httpx.ConnectError("refused")
        return httpx.Response(500)

    with RemoteLog("http://hub", "good", transport=httpx.MockTransport(fail)) as reached:
        for ask in (reached.keys, reached.checkpoint):
            with pytest.raises(UnavailableError, match="does not answer"):
                ask()


def test_kept_file_is_private_and_replaced_whole(log: SimulatedLog, keep: Path) -> None:
    assert stat.S_IMODE(keep.stat().st_mode) == 0o600
    inode = keep.stat().st_ino
    follow(log, keep)
    assert keep.stat().st_ino != inode
    assert [path.name for path in keep.parent.iterdir()] == [keep.name]


EDITS = {
    "another format": ('"format": 1', '"format": 2'),
    "no text": ('"keys": [', '"keys": [1, '),
    "another size": ("\\n300\\n", "\\n299\\n"),
    "another name": ("museion/log/test+", "museion/log/text+"),
    "no JSON": ("{", ""),
    "too nested": ("{", "[" * 100_000),
    "too large": ("{", " " * 2**19 + "{"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_kept_file_that_somebody_edited_is_refused(keep: Path, edit: str) -> None:
    before = keep.read_text()
    keep.write_text(before.replace(*EDITS[edit], 1))
    assert keep.read_text() != before
    with pytest.raises((InvalidError, HistoryError)):
        read_pin(keep)


def test_kept_file_that_cannot_be_read_or_written_is_a_clear_sentence(
    keep: Path, tmp_path: Path
) -> None:
    pin = read_pin(keep)
    (tmp_path / "folder").mkdir()
    assert find_pin(tmp_path / "nothing") is None
    with pytest.raises(UnavailableError, match="can't be read"):
        read_pin(tmp_path / "folder")
    with pytest.raises(UnavailableError, match="can't be kept"):
        write_pin(pin, tmp_path / "folder")
    with pytest.raises(UnavailableError, match="can't be kept"):
        write_pin(pin, tmp_path / "no" / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", keep.name]
