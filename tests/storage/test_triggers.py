"""What the database itself refuses, whoever asks: the log only grows, histories start and end once, nothing goes."""

# ruff: noqa: S608 - the statements are those of somebody at the database's own prompt

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, Date, LargeBinary, Uuid
from sqlmodel import SQLModel

from portal.settings import DATABASE
from portal.usecases.tree import sequence
from storage.authenticators import CodeApp, Passkey, RecoveryCode, WrongCodes
from storage.cases import BreachCase, CaseEntry, Concern, Containment, Exhibit
from storage.columns import UtcTime
from storage.dialogue import Attachment, Batch, Clarification, Entry, EntryTask, Remark, Routing
from storage.grants import (
    CaseGrant,
    ConcernGrant,
    Grant,
    GrantDocument,
    GrantHold,
    GrantNominee,
    GrantReader,
    GrantTerms,
    GrantUndertaking,
    MarkedCopy,
)
from storage.handovers import Handover
from storage.issuers import Issuer, IssuerSubject
from storage.publications import Consent, Opening, Publication, PublicFile
from storage.reports import Agreement, DraftComment, Manifest, SummaryLanguage, Transmission
from storage.repositories.tree import TreeRecords
from storage.shredding import Shredding
from storage.signals import SignalStep
from storage.tree import Cosignature
from storage.triggers import ENDS_ONCE, GOES_ONCE, NEVER_DELETED, SENT_ONCE
from tests import databases, noting
from tests.backing_up import former_rows, kept_rows
from tests.cast import Clock, World
from tests.conftest import copied
from tests.databases import REFUSED, Hand
from tests.filing import press, submitted
from tests.noting import describe
from tests.portal.audit.files import Put, put
from tests.signalled import raised
from tests.web_client import browser

pytestmark = pytest.mark.database

NEW = UUID(int=7)
AFTER_DRAFT = ("discarded", "sent", "submitted", "circulated")


