"""What people read when something is in the way."""

import pytest

from museion_hub.pages.words import ERRORS, cause_notice, error_words, sign_in_notice


def test_denied_and_missing_look_the_same() -> None:
    assert error_words(401) == error_words(403) == error_words(404) == error_words(405)
    assert not error_words(404).shows_cause


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 502, 503, 507, 418])
def test_every_status_has_a_sentence_and_a_remedy(status: int) -> None:
    words = error_words(status)
    assert words.sentence.endswith(".")
    assert words.hint.endswith(".")
    assert not words.title.endswith(".")


def test_a_form_that_waited_too_long_is_told_apart_from_a_denial() -> None:
    expired = error_words(403, "XSRF cookie does not match POST argument")
    assert expired != error_words(403)
    assert error_words(404, "xsrf") == ERRORS[404]


def test_a_wrong_password_gets_one_calm_sentence_and_a_hint() -> None:
    notice = sign_in_notice("Invalid username or password")
    assert "belong together" in notice.sentence
    assert notice.hint


@pytest.mark.parametrize(
    ("message", "sentence", "hint"),
    [
        ("The disk is full\nhint: free some space", "The disk is full.", "Free some space."),
        ("Too many tries for this name", "Too many tries for this name.", ""),
        ("", "", ""),
        ("Really?\nhint: yes!", "Really?", "Yes!"),
    ],
    ids=["both", "no hint", "nothing", "punctuated"],
)
def test_a_message_of_ours_becomes_a_sentence_and_a_hint(
    message: str, sentence: str, hint: str
) -> None:
    notice = cause_notice(message)
    assert (notice.sentence, notice.hint) == (sentence, hint)
