"""Opening custody over the registry's tables, at the start of a process that holds keys."""

from pathlib import Path

from sqlalchemy import select

from museion_hub.custody import RootCustody, open_root_key
from museion_hub.registry.database import Database
from museion_hub.registry.tables import WorkgroupKey
from museion_hub.registry.workgroups import require_custody


def open_custody(database: Database, root_key_file: Path) -> RootCustody:
    """Open the root key and check that it opens what is stored.

    A missing key is made only while nothing is sealed: a new one beside old records would lock
    everybody out of their data without a word.
    """
    with database.reading() as session:
        is_first_start = session.scalars(select(WorkgroupKey).limit(1)).first() is None
        custody = RootCustody(open_root_key(root_key_file, may_create=is_first_start))
        require_custody(session, custody)
    return custody
