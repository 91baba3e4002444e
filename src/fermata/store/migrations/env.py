"""Run by alembic: hands it the open transaction that `migrate` holds."""

from __future__ import annotations

from alembic import context

from fermata.store.migrate import VERSION_TABLE
from fermata.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # The transaction is `migrate`'s: all migrations happen, or none.
)
context.run_migrations()
