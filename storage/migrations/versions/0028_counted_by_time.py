"""What only grows is counted by the time at which it came: indexes for versions of documents and of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
runs_since = "0027"

INDEXES = {
    "version_by_time": ("version", ["created_at", "size"]),
    "key_by_time": ("key_version", ["created_at"]),
}


def upgrade() -> None:
    """Make them, in the place of one by the size alone."""
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.execute(sa.text("DROP INDEX version_by_size"))
