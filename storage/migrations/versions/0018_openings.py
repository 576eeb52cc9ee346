"""Who opened the file of a publication before confirming it; with its triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER publication_opening_never_deleted BEFORE DELETE ON publication_opening  BEGIN SELECT RAISE(ABORT, 'publication_opening: nothing is deleted'); END",
    "CREATE TRIGGER publication_opening_never_rewritten BEFORE UPDATE OF id, publication_id, person_id, opened_at ON publication_opening  BEGIN SELECT RAISE(ABORT, 'publication_opening: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the table and its triggers."""
    op.create_table(
        "publication_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "person_id"),
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
