"""Checks what is sent to Kubernetes by the types of its API, as its published client has them."""

import re
from collections.abc import Mapping
from datetime import datetime

from kubernetes_asyncio import client

QUANTITIES = re.compile(r"\.resources\.(limits|requests)\.[a-z-]+$")
"""Amounts may be numbers, though the client says that they are texts."""
PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool, "datetime": (str, datetime)}


def require_manifest(kind: str, content: object, path: str = "") -> None:
    """Check that every member is one of the API's and of its type.

    Parameters
    ----------
    kind
        Name of a type, as in ``V1Pod``, ``list[V1Container]`` or ``dict(str, str)``.
    content
        What would be sent.
    path
        Where it stands, for messages.
    """
    listed = re.fullmatch(r"list\[(.+)\]", kind)
    mapped = re.fullmatch(r"dict\((\w+), (.+)\)", kind)
    is_amount = isinstance(content, int | float) and QUANTITIES.search(path)
    if kind == "object" or is_amount:
        return
    if listed:
        assert isinstance(content, list), f"{path} is no list"
        for number, item in enumerate(content):
            require_manifest(listed[1], item, f"{path}[{number}]")
    elif mapped:
        assert isinstance(content, Mapping), f"{path} is no table"
        for key, item in content.items():
            require_manifest(mapped[2], item, f"{path}.{key}")
    elif kind in PLAIN:
        assert isinstance(content, PLAIN[kind]), f"{path} is no {kind}: {content!r}"
    else:
        _require_members(getattr(client, kind), content, path)


def _require_members(model: type, content: object, path: str) -> None:
    assert isinstance(content, Mapping), f"{path} is no table: {content!r}"
    names = {name: attribute for attribute, name in model.attribute_map.items()}  # type: ignore[attr-defined]
    for name, item in content.items():
        assert name in names, f"{path}.{name} is not of the API"
        require_manifest(model.openapi_types[names[name]], item, f"{path}.{name}")  # type: ignore[attr-defined]
