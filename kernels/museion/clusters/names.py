"""What a cluster is called: for people, for its agent's socket, for the gateway.

A cluster belongs to a notebook, or to the name that a person gave it, and to a place. From
these its id follows, so that a kernel that was restarted, another member's kernel and Lab find
the same one. An id becomes part of a path: lower-case letters, digits and hyphens only, and
short, since the path of a unix socket has at most 107 bytes.
"""

import hashlib
import os
import re

from museion.errors import InputError

LONGEST_NAME = 200
LONGEST_LABEL = 80
_PLACE_LENGTH, _NAME_LENGTH, _DIGITS = 12, 24, 8
_OTHER = re.compile(r"[^a-z0-9]+")


def default_name(notebook: str | None) -> str:
    """Return what a cluster is called that got no name.

    Parameters
    ----------
    notebook : str or None
        Path of the notebook; None for any other process, whose cluster is its own.

    Returns
    -------
    str
    """
    return notebook or f"process-{os.getpid()}"


def require_name(name: object) -> str:
    """Return a name, if it can be one.

    Raises
    ------
    InputError
        It is no text, empty or too long.
    """
    if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME:
        return name
    raise InputError(
        f"A cluster cannot have this name: {name!r:.80}",
        hint=f'use 1 to {LONGEST_NAME} letters, as in name="pca"',
    )


def cluster_id(name: str, place: str) -> str:
    """Return the id of a cluster.

    Parameters
    ----------
    name : str
        Its name, often a notebook's path.
    place : str
        Where it computes.

    Returns
    -------
    str

    Examples
    --------
    >>> cluster_id("analysis/pca.ipynb", "workspace")
    'workspace-analysis-pca-dec444b3'
    """
    digest = hashlib.sha256(f"{place}\0{name}".encode()).hexdigest()[:_DIGITS]
    parts = (_slug(place)[:_PLACE_LENGTH], _slug(name.removesuffix(".ipynb"))[-_NAME_LENGTH:])
    return "-".join([*(part.strip("-") for part in parts if part.strip("-")), digest])


def short_label(text: str) -> str:
    """Return a text as a label: whole if it is short, else its end with a digest before it.

    Examples
    --------
    >>> short_label("pca.ipynb")
    'pca.ipynb'
    >>> len(short_label("long/" * 50))
    80
    """
    if len(text) <= LONGEST_LABEL:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
    return f"{digest}…{text[-(LONGEST_LABEL - _DIGITS - 1) :]}"


def _slug(text: str) -> str:
    return _OTHER.sub("-", text.lower()).strip("-")
