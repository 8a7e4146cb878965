"""What a failed request is answered with, where a layout opens, what the server was told."""

import pytest
from tornado.web import HTTPError

from museion_datasets.errors import ANSWERS, IntegrityError, NotFoundError
from museion_lab.environment import Environment, read_environment
from museion_lab.handlers import describe_error, status_of
from museion_lab.layout import layout_url

SECRET = NotFoundError("No such dataset: lapidary/secret-name", hint="ask lapidary-lead.")


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (SECRET, 404, "not_found"),
        (IntegrityError("Chunk 7 is damaged", hint="restore it."), 502, "integrity"),
        (HTTPError(400), 400, "invalid"),
        (HTTPError(403), 403, "refused"),
        (HTTPError(405), 405, "invalid"),
        (ZeroDivisionError("x"), 500, "internal"),
        (None, 500, "internal"),
    ],
    ids=str,
)
def test_each_error_has_its_status_and_kind(
    error: Exception | None, status: int, kind: str
) -> None:
    assert status_of(error) == status
    assert describe_error(error, status)["kind"] == kind


@pytest.mark.parametrize("error", [SECRET, ZeroDivisionError("secret-name")], ids=["ours", "any"])
def test_nothing_of_an_errors_own_text_leaves_the_process(error: Exception) -> None:
    answer = describe_error(error, status_of(error))
    assert "secret-name" not in str(answer)
    assert set(answer) == {"kind", "message", "hint"}


def test_every_kind_of_dataset_error_has_an_answer_with_a_hint() -> None:
    assert all(answer.message and answer.hint for answer in ANSWERS.values())


@pytest.mark.parametrize(
    ("base", "username", "path", "expected"),
    [
        ("/", "anna", "", "/lab/workspaces/anna"),
        (
            "/user/wg-murals/",
            "anna",
            "01-first-look.ipynb",
            "/user/wg-murals/lab/workspaces/anna/tree/01-first-look.ipynb",
        ),
        ("/", "anna", "x y/ü.ipynb", "/lab/workspaces/anna/tree/x%20y/%C3%BC.ipynb"),
        ("/", "a/b c", "", "/lab/workspaces/a-b-c-0af99a60"),
    ],
)
def test_each_member_gets_a_layout_of_their_own(
    base: str, username: str, path: str, expected: str
) -> None:
    assert layout_url(base, username, path) == expected


def test_two_members_never_share_a_layout() -> None:
    assert layout_url("/", "a.b") != layout_url("/", "a-b") != layout_url("/", "a/b")


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "//evil.example/x"])
def test_a_path_out_of_the_workspace_is_refused(path: str) -> None:
    with pytest.raises(HTTPError) as caught:
        layout_url("/", "anna", path)
    assert caught.value.status_code == 400


@pytest.mark.parametrize(("account", "slug"), [("wg-murals", "murals"), ("anna", None), ("", None)])
def test_the_workgroup_comes_from_the_account(account: str, slug: str | None) -> None:
    assert Environment(account=account).workgroup == slug


def test_the_servers_token_is_not_shown() -> None:
    environment = read_environment({"JUPYTERHUB_API_TOKEN": "hush", "JUPYTERHUB_USER": "wg-murals"})
    assert environment.token == "hush"
    assert "hush" not in repr(environment)
