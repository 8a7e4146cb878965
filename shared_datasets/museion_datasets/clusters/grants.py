"""What a cluster may do with which dataset, as the registry says. Plain records.

A *grant* names a dataset, a range of its versions and a mode; a *lease* lists the grants that
hold at this moment and says for how long whoever heard so may rely on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from museion_datasets.departures import Mode


@dataclass(frozen=True, slots=True)
class Wish:
    """What a worker needs of a dataset.

    Attributes
    ----------
    dataset : str
        Workgroup and name.
    mode : Mode
        Read a version, or write objects for a draft.
    version : int or None
        The version to read; None for writing.
    purpose : str or None
        What for.
    """

    dataset: str
    mode: Mode = Mode.READ
    version: int | None = None
    purpose: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the wish as the registry takes it.

        Returns
        -------
        dict
            A range of one version to read; for writing, of all.
        """
        return {
            "dataset": self.dataset,
            "first_version": self.version or 1,
            "last_version": self.version,
            "mode": self.mode.value,
            "purpose": self.purpose,
        }


@dataclass(frozen=True, slots=True)
class Grant:
    """A wish that the registry has granted.

    Attributes
    ----------
    id : str
        The grant's.
    dataset : str
        Workgroup and name.
    first_version, last_version : int, int or None
        The range; without a last one, whatever comes.
    mode : Mode
        What it allows.
    """

    id: str
    dataset: str
    first_version: int
    last_version: int | None
    mode: Mode

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Grant":
        """Return the grant that a registry describes.

        Parameters
        ----------
        value : mapping
            A parsed answer; members that we do not need are left out.

        Returns
        -------
        Grant
            Its record.
        """
        last = value["last_version"]
        return cls(
            id=str(value["id"]),
            dataset=str(value["dataset"]),
            first_version=int(value["first_version"]),
            last_version=None if last is None else int(last),
            mode=Mode(value["mode"]),
        )

    def covers(self, wish: Wish) -> bool:
        """Tell whether it allows what a worker needs.

        Parameters
        ----------
        wish : Wish
            What the worker asked for.

        Returns
        -------
        bool
            Its purpose is the registry's to judge.
        """
        if (self.dataset, self.mode) != (wish.dataset, wish.mode):
            return False
        return wish.version is None or (
            self.first_version <= wish.version
            and (self.last_version is None or wish.version <= self.last_version)
        )


@dataclass(frozen=True, slots=True)
class Lease:
    """Which grants hold at this moment.

    Attributes
    ----------
    lease_s : float
        For how long the answer may be relied on.
    grants : tuple of Grant
        All that hold.
    """

    lease_s: float
    grants: tuple[Grant, ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Lease":
        """Return the lease that a registry describes.

        Parameters
        ----------
        value : mapping
            A parsed answer.

        Returns
        -------
        Lease
            Its record.
        """
        grants = tuple(Grant.from_json(one) for one in value["grants"])
        return cls(float(value["lease_s"]), grants)

    def covers(self, wish: Wish) -> bool:
        """Tell whether one of the grants allows what a worker needs.

        Parameters
        ----------
        wish : Wish
            What the worker asked for.

        Returns
        -------
        bool
            False as soon as the grant is revoked or has expired.
        """
        return any(grant.covers(wish) for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Registration:
    """A cluster that the registry knows.

    Attributes
    ----------
    cluster : str
        Its id.
    token : str
        As what its workers ask; never shown.
    lease_s : float
        How long an answer may be relied on.
    """

    cluster: str
    token: str = field(repr=False)
    lease_s: float

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Registration":
        """Return the registration that a registry describes.

        Parameters
        ----------
        value : mapping
            A parsed answer.

        Returns
        -------
        Registration
            Its record.
        """
        return cls(str(value["cluster"]), str(value["token"]), float(value["lease_s"]))
