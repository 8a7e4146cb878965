"""A hub with 200 workgroups and 2,000 people: the home page, and what a permission check costs.

Whole requests go through the real proxy and hub, one after another as one person sends them; the
registry's check alone is what it does inside, with principal, standing and table.
"""

import os
import statistics
import time
from collections.abc import Callable

import httpx

from museion_hub.registry.database import Database
from museion_hub.registry.permissions import Action
from museion_hub.registry.principals import principal_of
from museion_hub.registry.standing import require_action
from museion_hub.registry.start import open_custody
from museion_hub.workplaces import registry_database_url
from tests.support.crowd import PEOPLE, WORKGROUPS, fill_with_people
from tests.support.hub import TempHub, temp_hub
from tests.support.side_by_side import say
from tests.support.waiting import wait_until

REQUESTS = int(os.environ.get("MUSEION_BENCH_REQUESTS", "300"))
PERSON = "murals-lead"
BATCH = 200


def print_percentiles(work: str, act: Callable[[], object]) -> None:
    """Time a work many times; print the middle and the slow end."""
    act()
    taken = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1e3)
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    say(f"{work:52} p50 {cuts[49]:7.1f} ms   p99 {cuts[98]:7.1f} ms")


def get(client: httpx.Client, path: str) -> Callable[[], object]:
    def act() -> None:
        client.get(path).raise_for_status()

    return act


def tell_the_hub(hub: TempHub) -> None:
    """Make the people known to the hub, as if each had signed in once."""
    headers = {"Authorization": f"token {hub.runtime.tokens.registry}"}
    with httpx.Client(base_url=f"{hub.url}/hub/api", headers=headers, timeout=300) as client:
        for start in range(0, PEOPLE, BATCH):
            names = [f"person-{number:04}" for number in range(start, min(start + BATCH, PEOPLE))]
            client.post("/users", json={"usernames": names}).raise_for_status()
        wait_until(
            lambda: client.get(f"/users/wg-group-{WORKGROUPS - 1:03}").is_success, "the accounts"
        )


def print_check_alone(database: Database, slug: str) -> None:
    def check() -> None:
        principal = principal_of(database, PERSON)
        with database.reading() as session:
            require_action(session, principal, slug, Action.READ)

    print_percentiles("the registry's check alone", check)


def test_hub_of_a_large_institution() -> None:
    with temp_hub(auth_refresh_s=30) as hub:
        database = Database(registry_database_url(hub.settings))
        custody = open_custody(database, hub.paths.root_key_file)
        started = time.perf_counter()
        slug, *_ = fill_with_people(database, custody, PERSON)
        tell_the_hub(hub)
        seconds = time.perf_counter() - started
        say(f"\nhub with {WORKGROUPS} workgroups and {PEOPLE} people, filled in {seconds:.0f} s")
        token = hub.token_of(PERSON)
        page = f"/services/registry/workgroups/{slug}"
        api = f"/services/registry/api/v1/workgroups/{slug}"
        with hub.signed_in(PERSON) as client:
            print_percentiles("home page", get(client, "/hub/home"))
            print_percentiles("page of a workgroup", get(client, page))
        headers = {"Authorization": f"token {token}"}
        with httpx.Client(base_url=hub.url, headers=headers, timeout=60) as client:
            print_percentiles("permission check by the hub", get(client, "/hub/api/user"))
            print_percentiles(
                "permission check by the registry", get(client, "/services/registry/api/v1/me")
            )
            print_percentiles("workgroup by the API", get(client, api))
        print_check_alone(database, slug)
        database.close()
