"""Opening custody over the registry's tables, at the start of a process that holds keys."""

from pathlib import Path
from typing import Final

from sqlalchemy import select

from museion_datasets.errors import DatasetsError
from museion_datasets.recipients.recipient import outside_name
from museion_datasets.recipients.recovery import RecoveryFile
from museion_hub.audit.tables import LogKey
from museion_hub.custody import (
    Custody,
    Guard,
    OutsideKey,
    RootCustody,
    Target,
    open_root_key,
)
from museion_hub.errors import SettingsError
from museion_hub.registry.beside import files_beside, publish_beside
from museion_hub.registry.database import Database
from museion_hub.registry.epochs import add_recipient
from museion_hub.registry.recovery import set_current
from museion_hub.registry.tables import Dataset, DatasetKey, SignerKey, WorkgroupKey
from museion_hub.registry.workgroups import require_custody

ACTOR: Final = "museion"
_SEALED: Final = (WorkgroupKey, SignerKey, LogKey)
"""What is sealed under the root key."""


def open_custody(
    database: Database, root_key_file: Path, guard: Guard | None = None
) -> RootCustody:
    """Open the root key and check that it opens what is stored.

    A missing key is made only while nothing is sealed: a new one beside old records would lock
    everybody out of their data without a word.
    """
    with database.reading() as session:
        sealed = (session.scalars(select(table).limit(1)).first() for table in _SEALED)
        is_first_start = not any(row is not None for row in sealed)
        root = open_root_key(root_key_file, may_create=is_first_start, guard=guard)
        custody = RootCustody(root)
        require_custody(session, custody)
    return custody


def adopt_recovery(
    database: Database, custody: Custody, recovery_key: str, storage: Path | None
) -> int:
    """Seal every dataset's keys to the recovery key that the settings name.

    Without one nothing changes: a recovery key that was adopted stays until another one takes its
    place, since nobody should lose it by a slip in a file.

    Parameters
    ----------
    database : Database
        Already upgraded.
    custody : Custody
        Opens the datasets' keys.
    recovery_key : str
        The recovery file; empty for none.
    storage : Path or None
        The local storage, where the sealed keys are put beside the objects.

    Returns
    -------
    int
        How many datasets were new to it.

    Raises
    ------
    SettingsError
        If the file can't be read, or is none.
    """
    if not recovery_key:
        return 0
    try:
        file = RecoveryFile.decode(Path(recovery_key).read_bytes())
    except (OSError, DatasetsError) as error:
        raise SettingsError(
            f"The recovery key can't be read: {recovery_key}",
            hint="use the file that `museion recovery create` wrote, or leave the setting out",
        ) from error
    with database.writing() as session:
        set_current(session, file, actor=ACTOR)
    name = outside_name(file.public)
    with database.reading() as session:
        done = select(DatasetKey.dataset).where(DatasetKey.recipient == name)
        new = list(session.scalars(select(Dataset.id).where(Dataset.id.not_in(done))))
    for dataset in new:
        _seal_to(database, custody, dataset, OutsideKey(name, file.public), storage)
    return len(new)


def _seal_to(
    database: Database, custody: Custody, dataset_id: str, target: Target, storage: Path | None
) -> None:
    with database.writing() as session:
        dataset = session.get(Dataset, dataset_id)
        if dataset is None:  # discarded meanwhile
            return
        add_recipient(session, custody, dataset, target)
        location, files = files_beside(session, dataset)
    publish_beside(storage, location, files)
