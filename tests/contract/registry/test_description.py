"""The API keeps to its own description: schemathesis asks what it says may be asked, and more.

For each kind of caller every operation is asked about what exists and what does not, with values
that its description allows and with values that it forbids, the same ones at each run. No answer
may be an error of ours, every status and body must be described, what the description forbids
must be refused, and nothing may be had without a token.
"""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.both_databases import Kind
from tests.support.registry import Registry

EXAMPLES = {
    "murals-lead": 3,
    "murals-member": 1,
    "murals-guest": 1,
    "stranger": 1,
    "hub-admin": 2,
    "wg-murals": 2,
    "operator": 1,
}
REAL = {
    "slug": "murals",
    "username": "murals-member",
    "workgroup": "murals",
    "name": "panel",
    "number": 1,
}
OPEN_TO_ALL = ("/health", "/invitations/{token}", "/invitations/{token}/account")
CONFIG = {
    "generation": {"with-security-parameters": False},
    # What no schema can say (a name that is taken, a last lead) may be refused too.
    "checks": {"positive_data_acceptance": {"enabled": False}},
}


@pytest.fixture
def operations(registry: Registry) -> list[APIOperation]:
    description: BaseSchema = schemathesis.openapi.from_dict(
        registry.app.openapi(), config=SchemathesisConfig.from_dict(CONFIG)
    )
    description.app = without_lifespan(registry.app)
    return [found.ok() for found in description.get_all_operations()]


def without_lifespan(app: ASGIApp) -> ASGIApp:
    """Give an application of which only requests are served: the fixture ends the rest."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError(scope["type"])
        await app(scope, receive, send)

    return serve


def wishes_of(operation: APIOperation) -> Iterator[SearchStrategy[Case]]:
    """Give the ways to ask: about what exists, about anything, and as it is forbidden."""
    names = {parameter.name for parameter in operation.path_parameters}
    real = {name: value for name, value in REAL.items() if name in names}
    if real:
        yield operation.as_strategy(GenerationMode.POSITIVE, path_parameters=real)
    yield operation.as_strategy(GenerationMode.POSITIVE)
    if names or operation.query or operation.body:
        yield operation.as_strategy(GenerationMode.NEGATIVE)


def ask(cases: SearchStrategy[Case], examples: int, headers: dict[str, str]) -> None:
    """Ask as often as told, always the same."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def once(case: Case) -> None:
        case.call_and_validate(headers=headers)

    once()


ROWS = [(Kind.SQLITE, caller) for caller in EXAMPLES] + [(Kind.POSTGRESQL, "murals-lead")]


@pytest.mark.parametrize(("kind", "caller"), ROWS, indirect=["kind"])
def test_every_answer_is_as_described(
    registry: Registry, operations: list[APIOperation], caller: str
) -> None:
    kind = "service" if caller == "operator" else "user"
    headers = {"Authorization": f"token {registry.hub.token_of(caller, kind=kind)}"}
    faults: list[str] = []
    for operation in operations:
        for cases in wishes_of(operation):
            try:
                ask(cases, EXAMPLES[caller], headers)
            except FailureGroup as failures:
                faults += [f"{operation.label}: {one}" for one in failures.exceptions]
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("kind", [Kind.SQLITE], indirect=True)
def test_nothing_is_had_without_a_token(operations: list[APIOperation]) -> None:
    opened = []
    for operation in operations:
        parts = {one.name: REAL.get(one.name, "x" * 32) for one in operation.path_parameters}
        answer = operation.Case(path_parameters=parts).call()
        body = json.loads(answer.content)
        if answer.status_code != 401 or body["kind"] != "unauthenticated":
            opened.append(operation.path)
    assert all(path.endswith(OPEN_TO_ALL) for path in opened), opened
