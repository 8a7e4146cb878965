"""Tickets to a dashboard: good for one cluster, for a while, and never guessed."""

from museion_lab.clusters.dashboard import is_inside
from museion_lab.clusters.tickets import LASTS_S, MOST, Tickets


def test_a_ticket_is_good_for_its_own_cluster() -> None:
    tickets = Tickets()
    name = tickets.issue("hpc-pca", "a credential")
    found = tickets.find(name, "hpc-pca")
    assert found is not None
    assert found.credential == "a credential"
    assert "a credential" not in repr(found)
    assert tickets.find(name, "hpc-other") is None
    assert tickets.find(name[:-1], "hpc-pca") is None


def test_a_ticket_lasts_while_it_is_used() -> None:
    now = [0.0]
    tickets = Tickets(clock=lambda: now[0])
    name = tickets.issue("a", "")
    for _ in range(3):
        now[0] += LASTS_S - 1
        assert tickets.find(name, "a") is not None
    now[0] += LASTS_S + 1
    assert tickets.find(name, "a") is None


def test_old_tickets_are_forgotten_and_there_are_never_too_many() -> None:
    tickets = Tickets()
    first = tickets.issue("a", "")
    for _ in range(MOST + 5):
        last = tickets.issue("a", "")
    assert tickets.find(first, "a") is None
    assert tickets.find(last, "a") is not None


def test_a_redirect_to_elsewhere_is_not_followed() -> None:
    assert is_inside("status")
    assert is_inside("/status?theme=dark")
    assert not is_inside("https://example.org/")
    assert not is_inside("//example.org/")
