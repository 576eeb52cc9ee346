"""The log's Merkle tree: entries, tiles, checkpoints, what waits, and who sequences; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER event_waits_for_the_tree AFTER INSERT ON event BEGIN INSERT INTO waiting_event (event_id) VALUES (NEW.id); END",
    "CREATE TRIGGER tree_entry_never_changes BEFORE UPDATE ON tree_entry  BEGIN SELECT RAISE(ABORT, 'an entry stays where it is'); END",
    "CREATE TRIGGER tree_head_never_changes BEFORE UPDATE ON tree_head  BEGIN SELECT RAISE(ABORT, 'one checkpoint for a size'); END",
    "CREATE TRIGGER tree_tile_only_grows BEFORE UPDATE ON tree_tile WHEN NEW.level <> OLD.level OR NEW.number <> OLD.number OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes BEGIN SELECT RAISE(ABORT, 'a tile only grows'); END",
    "CREATE TRIGGER tree_entry_never_deleted BEFORE DELETE ON tree_entry  BEGIN SELECT RAISE(ABORT, 'tree_entry: nothing is deleted'); END",
    "CREATE TRIGGER tree_tile_never_deleted BEFORE DELETE ON tree_tile  BEGIN SELECT RAISE(ABORT, 'tree_tile: nothing is deleted'); END",
    "CREATE TRIGGER tree_head_never_deleted BEFORE DELETE ON tree_head  BEGIN SELECT RAISE(ABORT, 'tree_head: nothing is deleted'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers; all events that are there wait for the tree."""
    op.create_table(
        "waiting_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "tree_entry",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_table(
        "tree_tile",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
    )
    op.create_table(
        "tree_head",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    # by time, and within a stream by number even where a clock was set back
    op.execute(
        sa.text(
            "INSERT INTO waiting_event (event_id) SELECT id FROM event "
            "ORDER BY MAX(at) OVER (PARTITION BY stream_id ORDER BY number), stream_id, number"
        )
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
