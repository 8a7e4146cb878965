"""Secrets of the sign-in are private files, and a start without them says what is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from museion_hub.custody.errors import PrivateFileError
from museion_hub.errors import SettingsError, StateError
from museion_hub.run.checks import require_sign_in
from museion_hub.settings import Settings, SignIn, SignInPreset, SignInProvider
from museion_hub.sign_in.authenticator import find_invitation
from museion_hub.sign_in.handlers import farewell_url
from museion_hub.sign_in.secret import client_secret, state_key


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = state_key(path)
    assert len(key) == 32
    assert state_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "00" * 31])
def test_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StateError):
        state_key(private(tmp_path / "key", text))


def test_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "key", "00" * 32)
    path.chmod(0o644)
    with pytest.raises(PrivateFileError):
        state_key(path)


def test_secret_is_read_without_the_line_break(tmp_path: Path) -> None:
    assert client_secret(str(private(tmp_path / "secret", "s3cret\n"))) == "s3cret"


@pytest.mark.parametrize("text", ["", "\n", "a\nb"])
def test_file_without_a_secret_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        client_secret(str(private(tmp_path / "secret", text)))


def test_start_checks_the_sign_in(tmp_path: Path) -> None:
    local = Settings(state_dir=tmp_path)
    require_sign_in(local)
    secret = private(tmp_path / "secret", "s3cret")
    orcid = SignIn(
        provider=SignInProvider.OIDC,
        preset=SignInPreset.ORCID,
        client_id="APP-1",
        client_secret_file=str(secret),
    )
    require_sign_in(replace(local, sign_in=orcid))
    secret.unlink()
    with pytest.raises(PrivateFileError):
        require_sign_in(replace(local, sign_in=orcid))
    with pytest.raises(SettingsError):
        require_sign_in(replace(local, sign_in=replace(orcid, client_id="")))


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("/services/registry/join/abc", "abc"),
        ("/services/registry/sign-in?next=/services/registry/join/abc", "abc"),
        ("/services/registry/sign-in?next=%2Fservices%2Fregistry%2Fjoin%2Fabc", "abc"),
        ("/services/registry/sign-in", ""),
        ("/hub/home?next=/services/registry/join/abc", ""),
        ("/hub/home", ""),
        ("", ""),
        ("http://[", ""),
    ],
)
def test_invitation_is_found_in_where_a_sign_in_leads(url: str, token: str) -> None:
    assert find_invitation(url) == token


def test_farewell_names_client_session_and_way_back() -> None:
    url = farewell_url(
        "https://sso.example/end?a=1", id_token="t", client_id="c", back="https://h/"
    )
    assert url == (
        "https://sso.example/end?a=1&client_id=c"
        "&post_logout_redirect_uri=https%3A%2F%2Fh%2F&id_token_hint=t"
    )
    assert farewell_url("", id_token="t", client_id="c", back="b") == ""
