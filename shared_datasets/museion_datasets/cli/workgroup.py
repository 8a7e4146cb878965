"""`museion workgroup …`: workgroups, their people and what they publish, from a terminal.

Other packages add commands through the entry point group ``museion.workgroup_commands``: each
names a function that is given the sub-parsers.
"""

import argparse
from importlib.metadata import entry_points
from typing import Any

from museion_datasets.cli.answer import table
from museion_datasets.cli.declared import Answer, Command, add_declared, argument, listing
from museion_datasets.cli.registry_api import add_registry, open_registry
from museion_datasets.cli.workgroup_people import COMMANDS as PEOPLE
from museion_datasets.cli.workgroup_people import SLUG

GROUP = "museion.workgroup_commands"
_EVENTS = 50


def describe_workgroup(parser: argparse.ArgumentParser) -> None:
    """Create and describe workgroups, invite, set roles, publish, read who did what.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="workgroup_command")
    add_declared(below, (*COMMANDS, *PEOPLE), add_registry)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            extend = point.load()
        except ModuleNotFoundError:
            continue  # JupyterLab's requirements are not installed here
        extend(below)


def _list(options: argparse.Namespace) -> Answer:
    """List one's own workgroups; all of them for administrators."""
    api = open_registry(options)
    if options.all or options.config is not None:
        found = api.ask("GET", "admin", "overview")["workgroups"]
        rows = [
            (
                each["slug"],
                each["state"],
                str(each["members"]),
                str(each["datasets"]),
                ", ".join(each["leads"]),
                each["title"],
            )
            for each in found
        ]
        return listing(found, ("WORKGROUP", "STATE", "MEMBERS", "DATASETS", "LEADS", "TITLE"), rows)
    found = api.ask("GET", "workgroups")
    mine = [
        (each["slug"], each["role"], str(len(each["members"])), each["title"]) for each in found
    ]
    return listing(found, ("WORKGROUP", "ROLE", "MEMBERS", "TITLE"), mine)


def _listed(options: argparse.Namespace) -> Answer:
    """List the workgroups that can be found and asked to join."""
    found = open_registry(options).ask("GET", "workgroups", "listed")
    rows = [
        (each["slug"], str(each["members"]), "asked" if each["asked"] else "", each["title"])
        for each in found
    ]
    return listing(found, ("WORKGROUP", "MEMBERS", "", "TITLE"), rows)


def _show(options: argparse.Namespace) -> Answer:
    """Say everything about a workgroup."""
    return _page(open_registry(options).ask("GET", "workgroups", options.slug))


def _create(options: argparse.Namespace) -> Answer:
    """Make a workgroup, or ask for one."""
    wish = {
        "slug": options.slug,
        "title": options.title,
        "description": options.description,
        "lead": options.lead,
    }
    return _page(open_registry(options).ask("POST", "workgroups", body=wish))


def _rename(options: argparse.Namespace) -> Answer:
    """Change the title; the slug stays for ever."""
    return _change(options, {"title": options.title})


def _describe(options: argparse.Namespace) -> Answer:
    """Change the description, and whether the workgroup can be found."""
    return _change(options, {"description": options.text, "is_listed": options.is_listed})


def _change(options: argparse.Namespace, change: dict[str, Any]) -> Answer:
    """Change what is said of a workgroup."""
    return _page(open_registry(options).ask("PATCH", "workgroups", options.slug, body=change))


def _become(options: argparse.Namespace) -> Answer:
    """Archive, restore or approve, as the command is called."""
    action = options.workgroup_command
    return _page(open_registry(options).ask("POST", "workgroups", options.slug, action))


def _decline(options: argparse.Namespace) -> Answer:
    """Decline a workgroup that waits for approval."""
    open_registry(options).ask("POST", "workgroups", options.slug, "decline")
    return Answer({"declined": options.slug}, f"Declined: {options.slug}")


def _events(options: argparse.Namespace) -> Answer:
    """Say who did what, the newest first."""
    found = open_registry(options).ask(
        "GET", "workgroups", options.slug, "events", before=options.before, limit=options.limit
    )
    rows = [
        (
            str(each["index"]),
            str(each["time"])[:19].replace("T", " "),
            each["actor"],
            each["event"],
            each["subject"],
        )
        for each in found
    ]
    return listing(found, ("NUMBER", "TIME", "WHO", "WHAT", "TO"), rows)


