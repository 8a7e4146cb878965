"""`museion workgroup publish`: renders a notebook here and publishes it to a workgroup's guests.

In a workspace's terminal it is published in the workgroup's own name, since every member's
terminal is the same; with a person's token, in theirs.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from museion_datasets import environment
from museion_datasets.cli.declared import Answer, Command, add_declared, argument
from museion_datasets.cli.registry_api import add_registry, open_registry
from museion_datasets.errors import InvalidError, UnavailableError
from museion_lab.environment import read_environment

_BYTES_PER_MB = 1e6


def add_commands(below: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `museion workgroup`.

    Parameters
    ----------
    below : argparse's sub-parsers
        Where to add.
    """
    add_declared(below, (COMMAND,), add_registry)


def publish(options: argparse.Namespace) -> Answer:
    """Publish a notebook as it was saved; nothing is executed.

    Parameters
    ----------
    options : argparse.Namespace
        As the command says.

    Returns
    -------
    Answer
        The snapshot, as the registry keeps it.

    Raises
    ------
    InvalidError
        If nothing says whose guests are meant.
    """
    from museion_lab.rendering import render_notebook  # noqa: PLC0415  `--help` stays quick

    slug = options.workgroup or read_environment().workgroup
    if not slug:
        raise InvalidError(
            "Nothing says to which workgroup's guests", hint="give --workgroup SLUG."
        )
    path = _path_in_workspace(options.notebook)
    page = render_notebook(_read(options.notebook), path.name, options.notebook.resolve().parent)
    body = {"path": str(path), "title": page.title, "html": page.html}
    done = open_registry(options).ask("POST", "workgroups", slug, "snapshots", body=body)
    size = f"{done['size_bytes'] / _BYTES_PER_MB:.1f} MB"
    return Answer(done, f"Guests of {slug} can read it now: {done['title']} ({size}, {done['id']})")


def _path_in_workspace(notebook: Path) -> Path:
    """Return the path by which a notebook is known; publishing again replaces the page."""
    root = environment.find_workspace()
    here = notebook.resolve()
    if root is not None and here.is_relative_to(root):
        return here.relative_to(root)
    return Path(notebook.name)


def _read(notebook: Path) -> dict[str, Any]:
    """Return a notebook's content.

    Raises
    ------
    UnavailableError
        If it cannot be read.
    InvalidError
        If it is no notebook.
    """
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnavailableError(
            f"The notebook cannot be read: {notebook}", hint="check its name and permissions."
        ) from error
    except ValueError as error:
        raise InvalidError(f"This is not a notebook: {notebook}", hint="name an .ipynb.") from error
    return content if isinstance(content, dict) else {}


COMMAND = Command(
    "publish",
    "publish a notebook to a workgroup's guests, or replace what is published",
    publish,
    (
        argument("notebook", type=Path, metavar="NOTEBOOK", help="an .ipynb, as it was saved"),
        argument("--workgroup", metavar="WORKGROUP", help="by default the workspace's own"),
    ),
)
