"""Keys on a lease: what a worker may use when, decided without clock, thread or network."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from museion_datasets.clusters.grants import Grant, Lease, Registration, Wish
from museion_datasets.clusters.keeper import LeaseKeeper
from museion_datasets.departures import Mode
from museion_datasets.errors import KeyUnavailableError, UnavailableError
from museion_datasets.sealing.held_keys import HeldKeys

LEASE_S = 30.0
GRANT = {
    "id": "g1",
    "dataset": "murals/panel",
    "first_version": 2,
    "last_version": 3,
    "mode": "read",
    "purpose": None,
    "place": "gateway",
    "expires": "2026-11-22T22:00:00Z",
}


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        pytest.param(Wish("murals/panel", version=2), True, id="first of the range"),
        pytest.param(Wish("murals/panel", version=3), True, id="last of the range"),
        pytest.param(Wish("murals/panel", version=1), False, id="before it"),
        pytest.param(Wish("murals/panel", version=4), False, id="after it"),
        pytest.param(Wish("murals/sketch", version=2), False, id="another dataset"),
        pytest.param(Wish("murals/panel", Mode.WRITE), False, id="to write"),
    ],
)
def test_grant_covers_its_versions_of_its_dataset_in_its_mode(wish: Wish, expected: bool) -> None:  # noqa: FBT001 - a row
    assert Grant.from_json(GRANT).covers(wish) is expected


def test_grant_without_end_covers_what_comes() -> None:
    grant = Grant.from_json(GRANT | {"last_version": None})
    assert grant.covers(Wish("murals/panel", version=1000))


def test_registration_does_not_show_its_token() -> None:
    one = Registration.from_json({"cluster": "pca-12345678", "token": "secret", "lease_s": 30})
    assert "secret" not in repr(one)


def test_wish_to_write_is_for_whatever_comes_and_to_read_for_one_version() -> None:
    reading = Wish("murals/panel", version=3).to_json()
    writing = Wish("murals/panel", Mode.WRITE).to_json()
    assert (reading["first_version"], reading["last_version"]) == (3, 3)
    assert (writing["first_version"], writing["last_version"]) == (1, None)


@dataclass
class Source:
    """A registry that vends a key, as far as a lease sees it."""

    valid: bool = True
    keys: Mapping[int, bytes] = field(default_factory=lambda: {1: b"k" * 32})
    asked: int = 0

    def is_valid(self) -> bool:
        return self.valid

    def ask(self) -> Mapping[int, bytes]:
        self.asked += 1
        return self.keys


class Refusing(Source):
    def ask(self) -> Mapping[int, bytes]:
        raise KeyUnavailableError("revoked", hint="ask a lead.")


def test_forgotten_keys_are_asked_for_at_the_next_read_and_not_before() -> None:
    source = Source()
    keys = HeldKeys(source.keys, source)
    key = keys.find(1)
    keys.forget()
    assert (source.asked, keys.are_held) == (0, False)
    assert keys.find(1) == key
    assert (source.asked, keys.are_held) == (1, True)
    keys.find(1)
    assert source.asked == 1


def test_keys_whose_lease_is_over_are_not_used_even_if_nobody_made_us_forget() -> None:
    source = Refusing(valid=False)
    keys = HeldKeys(source.keys, source)
    with pytest.raises(KeyUnavailableError, match="revoked"):
        keys.find(1)
    assert not keys.are_held


def test_key_of_a_newer_epoch_is_asked_for() -> None:
    source = Source()
    keys = HeldKeys(source.keys, source)
    source.keys = {1: b"k" * 32, 2: b"l" * 32}
    assert keys.find(2) is not None
    assert keys.find(3) is None


def test_held_keys_neither_travel_nor_show() -> None:
    keys = HeldKeys({1: b"k" * 32})
    with pytest.raises(KeyUnavailableError):
        pickle.dumps(keys)
    assert "kkk" not in repr(keys)


@dataclass
class Registry:
    """Answers a keeper, or does not."""

    now: float = 1000.0
    answer: Lease | Exception = field(default_factory=lambda: Lease(LEASE_S, ()))
    forgotten: list[Lease | None] = field(default_factory=list)
    ended: int = 0

    def ask(self, timeout_s: float) -> Lease:
        assert timeout_s <= LEASE_S / 3
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def keeper(self) -> LeaseKeeper:
        return LeaseKeeper(
            self.ask,
            lambda lease, _: self.forgotten.append(lease),
            on_ended=self.end,
            clock=lambda: self.now,
        )

    def end(self) -> None:
        self.ended += 1


AWAY = UnavailableError("away", hint="wait.")


def test_short_cut_changes_nothing_and_a_long_one_makes_forget_everything() -> None:
    registry = Registry()
    keeper = registry.keeper()
    keeper.renew()
    exchanged = registry.now
    registry.answer = AWAY
    registry.now += LEASE_S - 1
    keeper.renew()
    assert registry.forgotten == [Lease(LEASE_S, ())]
    assert keeper.holds(exchanged)
    registry.now += 2
    assert not keeper.holds(exchanged)
    keeper.renew()
    assert registry.forgotten[-1] is None


def test_answer_counts_from_when_it_was_asked_for() -> None:
    registry = Registry()
    asked = registry.now

    def ask_slowly(_timeout_s: float) -> Lease:
        registry.now += 10
        return Lease(LEASE_S, ())

    keeper = LeaseKeeper(ask_slowly, lambda *_: None, clock=lambda: registry.now)
    keeper.renew()
    registry.now = asked + LEASE_S + 1
    assert not keeper.holds(asked - 100)


def test_what_was_exchanged_after_the_registry_came_back_may_be_used() -> None:
    registry = Registry(answer=AWAY)
    keeper = registry.keeper()
    registry.now += 100
    keeper.renew()
    assert not keeper.holds(registry.now - 50)
    assert keeper.holds(registry.now)


def test_ended_token_forgets_everything_at_once_and_says_so() -> None:
    registry = Registry()
    keeper = registry.keeper()
    keeper.renew()
    registry.answer = KeyUnavailableError("ended", hint="register again.")
    keeper.renew()
    assert registry.forgotten[-1] is None
    assert registry.ended == 1


def test_server_says_how_long_a_lease_is() -> None:
    registry = Registry(answer=Lease(3.0, ()))
    keeper = registry.keeper()
    keeper.renew()
    assert keeper.lease_s == 3.0
    registry.now += 4
    assert not keeper.holds(registry.now - 4)


def test_stopped_keeper_has_forgotten() -> None:
    registry = Registry()
    keeper = registry.keeper()
    keeper.start()
    keeper.stop()
    assert registry.forgotten[-1] is None