def _snapshots(options: argparse.Namespace) -> Answer:
    """List what is published to guests."""
    found = open_registry(options).ask("GET", "workgroups", options.slug, "snapshots")
    rows = [
        (
            each["id"],
            str(each["published"])[:16].replace("T", " "),
            each["published_by"],
            each["path"],
            each["title"],
        )
        for each in found
    ]
    return listing(found, ("ID", "PUBLISHED", "BY", "NOTEBOOK", "TITLE"), rows)


def _withdraw(options: argparse.Namespace) -> Answer:
    """Take a published notebook away."""
    open_registry(options).ask("DELETE", "workgroups", options.slug, "snapshots", options.id)
    return Answer({"withdrawn": options.id}, f"Guests can no longer read it: {options.id}")


def _page(page: dict[str, Any]) -> Answer:
    """Return a workgroup for people and programs."""
    facts = [
        ("workgroup", page["slug"]),
        ("title", page["title"]),
        ("about", " ".join(page["description"].split())),
        ("state", page["state"]),
        ("found by", "everybody who signs in" if page["is_listed"] else "its members"),
        ("my role", page["my_role"] or ("administrator" if page["is_administrator"] else "")),
        ("members", str(len(page["members"]))),
        ("datasets", str(len(page["datasets"]))),
        ("workspace", page["server"]["state"]),
    ]
    return Answer(page, table([(name, value) for name, value in facts if value]))


def _choice(name: str, *, value: bool, words: str) -> Any:  # noqa: ANN401 - an argument
    """Return an option that says whether the workgroup can be found."""
    return argument(name, action="store_const", const=value, dest="is_listed", help=words)


COMMANDS = (
    Command(
        "list",
        "list your workgroups",
        _list,
        (argument("--all", action="store_true", help="all there are, as an administrator"),),
    ),
    Command("listed", "list the workgroups that can be asked to join", _listed),
    Command("show", "say everything about a workgroup", _show, (SLUG,)),
    Command(
        "create",
        "make a workgroup, or ask for one where that needs approval",
        _create,
        (
            SLUG,
            argument("--title", required=True, help="for people"),
            argument("--description", help="a paragraph for people"),
            argument("--lead", metavar="USERNAME", help="who leads it; only administrators say"),
        ),
    ),
    Command(
        "rename", "change a workgroup's title", _rename, (SLUG, argument("title", metavar="TITLE"))
    ),
    Command(
        "describe",
        "change a workgroup's description, and who finds it",
        _describe,
        (
            SLUG,
            argument("text", nargs="?", metavar="TEXT", help="a paragraph for people"),
            _choice("--listed", value=True, words="who signs in can find it and ask to join"),
            _choice("--unlisted", value=False, words="only by invitation"),
        ),
    ),
    Command(
        "archive",
        "end the work in a workgroup and keep what there is",
        _become,
        (SLUG,),
        "Archive {slug}? Its workspace stops, and nothing in it can be changed.",
    ),
    Command("restore", "bring an archived workgroup back", _become, (SLUG,)),
    Command("approve", "approve a workgroup that was asked for", _become, (SLUG,)),
    Command(
        "decline",
        "decline a workgroup that was asked for",
        _decline,
        (SLUG,),
        "Decline {slug}? What was asked for is forgotten.",
    ),
    Command(
        "events",
        "say who did what",
        _events,
        (
            SLUG,
            argument("--before", type=int, metavar="NUMBER", help="only what was before"),
            argument("--limit", type=int, default=_EVENTS, metavar="N", help="at most (50)"),
        ),
    ),
    Command("snapshots", "list the notebooks that are published to guests", _snapshots, (SLUG,)),
    Command(
        "withdraw",
        "take a published notebook away",
        _withdraw,
        (SLUG, argument("id", metavar="ID", help="as museion workgroup snapshots lists it")),
        "Withdraw {id}? Guests can no longer read it.",
    ),
)
