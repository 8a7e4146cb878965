"""Invitations by mail, through a real SMTP server."""

import asyncio
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from museion_hub.settings import Mail, MailSecurity
from tests.support.postbox import Postbox, mail_server
from tests.support.registry import Registry

INVITATIONS = "/workgroups/murals/invitations"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def mail(postbox: Postbox, tmp_path: Path) -> Generator[Mail]:
    with mail_server(postbox, tmp_path) as mail:
        yield mail


def use(registry: Registry, mail: Mail) -> None:
    service = registry.app.state.service
    settings = replace(service.settings, mail=mail, public_url="https://museion.example.org/")
    registry.app.state.service = replace(service, settings=settings)


async def invite(registry: Registry, email: str) -> dict[str, object]:
    async with registry.client("murals-lead") as client:
        made = await client.post(INVITATIONS, json={"role": "member", "email": email})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_letter_says_who_invites_where_and_with_which_link(
    registry: Registry, mail: Mail, postbox: Postbox
) -> None:
    use(registry, mail)
    made = await invite(registry, "noor@example.org")
    (letter,) = postbox.letters
    text = letter.get_content()
    assert (made["mailed"], made["mail_failure"]) == (True, "")
    assert (letter["To"], letter["Subject"]) == ("noor@example.org", "Invitation to Wall Paintings")
    assert "Chiara Alberti invites you" in text
    assert f"https://museion.example.org/services/registry/join/{made['token']}" in text
    assert registry.last_event()[0] == "invitation.mailed"
    assert "noor" not in str([(one.subject, one.detail) for one in registry.events()])


@pytest.mark.parametrize("trouble", ["refused", "password", "down", "tls"])
async def test_a_letter_that_did_not_go_out_leaves_the_invitation_and_says_so(
    registry: Registry, mail: Mail, trouble: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("malachite")
    use(
        registry,
        {
            "refused": mail,
            "password": replace(mail, password_file=str(wrong)),
            "down": replace(mail, port=1),
            "tls": replace(mail, security=MailSecurity.STARTTLS),
        }[trouble],
    )
    to = "unknown@example.org" if trouble == "refused" else "noor@example.org"
    made = await invite(registry, to)
    assert made["mailed"] is False
    assert made["mail_failure"]
    async with registry.client("stranger") as client:
        joined = await client.post(f"/invitations/{made['token']}/accept")
    assert joined.status_code == 200


async def test_without_a_mail_server_the_link_is_there_to_be_sent_by_hand(
    registry: Registry,
) -> None:
    made = await invite(registry, "noor@example.org")
    assert (made["mailed"], made["mail_failure"]) == (
        False,
        "This deployment sends no mail: send the link yourself",
    )


async def test_a_slow_letter_keeps_nobody_waiting(
    registry: Registry, mail: Mail, postbox: Postbox
) -> None:
    use(registry, mail)
    async with registry.client("stranger") as client:
        await asyncio.gather(invite(registry, "noor@example.org"), client.get("/workgroups"))
    assert len(postbox.letters) == 1
