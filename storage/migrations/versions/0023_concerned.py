"""Which grants concerns and cases are about, and exhibits of cases; with triggers."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime
from storage.engines import POSTGRESQL
from storage.triggers import Refusal

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
runs_since = "0021"

TABLES = {
    "concern_grant": ("concern_id", "grant_id"),
    "case_grant": ("id", "case_id", "grant_id"),
    "exhibit": ("id", "case_id", "number", "object_name", "size", "media_type", "wrapped_key", "added_by", "added_at"),
}


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
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["breach_case.id"]),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "grant_id"),
    )
    op.create_index(op.f("ix_case_grant_grant_id"), "case_grant", ["grant_id"], unique=False)
    op.create_table(
        "exhibit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("object_name", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("given_key", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["breach_case.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("object_name"),
    )
    op.create_index("exhibit_once", "exhibit", ["case_id", "number"], unique=True)
    on_server = op.get_bind().dialect.name == POSTGRESQL
    for trigger in _triggers():
        for statement in trigger.in_postgresql() if on_server else [trigger.in_sqlite()]:
            op.execute(sa.text(statement.replace(":", "\\:")))


def _triggers() -> Iterator[Refusal]:
    for table, columns in TABLES.items():
        yield Refusal(f"{table}_never_deleted", "BEFORE DELETE", table, "", f"{table}: nothing is deleted")
        fixed, never = f"BEFORE UPDATE OF {', '.join(columns)}", f"{table}: a history is never rewritten"
        yield Refusal(f"{table}_never_rewritten", fixed, table, "", never)
    yield Refusal(
        "exhibit_given_key_set_once",
        "BEFORE UPDATE OF given_key",
        "exhibit",
        "OLD.given_key IS NOT NULL AND NEW.given_key IS NOT OLD.given_key",
        "exhibit.given_key: set once",
    )
