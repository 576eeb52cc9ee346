"""What the database itself refuses, whoever asks: the log only grows, histories start and end once, nothing goes."""

# ruff: noqa: S608 - the statements are those of somebody at the database's own prompt

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import SQLModel

from portal.usecases.tree import sequence
from storage.authenticators import CodeApp, Passkey, RecoveryCode, WrongCodes
from storage.cases import BreachCase, CaseEntry, Concern, Containment
from storage.dialogue import Attachment, Batch, Clarification, Entry, EntryTask, Remark, Routing
from storage.handovers import Handover
from storage.issuers import Issuer, IssuerSubject
from storage.repositories.tree import TreeRecords
from storage.tree import Cosignature
from storage.triggers import ENDS_ONCE, NEVER_DELETED, SENT_ONCE
from tests import noting
from tests.cast import Clock, World
from tests.conftest import copied
from tests.filing import press
from tests.noting import describe
from tests.portal.audit.files import Put, put
from tests.web_client import browser

AFTER_DRAFT = ("discarded", "sent", "submitted", "circulated")
Hand = Callable[[str], sqlite3.Cursor]


@pytest.fixture(scope="module")
def filled(built: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database that has one of everything, for tests to copy."""
    folder = tmp_path_factory.mktemp("filled")
    with copied(built, folder, Clock()) as world:
        fill(world)
    return folder / "data" / "portal.db"


@pytest.fixture
def by_hand(filled: Path, tmp_path: Path) -> Iterator[Hand]:
    """Give somebody at the database's prompt, with the portal's own settings but without foreign keys."""
    path = shutil.copy(filled, tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA recursive_triggers=ON")
        yield connection.execute


def fill(world: World) -> None:
    ask(world, put(world, "officer", "shared", "Penal code"))
    put(world, "officer", "shared", "Penal code")
    officer, path = browser(world, "officer"), f"/reviews/{world.files['xaa'].review}/schedule"
    press(officer, path, seen="0", timetable="resolution", begins="2026-05-04")
    press(officer, path + "/steps", seen="0", step="response", agreed="2026-07-01", reason="As all agreed.")
    press(officer, "/calendar")
    noting.copied(world)
    describe(world)
    while sequence(world.portal, "here"):
        pass
    with world.portal.database.begin() as session:
        records = TreeRecords(session)
        head = records.head()
        assert head is not None
        records.put_cosignatures([Cosignature(size=head.size, signer="w.example/1", key_id=b"1234", value=b"signed")])


def ask(world: World, about: Put) -> None:
    """Put a draft question into the cast's file, and one of everything that may stand beside it."""
    file, me, now = world.files["xaa"], world.members["expert_xbb"].person, world.clock.now
    clarification, entry = uuid4(), uuid4()
    made = {"created_by": me, "created_at": now}
    here = {"id": uuid4(), "review_id": file.review}
    within = here | {"clarification_id": clarification}
    asked = made | here | {"id": clarification, "kind": "clarification", "draft_subject": b"sealed"}
    text = made | within | {"room_id": file.rooms["reviewers"], "text": b"sealed", "owner": "XBB"}
    written = text | {"id": entry, "part": "question", "stage": "draft", "edited_by": me, "edited_at": now}
    mine = {"id": uuid4(), "person_id": me}
    provider = {"id": uuid4(), "url": "https://id.example"}
    rows: tuple[SQLModel, ...] = (
        Batch(**here, owner="XBB", number=1, submitted_by=me, submitted_at=now),
        Clarification(**asked, draft_number=1, owner="XBB", stage="draft"),
        Entry(**written, language="en"),
        Attachment(**here, entry_id=entry, version_id=about.version, added_by=me, added_at=now),
        Routing(**within, person_id=me, routed_by=me, routed_at=now),
        Remark(**text, kind="comment", held_at=now),
        EntryTask(**here, entry_id=entry, person_id=me, language="fr", sent_by=me, sent_at=now),
        Issuer(**provider, name="A", client_id="a", client_secret=b"sealed", added_by=me, added_at=now),
        IssuerSubject(id=uuid4(), issuer_id=provider["id"], subject=b"keyed", person_id=me, bound_at=now),
        Passkey(**mine, credential_id=b"id", public_key=b"key", sign_count=0, aaguid="", name=b"sealed", added_at=now),
        CodeApp(**mine, salt=b"salt", last_step=0, added_at=now),
        WrongCodes(app_id=mine["id"], count=1),
        RecoveryCode(**mine, code_hash=b"keyed", made_at=now),
        Concern(**here, filed_by=me, filed_at=now, told=b"sealed"),
        BreachCase(**here, number=1, subject=b"sealed", grounds=b"sealed", proposed_by=me, proposed_at=now),
        Containment(
            id=uuid4(),
            case_id=here["id"],
            review_id=file.review,
            kind="downloads",
            reason=b"sealed",
            review_on=now.date(),
            begun_by=me,
            begun_at=now,
        ),
        CaseEntry(
            id=uuid4(),
            case_id=here["id"],
            number=1,
            kind="fact",
            said=b"sealed",
            chain=b"hash",
            made_by=me,
            made_at=now,
        ),
        Handover(
            id=uuid4(),
            appointment_id=world.members["expert_xbb"].appointment,
            successor_id=world.members["expert_xbb_other"].appointment,
            basis=b"sealed",
            passed=b"sealed",
            handed_over_by=world.members["focal_xbb"].person,
            handed_over_at=now,
        ),
    )
    with world.portal.database.begin() as session:
        for row in rows:
            session.add(row)
            session.flush()


@pytest.mark.parametrize("table", [table for table in NEVER_DELETED if table not in {"invitation", "translation_task"}])
def test_nothing_is_deleted(by_hand: Hand, table: str) -> None:
    assert by_hand(f"SELECT count(*) FROM {table}").fetchone()[0] > 0
    with pytest.raises(sqlite3.IntegrityError, match="nothing is deleted"):
        by_hand(f"DELETE FROM {table}")


def test_no_column_of_an_event_changes(by_hand: Hand) -> None:
    columns = [row[1] for row in by_hand("PRAGMA table_info(event)").fetchall()]
    assert len(columns) > 10
    for name in columns:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            by_hand(f"UPDATE event SET {name} = {name}")


def test_an_event_is_not_replaced_either(by_hand: Hand) -> None:
    columns = ", ".join(row[1] for row in by_hand("PRAGMA table_info(event)").fetchall())
    with pytest.raises(sqlite3.IntegrityError):
        by_hand(f"INSERT OR REPLACE INTO event ({columns}) SELECT {columns} FROM event")


@pytest.mark.parametrize("table", ["tree_entry", "tree_head"])
def test_no_place_in_the_tree_and_no_checkpoint_changes(by_hand: Hand, table: str) -> None:
    for name in [row[1] for row in by_hand(f"PRAGMA table_info({table})").fetchall()]:
        with pytest.raises(sqlite3.IntegrityError, match=r"stays where it is|one checkpoint for a size"):
            by_hand(f"UPDATE {table} SET {name} = {name}")


@pytest.mark.parametrize(
    "change", ["hashes = substr(hashes, 1, 32)", "hashes = zeroblob(8192)", "number = number + 1", "level = level + 1"]
)
def test_a_tile_only_grows(by_hand: Hand, change: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        by_hand(f"UPDATE tree_tile SET {change} WHERE level = 0")
    by_hand("UPDATE tree_tile SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE level = 0")


def test_every_event_waits_for_the_tree_whoever_writes_it(by_hand: Hand) -> None:
    columns = [row[1] for row in by_hand("PRAGMA table_info(event)").fetchall()]
    said = ", ".join({"id": "'new'", "number": "1000000"}.get(name, name) for name in columns)
    by_hand(f"INSERT INTO event ({', '.join(columns)}) SELECT {said} FROM event LIMIT 1")
    assert by_hand("SELECT event_id FROM waiting_event").fetchall() == [("new",)]


@pytest.mark.parametrize("change", ["next_number = next_number - 1", "id = zeroblob(16)", "kind = 'other'"])
def test_a_stream_only_grows(by_hand: Hand, change: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        by_hand(f"UPDATE stream SET {change}")
    by_hand("UPDATE stream SET next_number = next_number + 1")


@pytest.mark.parametrize("table", [table for table in ENDS_ONCE if table != "translation_task"])
def test_a_history_is_never_rewritten(by_hand: Hand, table: str) -> None:
    columns = [row[1] for row in by_hand(f"PRAGMA table_info({table})").fetchall()]
    fixed = [name for name in columns if name not in {*ENDS_ONCE[table], "mac"}]
    assert fixed
    for name in fixed:
        with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
            by_hand(f"UPDATE {table} SET {name} = {name}")


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table, names in ENDS_ONCE.items() for name in names if table != "translation_task"],
)
def test_an_end_is_set_once(by_hand: Hand, table: str, name: str) -> None:
    by_hand(f"UPDATE {table} SET {name} = NULL WHERE {name} IS NULL")
    by_hand(f"UPDATE {table} SET {name} = 'first' WHERE {name} IS NULL")
    by_hand(f"UPDATE {table} SET {name} = 'first'")
    for other in ("'second'", "NULL"):
        with pytest.raises(sqlite3.IntegrityError, match="set once"):
            by_hand(f"UPDATE {table} SET {name} = {other}")


@pytest.mark.parametrize("name", SENT_ONCE["entry"])
def test_an_entry_never_turns_into_another_ones(by_hand: Hand, name: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="where it belongs never changes"):
        by_hand(f"UPDATE entry SET {name} = {name}")


@pytest.mark.parametrize("stage", AFTER_DRAFT)
def test_a_text_changes_while_it_is_a_draft_and_never_after(by_hand: Hand, stage: str) -> None:
    by_hand("UPDATE entry SET text = zeroblob(8), language = 'fr', edition = edition + 1")
    by_hand(f"UPDATE entry SET stage = '{stage}'")
    for change in ("text = zeroblob(9)", "language = 'en'", "edition = edition + 1"):
        with pytest.raises(sqlite3.IntegrityError, match="what was sent never changes"):
            by_hand(f"UPDATE entry SET {change}")


@pytest.mark.parametrize("stage", AFTER_DRAFT)
def test_what_was_sent_or_discarded_is_no_draft_again(by_hand: Hand, stage: str) -> None:
    by_hand(f"UPDATE entry SET stage = '{stage}'")
    with pytest.raises(sqlite3.IntegrityError, match="never a draft again"):
        by_hand("UPDATE entry SET stage = 'draft'")


def test_the_portal_itself_can_end_an_appointment_and_cannot_begin_it_again(world: World) -> None:
    from sqlalchemy.exc import IntegrityError

    from storage.tables import Appointment

    appointment = world.members["expert_xbb"].appointment
    with world.portal.database.begin() as session:
        session.get_one(Appointment, appointment).ended_at = world.clock.now
    with pytest.raises(IntegrityError, match="set once"), world.portal.database.begin() as session:
        session.get_one(Appointment, appointment).ended_at = world.clock.now + timedelta(days=1)
