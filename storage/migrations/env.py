"""Runs the steps on the connection that storage/schema.py hands over; there is no other way in."""

from alembic import context
from sqlmodel import SQLModel

import storage.migrations.described  # noqa: F401  # the metadata is filled by the import

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
