"""Names that may not be taken for each other, and texts that show what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion_hub.registry import names
from museion_hub.registry.errors import InvalidError
from museion_hub.registry.texts import require_email, require_line, require_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wall-art", "wallart"),
        ("wa-ll-art", "wall-art"),
        ("photo", "ph0to"),
        ("lapidary", "1apidary"),
        ("modern", "modem"),
        ("vvall", "wall"),
    ],
)
def test_look_alikes_have_one_skeleton(one: str, other: str) -> None:
    assert names.skeleton(one) == names.skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("mail", "mall"), ("site-1", "site-2"), ("site-1", "site-11"), ("a", "b")]
)
def test_names_that_are_told_apart_have_two(one: str, other: str) -> None:
    assert names.skeleton(one) != names.skeleton(other)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_alone_keep_names_apart(one: int, other: int) -> None:
    alike = names.skeleton(f"seat-{one}") == names.skeleton(f"seat-{other}")
    assert alike == (one == other)


@pytest.mark.parametrize("name", sorted(names.RESERVED_USERNAMES))
def test_names_of_the_deployment_are_nobodys(name: str) -> None:
    assert not names.is_username(name)


@pytest.mark.parametrize("slug", ["new", "listed", "wg-x", "a--b", "-a", "A", "a" * 33, "a/b", ""])
def test_addresses_and_nonsense_are_no_slugs(slug: str) -> None:
    assert not names.is_slug(slug)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a" * 121,
        "a\nb",
        "a\x00b",
        "a\x1b[31mb",
        "\u202egnp.exe",
        "a\u2066b",
        "a\u200bb",
        "\u200d",
        "a\ufeffb",
        "a\u2028b",
        "a\ud800b",
        "\U000e0041a",
        "\u0301",
    ],
)
def test_a_title_shows_what_it_is(text: str) -> None:
    with pytest.raises(InvalidError) as caught:
        require_line(text, "title")
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Wall Paintings ", "Wall Paintings"),
        ("Cafe\u0301", "Café"),
        ("<b>Murals</b>", "<b>Murals</b>"),
        ("क्\u200cष", "क्\u200cष"),
        ("壁画 🖼️", "壁画 🖼️"),
    ],
)
def test_a_title_is_kept_as_it_was_meant(text: str, kept: str) -> None:
    assert require_line(text, "title") == kept


def test_a_description_may_have_lines_and_be_empty() -> None:
    assert require_text("one\r\n\ttwo ", "description") == "one\n\ttwo"
    assert require_text("", "description") == ""
    for text in ("a\u202eb", "a" * 4001):
        with pytest.raises(InvalidError):
            require_text(text, "description")


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "a@b",
        "a@b..org",
        "a b@example.org",
        "a@example.org\nBcc: x@example.org",
        "a@example.org, b@example.org",
        "A <a@example.org>",
        "ä@example.org",
        "a" * 250 + "@example.org",
    ],
)
def test_only_one_plain_address_takes_mail(text: str) -> None:
    with pytest.raises(InvalidError):
        require_email(text)
    assert require_email(" a.b+c@mail.example.org ") == "a.b+c@mail.example.org"
