"""Where keys must never be: pickles, texts, tracebacks, environments, graphs, dumps, swap."""

import gc
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from museion_datasets import memory
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.library import Library
from museion_datasets.memory import Keyring, protections
from tests.support.datasets import PANEL, begin_panel, make_cube, make_library

KEY = bytes(range(32))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = make_library(tmp_path)
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube())
    return library


def forms(key: bytes) -> list[bytes]:
    return [key, key.hex().encode(), repr(key)[2:-1].encode()]


def test_keyring_gives_keys_by_epoch_and_shows_only_the_epochs() -> None:
    ring = Keyring({2: KEY[::-1], 1: KEY})
    assert dict(ring) == {1: KEY, 2: KEY[::-1]}
    assert repr(ring) == str(ring) == "Keyring(epochs=[1, 2])"
    with pytest.raises(KeyError):
        ring[3]


def test_keyring_is_not_pickled() -> None:
    with pytest.raises(KeyUnavailableError, match="Keys do not leave the process"):
        pickle.dumps(Keyring({1: KEY}))


def test_keys_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Keyring({1: KEY, 2: KEY[:8]})


def test_traceback_with_all_its_variables_shows_no_key(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = library._catalogue.open_dataset(PANEL)
    key = access.keys[1]

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("as bad luck would have it")

    monkeypatch.setattr("museion_datasets.library.Snapshot", fail)
    with pytest.raises(RuntimeError) as caught:
        library.open(PANEL)
    ours = caught.tb.tb_next  # without this test's own variables
    told = traceback.TracebackException(RuntimeError, caught.value, ours, capture_locals=True)
    shown = "".join(told.format())
    assert "DatasetAccess(" in shown  # which holds the keys
    assert not any(form.decode("latin-1") in shown for form in forms(key)[1:])


def test_key_is_in_no_environment_and_no_task_graph(library: Library) -> None:
    key = library._catalogue.open_dataset(PANEL).keys[1]
    lazy = library.open(PANEL)["vnir"].to_dask()
    graph = pickle.dumps(dict(lazy.__dask_graph__()))
    environment = Path(f"/proc/{os.getpid()}/environ").read_bytes()
    for form in forms(key):
        assert form not in graph
        assert form not in environment


def test_forgotten_keyring_leaves_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    monkeypatch.setattr(memory, "_shield", lambda pages: bool(kept.append(pages)))
    ring = Keyring({1: KEY})
    assert kept[0][:32] == KEY
    del ring
    gc.collect()
    assert kept[0][:32] == bytes(32)


def test_connecting_forbids_core_dumps_and_leaves_the_process_open_to_its_debugger(
    tmp_path: Path,
) -> None:
    code = (
        "import sys, psutil, resource; from museion_datasets import connect;"
        "connect(sys.argv[1]); from museion_datasets.memory import protections;"
        "open('/proc/self/environ').read(); psutil.Process().memory_maps();"
        "print(protections().dumps_no_core, protections().is_undumpable)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path.as_uri()], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "False"]


def test_locked_pages_are_reported_as_the_system_counts_them() -> None:
    def locked_kib() -> int:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmLck:")[2].split()[0])

    before = locked_kib()
    ring = Keyring({1: KEY})
    assert (locked_kib() > before) == ring.is_locked == protections().locks_memory


def test_where_nothing_may_be_locked_keys_work_and_it_is_said() -> None:
    code = (
        "import os, resource; from museion_datasets.memory import Keyring, protections;"
        "resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0)); os.geteuid() or os.setuid(65534);"
        "print(Keyring({1: b'k' * 32})[1], protections().locks_memory)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=os.environ
    )
    assert done.stdout.strip() == f"{b'k' * 32} False"
