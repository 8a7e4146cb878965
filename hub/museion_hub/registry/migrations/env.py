"""Runs the steps on the connection that `museion_hub.registry.database` hands over."""

from alembic import context

import museion_hub.audit.tables  # noqa: F401 - so that the base knows them
import museion_hub.registry.cluster_tables  # noqa: F401 - so that the base knows them
import museion_hub.registry.workgroup_tables  # noqa: F401 - so that the base knows them
from museion_hub.registry.tables import Base

# SQLite does roll back changes of tables; the driver only does so inside an explicit BEGIN,
# which our connections say. So a step that fails leaves nothing half-made.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
