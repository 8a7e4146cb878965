"""Who may fetch a new cookie after the own password was changed: one browser, once, at once."""

import pytest

from museion_hub.sessions import RENEWAL_S, Renewals


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def renewals(now: list[float]) -> Renewals:
    renewals = Renewals(lambda: now[0])
    renewals.allow("ticket", "noor", "session")
    return renewals


def test_ticket_is_worth_one_cookie(renewals: Renewals) -> None:
    assert renewals.redeem("ticket", "session") == "noor"
    assert renewals.redeem("ticket", "session") is None


@pytest.mark.parametrize(
    ("ticket", "session"), [("ticket", "another"), ("ticket", ""), ("tickets", "session"), ("", "")]
)
def test_ticket_of_another_browser_is_worth_nothing(
    renewals: Renewals, ticket: str, session: str
) -> None:
    assert renewals.redeem(ticket, session) is None


def test_stolen_ticket_is_worth_nothing_to_its_owner_either(renewals: Renewals) -> None:
    assert renewals.redeem("ticket", "thief") is None
    assert renewals.redeem("ticket", "session") is None


def test_ticket_ends_after_a_minute(renewals: Renewals, now: list[float]) -> None:
    now[0] = RENEWAL_S
    assert renewals.redeem("ticket", "session") is None
