"""From which version in another room a document came; with triggers."""

import sqlalchemy as sa
from alembic import op

from storage.engines import POSTGRESQL
from storage.triggers import Refusal

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
runs_since = "0027"

TRIGGERS = (
    Refusal("arrival_never_deleted", "BEFORE DELETE", "arrival", "", "arrival: nothing is deleted"),
    Refusal(
        "arrival_never_rewritten",
        "BEFORE UPDATE OF document_id, review_id, version_id",
        "arrival",
        "",
        "arrival: a history is never rewritten",
    ),
)


def upgrade() -> None:
    """Make the table and its triggers; where documents came from that were sent before isn't known."""
    op.create_table(
        "arrival",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        sa.ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        sa.PrimaryKeyConstraint("document_id"),
    )
    op.create_index("arrival_by_version", "arrival", ["version_id"])
    on_server = op.get_bind().dialect.name == POSTGRESQL
    for trigger in TRIGGERS:
        for statement in trigger.in_postgresql() if on_server else [trigger.in_sqlite()]:
            op.execute(sa.text(statement.replace(":", "\\:")))
