"""That a backup came to its end; with its triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime
from storage.engines import POSTGRESQL
from storage.triggers import Refusal

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
runs_since = "0021"

TRIGGERS = (
    Refusal("whole_backup_never_deleted", "BEFORE DELETE", "whole_backup", "", "whole_backup: nothing is deleted"),
    Refusal(
        "whole_backup_never_rewritten",
        "BEFORE UPDATE OF id, whole_at",
        "whole_backup",
        "",
        "whole_backup: a history is never rewritten",
    ),
)


def upgrade() -> None:
    """Make the table and its triggers."""
    op.create_table(
        "whole_backup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("whole_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["backup.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    on_server = op.get_bind().dialect.name == POSTGRESQL
    for trigger in TRIGGERS:
        for statement in trigger.in_postgresql() if on_server else [trigger.in_sqlite()]:
            op.execute(sa.text(statement.replace(":", "\\:")))
