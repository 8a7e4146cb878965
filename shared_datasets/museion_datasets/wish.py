"""What a person says about a dataset when a draft begins."""

from dataclasses import dataclass, replace

from museion_datasets.catalogue import DatasetAccess, NewDataset
from museion_datasets.errors import InvalidError
from museion_datasets.model import DatasetKind
from museion_datasets.policy import require_rights


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
    """

    path: str
    title: str | None
    kind: str | None
    rights: str | None
    synthetic: bool | None
    description: str | None

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
        if self.title is None or self.kind is None or self.rights is None or self.synthetic is None:
            raise InvalidError(
                f"There is no dataset {self.path} yet, and too little is said to make it",
                hint="give title=, kind=, rights= and synthetic=.",
            )
        if self.kind not in set(DatasetKind):
            raise InvalidError(
                f"Unknown kind of dataset: {self.kind!r:.80}",
                hint=f"use one of {', '.join(DatasetKind)}.",
            )
        rights = require_rights(self.rights).id
        return NewDataset(
            self.path, self.title, self.kind, rights, self.synthetic, self.description or ""
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
        return [
            name
            for name in ("title", "kind", "rights", "synthetic", "description")
            if getattr(said, name) not in {None, getattr(access.record, name)}
        ]
