"""That a version's key was destroyed; with triggers that let it go so, once, and refuse every other change."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime
from storage.engines import POSTGRESQL
from storage.triggers import Refusal

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
# no `runs_since`: to a former release such a version is damaged, and so would be every comparison with its file

_FIXED = "id, review_id, room_id, document_id, number, object_name, size, particulars, equal, created_by, created_at"
_GOES = (
    "length(OLD.wrapped_key) > 0 AND length(NEW.wrapped_key) = 0 AND EXISTS (SELECT 1 FROM shredding WHERE id = NEW.id)"
)
TRIGGERS = (
    Refusal("shredding_never_deleted", "BEFORE DELETE", "shredding", "", "shredding: nothing is deleted"),
    Refusal(
        "shredding_never_rewritten",
        "BEFORE UPDATE OF id, review_id, shredded_at",
        "shredding",
        "",
        "shredding: a history is never rewritten",
    ),
    Refusal(
        "version_never_rewritten",
        f"BEFORE UPDATE OF {_FIXED}",
        "version",
        "",
        "version: a history is never rewritten",
    ),
    Refusal(
        "version_key_only_goes",
        "BEFORE UPDATE OF wrapped_key",
        "version",
        f"NOT ({_GOES})",
        "version.wrapped_key: it is only destroyed, once",
    ),
)


def upgrade() -> None:
    """Make the table and its triggers, and let versions lose their key."""
    op.create_table(
        "shredding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("shredded_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["review_id", "id"], ["version.review_id", "version.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    on_server = op.get_bind().dialect.name == POSTGRESQL
    if on_server:
        op.execute(sa.text("DROP TRIGGER version_never_rewritten ON version"))
        op.execute(sa.text("DROP FUNCTION version_never_rewritten()"))
    else:
        op.execute(sa.text("DROP TRIGGER version_never_rewritten"))
    for trigger in TRIGGERS:
        for statement in trigger.in_postgresql() if on_server else [trigger.in_sqlite()]:
            op.execute(sa.text(statement.replace(":", "\\:")))
