"""The tables as they are described today: importing this fills their metadata."""

from sqlmodel import SQLModel

import storage.accounts
import storage.arrivals
import storage.authenticators
import storage.backups
import storage.cases
import storage.dialogue
import storage.grants
import storage.handovers
import storage.issuers
import storage.notes
import storage.notices
import storage.planning
import storage.publications
import storage.reports
import storage.shredding
import storage.signals
import storage.steps
import storage.tables
import storage.tree  # noqa: F401  # the metadata is filled by the imports


def columns() -> dict[str, list[str]]:
    """Name the columns of each table."""
    return {name: [column.name for column in table.columns] for name, table in SQLModel.metadata.tables.items()}
