"""What Kubernetes needs: ``[compute.kubernetes]`` for one place, ``[kubernetes]`` for all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from museion_hub.settings import readers

LONGEST_NAME: Final = 63
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_IMAGE: Final = re.compile(r"[a-z0-9][A-Za-z0-9._:/-]*:[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class KubernetesOptions:
    """Where pods are made.

    Attributes
    ----------
    namespace : str
        Namespace of the clusters.
    image : str
        Image of schedulers and workers; empty for the deployment's own.
    """

    namespace: str = "museion"
    image: str = ""


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """A deployment that runs on Kubernetes altogether.

    Attributes
    ----------
    image : str
        Image with every part of this project, and its tag; hub, servers, gateways, schedulers
        and workers run from it.
    claim : str
        Persistent volume claim that every node can mount for reading and writing: workspaces
        and sealed datasets.
    """

    image: str = ""
    claim: str = "museion"


def _name(key: str, value: object, folder: Path) -> str:
    name = readers.text(key, value, folder)
    is_name = _NAME.fullmatch(name) is not None and len(name) <= LONGEST_NAME
    expected = f"up to {LONGEST_NAME} lower-case letters, digits and hyphens"
    readers.require(key, value, expected, holds=is_name)
    return name


def _image(key: str, value: object, folder: Path) -> str:
    image = readers.text(key, value, folder)
    expected = 'a name with its tag, such as "registry.example.org/museion:0.1.0"'
    readers.require(key, value, expected, holds=_IMAGE.fullmatch(image) is not None)
    return image


READERS: Final[Mapping[str, readers.Reader]] = {"namespace": _name, "image": _image}
KUBERNETES: Final[Mapping[str, readers.Reader]] = {"image": _image, "claim": _name}
