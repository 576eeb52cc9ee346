"""The schedule of a review, what was set for its steps, and calendar feeds; with their triggers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER review_schedule_never_deleted BEFORE DELETE ON review_schedule  BEGIN SELECT RAISE(ABORT, 'review_schedule: nothing is deleted'); END",
    "CREATE TRIGGER schedule_step_never_deleted BEFORE DELETE ON schedule_step  BEGIN SELECT RAISE(ABORT, 'schedule_step: nothing is deleted'); END",
    "CREATE TRIGGER calendar_feed_never_deleted BEFORE DELETE ON calendar_feed  BEGIN SELECT RAISE(ABORT, 'calendar_feed: nothing is deleted'); END",
    "CREATE TRIGGER review_schedule_never_rewritten BEFORE UPDATE OF id, review_id, room_id, number, timetable, begins, reason, set_by, set_at ON review_schedule  BEGIN SELECT RAISE(ABORT, 'review_schedule: a history is never rewritten'); END",
    "CREATE TRIGGER schedule_step_never_rewritten BEFORE UPDATE OF id, review_id, room_id, number, step, agreed, by_text, done, left_out, reason, set_by, set_at ON schedule_step  BEGIN SELECT RAISE(ABORT, 'schedule_step: a history is never rewritten'); END",
    "CREATE TRIGGER calendar_feed_never_rewritten BEFORE UPDATE OF id, person_id, appointment_id, token_hash, created_at ON calendar_feed  BEGIN SELECT RAISE(ABORT, 'calendar_feed: a history is never rewritten'); END",
    "CREATE TRIGGER calendar_feed_ended_at_set_once BEFORE UPDATE OF ended_at ON calendar_feed WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'calendar_feed.ended_at: set once'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "review_schedule",
        *_of_a_review(),
        sa.Column("timetable", sa.String(length=20), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        *_set(),
    )
    op.create_table(
        "schedule_step",
        *_of_a_review(),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("agreed", sa.Date(), nullable=True),
        sa.Column("by_text", sa.Date(), nullable=True),
        sa.Column("done", sa.Date(), nullable=True),
        sa.Column("left_out", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        *_set(),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("feed_once", "calendar_feed", ["person_id"], unique=True, sqlite_where=sa.text("ended_at IS NULL"))
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))


def _of_a_review() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
    ]


def _set() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "number"),
    ]
