"""Marked copies that leave under no grant: to whoever is no party to the file, and by setting to everybody."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime
from storage.engines import POSTGRESQL

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
# no `runs_since`: a former release would say of such a copy that it never left

COLUMNS = "id, number, review_id, grant_id, version_id, person_id, event_id, made_at, mac"
TRIGGERS = (
    "CREATE TRIGGER marked_copy_never_deleted BEFORE DELETE ON marked_copy  BEGIN SELECT RAISE(ABORT, 'marked_copy: nothing is deleted'); END",
    "CREATE TRIGGER marked_copy_never_rewritten BEFORE UPDATE OF id, number, review_id, grant_id, version_id, person_id, event_id, made_at ON marked_copy  BEGIN SELECT RAISE(ABORT, 'marked_copy: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Let a copy have no grant; SQLite takes the rows over to a table made anew, their MACs included."""
    if op.get_bind().dialect.name == POSTGRESQL:
        op.alter_column("marked_copy", "grant_id", nullable=True)
        return
    op.rename_table("marked_copy", "marked_copy_before")
    op.drop_index("copy_by_grant", "marked_copy_before")
    op.create_table(
        "marked_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["review_id", "grant_id"], ["access_grant.review_id", "access_grant.id"]),
        sa.ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.execute(sa.text(f"INSERT INTO marked_copy ({COLUMNS}) SELECT {COLUMNS} FROM marked_copy_before"))  # noqa: S608  # of this step's own words
    op.drop_table("marked_copy_before")  # and its triggers with it; no row is deleted by that
    op.create_index("copy_by_grant", "marked_copy", ["grant_id"])
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
