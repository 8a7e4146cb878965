"""What an owner allows: rights, places, purposes, an embargo, and who may do what.

Rights are named by the identifiers of Creative Commons (SPDX spelling) and of
rightsstatements.org. Anything else is refused when a draft begins, so that no dataset
leaves its workgroup with rights that nobody can read. A `DatasetPolicy` is checked where
it can be enforced: before a dataset is placed or copied (`require_storable`), and before
its keys are given out (`require_computable`, `require_open`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from museion_datasets.errors import InvalidError, PolicyError
from museion_datasets.jurisdiction import lies_within, require_jurisdiction

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


MAX_OWNER_CHARACTERS = 200
MAX_ENTRIES = 64
_PURPOSE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ASK = "ask a lead of the owning workgroup."


@dataclass(frozen=True, slots=True)
class DatasetPolicy:
    """What the owner of a dataset allows.

    Attributes
    ----------
    owner : str
        Who owns the data, for people; the institution rather than the workgroup.
    rights : str
        Identifier of a rights statement.
    storage_jurisdictions, compute_jurisdictions : tuple of str
        Where objects may lie and keys may be used; empty for anywhere.
    embargo_until : str or None
        Day (ISO 8601) before which only the owning workgroup opens it.
    purposes : tuple of str
        What it may be opened for; empty for anything.
    """

    owner: str
    rights: str
    storage_jurisdictions: tuple[str, ...] = ()
    compute_jurisdictions: tuple[str, ...] = ()
    embargo_until: str | None = None
    purposes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.owner.strip()) <= MAX_OWNER_CHARACTERS:
            raise InvalidError(
                f"Not the name of an owner: {self.owner!r:.80}",
                hint=f"name the institution in 1 to {MAX_OWNER_CHARACTERS} characters.",
            )
        for name in ("storage_jurisdictions", "compute_jurisdictions"):
            codes = sorted({require_jurisdiction(code) for code in _listed(self, name)})
            object.__setattr__(self, name, tuple(codes))
        purposes = sorted({require_purpose(name) for name in _listed(self, "purposes")})
        object.__setattr__(self, "purposes", tuple(purposes))
        object.__setattr__(self, "rights", require_rights(self.rights).id)
        if self.embargo_until is not None:
            _day(self.embargo_until)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as a JSON object.

        Returns
        -------
        dict
            One member for each field, sequences as lists.
        """
        members = asdict(self).items()
        return {name: list(v) if isinstance(v, tuple) else v for name, v in members}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read a policy from a JSON object.

        Parameters
        ----------
        data : object
            What a JSON parser returned.

        Returns
        -------
        DatasetPolicy
            Checked.

        Raises
        ------
        InvalidError
            If a member is missing, unknown, of a wrong type or out of range.
        """
        names = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names or not _has_types(data):
            raise InvalidError(
                "Not a valid DatasetPolicy: missing or unknown members, or of a wrong type",
                hint=f"it has {', '.join(sorted(names))}.",
            )
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**given)


def require_purpose(text: str) -> str:
    """Return the name of a purpose.

    Parameters
    ----------
    text : str
        Such as ``"research"`` or ``"conservation"``.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InvalidError
        If it is not 1 to 40 lower-case letters, digits and inner hyphens.
    """
    if not _PURPOSE.fullmatch(text):
        raise InvalidError(
            f"Not the name of a purpose: {text!r:.80}",
            hint="use lower-case letters, digits and hyphens, as in teaching.",
        )
    return text


def require_storable(policy: DatasetPolicy, place: str, jurisdiction: str) -> None:
    """Raise unless a dataset's objects may lie in a place.

    Parameters
    ----------
    policy : DatasetPolicy
        The dataset's.
    place : str
        Name of the place, for the message.
    jurisdiction : str
        The place's; empty where nothing was declared.

    Raises
    ------
    PolicyError
        With the reason.
    """
    _require_within(policy.storage_jurisdictions, "be stored", place, jurisdiction)


def require_computable(policy: DatasetPolicy, place: str, jurisdiction: str) -> None:
    """Raise unless a dataset may be computed on in a place.

    Parameters
    ----------
    policy : DatasetPolicy
        The dataset's.
    place : str
        Name of the place, for the message.
    jurisdiction : str
        The place's; empty where nothing was declared.

    Raises
    ------
    PolicyError
        With the reason.
    """
    _require_within(policy.compute_jurisdictions, "be opened", place, jurisdiction)


def require_open(
    policy: DatasetPolicy, *, is_owner: bool, purpose: str | None, today: date
) -> None:
    """Raise unless a dataset may be opened now, for this purpose.

    Parameters
    ----------
    policy : DatasetPolicy
        The dataset's.
    is_owner : bool
        Whether the owning workgroup asks.
    purpose : str or None
        What the person named.
    today : datetime.date
        The present day.

    Raises
    ------
    PolicyError
        With the reason.
    """
    if policy.embargo_until is not None and not is_owner and today < _day(policy.embargo_until):
        raise PolicyError(f"The dataset is under embargo until {policy.embargo_until}", hint=_ASK)
    if policy.purposes and purpose not in policy.purposes:
        named = "no purpose was named" if purpose is None else f"not: {purpose!r:.60}"
        raise PolicyError(
            f"The dataset may be opened for {', '.join(policy.purposes)}; {named}",
            hint=f'name the purpose, as in open(…, purpose="{policy.purposes[0]}").',
        )


def _require_within(allowed: Iterable[str], what: str, place: str, jurisdiction: str) -> None:
    """Raise unless `jurisdiction` lies within what is allowed; nothing named allows all.

    Raises
    ------
    PolicyError
        With the reason.
    """
    codes = tuple(allowed)
    if codes and not lies_within(jurisdiction, codes):
        where = f"which is in {jurisdiction}" if jurisdiction else "whose country nobody declared"
        raise PolicyError(
            f"The dataset may {what} only in {', '.join(codes)}, not at {place}, {where}",
            hint=f"choose a place there, or {_ASK}",
        )


def _day(text: str) -> date:
    """Return a day.

    Raises
    ------
    InvalidError
        If there is none of that form.
    """
    try:
        day = date.fromisoformat(text)
    except (ValueError, TypeError):
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidError(f"Not a day: {text!r:.40}", hint="write it as in 2027-03-01.")
    return day


def _listed(policy: DatasetPolicy, name: str) -> tuple[str, ...]:
    """Return a field that lists words.

    Raises
    ------
    InvalidError
        If there are too many.
    """
    words: tuple[str, ...] = getattr(policy, name)
    if len(words) > MAX_ENTRIES:
        raise InvalidError(f"Too many {name}: {len(words)}", hint=f"name at most {MAX_ENTRIES}.")
    return words


def _has_types(data: Mapping[str, Any]) -> bool:
    """Return whether a policy's JSON members have their types."""
    lists = ("storage_jurisdictions", "compute_jurisdictions", "purposes")
    return (
        all(isinstance(data[name], list) for name in lists)
        and all(isinstance(word, str) for name in lists for word in data[name])
        and all(isinstance(data[name], str) for name in ("owner", "rights"))
        and isinstance(data["embargo_until"], str | None)
    )