@pytest.fixture(scope="module")
def filled(built: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database that has one of everything, for tests to copy."""
    folder = tmp_path_factory.mktemp("filled")
    with copied(built, folder, Clock()) as world:
        fill(world)
    return folder / "data"


@pytest.fixture
def by_hand(filled: Path, tmp_path: Path) -> Iterator[Hand]:
    """Give somebody at the database's prompt."""
    if not databases.ON_SERVER:
        shutil.copy(filled / DATABASE, tmp_path)
    databases.copy(filled, tmp_path)
    with closing(Hand(databases.place(tmp_path))) as hand:
        yield hand
    databases.drop(tmp_path)


def fill(world: World) -> None:
    ask(world, put(world, "officer", "shared", "Penal code"))
    put(world, "officer", "shared", "Penal code")
    submitted(world)
    officer, path = browser(world, "officer"), f"/reviews/{world.files['xaa'].review}/schedule"
    press(officer, path, seen="0", timetable="resolution", begins="2026-05-04")
    press(officer, path + "/steps", seen="0", step="response", agreed="2026-07-01", reason="As all agreed.")
    press(officer, "/calendar")
    noting.copied(world)
    describe(world)
    signal = raised(world)
    while sequence(world.portal, "here"):
        pass
    with world.portal.database.begin() as session:
        records = TreeRecords(session)
        head = records.head()
        assert head is not None
        officer_of_it = world.members["confidentiality"].person
        session.add(SignalStep(id=uuid4(), signal_id=signal, kind="seen", done_by=officer_of_it, at=world.clock.now))
        for row in (*kept_rows(world.clock.now), *former_rows(world.clock.now)):
            session.add(row)
            session.flush()
        records.put_cosignatures([Cosignature(size=head.size, signer="w.example/1", key_id=b"1234", value=b"signed")])


def a_grant(review: UUID, about: Put, me: UUID, now: datetime, held: UUID, case: UUID) -> tuple[SQLModel, ...]:
    """Make one of everything of a grant."""
    here = {"id": uuid4(), "review_id": review}
    given = {"document_id": about.document, "version_id": about.version}
    mine = {"id": uuid4(), "grant_id": here["id"], "person_id": me}
    times = {"starts_at": now, "ends_at": now, "since": now}
    return (
        Grant(**here, state_code="XFF", offered=False, begun_by=me, begun_at=now, purpose=b"sealed"),
        GrantTerms(**here, grant_id=here["id"], number=1, mode="view", languages="en", decided_by=me, **times),
        GrantDocument(**here, grant_id=here["id"], terms_id=here["id"], **given, title=b"sealed"),
        GrantReader(id=uuid4(), terms_id=here["id"], person_id=me),
        GrantNominee(**mine, named_by=me, named_at=now),
        GrantUndertaking(**mine, wording="reader-1", accepted_at=now),
        GrantHold(containment_id=held, grant_id=here["id"]),
        ConcernGrant(concern_id=case, grant_id=here["id"]),
        CaseGrant(id=uuid4(), case_id=case, grant_id=here["id"]),
        MarkedCopy(
            **here, grant_id=here["id"], version_id=about.version, number="A", person_id=me, event_id=me, made_at=now
        ),
    )


def ask(world: World, about: Put) -> None:
    """Put a draft question into the cast's file, and one of everything that may stand beside it."""
    file, me, now = world.files["xaa"], world.members["expert_xbb"].person, world.clock.now
    clarification, entry, held = uuid4(), uuid4(), uuid4()
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
            id=held,
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
        Exhibit(
            id=uuid4(),
            case_id=here["id"],
            number=1,
            object_name="object",
            size=1,
            media_type="application/pdf",
            wrapped_key=b"sealed",
            added_by=me,
            added_at=now,
        ),
        Manifest(
            **here,
            room_id=file.rooms["shared"],
            number=1,
            report_id=about.document,
            report_version_id=about.version,
            summary_id=about.document,
            summary_version_id=about.version,
            hashes=b"sealed",
            report_mark=b"keyed",
            summary_mark=b"keyed",
            proposed_by=me,
            proposed_at=now,
        ),
        Agreement(
            **here,
            room_id=file.rooms["shared"],
            manifest_id=here["id"],
            state_code="XBB",
            agrees=True,
            said_by=me,
            said_at=now,
        ),
        *a_grant(file.review, about, me, now, held, here["id"]),
        Publication(
            **here,
            document_id=about.document,
            version_id=about.version,
            state_code="XAA",
            kind="law",
            language="en",
            said=b"sealed",
            pages=1,
            size=1,
            object_name="one",
            wrapped_key=b"sealed",
            prepared_by=me,
            prepared_at=now,
        ),
        Consent(id=uuid4(), publication_id=here["id"], person_id=me, role="focal_point", given_at=now),
        Opening(id=uuid4(), publication_id=here["id"], person_id=me, opened_at=now),
        PublicFile(
            id=here["id"],
            state_code="XAA",
            cycle="First",
            kind="law",
            title="A",
            language="en",
            pages=1,
            whole=True,
            size=1,
            sha256=b"hash",
            object_name="two",
            published_at=now,
            event_id=uuid4(),
        ),
        Shredding(id=about.version, review_id=file.review, shredded_at=now),
        SummaryLanguage(
            **here,
            manifest_id=here["id"],
            version_id=about.version,
            language="fr",
            object_name="name",
            size=1,
            wrapped_key=b"wrapped",
            particulars=b"sealed",
            confirmed_by=me,
            confirmed_at=now,
        ),
        Transmission(**here, manifest_id=here["id"], transmitted_by=me, transmitted_at=now),
        DraftComment(
            **here,
            room_id=file.rooms["shared"],
            number=1,
            version_id=about.version,
            place=b"sealed",
            owner="XBB",
            said_by=me,
            said_at=now,
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
    with pytest.raises(REFUSED, match="nothing is deleted"):
        by_hand(f"DELETE FROM {table}")


def test_no_column_of_an_event_changes(by_hand: Hand) -> None:
    columns = by_hand.columns("event")
    assert len(columns) > 10
    for name in columns:
        with pytest.raises(REFUSED, match="append-only"):
            by_hand(f"UPDATE event SET {name} = {name}")


@databases.ONLY_SQLITE
def test_an_event_is_not_replaced_either(by_hand: Hand) -> None:
    columns = ", ".join(by_hand.columns("event"))
    with pytest.raises(REFUSED):
        by_hand(f"INSERT OR REPLACE INTO event ({columns}) SELECT {columns} FROM event")


def test_an_event_is_not_written_over_by_another(by_hand: Hand) -> None:
    columns = ", ".join(by_hand.columns("event"))
    again = f"INSERT INTO event ({columns}) SELECT {columns} FROM event WHERE number = 1"
    with pytest.raises(REFUSED, match="append-only"):
        by_hand(f"{again} ON CONFLICT (id) DO UPDATE SET leaf = excluded.leaf")


@databases.ONLY_POSTGRESQL
@pytest.mark.parametrize("table", NEVER_DELETED)
def test_nothing_is_deleted_at_once(by_hand: Hand, table: str) -> None:
    with pytest.raises(REFUSED, match="nothing is deleted"):
        by_hand(f"TRUNCATE {table} CASCADE")


@databases.ONLY_POSTGRESQL
def test_a_table_of_ones_own_does_not_stand_in_for_the_portals(by_hand: Hand) -> None:
    """Temporary tables come first on the search path of a session, but not on that of the triggers."""
    by_hand("CREATE TEMPORARY TABLE waiting_event (event_id uuid)")
    write_an_event(by_hand)
    assert by_hand("SELECT count(*) FROM waiting_event").fetchone() == (0,)
    assert by_hand("SELECT count(*) FROM public.waiting_event").fetchone() == (1,)


@pytest.mark.parametrize("table", ["tree_entry", "tree_head", "former_head", "former_cosignature"])
def test_no_place_in_the_tree_and_no_checkpoint_changes(by_hand: Hand, table: str) -> None:
    for name in by_hand.columns(table):
        with pytest.raises(REFUSED, match=r"stays where|stays as it was|one checkpoint for a size|signed"):
            by_hand(f"UPDATE {table} SET {name} = {name}")


@pytest.mark.parametrize(
    "change", ["hashes = substr(hashes, 1, 32)", "hashes = zeroblob(8192)", "number = number + 1", "level = level + 1"]
)
def test_a_tile_only_grows(by_hand: Hand, change: str) -> None:
    with pytest.raises(REFUSED, match="only grows"):
        by_hand(f"UPDATE tree_tile SET {change} WHERE level = 0")
    (hashes,) = by_hand("SELECT hashes FROM tree_tile WHERE level = 0").fetchone()
    by_hand("UPDATE tree_tile SET hashes = ? WHERE level = 0", (hashes + bytes(32),))


def write_an_event(by_hand: Hand) -> None:
    columns = by_hand.columns("event")
    said = ", ".join({"id": f"'{NEW.hex}'", "number": "1000000"}.get(name, name) for name in columns)
    by_hand(f"INSERT INTO event ({', '.join(columns)}) SELECT {said} FROM event LIMIT 1")


def test_every_event_waits_for_the_tree_whoever_writes_it(by_hand: Hand) -> None:
    write_an_event(by_hand)
    ((found,),) = by_hand("SELECT event_id FROM waiting_event").fetchall()
    assert UUID(str(found)) == NEW


@pytest.mark.parametrize("change", ["next_number = next_number - 1", f"id = '{NEW.hex}'", "kind = 'other'"])
def test_a_stream_only_grows(by_hand: Hand, change: str) -> None:
    with pytest.raises(REFUSED, match="only grows"):
        by_hand(f"UPDATE stream SET {change}")
    by_hand("UPDATE stream SET next_number = next_number + 1")


@pytest.mark.parametrize("table", [table for table in ENDS_ONCE if table != "translation_task"])
def test_a_history_is_never_rewritten(by_hand: Hand, table: str) -> None:
    columns = by_hand.columns(table)
    fixed = [name for name in columns if name not in {*ENDS_ONCE[table], *GOES_ONCE.get(table, ())[:1], "mac"}]
    assert fixed
    for name in fixed:
        with pytest.raises(REFUSED, match="never rewritten"):
            by_hand(f"UPDATE {table} SET {name} = {name}")


def test_a_versions_key_only_goes_and_with_the_row_that_says_so(by_hand: Hand) -> None:
    told = "id IN (SELECT id FROM shredding)"
    assert by_hand(f"SELECT count(*) FROM version WHERE {told}").fetchone() == (1,)
    whole = by_hand(f"SELECT wrapped_key FROM version WHERE {told}").fetchone()[0]
    refused = [
        ("wrapped_key = ?", f"NOT {told}", b""),  # no row says so
        ("wrapped_key = wrapped_key || ?", told, b"x"),
        ("wrapped_key = ?", told, b"x" * len(whole)),
        ("wrapped_key = ?, size = 0", told, b""),
    ]
    for change, which, value in refused:
        with pytest.raises(REFUSED, match=r"only destroyed, once|never rewritten"):
            by_hand(f"UPDATE version SET {change} WHERE {which}", (value,))
    by_hand(f"UPDATE version SET wrapped_key = ? WHERE {told}", (b"",))
    for again in (whole, b""):
        with pytest.raises(REFUSED, match="only destroyed, once"):
            by_hand(f"UPDATE version SET wrapped_key = ? WHERE {told}", (again,))


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table, names in ENDS_ONCE.items() for name in names if table != "translation_task"],
)
def test_an_end_is_set_once(by_hand: Hand, table: str, name: str) -> None:
    by_hand.unlink(table)
    first, second = two_of(SQLModel.metadata.tables[table].columns[name])
    by_hand(f"UPDATE {table} SET {name} = NULL WHERE {name} IS NULL")
    by_hand(f"UPDATE {table} SET {name} = ? WHERE {name} IS NULL", (first,))
    by_hand(f"UPDATE {table} SET {name} = ?", (first,))
    for other in (second, None):
        with pytest.raises(REFUSED, match="set once"):
            by_hand(f"UPDATE {table} SET {name} = ?", (other,))


