"""Datasets travel to other processes without keys, and find access there or say that they don't."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from museion_datasets import arrivals
from museion_datasets.errors import KeyUnavailableError
from museion_datasets.library import Library
from tests.support.datasets import PANEL, begin_panel, make_cube

READ = """
import pickle, sys
store_or_data = pickle.loads(bytes.fromhex(sys.argv[1]))
print(int(store_or_data.sum()))
"""


@pytest.fixture
def panel(library: Library) -> Library:
    with begin_panel(library) as draft:
        draft.put_array("vnir", make_cube())
    return library


def test_nothing_pickled_contains_the_key(panel: Library) -> None:
    key = panel._catalogue.open_dataset(PANEL).keys[1]
    dataset = panel.open(PANEL)
    derived = dataset._snapshot.sealed._SealedObjects__keys.find(1)  # type: ignore[attr-defined]
    for thing in (dataset, dataset.store, dataset["vnir"], dataset["vnir"].to_dask()):
        pickled = pickle.dumps(thing)
        assert key not in pickled
        assert derived not in pickled


def test_nothing_shown_contains_the_key(panel: Library) -> None:
    access = panel._catalogue.open_dataset(PANEL)
    dataset = panel.open(PANEL)
    shown = [dataset, dataset.store, dataset["vnir"], dataset._snapshot, panel, access]
    text = "".join(map(repr, shown)) + repr(vars(dataset)) + repr(dataset._snapshot.sealed)
    assert access.keys[1].hex() not in text
    assert repr(access.keys[1])[2:-1] not in text


def test_dataset_comes_back_in_the_same_process(panel: Library) -> None:
    dataset = panel.open(PANEL)
    again = pickle.loads(pickle.dumps(dataset))  # noqa: S301 - ours
    assert again.store == dataset.store
    assert again["vnir"].to_xarray().identical(dataset["vnir"].to_xarray())


def test_another_process_of_the_same_person_opens_it_by_itself(panel: Library) -> None:
    data = panel.open(PANEL)["vnir"].to_dask().data
    command = [sys.executable, "-c", READ, pickle.dumps(data).hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == int(make_cube().sum())


def test_process_without_access_is_told_so(panel: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(panel.open(PANEL))
    elsewhere = pickled.replace(b"file://", b"http://")
    assert elsewhere != pickled
    monkeypatch.setattr(arrivals, "_libraries", {})
    arrived = pickle.loads(elsewhere)  # noqa: S301 - ours
    with pytest.raises(KeyUnavailableError, match="no access"):
        arrived.keys()


def test_token_goes_to_no_other_address_than_the_one_of_the_environment(
    panel: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MUSEION_REGISTRY_URL", "http://127.0.0.1:9/services/registry")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    monkeypatch.setenv("MUSEION_STORAGE", str(tmp_path))
    monkeypatch.setattr(arrivals, "_libraries", {})
    elsewhere = pickle.dumps(panel.open(PANEL)).replace(b"file://", b"http://")
    arrived = pickle.loads(elsewhere)  # noqa: S301 - ours
    with pytest.raises(KeyUnavailableError, match="no access"):
        arrived.keys()


WRITE = """
import pickle, sys
store = pickle.loads(bytes.fromhex(sys.argv[1]))
print(store.get_sync("files/a").to_bytes().decode())
store.delete_sync("files/a")
"""


def test_draft_is_read_in_another_process_and_written_only_where_it_was_begun(
    library: Library,
) -> None:
    with begin_panel(library) as draft:
        draft.write_bytes("files/a", b"a")
        pickled = pickle.dumps(draft.store)
        assert pickle.loads(pickled) == draft.store  # noqa: S301 - ours
        command = [sys.executable, "-c", WRITE, pickled.hex()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "a\n"
    assert "read-only" in done.stderr
    assert library.open(PANEL).files == ("a",)


def test_keys_and_tokens_refuse_to_be_pickled(panel: Library) -> None:
    with pytest.raises(KeyUnavailableError):
        pickle.dumps(panel.open(PANEL)._snapshot.sealed)
