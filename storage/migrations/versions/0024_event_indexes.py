"""Indexes of the log that hold only what is looked up by them; from here on rows of events are packed."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
# no `runs_since`: a former release can't read the events that this one writes

INDEXES = {
    "event_about": (["stream_id", "about", "at", "number"], "about IS NOT NULL"),
    "event_by_intent": (["intent_id"], "intent_id IS NOT NULL"),
    "event_open_intents": (["at"], "phase = 'intent'"),
}


def upgrade() -> None:
    """Make three indexes anew."""
    for name, (columns, condition) in INDEXES.items():
        op.drop_index(name, "event")
        where = sa.text(condition)
        op.create_index(name, "event", columns, sqlite_where=where, postgresql_where=where)