def two_of(column: Column[Any]) -> tuple[Any, Any]:
    """Give two values that a column takes."""
    match column.type:
        case Uuid():
            return UUID(int=1), UUID(int=2)
        case UtcTime() | Date():
            return "2026-05-04 09:30:00.000000", "2026-05-05 09:30:00.000000"
        case LargeBinary():
            return b"one", b"two"
    return "one", "two"


@pytest.mark.parametrize("name", SENT_ONCE["entry"])
def test_an_entry_never_turns_into_another_ones(by_hand: Hand, name: str) -> None:
    with pytest.raises(REFUSED, match="where it belongs never changes"):
        by_hand(f"UPDATE entry SET {name} = {name}")


@pytest.mark.parametrize("stage", AFTER_DRAFT)
def test_a_text_changes_while_it_is_a_draft_and_never_after(by_hand: Hand, stage: str) -> None:
    by_hand("UPDATE entry SET text = zeroblob(8), language = 'fr', edition = edition + 1")
    by_hand(f"UPDATE entry SET stage = '{stage}'")
    for change in ("text = zeroblob(9)", "language = 'en'", "edition = edition + 1"):
        with pytest.raises(REFUSED, match="what was sent never changes"):
            by_hand(f"UPDATE entry SET {change}")


@pytest.mark.parametrize("stage", AFTER_DRAFT)
def test_what_was_sent_or_discarded_is_no_draft_again(by_hand: Hand, stage: str) -> None:
    by_hand(f"UPDATE entry SET stage = '{stage}'")
    with pytest.raises(REFUSED, match="never a draft again"):
        by_hand("UPDATE entry SET stage = 'draft'")


def test_the_portal_itself_can_end_an_appointment_and_cannot_begin_it_again(world: World) -> None:
    from sqlalchemy.exc import IntegrityError

    from storage.tables import Appointment

    appointment = world.members["expert_xbb"].appointment
    with world.portal.database.begin() as session:
        session.get_one(Appointment, appointment).ended_at = world.clock.now
    with pytest.raises(IntegrityError, match="set once"), world.portal.database.begin() as session:
        session.get_one(Appointment, appointment).ended_at = world.clock.now + timedelta(days=1)
