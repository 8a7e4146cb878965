"""What presets and settings make together, and which settings can't be meant."""

from dataclasses import replace
from pathlib import Path

import pytest

from museion_hub.errors import SettingsError
from museion_hub.registry.tables import Role
from museion_hub.settings import (
    GroupRule,
    Settings,
    SignIn,
    SignInOpenTo,
    SignInPreset,
    SignInProvider,
    load_settings,
    save_settings,
    settings_from,
)
from museion_hub.sign_in.presets import PRESETS, is_safe_address, provider_of

EGI = SignIn(
    provider=SignInProvider.OIDC,
    preset=SignInPreset.EGI,
    client_id="museion",
    client_secret_file="secret",
    group=(
        GroupRule("urn:mace:egi.eu:group:vo.example.eu:paintings:role=member#aai.egi.eu", "murals"),
    ),
)
KEYCLOAK = SignIn(
    provider=SignInProvider.OIDC,
    preset=SignInPreset.KEYCLOAK,
    issuer="https://sso.museum.example/realms/museum",
    client_id="museion",
    client_secret_file="secret",
    entitlement_authority=("sso.museum.example",),
    group=(
        GroupRule("urn:geant:museum.example:group:lab#sso.museum.example", "murals", Role.LEAD),
    ),
)
ORCID = SignIn(
    provider=SignInProvider.OIDC,
    preset=SignInPreset.ORCID,
    client_id="APP-1",
    client_secret_file="secret",
)


def settings(sign_in: SignIn) -> Settings:
    return Settings(state_dir=Path("/nowhere"), institution="Museum of Colour", sign_in=sign_in)


def test_every_preset_is_known() -> None:
    assert set(PRESETS) == set(SignInPreset)


def test_egi_needs_only_the_client_and_the_rules() -> None:
    provider = provider_of(settings(EGI))
    assert (provider.title, provider.issuer) == (
        "EGI Check-in",
        "https://aai.egi.eu/auth/realms/egi",
    )
    assert provider.entitlement_claim in provider.scopes
    assert provider.rules.authorities == {"aai.egi.eu"}
    assert provider.rules.namespaces == {"urn:mace:egi.eu"}


def test_keycloak_is_called_as_the_institution() -> None:
    assert provider_of(settings(KEYCLOAK)).title == "Museum of Colour"


def test_orcid_knows_no_groups() -> None:
    provider = provider_of(settings(ORCID))
    assert (provider.entitlement_claim, provider.rules.groups) == ("", ())
    assert provider.scopes == ("openid",)


def test_settings_go_before_the_preset() -> None:
    given = replace(EGI, title="Dev", issuer="https://aai-dev.egi.eu/auth/realms/egi")
    provider = provider_of(settings(given))
    assert (provider.title, provider.issuer) == ("Dev", "https://aai-dev.egi.eu/auth/realms/egi")


@pytest.mark.parametrize(
    ("sign_in", "key"),
    [
        pytest.param(replace(EGI, client_id=""), "client_id", id="no client"),
        pytest.param(replace(EGI, client_secret_file=""), "client_secret_file", id="no secret"),
        pytest.param(replace(KEYCLOAK, issuer=""), "issuer", id="no issuer"),
        pytest.param(replace(KEYCLOAK, issuer="http://sso.museum.example"), "issuer", id="http"),
        pytest.param(
            replace(KEYCLOAK, entitlement_authority=()), "entitlement_authority", id="no authority"
        ),
        pytest.param(replace(ORCID, group=EGI.group), "entitlement_claim", id="rules, no claim"),
        pytest.param(replace(EGI, scopes=("profile",)), "scopes", id="no openid"),
        pytest.param(replace(EGI, group=KEYCLOAK.group), "sign_in.group", id="foreign rule"),
        pytest.param(
            replace(EGI, group=(GroupRule("paintings", "murals"),)), "sign_in.group", id="no URN"
        ),
        pytest.param(
            replace(EGI, administrators_entitlement="admins"), "sign_in.group", id="administrators"
        ),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(sign_in: SignIn, key: str) -> None:
    with pytest.raises(SettingsError, match=key):
        provider_of(settings(sign_in))


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://sso.museum.example/realms/a", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1:8080", True),
        ("http://sso.museum.example", False),
        ("http://localhost.evil.example", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("https://sso.museum.example/#x", False),
        ("javascript:alert(1)", False),
    ],
)
def test_secrets_go_only_to_safe_addresses(url: str, is_safe: bool) -> None:  # noqa: FBT001
    assert is_safe_address(url) == is_safe


@pytest.mark.parametrize("sign_in", [EGI, KEYCLOAK, ORCID], ids=["egi", "keycloak", "orcid"])
def test_settings_of_the_sign_in_survive_being_written(sign_in: SignIn, tmp_path: Path) -> None:
    given = Settings(
        state_dir=tmp_path.resolve(),
        sign_in=replace(sign_in, client_secret_file=str(tmp_path / "secret")),
    )
    save_settings(given, tmp_path / "museion.toml")
    assert load_settings(tmp_path / "museion.toml").sign_in == given.sign_in


def test_who_gets_an_account_and_how_long_an_outage_may_be_are_settings(tmp_path: Path) -> None:
    given = settings_from({"sign_in": {"open_to": "anyone", "outage_s": 0}}, folder=tmp_path)
    assert (given.sign_in.open_to, given.sign_in.outage_s) == (SignInOpenTo.ANYONE, 0)
    assert SignIn().open_to is SignInOpenTo.ENTITLED


@pytest.mark.parametrize("wrong", [{"open_to": "everyone"}, {"outage_s": -1}, {"outage_s": 90_000}])
def test_wrong_setting_of_the_sign_in_is_named(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        settings_from({"sign_in": wrong}, folder=tmp_path)
