"""Runs the steps on the connection that storage/schema.py hands over; there is no other way in."""

from alembic import context
from sqlmodel import SQLModel

import storage.accounts
import storage.authenticators
import storage.cases
import storage.dialogue
import storage.handovers
import storage.issuers
import storage.notes
import storage.notices
import storage.planning
import storage.signals
import storage.tables
import storage.tree  # noqa: F401  # the metadata is filled by the imports

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
