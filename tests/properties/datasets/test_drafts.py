"""Drafts behave as a copy of the last version that is taken over at once, or not at all."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from museion_datasets.dataset import Dataset
from museion_datasets.draft import Draft
from museion_datasets.errors import ConflictError, NotFoundError
from museion_datasets.item import ItemKind
from tests.support.datasets import PANEL, begin_panel, make_library

type Model = dict[str, Any]

names = st.sampled_from(["a", "b", "c.txt"])
numbers = st.integers(0, 1000)


class Oops(Exception):  # noqa: N818 - what a person's own code raises
    """What ends a draft badly."""


def read(dataset: Dataset) -> Model:
    """Return what a version holds, in the model's terms."""
    return {name: value_of(dataset, name) for name in dataset}


def value_of(dataset: Dataset, name: str) -> tuple[str, int]:
    item = dataset[name]
    match item.kind:
        case ItemKind.ARRAY:
            return "array", int(item.to_xarray().sum())
        case ItemKind.TREE:
            return "tree", int(item.to_xarray("g")["v"].sum())
        case ItemKind.TABLE:
            return "table", int(item.to_pandas()["n"].sum())
        case _:
            return "file", int(item.read_bytes())


def put(draft: Draft, kind: str, name: str, number: int) -> None:
    if kind == "array":
        draft.put_array(name, xr.DataArray(np.array([number, 0]), dims="x").chunk(1))
    elif kind == "tree":
        draft.put_tree(name, xr.DataTree.from_dict({"/g": xr.Dataset({"v": number})}))
    elif kind == "table":
        draft.put_table(name, pd.DataFrame({"n": [number]}))
    else:
        draft.put_file(name, str(number).encode())


def put_in(model: Model, kind: str, name: str, number: int) -> None:
    """Do the same to a model: files stand beside what has the same name, and behind it."""
    old = model.get(name)
    if kind == "file" and old is not None and old[0] != "file":
        return
    model[name] = (kind, number)


class DraftMachine(RuleBasedStateMachine):
    """Two people draft the same dataset; one commit at a time wins."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.library = make_library(Path(self.folder.name) / "home")
        with begin_panel(self.library):
            pass
        self.versions: list[Model] = [{}]
        self.open: dict[int, tuple[Draft, Model, int]] = {}

    def teardown(self) -> None:
        for draft, _, _ in self.open.values():
            draft.__exit__(Oops, Oops(), None)
        self.folder.cleanup()

    @rule()
    @precondition(lambda self: len(self.open) < 2)
    def begin(self) -> None:
        draft = self.library.draft(PANEL).__enter__()
        number = min({0, 1} - set(self.open))
        self.open[number] = (draft, dict(self.versions[-1]), len(self.versions))

    @rule(
        who=st.integers(0, 1),
        kind=st.sampled_from(["array", "tree", "table"]),
        name=st.sampled_from(["a", "b"]),
        number=numbers,
    )
    def put(self, who: int, kind: str, name: str, number: int) -> None:
        if who in self.open:
            draft, model, _ = self.open[who]
            put(draft, kind, name, number)
            put_in(model, kind, name, number)

    @rule(who=st.integers(0, 1), number=numbers)
    def put_file(self, who: int, number: int) -> None:
        if who in self.open:
            draft, model, _ = self.open[who]
            put(draft, "file", "c.txt", number)
            put_in(model, "file", "c.txt", number)

    @rule(who=st.integers(0, 1), name=names)
    def remove(self, who: int, name: str) -> None:
        if who in self.open:
            draft, model, _ = self.open[who]
            if name not in model:
                with pytest.raises(NotFoundError):
                    draft.remove(name)
            else:
                draft.remove(name)
                del model[name]

    @rule(who=st.integers(0, 1), name=names, new_name=st.sampled_from(["a", "b", "d"]))
    def rename(self, who: int, name: str, new_name: str) -> None:
        if who in self.open:
            draft, model, _ = self.open[who]
            if name not in model:
                with pytest.raises(NotFoundError):
                    draft.rename(name, new_name)
            elif new_name in model:
                with pytest.raises(ConflictError):
                    draft.rename(name, new_name)
            else:
                draft.rename(name, new_name)
                model[new_name] = model.pop(name)

    @rule(who=st.integers(0, 1))
    def commit(self, who: int) -> None:
        if who in self.open:
            draft, model, started = self.open.pop(who)
            if started == len(self.versions):
                draft.__exit__(None, None, None)
                self.versions.append(model)
            else:
                with pytest.raises(ConflictError):
                    draft.__exit__(None, None, None)

    @rule(who=st.integers(0, 1))
    def fail(self, who: int) -> None:
        if who in self.open:
            draft, _, _ = self.open.pop(who)
            draft.__exit__(Oops, Oops(), None)

    @invariant()
    def each_draft_lists_what_its_model_holds(self) -> None:
        for draft, model, _ in self.open.values():
            assert set(draft.names()) == set(model)

    @invariant()
    def newest_version_holds_what_was_committed_last(self) -> None:
        dataset = self.library.open(PANEL)
        assert dataset.version == len(self.versions)
        assert read(dataset) == self.versions[-1]

    @invariant()
    def nothing_is_left_behind_when_no_draft_is_open(self) -> None:
        if not self.open:
            assert self.library.orphans(PANEL, older_than_s=0) == []
            assert read(self.library.open(PANEL, 1)) == {}


TestDrafts = DraftMachine.TestCase
TestDrafts.settings = settings(max_examples=8, stateful_step_count=14, deadline=None)
