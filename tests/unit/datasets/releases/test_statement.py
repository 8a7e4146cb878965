"""A statement says exactly what it was given, and nothing else is read as one."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from museion_datasets.errors import InvalidError
from museion_datasets.evidence.records import MAX_JSON_BYTES, decode_json, encode_json
from museion_datasets.evidence.statement import Release, differences, recipients_of
from tests.support.releases import sample_release

type Change = Callable[[dict[str, Any]], object]


def test_statement_reads_back_as_what_was_said() -> None:
    release = sample_release()
    assert Release.from_statement(release.to_statement()) == release


def test_statement_is_an_in_toto_statement_about_manifest_and_objects() -> None:
    statement = json.loads(sample_release().to_statement())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:museion:release:v1"
    assert [subject["name"] for subject in statement["subject"]] == ["manifest", "objects"]
    assert statement["subject"][1]["digest"] == {"sha256": "3" * 64, "blake3": "4" * 64}


def test_same_release_is_always_the_same_bytes() -> None:
    first = sample_release()
    again = replace(first, provenance=dict(reversed(list(first.provenance.items()))))
    assert first.to_statement() == again.to_statement()


def predicate(change: Change) -> Change:
    return lambda statement: change(statement["predicate"])


CHANGES: dict[str, Change] = {
    "another kind of statement": lambda s: s.update(_type="https://in-toto.io/Statement/v2"),
    "a later version of ours": lambda s: s.update(predicateType="urn:museion:release:v2"),
    "a member more": lambda s: s.update(more=1),
    "no predicate": lambda s: s.pop("predicate"),
    "a third subject": lambda s: s["subject"].append(s["subject"][0]),
    "subjects in another order": lambda s: s["subject"].reverse(),
    "a weaker digest beside": lambda s: s["subject"][1]["digest"].update(md5="0" * 32),
    "no second digest": lambda s: s["subject"][1]["digest"].pop("blake3"),
    "digest in capitals": lambda s: s["subject"][1]["digest"].update(sha256="A" * 64),
    "a field missing": predicate(lambda p: p.pop("rights", None) or p.pop("author")),
    "an unknown field": predicate(lambda p: p.update(note="")),
    "version as text": predicate(lambda p: p.update(version="3")),
    "version as a truth": predicate(lambda p: p.update(version=True)),
    "another format": predicate(lambda p: p.update(format=2)),
    "release zero": predicate(lambda p: p.update(release=0, previous=None)),
    "first release with one before it": predicate(lambda p: p.update(release=1)),
    "second release without one before it": predicate(lambda p: p.update(previous=None)),
    "gap in the releases": predicate(lambda p: p.update(release=5)),
    "parent after the version": predicate(lambda p: p.update(parent=3)),
    "path with a third part": predicate(lambda p: p.update(path="a/b/c")),
    "no author": predicate(lambda p: p.update(author="")),
    "rights that nobody knows": predicate(lambda p: p["policy"].update(rights="MINE")),
    "policy with a member more": predicate(lambda p: p["policy"].update(more=[])),
    "recipients not in order": predicate(
        lambda p: p["recipients"].update(workgroups=["murals", "lapidary"])
    ),
    "recipients as one text": predicate(lambda p: p["recipients"].update(workgroups="murals")),
    "no objects": predicate(lambda p: p.update(objects=0)),
    "size below zero": predicate(lambda p: p.update(size_bytes=-1)),
    "provenance as a list": predicate(lambda p: p.update(provenance=[])),
    "a day that is none": predicate(lambda p: p.update(created="2026-02-30T00:00:00Z")),
    "a time without a zone": predicate(lambda p: p.update(created="2026-02-20T00:00:00")),
    "endless message": predicate(lambda p: p.update(message="x" * 20_001)),
    "endless provenance": predicate(lambda p: p.update(provenance={"x": "y" * 70_000})),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_statement_that_is_not_exactly_as_described_is_refused(change: Change) -> None:
    statement = json.loads(sample_release().to_statement())
    change(statement)
    with pytest.raises(InvalidError) as refused:
        Release.from_statement(json.dumps(statement).encode())
    assert refused.value.hint


DOCUMENTS = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"a": "\xff"}',
    "a member twice": b'{"a": 1, "a": 2}',
    "a member twice further down": b'{"a": [{"b": 1, "b": 1}]}',
    "not a number": b'{"a": NaN}',
    "an infinite number": b'{"a": -Infinity}',
    "half of a surrogate pair": rb'{"a": "\ud800"}',
    "nested without end": b"[" * 100_000,
    "a number without end": b"1" * 10_000,
    "too long": b'"' + b"x" * MAX_JSON_BYTES + b'"',
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_json_with_a_second_meaning_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidError, match="Not a valid paper"):
        decode_json(document, "paper")


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object], ids=str)
def test_what_json_cannot_say_is_not_written(value: object) -> None:
    with pytest.raises(InvalidError):
        encode_json({"provenance": value})


def test_recipients_outside_are_named_by_the_digest_alone() -> None:
    inside = recipients_of([("murals", "owner")])
    both = recipients_of([("key:ab12", "partner"), ("murals", "owner")])
    assert both.workgroups == inside.workgroups == ("murals",)
    assert both.digest != inside.digest


def test_differences_name_the_fields() -> None:
    first, second = sample_release().outline, sample_release(title="Else", epoch=2).outline
    assert differences(first, second) == ["title", "epoch"]
    assert differences(first, first) == []
