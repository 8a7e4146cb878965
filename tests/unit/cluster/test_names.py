"""What a cluster is called, and that its socket has room for it."""

import pytest

from museion.clusters.names import (
    LONGEST_LABEL,
    cluster_id,
    default_name,
    require_name,
    short_label,
)
from museion.errors import InputError

LONGEST_SOCKET_NAME = 56
"""Room beside a folder in /tmp and the longest ending, in a path of 107 bytes."""
SPELLED = set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        pytest.param("pca.ipynb", "workspace", id="notebook"),
        pytest.param("../../etc/passwd", "..", id="a way out"),
        pytest.param("Übersicht der Wände.ipynb", "gateway", id="other letters"),
        pytest.param("x" * 500, "y" * 30, id="long"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_an_id_is_a_short_plain_word(name: str, place: str) -> None:
    found = cluster_id(name, place)
    assert set(found) <= SPELLED
    assert 8 <= len(found) <= LONGEST_SOCKET_NAME


def test_each_name_and_place_has_an_id_of_its_own() -> None:
    named = [
        ("a.b", "hpc"),
        ("a-b", "hpc"),
        ("a.b", "gateway"),
        ("x" * 99, "hpc"),
        ("x" * 98, "hpc"),
    ]
    assert len({cluster_id(*each) for each in named}) == len(named)
    assert cluster_id("pca.ipynb", "hpc") == cluster_id("pca.ipynb", "hpc")


def test_a_process_without_notebook_has_a_cluster_of_its_own() -> None:
    assert default_name("pca.ipynb") == "pca.ipynb"
    assert default_name(None).startswith("process-")


@pytest.mark.parametrize("name", ["", "x" * 201, 7, b"pca"])
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(InputError, match="cannot have this name"):
        require_name(name)


def test_long_labels_stay_apart() -> None:
    one, other = short_label("a" + "x" * 100), short_label("b" + "x" * 100)
    assert one != other
    assert len(one) == len(other) == LONGEST_LABEL
