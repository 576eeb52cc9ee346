"""The recovery key, backups, and what is known of a log before a restoration; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER former_head_never_changes BEFORE UPDATE ON former_head  BEGIN SELECT RAISE(ABORT, 'a former log stays as it was'); END",
    "CREATE TRIGGER former_cosignature_never_changes BEFORE UPDATE ON former_cosignature  BEGIN SELECT RAISE(ABORT, 'a witness signed this'); END",
    "CREATE TRIGGER former_head_never_deleted BEFORE DELETE ON former_head  BEGIN SELECT RAISE(ABORT, 'former_head: nothing is deleted'); END",
    "CREATE TRIGGER former_cosignature_never_deleted BEFORE DELETE ON former_cosignature  BEGIN SELECT RAISE(ABORT, 'former_cosignature: nothing is deleted'); END",
    "CREATE TRIGGER recovery_key_never_deleted BEFORE DELETE ON recovery_key  BEGIN SELECT RAISE(ABORT, 'recovery_key: nothing is deleted'); END",
    "CREATE TRIGGER backup_never_deleted BEFORE DELETE ON backup  BEGIN SELECT RAISE(ABORT, 'backup: nothing is deleted'); END",
    "CREATE TRIGGER restoration_never_deleted BEFORE DELETE ON restoration  BEGIN SELECT RAISE(ABORT, 'restoration: nothing is deleted'); END",
    "CREATE TRIGGER recovery_key_never_rewritten BEFORE UPDATE OF id, mark, public, vouched, threshold, shares, made_at ON recovery_key  BEGIN SELECT RAISE(ABORT, 'recovery_key: a history is never rewritten'); END",
    "CREATE TRIGGER recovery_key_ended_at_set_once BEFORE UPDATE OF ended_at ON recovery_key WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'recovery_key.ended_at: set once'); END",
    "CREATE TRIGGER backup_never_rewritten BEFORE UPDATE OF id, number, folder_id, recovery_id, made_at ON backup  BEGIN SELECT RAISE(ABORT, 'backup: a history is never rewritten'); END",
    "CREATE TRIGGER backup_gone_at_set_once BEFORE UPDATE OF gone_at ON backup WHEN OLD.gone_at IS NOT NULL AND NEW.gone_at IS NOT OLD.gone_at BEGIN SELECT RAISE(ABORT, 'backup.gone_at: set once'); END",
    "CREATE TRIGGER restoration_never_rewritten BEFORE UPDATE OF id, number, backup_id, backed_up_at, restored_at, origin, size ON restoration  BEGIN SELECT RAISE(ABORT, 'restoration: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "recovery_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mark"),
    )
    op.create_table(
        "backup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=False),
        sa.Column("recovery_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("gone_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["recovery_id"], ["recovery_key.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("backup_by_folder", "backup", ["folder_id", "number"])
    op.create_table(
        "restoration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("backup_id", sa.Uuid(), nullable=False),
        sa.Column("backed_up_at", UtcTime(), nullable=False),
        sa.Column("restored_at", UtcTime(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "former_head",
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "size"),
    )
    op.create_table(
        "former_cosignature",
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("signer", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "size", "signer", "key_id"),
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
