"""Which grants concerns and cases are about; with triggers."""

import sqlalchemy as sa
from alembic import op

from storage.engines import POSTGRESQL
from storage.triggers import Refusal

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
runs_since = "0021"

TABLES = {"concern_grant": ("concern_id", "grant_id"), "case_grant": ("case_id", "grant_id")}


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "concern_grant",
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["concern_id"], ["concern.id"]),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"]),
        sa.PrimaryKeyConstraint("concern_id"),
    )
    op.create_index(op.f("ix_concern_grant_grant_id"), "concern_grant", ["grant_id"], unique=False)
    op.create_table(
        "case_grant",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["breach_case.id"]),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"]),
        sa.PrimaryKeyConstraint("case_id", "grant_id"),
    )
    op.create_index(op.f("ix_case_grant_grant_id"), "case_grant", ["grant_id"], unique=False)
    on_server = op.get_bind().dialect.name == POSTGRESQL
    for table, columns in TABLES.items():
        for trigger in (
            Refusal(f"{table}_never_deleted", "BEFORE DELETE", table, "", f"{table}: nothing is deleted"),
            Refusal(
                f"{table}_never_rewritten",
                f"BEFORE UPDATE OF {', '.join(columns)}",
                table,
                "",
                f"{table}: a history is never rewritten",
            ),
        ):
            for statement in trigger.in_postgresql() if on_server else [trigger.in_sqlite()]:
                op.execute(sa.text(statement.replace(":", "\\:")))
