"""What an owner allows: rights statements, and who may do what with a dataset.

Rights are named by the identifiers of Creative Commons (SPDX spelling) and of
rightsstatements.org. Anything else is refused when a draft begins, so that no dataset
leaves its workgroup with rights that nobody can read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from museion_datasets.errors import PolicyError

_CC = "https://creativecommons.org"
_RS = "https://rightsstatements.org/vocab"


class GrantRole(StrEnum):
    """What a workgroup may do with a dataset of another one."""

    READER = "reader"
    WRITER = "writer"


@dataclass(frozen=True, slots=True)
class Rights:
    """A rights statement or licence.

    Attributes
    ----------
    id : str
        Short identifier, as stored with a dataset.
    label : str
        Name for people.
    uri : str
        Canonical address of the statement.
    """

    id: str
    label: str
    uri: str


_ALL = (
    Rights("CC0-1.0", "CC0: no rights reserved", f"{_CC}/publicdomain/zero/1.0/"),
    Rights("PDM-1.0", "Public Domain Mark", f"{_CC}/publicdomain/mark/1.0/"),
    Rights("CC-BY-4.0", "CC BY 4.0", f"{_CC}/licenses/by/4.0/"),
    Rights("CC-BY-SA-4.0", "CC BY-SA 4.0", f"{_CC}/licenses/by-sa/4.0/"),
    Rights("CC-BY-ND-4.0", "CC BY-ND 4.0", f"{_CC}/licenses/by-nd/4.0/"),
    Rights("CC-BY-NC-4.0", "CC BY-NC 4.0", f"{_CC}/licenses/by-nc/4.0/"),
    Rights("CC-BY-NC-SA-4.0", "CC BY-NC-SA 4.0", f"{_CC}/licenses/by-nc-sa/4.0/"),
    Rights("CC-BY-NC-ND-4.0", "CC BY-NC-ND 4.0", f"{_CC}/licenses/by-nc-nd/4.0/"),
    Rights("INC", "In Copyright", f"{_RS}/InC/1.0/"),
    Rights("INC-EDU", "In Copyright: Educational Use Permitted", f"{_RS}/InC-EDU/1.0/"),
    Rights("INC-NC", "In Copyright: Non-Commercial Use Permitted", f"{_RS}/InC-NC/1.0/"),
    Rights("NOC-NC", "No Copyright: Non-Commercial Use Only", f"{_RS}/NoC-NC/1.0/"),
    Rights("NOC-OKLR", "No Copyright: Other Legal Restrictions", f"{_RS}/NoC-OKLR/1.0/"),
    Rights("CNE", "Copyright Not Evaluated", f"{_RS}/CNE/1.0/"),
    Rights("UND", "Copyright Undetermined", f"{_RS}/UND/1.0/"),
    Rights("NKC", "No Known Copyright", f"{_RS}/NKC/1.0/"),
)
_ALIASES = MappingProxyType({"CC0": "CC0-1.0", "PDM": "PDM-1.0"})

RIGHTS: Mapping[str, Rights] = MappingProxyType({rights.id: rights for rights in _ALL})
"""Every statement that a dataset may carry, by identifier."""

_BY_URI: Mapping[str, str] = MappingProxyType({rights.uri: rights.id for rights in _ALL})


def require_rights(text: str) -> Rights:
    """Return the rights that `text` names.

    Parameters
    ----------
    text : str
        An identifier such as ``"CC-BY-4.0"`` or ``"InC"`` in any case, or the canonical URI.

    Returns
    -------
    Rights
        The statement.

    Raises
    ------
    PolicyError
        If the statement is unknown.

    Examples
    --------
    >>> require_rights("CC BY 4.0").uri
    'https://creativecommons.org/licenses/by/4.0/'
    """
    name = "-".join(text.upper().split())
    name = _BY_URI.get(text.replace("http://", "https://", 1), _ALIASES.get(name, name))
    if name not in RIGHTS:
        raise PolicyError(
            f"Unknown rights statement: {text!r:.80}",
            hint=f"name one of {', '.join(RIGHTS)}.",
        )
    return RIGHTS[name]


def may_write(*, is_owner: bool, role: GrantRole | None) -> bool:
    """Return whether a workgroup may commit a version.

    Parameters
    ----------
    is_owner : bool
        Whether the dataset is the workgroup's own.
    role : GrantRole or None
        Its grant, if it has one.

    Returns
    -------
    bool
        True for the owner and for writers.
    """
    return is_owner or role is GrantRole.WRITER


def may_read(*, is_owner: bool, role: GrantRole | None) -> bool:
    """Return whether a workgroup may open the dataset.

    Parameters
    ----------
    is_owner : bool
        Whether the dataset is the workgroup's own.
    role : GrantRole or None
        Its grant, if it has one.

    Returns
    -------
    bool
        True for the owner and for every grant.
    """
    return is_owner or role is not None
