"""Records are read strictly, and say the same as their JSON Schemas."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import museion_datasets
from museion_datasets.errors import InvalidError
from museion_datasets.model import DatasetPath, DatasetRecord, Head, is_timestamp, timestamp

SCHEMAS = Path(museion_datasets.__file__).parents[1] / "schema"
RECORD = DatasetRecord(
    id="a" * 32,
    path="murals/panel",
    title="Painted panel",
    kind="cube",
    rights="CC-BY-4.0",
    synthetic=True,
    description="",
    version=None,
    size_bytes=0,
    created="2026-11-22T10:00:00Z",
)
HEAD = Head(
    format=1,
    dataset="a" * 32,
    version=2,
    parent=1,
    parent_root="c" * 64,
    manifest_object="b" * 32,
    manifest_root="d" * 64,
    entries=3,
    epoch=1,
    author="wg-murals",
    created="2026-11-22T10:00:00Z",
    message="",
)
GOOD = [pytest.param(RECORD, "dataset", id="dataset"), pytest.param(HEAD, "head", id="head")]
BAD_RECORDS: list[tuple[str, object]] = [
    ("id", "A" * 32),
    ("id", "../../etc/passwd"),
    ("path", "murals"),
    ("path", "murals/../lapidary"),
    ("path", "Murals/panel"),
    ("title", "  "),
    ("title", "x" * 20_001),
    ("kind", "painting"),
    ("synthetic", 1),
    ("version", 0),
    ("version", True),
    ("size_bytes", -1),
    ("created", "yesterday"),
    ("created", "2026-11-22T10:00:00+01:00"),
]
BAD_HEADS: list[tuple[str, object]] = [
    ("format", 2),
    ("dataset", "panel"),
    ("version", 0),
    ("version", "2"),
    ("parent", 0),
    ("parent_root", "c" * 63),
    ("manifest_object", "../" * 10 + "ab"),
    ("manifest_root", "D" * 64),
    ("entries", -1),
    ("epoch", 0),
    ("message", None),
]


def schema(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return data


@pytest.mark.parametrize(("record", "name"), GOOD)
def test_record_comes_back_from_its_json(record: DatasetRecord | Head, name: str) -> None:
    data = json.loads(json.dumps(record.to_json()))
    jsonschema.validate(data, schema(name))
    assert type(record).from_json(data) == record


@pytest.mark.parametrize(("record", "name"), GOOD)
def test_schema_has_the_members_of_the_record(record: DatasetRecord | Head, name: str) -> None:
    assert list(schema(name)["properties"]) == list(record.to_json()) == schema(name)["required"]


@pytest.mark.parametrize(
    ("record", "name", "member", "value"),
    [(RECORD, "dataset", *bad) for bad in BAD_RECORDS]
    + [(HEAD, "head", *bad) for bad in BAD_HEADS],
)
def test_bad_member_is_refused_by_record_and_schema(
    record: DatasetRecord | Head, name: str, member: str, value: object
) -> None:
    data = {**record.to_json(), member: value}
    with pytest.raises(InvalidError, match="hint: "):
        type(record).from_json(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema(name))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: {**data, "key": "extra"},
        lambda data: {name: data[name] for name in list(data)[1:]},
        lambda data: list(data.values()),
        lambda _: None,
    ],
    ids=["unknown member", "missing member", "array", "null"],
)
def test_other_json_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(InvalidError):
        Head.from_json(spoil(HEAD.to_json()))


def test_version_without_parent_has_no_parent_root() -> None:
    with pytest.raises(InvalidError):
        replace(HEAD, version=1, parent=None)


def test_version_cannot_be_its_own_ancestor() -> None:
    with pytest.raises(InvalidError):
        replace(HEAD, parent=2)


@pytest.mark.parametrize(
    "text", ["", "murals", "murals/", "/panel", "a/b/c", "mu rals/x", "-a/b", "a/b-", "ä/b", "a/.."]
)
def test_path_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="murals/panel"):
        DatasetPath.parse(text)


def test_path_falls_into_workgroup_and_name() -> None:
    path = DatasetPath.parse("wall-paintings/panel-2")
    assert (path.workgroup, path.name) == ("wall-paintings", "panel-2")
    assert str(path) == "wall-paintings/panel-2"


def test_timestamp_is_in_utc_whatever_the_clock_says() -> None:
    moment = datetime(2026, 11, 22, 11, 0, 0, 9, tzinfo=timezone(timedelta(hours=1)))
    assert timestamp(moment) == "2026-11-22T10:00:00Z"
    assert is_timestamp(timestamp(datetime.now(UTC)))
    assert not is_timestamp("2026-02-30T10:00:00Z")
