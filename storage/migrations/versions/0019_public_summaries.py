"""Executive summaries among what is public: its table no longer asks for a State's publication; and what holds one up."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = "id, state_code, cycle, kind, title, language, pages, whole, size, sha256, object_name, published_at, event_id, proof, withdrawn_at, withdrawn_reason, mac"
TRIGGERS = (
    "CREATE TRIGGER public_file_never_deleted BEFORE DELETE ON public_file  BEGIN SELECT RAISE(ABORT, 'public_file: nothing is deleted'); END",
    "CREATE TRIGGER public_file_never_rewritten BEFORE UPDATE OF id, state_code, cycle, kind, title, language, pages, whole, size, sha256, object_name, published_at, event_id ON public_file  BEGIN SELECT RAISE(ABORT, 'public_file: a history is never rewritten'); END",
    "CREATE TRIGGER public_file_proof_set_once BEFORE UPDATE OF proof ON public_file WHEN OLD.proof IS NOT NULL AND NEW.proof IS NOT OLD.proof BEGIN SELECT RAISE(ABORT, 'public_file.proof: set once'); END",
    "CREATE TRIGGER public_file_withdrawn_at_set_once BEFORE UPDATE OF withdrawn_at ON public_file WHEN OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NOT OLD.withdrawn_at BEGIN SELECT RAISE(ABORT, 'public_file.withdrawn_at: set once'); END",
    "CREATE TRIGGER public_file_withdrawn_reason_set_once BEFORE UPDATE OF withdrawn_reason ON public_file WHEN OLD.withdrawn_reason IS NOT NULL AND NEW.withdrawn_reason IS NOT OLD.withdrawn_reason BEGIN SELECT RAISE(ABORT, 'public_file.withdrawn_reason: set once'); END",
    "CREATE TRIGGER public_file_is_of_something BEFORE INSERT ON public_file WHEN NOT EXISTS (SELECT 1 FROM publication WHERE id = NEW.id) AND NOT EXISTS (SELECT 1 FROM summary_language JOIN transmission USING (manifest_id) WHERE summary_language.id = NEW.id) BEGIN SELECT RAISE(ABORT, 'public_file: made of nothing'); END",
)


def upgrade() -> None:
    """Take what is public over as it stands, its MACs included, and make the other table."""
    op.rename_table("public_file", "public_file_before")
    op.drop_index("public_by_time", "public_file_before")
    op.create_table(
        "public_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("cycle", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("object_name", sa.String(length=64), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=2000), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["state_code"], ["state.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(sa.text(f"INSERT INTO public_file ({COLUMNS}) SELECT {COLUMNS} FROM public_file_before"))  # noqa: S608  # of this step's own words
    op.drop_table("public_file_before")  # and its triggers with it; no row is deleted by that
    op.create_index("public_by_time", "public_file", ["published_at"])
    op.create_table(
        "held_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["summary_language.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
