"""Errors speak to people and keep their kind across processes."""

import pickle

import pytest

from museion_datasets import errors
from museion_datasets.errors import ANSWERS, DatasetsError, ErrorKind, IntegrityError, error_json

CLASSES = DatasetsError.__subclasses__()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_error_shows_its_message_and_then_the_remedy(kind: type[DatasetsError]) -> None:
    assert str(kind("It broke: here", hint="mend it.")) == "It broke: here\nhint: mend it."


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_error_survives_a_pickle(kind: type[DatasetsError]) -> None:
    error = pickle.loads(pickle.dumps(kind("It broke", hint="mend it.")))  # noqa: S301 - ours
    assert (type(error), error.message, error.hint) == (kind, "It broke", "mend it.")


def test_every_kind_has_one_class_and_one_answer() -> None:
    assert sorted(kind.kind for kind in CLASSES) == sorted(ErrorKind)
    assert set(ANSWERS) == set(ErrorKind)


def test_every_class_stands_in_the_tree_that_the_module_draws() -> None:
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in CLASSES)


def test_answer_to_a_stranger_says_nothing_of_the_error_itself() -> None:
    answer = error_json(IntegrityError("Damaged: arrays/secret-site", hint="ask Anna."))
    assert answer["kind"] == "integrity"
    assert "secret" not in str(answer)
    assert "Anna" not in str(answer)
