"""What a person says about a dataset when a draft begins."""

from dataclasses import dataclass, replace
from typing import TypedDict

from museion_datasets.catalogue import LOCAL_PLACE, DatasetAccess, NewDataset
from museion_datasets.errors import InvalidError
from museion_datasets.model import DatasetKind
from museion_datasets.policy import DatasetPolicy, require_rights


class DraftTerms(TypedDict, total=False):
    """What may be said about a dataset when a draft begins; see `DraftWish`."""

    title: str | None
    kind: str | None
    rights: str | None
    synthetic: bool | None
    description: str | None
    policy: DatasetPolicy | None
    place: str | None
    purpose: str | None


@dataclass(frozen=True, slots=True)
class DraftWish:
    """What the person said about the dataset; None where nothing was said.

    Attributes
    ----------
    path : str
        Workgroup and name.
    title, kind, rights, description : str or None
        As in `museion_datasets.catalogue.NewDataset`.
    synthetic : bool or None
        Whether the data was computed rather than measured.
    policy : DatasetPolicy or None
        What the owner allows; it also says the rights.
    place : str or None
        Name of the place for a new dataset's objects; the catalogue's own by default.
    purpose : str or None
        What an existing dataset is opened for, if its owner limits that.
    """

    path: str
    title: str | None = None
    kind: str | None = None
    rights: str | None = None
    synthetic: bool | None = None
    description: str | None = None
    policy: DatasetPolicy | None = None
    place: str | None = None
    purpose: str | None = None

    def complete(self) -> NewDataset:
        """Return the wish for a new dataset.

        Returns
        -------
        NewDataset
            With its values checked.

        Raises
        ------
        InvalidError
            If something is missing, or the kind is unknown.
        """
        said = self.rights or (self.policy and self.policy.rights)
        if self.title is None or self.kind is None or not said or self.synthetic is None:
            raise InvalidError(
                f"There is no dataset {self.path} yet, and too little is said to make it",
                hint="give title=, kind=, rights= and synthetic=.",
            )
        if self.kind not in set(DatasetKind):
            raise InvalidError(
                f"Unknown kind of dataset: {self.kind!r:.80}",
                hint=f"use one of {', '.join(DatasetKind)}.",
            )
        return NewDataset(
            path=self.path,
            title=self.title,
            kind=self.kind,
            rights=require_rights(said).id,
            synthetic=self.synthetic,
            description=self.description or "",
            policy=self.policy,
            place=self.place or LOCAL_PLACE,
        )

    def contradictions(self, access: DatasetAccess) -> list[str]:
        """Return what the dataset says otherwise.

        Parameters
        ----------
        access : DatasetAccess
            The dataset that is there.

        Returns
        -------
        list of str
            Names of fields.
        """
        rights = None if self.rights is None else require_rights(self.rights).id
        said = replace(self, rights=rights)
        record = {
            name: getattr(access.record, name)
            for name in ("title", "kind", "rights", "synthetic", "description")
        }
        there = record | {"policy": access.policy, "place": access.place.name}
        return [name for name, value in there.items() if getattr(said, name) not in {None, value}]
