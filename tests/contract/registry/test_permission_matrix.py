"""The permission table, each cell tried over the real API: standing by action by state."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

from museion_hub.registry.permissions import (
    Action,
    Caller,
    SiteAction,
    Standing,
    allows,
    allows_caller,
)
from museion_hub.registry.tables import WorkgroupState
from tests.support.cells import ACCOUNTS, REQUESTS, Prepared, Try, prepare
from tests.support.registry import Registry, make_registry, make_state

SIGN_IN_FIRST, REFUSED = 303, {401, 403, 404, 409}
# A link's token is knowledge enough; a page answers in HTML; no person may write for a workgroup.
TOLD_OTHERWISE = {
    Action.ACCEPT_INVITATION,
    Action.READ_SNAPSHOT,
    Action.OPEN_WORKSPACE,
    Action.EDIT_WORKSPACE,
    Action.REPORT_PRESENCE,
    Action.WRITE_DATASETS,
}
SQUARES = [
    pytest.param(action, state, id=f"{action} {state}")
    for action in Action
    for state in WorkgroupState
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[WorkgroupState], Prepared]:
    """Give the state that is copied for each cell, filled once for each state."""
    folder = tmp_path_factory.mktemp("cells")
    (folder / "filled").mkdir()
    make_state(folder / "filled")

    @cache
    def make(state: WorkgroupState) -> Prepared:
        return prepare(folder / "filled", folder / state, state)

    return make


@asynccontextmanager
async def trying(prepared: Prepared, standing: Standing) -> AsyncIterator[Try]:
    """Give an account about to try something on a copy."""
    registry = make_registry(prepared.folder)
    account = ACCOUNTS[standing]
    async with registry.client(account) as client:
        yield Try(registry, client, account, prepared)
    registry.database.close()


def test_every_action_of_the_table_is_tried() -> None:
    assert list(REQUESTS) == list(Action)


@pytest.mark.parametrize(("action", "state"), SQUARES)
async def test_who_may_do_it(
    prepared: Callable[[WorkgroupState], Prepared],
    tmp_path: Path,
    action: Action,
    state: WorkgroupState,
) -> None:
    for standing in (one for one in Standing if allows(one, action, state)):
        async with trying(prepared(state).copied(tmp_path / standing), standing) as one:
            answer = await REQUESTS[action](one)
        assert answer.is_success, (standing, answer.text)


@pytest.mark.parametrize(("action", "state"), SQUARES)
async def test_who_may_not_do_it_changes_nothing(
    prepared: Callable[[WorkgroupState], Prepared],
    tmp_path: Path,
    action: Action,
    state: WorkgroupState,
) -> None:
    copy, known = prepared(state).copied(tmp_path / "copy"), set()
    for standing in (one for one in Standing if not allows(one, action, state)):
        async with trying(copy, standing) as one:
            before = len(one.registry.events())
            answer = await REQUESTS[action](one)
            known |= {event.event for event in one.registry.events()[before:]}
        assert answer.status_code in {*REFUSED, SIGN_IN_FIRST}, (standing, answer.text)
    assert known <= {"access.refused", "key.refused"}


@pytest.mark.parametrize("state", WorkgroupState)
async def test_a_workgroup_looks_to_strangers_as_if_it_did_not_exist(
    prepared: Callable[[WorkgroupState], Prepared], tmp_path: Path, state: WorkgroupState
) -> None:
    copy = prepared(state).copied(tmp_path / "copy")
    async with trying(copy, Standing.STRANGER) as one:
        missing = (await one.client.get("/workgroups/no-such-one")).json()
        for action in Action:
            if allows(Standing.STRANGER, action, state) or action in TOLD_OTHERWISE:
                continue
            answer = await REQUESTS[action](one)
            assert (answer.status_code, answer.json()) == (404, missing), action


SITE = {
    SiteAction.CREATE_WORKGROUP: ("POST", "/workgroups", {"slug": "glass", "title": "Glass"}),
    SiteAction.FIND_WORKGROUPS: ("GET", "/workgroups/listed", None),
    SiteAction.KEEP_ACCOUNT: ("GET", "/people/me", None),
    SiteAction.OWN_CLUSTERS: (
        "POST",
        "/clusters",
        {"place": "workspace", "cluster": "notebook-2", "label": ""},
    ),
    SiteAction.READ_OVERVIEW: ("GET", "/admin/overview", None),
    SiteAction.MANAGE_PEOPLE: ("GET", "/people", None),
}
CALLERS = {
    Caller.PERSON: "stranger",
    Caller.ADMINISTRATOR: "hub-admin",
    Caller.WORKGROUP: "wg-murals",
}


@pytest.mark.parametrize("caller", Caller)
@pytest.mark.parametrize("action", SiteAction)
async def test_cell_of_the_deployment(
    registry: Registry, action: SiteAction, caller: Caller
) -> None:
    method, path, body = SITE[action]
    async with registry.client(CALLERS[caller]) as client:
        answer = await client.request(method, path, json=body)
    if allows_caller(caller, action):
        assert answer.is_success, answer.text
    else:
        assert answer.status_code in {403, 404}
