"""A storage that goes away half way: the last version stands, and a typed error says so."""

from collections.abc import Generator
from pathlib import Path

import pytest

from museion_datasets import connect
from museion_datasets.errors import StorageFullError, UnavailableError
from museion_datasets.library import Library
from museion_datasets.objects import _remote as remote_module
from tests.support.datasets import CANARY, PANEL, begin_panel, make_cube
from tests.support.proxies import Answer, line_to, provider_that_lies
from tests.support.s3 import S3Server, running_s3
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.integration,
    # When one write fails, zarr drops the others it had not begun yet.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*coroutine object:pytest.PytestUnraisableExceptionWarning"),
]

CHUNKS = {"y": 100, "x": 100}
CLEAN_UP_TIMEOUT_S = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[S3Server]:
    """Give a server of our own, to be killed."""
    with running_s3(tmp_path_factory.mktemp("mortal")) as server:
        yield server


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(remote_module.RETRIES, "max_retries", 2)


def connect_through(
    port: int, server: S3Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Library:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    return connect(home.as_uri(), storage=server.url(home.parent.name))


def write_first(library: Library) -> None:
    with begin_panel(library) as draft:
        draft.put_file("notes.txt", CANARY)


def write_second(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.put_array("vnir", make_cube(400, 400, 10), chunks=CHUNKS)
        draft.put_file("long.bin", bytes(40 << 20))


def has_no_orphan(library: Library) -> bool:
    library.remove_orphans(PANEL, older_than_s=0)
    return library.orphans(PANEL, older_than_s=0) == []


@pytest.mark.parametrize("limit", [500, 60_000, 2_000_000, 20_000_000])
def test_connection_lost_while_writing_leaves_the_last_version(
    limit: int, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    write_first(connect_through(server.ports["s3"], server, home, monkeypatch))
    with line_to(server.ports["s3"]) as line:
        library = connect_through(line.port, server, home, monkeypatch)
        assert library.open(PANEL).version == 1
        line.bytes_up = limit
        with pytest.raises(UnavailableError, match="hint: "):
            write_second(library)
        assert line.is_cut.is_set()
        line.mend()
        dataset = library.open(PANEL)
        assert (dataset.version, dataset.read_bytes("files/notes.txt")) == (1, CANARY)
        # What went over the line before the cut may still be on its way into the storage.
        wait_until(lambda: has_no_orphan(library), "no orphan is left", CLEAN_UP_TIMEOUT_S)
        write_second(library)
        assert library.open(PANEL).verify(level=2).objects


@pytest.mark.parametrize("limit", [0, 700, 100_000, 10_000_000])
def test_connection_lost_while_reading_gives_no_part_that_looks_whole(
    limit: int, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    library = connect_through(server.ports["s3"], server, home, monkeypatch)
    write_first(library)
    write_second(library)
    with line_to(server.ports["s3"]) as line:
        dataset = connect_through(line.port, server, home, monkeypatch).open(PANEL)
        line.bytes_down = limit
        with pytest.raises(UnavailableError, match="hint: "):
            dataset.read_bytes("files/long.bin")
        line.mend()
        assert dataset.read_bytes("files/long.bin") == bytes(40 << 20)


def test_killed_server_comes_back_with_the_last_version(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = connect_through(server.ports["s3"], server, tmp_path / "home", monkeypatch)
    write_first(library)
    with pytest.raises(UnavailableError, match="hint: "), library.draft(PANEL) as draft:  # noqa: PT012 - a block is the subject
        draft.put_file("more.txt", b"more")
        server.kill()
        draft.put_file("too late.txt", b"late")
    server.start()
    assert library.open(PANEL).verify(level=2).objects
    assert library.open(PANEL).keys("files/") == ["files/notes.txt"]
    assert library.remove_orphans(PANEL, older_than_s=0) == 1
    write_second(library)
    assert library.open(PANEL).version == 2


@pytest.mark.parametrize(("status", "code"), [(507, ""), (403, "QuotaExceeded")])
def test_full_bucket_is_said_plainly(
    status: int, code: str, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_full(answer: Answer) -> None:
        if answer.method == "PUT":
            answer.status = status
            answer.body = f"<Error><Code>{code}</Code></Error>".encode()

    home = tmp_path / "home"
    write_first(connect_through(server.ports["s3"], server, home, monkeypatch))
    with provider_that_lies(server.ports["s3"], be_full) as port:
        library = connect_through(port, server, home, monkeypatch)
        with pytest.raises(StorageFullError, match="hint: "):
            write_second(library)
        assert library.open(PANEL).version == 1


def test_server_without_room_is_said_to_fail_and_keeps_the_last_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_s3(tmp_path / "small", volumes=3, volume_mb=1) as small:
        library = connect_through(small.ports["s3"], small, tmp_path / "home", monkeypatch)
        write_first(library)
        with pytest.raises(UnavailableError, match="is full"):
            write_second(library)
        dataset = library.open(PANEL)
        assert (dataset.version, dataset.read_bytes("files/notes.txt")) == (1, CANARY)
