"""The part of `museion workgroup …` that is about who belongs to a workgroup."""

import argparse
from typing import Any

from museion_datasets.cli.declared import Answer, Command, argument, listing
from museion_datasets.cli.registry_api import RegistryApi, open_registry
from museion_datasets.errors import ConflictError

ROLES = ("lead", "member", "guest")
SLUG = argument("slug", metavar="WORKGROUP", help="its slug, as in murals")
_PERSON = argument("username", metavar="USERNAME")
_ROLE = argument("--role", choices=ROLES, default="member", help="member unless told")


def _members(options: argparse.Namespace) -> Answer:
    """List the members."""
    page = open_registry(options).ask("GET", "workgroups", options.slug)
    return _listing(page["members"])


def _role(options: argparse.Namespace) -> Answer:
    """Change a role; an administrator may add somebody with it."""
    body = {"role": options.role, "expected_role": options.expect}
    page = open_registry(options).ask(
        "PUT", "workgroups", options.slug, "members", options.username, body=body
    )
    return _listing(page["members"])


def _remove(options: argparse.Namespace) -> Answer:
    """Remove a member."""
    return _end(open_registry(options), options.slug, options.username)


def _leave(options: argparse.Namespace) -> Answer:
    """Leave a workgroup oneself.

    Raises
    ------
    ConflictError
        If the token is no person's.
    """
    api = open_registry(options)
    me = api.ask("GET", "me")
    if me["kind"] != "person":
        raise ConflictError(
            f"Only a person can leave a workgroup, and this is: {me['name']}",
            hint="use your own token: --url … --token-file FILE.",
        )
    return _end(api, options.slug, me["name"])


def _end(api: RegistryApi, slug: str, username: str) -> Answer:
    """End a membership, and say what has happened."""
    done = api.ask("DELETE", "workgroups", slug, "members", username)
    closed = "Open connections were closed."
    late = "The hub has not confirmed yet that open connections are closed; it is asked again."
    text = (
        f"{done['removed']} no longer belongs to {slug}. What is written to its datasets from now "
        f"on is sealed with keys of epoch {done['epoch']}.\n"
        f"{closed if done['hub'] == 'done' else late}"
    )
    return Answer(done, text)


def _invite(options: argparse.Namespace) -> Answer:
    """Make an invitation, whose link is shown this once."""
    wish = {
        "role": options.role,
        "expires_days": options.days,
        "uses": options.uses,
        "label": options.label,
        "email": options.email,
    }
    made = open_registry(options).ask("POST", "workgroups", options.slug, "invitations", body=wish)
    failed = f"It could not be mailed: {made['mail_failure']}" if made["mail_failure"] else ""
    mailed = f"It was mailed to {options.email}." if made["mailed"] else failed
    first = "Whoever opens this address can join; it is shown this once:"
    return Answer(made, "\n".join(filter(None, (first, made["url"], mailed))))


def _invitations(options: argparse.Namespace) -> Answer:
    """List the invitations."""
    found = open_registry(options).ask("GET", "workgroups", options.slug, "invitations")
    head = ("ID", "ROLE", "LEFT", "EXPIRES", "STATE", "FOR")
    rows = [
        (
            each["id"],
            each["role"],
            f"{each['uses_left']}/{each['uses']}",
            str(each["expires"])[:16].replace("T", " "),
            "usable" if each["is_usable"] else "ended",
            each["label"] or each["email"] or "",
        )
        for each in found
    ]
    return listing(found, head, rows)


def _revoke(options: argparse.Namespace) -> Answer:
    """Revoke an invitation."""
    open_registry(options).ask("DELETE", "workgroups", options.slug, "invitations", options.id)
    return Answer({"revoked": options.id}, f"Nobody can use it any more: {options.id}")


def _join(options: argparse.Namespace) -> Answer:
    """Follow an invitation's link."""
    token = options.invitation.rstrip("/").rpartition("/")[2]
    joined = open_registry(options).ask("POST", "invitations", token, "accept")
    return Answer(joined, f"You are now {joined['role']} of {joined['slug']}.")


def _ask(options: argparse.Namespace) -> Answer:
    """Ask to join."""
    wish = {"message": options.message}
    said = open_registry(options).ask("POST", "workgroups", options.slug, "requests", body=wish)
    return Answer(said, f"The leads of {options.slug} see that you ask to join.")


def _requests(options: argparse.Namespace) -> Answer:
    """List who asks to join."""
    found = open_registry(options).ask("GET", "workgroups", options.slug, "requests")
    head = ("USERNAME", "NAME", "SINCE", "SAYS")
    rows = [
        (
            each["username"],
            each["display_name"],
            str(each["created"])[:10],
            " ".join(each["message"].split()),
        )
        for each in found
    ]
    return listing(found, head, rows)


def _accept(options: argparse.Namespace) -> Answer:
    """Take in somebody who asked."""
    where = ("workgroups", options.slug, "requests", options.username, "accept")
    joined = open_registry(options).ask("POST", *where, body={"role": options.role})
    return Answer(joined, f"{options.username} is now {joined['role']} of {joined['slug']}.")


def _refuse(options: argparse.Namespace) -> Answer:
    """Decline somebody's request."""
    api = open_registry(options)
    api.ask("DELETE", "workgroups", options.slug, "requests", options.username)
    return Answer({"refused": options.username}, f"Declined: {options.username}")


def _listing(members: list[dict[str, Any]]) -> Answer:
    """Return members for people and programs."""
    head = ("USERNAME", "ROLE", "SINCE", "BY", "NAME")
    rows = [
        (
            each["username"],
            each["role"],
            str(each["joined"])[:10],
            each["source"],
            each["display_name"],
        )
        for each in members
    ]
    return listing(members, head, rows)


COMMANDS = (
    Command("members", "list the members and their roles", _members, (SLUG,)),
    Command(
        "role",
        "change a member's role; an administrator may add a person so",
        _role,
        (
            SLUG,
            _PERSON,
            argument("role", choices=ROLES),
            argument("--expect", choices=ROLES, help="only if this is the role until now"),
        ),
    ),
    Command(
        "remove",
        "remove a member at once, and begin new keys",
        _remove,
        (SLUG, _PERSON),
        "Remove {username} from {slug}? Open tabs stop at once.",
    ),
    Command(
        "leave",
        "leave a workgroup yourself",
        _leave,
        (SLUG,),
        "Leave {slug}? Only a lead can take you in again.",
    ),
    Command(
        "invite",
        "make a link with which people join",
        _invite,
        (
            SLUG,
            _ROLE,
            argument("--days", type=int, default=7, help="how long it can be used, 1 to 90 (7)"),
            argument("--uses", type=int, default=1, help="how many people can use it (1)"),
            argument("--label", default="", help="a note for the leads"),
            argument("--email", metavar="ADDRESS", help="send it there"),
        ),
    ),
    Command("invitations", "list the invitations", _invitations, (SLUG,)),
    Command(
        "revoke",
        "revoke an invitation",
        _revoke,
        (SLUG, argument("id", metavar="ID", help="as museion workgroup invitations lists it")),
    ),
    Command(
        "join",
        "follow an invitation",
        _join,
        (argument("invitation", metavar="LINK", help="as you were sent it"),),
    ),
    Command(
        "ask",
        "ask to join a workgroup that can be found",
        _ask,
        (SLUG, argument("--message", default="", help="for its leads")),
    ),
    Command("requests", "list who asks to join", _requests, (SLUG,)),
    Command("accept", "take in who asked to join", _accept, (SLUG, _PERSON, _ROLE)),
    Command("refuse", "decline a request to join", _refuse, (SLUG, _PERSON)),
)
