"""`museion cluster …`: which clusters run, what they may read, and taking it from them."""

import argparse
from typing import Any

from museion_datasets.cli.declared import Answer, Command, add_declared, argument, listing
from museion_datasets.cli.registry_api import add_registry, open_registry


def describe_cluster(parser: argparse.ArgumentParser) -> None:
    """List running clusters and what they may read, and revoke that.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="cluster_command")
    add_declared(below, COMMANDS, add_registry)


def _list(options: argparse.Namespace) -> Answer:
    """List running clusters."""
    found = open_registry(options).ask("GET", "clusters", workgroup=options.workgroup)
    rows = [
        (
            each["cluster"],
            each["workgroup"] or each["account"],
            each["place"],
            str(each["started"])[:16].replace("T", " "),
            ", ".join(_grant(one) for one in each["grants"]),
            each["label"],
        )
        for each in found
    ]
    return listing(found, ("CLUSTER", "OF", "PLACE", "STARTED", "GRANTS", "LABEL"), rows)


def _revoke(options: argparse.Namespace) -> Answer:
    """Take a cluster's keys away, or one of its grants."""
    parts = ["clusters", options.cluster]
    if options.grant is not None:
        parts += ["grants", options.grant]
    open_registry(options).ask("DELETE", *parts, workgroup=options.workgroup)
    revoked = {"cluster": options.cluster, "grant": options.grant}
    what = "a grant of" if options.grant is not None else "the cluster"
    return Answer(revoked, f"Revoked {what} {options.cluster}: in half a minute its keys are gone")


def _grant(grant: dict[str, Any]) -> str:
    """Return a grant in a few characters, as in ``murals/panel@1-3``."""
    first, last = grant["first_version"], grant["last_version"]
    versions = f"{first}-" if last is None else str(first) if first == last else f"{first}-{last}"
    mode = " write" if grant["mode"] == "write" else ""
    return f"{grant['dataset']}@{versions}{mode}"


_OF = argument("--workgroup", metavar="SLUG", help="whose cluster it is; by default one's own")
COMMANDS = (
    Command(
        "list",
        "list running clusters and what they may read",
        _list,
        (argument("--workgroup", metavar="SLUG", help="whose; by default all that you may see"),),
    ),
    Command(
        "revoke",
        "take a cluster's keys away, or one grant of it",
        _revoke,
        (
            argument("cluster"),
            _OF,
            argument("--grant", metavar="ID", help="this one alone, as `list --json` names it"),
        ),
        "Take the keys of {cluster} away? What it computes will fail.",
    ),
)
