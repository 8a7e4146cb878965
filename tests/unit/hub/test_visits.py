"""A visit is one line in the log, however often the hub is asked about it."""

from dataclasses import dataclass

from museion_hub.visits import VISIT_GAP_S, VisitLog

VISIT = ("chiara", "wg-murals", "member")


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_visit_begins_once_and_again_after_a_pause() -> None:
    clock = Clock()
    visits = VisitLog(clock)
    assert visits.begins(*VISIT)
    for _ in range(10):
        clock.now += VISIT_GAP_S / 2
        assert not visits.begins(*VISIT)
    clock.now += VISIT_GAP_S
    assert visits.begins(*VISIT)


def test_visits_of_two_people_and_two_standings_are_told_apart() -> None:
    visits = VisitLog(Clock())
    assert visits.begins(*VISIT)
    assert visits.begins("jonas", "wg-murals", "member")
    assert visits.begins("chiara", "wg-murals", "administrator")


def test_visit_ends_once_and_may_begin_anew() -> None:
    visits = VisitLog(Clock())
    visits.begins(*VISIT)
    assert visits.ends("chiara", "wg-murals")
    assert not visits.ends("chiara", "wg-murals")
    assert visits.begins(*VISIT)


def test_visit_that_could_not_be_written_down_begins_again() -> None:
    visits = VisitLog(Clock())
    visits.begins(*VISIT)
    visits.undo(*VISIT)
    assert visits.begins(*VISIT)
