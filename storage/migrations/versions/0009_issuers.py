"""Identity providers that ministries connect, and whom they know; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER issuer_never_deleted BEFORE DELETE ON issuer  BEGIN SELECT RAISE(ABORT, 'issuer: nothing is deleted'); END",
    "CREATE TRIGGER issuer_subject_never_deleted BEFORE DELETE ON issuer_subject  BEGIN SELECT RAISE(ABORT, 'issuer_subject: nothing is deleted'); END",
    "CREATE TRIGGER issuer_never_rewritten BEFORE UPDATE OF id, url, name, client_id, client_secret, state_code, acr_values, amr, added_by, added_at ON issuer  BEGIN SELECT RAISE(ABORT, 'issuer: a history is never rewritten'); END",
    "CREATE TRIGGER issuer_confirmed_by_set_once BEFORE UPDATE OF confirmed_by ON issuer WHEN OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS NOT OLD.confirmed_by BEGIN SELECT RAISE(ABORT, 'issuer.confirmed_by: set once'); END",
    "CREATE TRIGGER issuer_confirmed_at_set_once BEFORE UPDATE OF confirmed_at ON issuer WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at BEGIN SELECT RAISE(ABORT, 'issuer.confirmed_at: set once'); END",
    "CREATE TRIGGER issuer_ended_at_set_once BEFORE UPDATE OF ended_at ON issuer WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'issuer.ended_at: set once'); END",
    "CREATE TRIGGER issuer_ended_by_set_once BEFORE UPDATE OF ended_by ON issuer WHEN OLD.ended_by IS NOT NULL AND NEW.ended_by IS NOT OLD.ended_by BEGIN SELECT RAISE(ABORT, 'issuer.ended_by: set once'); END",
    "CREATE TRIGGER issuer_subject_never_rewritten BEFORE UPDATE OF id, issuer_id, subject, person_id, bound_at ON issuer_subject  BEGIN SELECT RAISE(ABORT, 'issuer_subject: a history is never rewritten'); END",
    "CREATE TRIGGER issuer_subject_ended_at_set_once BEFORE UPDATE OF ended_at ON issuer_subject WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'issuer_subject.ended_at: set once'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "issuer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=True),
        sa.Column("acr_values", sa.String(length=400), nullable=False),
        sa.Column("amr", sa.String(length=200), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["state_code"], ["state.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index("issuer_once", "issuer", ["url", "client_id"], unique=True, sqlite_where=live)
    op.create_index("issuer_by_state", "issuer", ["state_code"])
    op.create_table(
        "issuer_subject",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("bound_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("subject_once", "issuer_subject", ["issuer_id", "subject"], unique=True, sqlite_where=live)
    op.create_index(
        "subject_of_person_once", "issuer_subject", ["issuer_id", "person_id"], unique=True, sqlite_where=live
    )
    op.create_index(op.f("ix_issuer_subject_person_id"), "issuer_subject", ["person_id"], unique=False)
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
