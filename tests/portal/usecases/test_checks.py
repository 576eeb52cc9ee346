"""The check of all records: whatever is done to the database or the objects behind the portal's back is named."""

# ruff: noqa: S608 - the statements are those of a superuser who alters the database by hand

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col, exists, select

from portal import cli
from portal.app import open_portal
from portal.audit.events import MACHINERY_STREAM
from portal.domain.documents import DocumentKind
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.usecases import handling, questions, submissions
from portal.usecases.check_reports import Report, as_json, as_text
from portal.usecases.checks import check_records
from portal.usecases.shredding import shred_version
from portal.work import Work
from storage.arrivals import Arrival
from storage.authenticators import CodeApp, Passkey, RecoveryCode, WrongCodes
from storage.fields import Place
from storage.grants import Grant
from storage.handovers import Handover
from storage.issuers import Issuer, IssuerSubject
from storage.permits import DEVICES, ISSUERS, REGISTRY, room_scope
from storage.planning import CalendarFeed, ReviewSchedule, ScheduleStep
from storage.reports import Manifest
from storage.repositories.checks import guarded_tables
from storage.tables import Appointment, Invitation, Passphrase, TranslationTask, Version
from tests import breaches, databases, dialogue, granting, noting, publicity, reports
from tests.backing_up import kept_rows
from tests.cast import World, add_member, setting_up
from tests.conftest import settings_in, use
from tests.databases import Hand
from tests.filing import newest, press
from tests.filing import put as put_in
from tests.portal.audit.files import Put, download, look, put
from tests.signalled import raised
from tests.web_client import browser


@pytest.fixture
def file(world: World) -> Put:
    """Give the cast something to be altered: a document that was looked at and downloaded."""
    made = put(world, "officer", "shared", "Penal code")
    world.clock.forward(timedelta(minutes=1))
    look(world, "expert_xbb", made)
    download(world, "expert_xbb", made)
    return made


@pytest.fixture
def by_hand(world: World, file: Put) -> Iterator[Hand]:
    """Give a superuser's hand on the database: no trigger that refuses, no foreign keys."""
    del file
    with databases.by_hand(world.portal.database) as hand:
        hand.loosen()
        yield hand


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def said(report: Report) -> str:
    return as_text(report)


def stream(world: World) -> str:
    return world.files["xaa"].rooms["shared"].hex


def test_what_nobody_touched_fits(world: World, file: Put) -> None:
    report = check_records(world.portal)
    assert report.ok, said(report)
    assert report.counts["versions"] == 1
    assert report.counts["events"] > 20
    assert report.counts["rows"] > 50
    assert not report.open_intents
    assert "Everything fits." in said(report)
    assert as_json(report)["ok"] is True
    assert file.object_name not in report.orphans


def test_a_check_is_an_event_of_the_machinery_and_may_be_repeated(world: World) -> None:
    def events() -> int:
        with databases.by_hand(world.portal.database) as hand:
            counted = hand("SELECT count(*) FROM event WHERE stream_id = ? AND kind = 705", (MACHINERY_STREAM,))
            return int(counted.fetchone()[0])

    before = events()
    assert check_records(world.portal).ok
    assert check_records(world.portal).ok
    assert events() == before + 2


@pytest.mark.parametrize("column", ["body", "leaf", "tag", "about", "stamp", "origin"])
def test_a_flipped_byte_in_an_event_is_named(world: World, by_hand: Hand, column: str) -> None:
    value = by_hand(f"SELECT {column} FROM event WHERE stream_id = '{stream(world)}' AND number = 1").fetchone()[0]
    for place in (0, 1, len(value) // 2, len(value) - 1):
        altered = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        by_hand(f"UPDATE event SET {column} = x'{altered.hex()}' WHERE stream_id = '{stream(world)}' AND number = 1")
        report = check_records(world.portal)
        assert codes(report) & {"event-altered", "event-origin"}, (column, place)
        assert column in said(report) or column == "origin"
        assert "entry 1" in said(report)


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "'2020-01-01 00:00:00.000000'"), ("kind", "406"), ("phase", "'refusal'"), ("schema_version", "9")],
)
def test_a_plain_column_that_differs_from_the_sealed_body_is_named(
    world: World, by_hand: Hand, column: str, value: str
) -> None:
    by_hand(f"UPDATE event SET {column} = {value} WHERE stream_id = '{stream(world)}' AND number = 1")
    assert codes(check_records(world.portal)) >= {"event-altered"}


def test_a_deleted_event_leaves_a_gap(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}' AND number = 2")
    assert "the entries 2 to 2 are missing" in said(check_records(world.portal))


def test_the_last_event_deleted_is_missed_too(world: World, by_hand: Hand) -> None:
    last = by_hand(f"SELECT max(number) FROM event WHERE stream_id = '{stream(world)}'").fetchone()[0]
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}' AND number = {last}")
    assert "event-missing" in codes(check_records(world.portal))


def test_a_stream_renumbered_to_close_a_gap_is_named(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}' AND number = 2")
    by_hand(f"UPDATE event SET number = number - 1 WHERE stream_id = '{stream(world)}' AND number > 2")
    by_hand(f"UPDATE stream SET next_number = next_number - 1 WHERE id = '{stream(world)}'")
    assert "event-altered" in codes(check_records(world.portal))


def test_two_bodies_swapped_are_named(world: World, by_hand: Hand) -> None:
    (one, salt_one), (two, salt_two) = (
        by_hand(f"SELECT body, salt FROM event WHERE stream_id = '{stream(world)}' AND number = {n}").fetchone()
        for n in (1, 2)
    )
    for number, body, salt in ((1, two, salt_two), (2, one, salt_one)):
        by_hand(
            f"UPDATE event SET body = x'{body.hex()}', salt = x'{salt.hex()}'"
            f" WHERE stream_id = '{stream(world)}' AND number = {number}"
        )
    report = check_records(world.portal)
    assert "entry 1" in said(report)
    assert "entry 2" in said(report)


def test_an_event_made_by_hand_is_named(world: World, by_hand: Hand) -> None:
    by_hand(
        "INSERT INTO event (id, stream_id, number, at, kind, schema_version, phase, salt, body, leaf, tag)"
        f" SELECT '{'ab' * 16}', stream_id, number + 1, at, kind, 1, 'act', salt, body, leaf, tag FROM event"
        f" WHERE stream_id = '{stream(world)}' ORDER BY number DESC LIMIT 1"
    )
    by_hand(f"UPDATE stream SET next_number = next_number + 1 WHERE id = '{stream(world)}'")
    assert "event-altered" in codes(check_records(world.portal))


def test_a_stream_taken_away_with_its_events_is_missed(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM event WHERE stream_id = '{stream(world)}'")
    by_hand(f"DELETE FROM stream WHERE id = '{stream(world)}'")
    assert "stream-missing" in codes(check_records(world.portal))


def test_a_counter_set_back_is_named(world: World, by_hand: Hand) -> None:
    by_hand(f"UPDATE stream SET next_number = 2 WHERE id = '{stream(world)}'")
    assert "event-repeated" in codes(check_records(world.portal))


# how the portal itself changes a row of each guarded table; the time stands for now
THERE = exists().where(col(Arrival.version_id) == col(Version.id))
CHANGES: dict[str, tuple[str, str | int | Callable[[Session], UUID] | None]] = {
    "access_grant": ("accepted_at", None),
    "agreement": ("said_at", None),
    "appointment": ("ended_at", None),
    "arrival": ("version_id", lambda known: known.scalars(select(Version.id).where(~THERE)).all()[0]),
    "assignment": ("ended_at", None),
    "attachment": ("removed_at", None),
    "backup": ("gone_at", None),
    "batch": ("number", 7),
    "breach_case": ("declined_at", None),
    "calendar_feed": ("ended_at", None),
    "case_entry": ("kind", "fact"),
    "clarification": ("stage", "closed"),
    "clearance_setting": ("clears", True),
    "concern": ("ended_at", None),
    "containment": ("lifted_at", None),
    "code_app": ("last_step", 7),
    "publication": ("withdrawn_at", None),
    "publication_consent": ("role", "reader"),
    "publication_opening": ("opened_at", None),
    "public_file": ("withdrawn_at", None),
    "document": ("withdrawn_at", None),
    "draft_comment": ("number", 7),
    "entry": ("clearance", "given"),
    "entry_task": ("recalled_at", None),
    "grant_document": ("version_id", lambda known: known.scalars(select(Manifest.summary_version_id)).one()),
    "grant_hold": ("grant_id", lambda known: known.scalars(select(Grant.id).where(Grant.state_code == "XEE")).one()),
    "concern_grant": ("grant_id", lambda known: known.scalars(select(Grant.id).where(Grant.state_code == "XEE")).one()),
    "case_grant": ("grant_id", lambda known: known.scalars(select(Grant.id).where(Grant.state_code == "XEE")).one()),
    "exhibit": ("number", 7),
    "grant_nominee": ("named_at", None),
    "grant_reader": ("person_id", lambda known: known.scalars(select(Grant.begun_by)).all()[0]),
    "grant_terms": ("until", None),
    "grant_undertaking": ("accepted_at", None),
    "handover": ("handed_over_at", None),
    "invitation": ("revoked_at", None),
    "issuer": ("ended_at", None),
    "issuer_subject": ("ended_at", None),
    "manifest": ("number", 7),
    "marked_copy": ("made_at", None),
    "note_copy": ("of_end", True),
    "passkey": ("sign_count", 7),
    "passphrase": ("verifier", "another"),
    "person": ("language", "fr"),
    "profile": ("number", 7),
    "recovery_code": ("used_at", None),
    "remark": ("kind", "call"),
    "review": ("stage", "dialogue"),
    "review_party": ("until", None),
    "review_schedule": ("timetable", "longer"),
    "room": ("kind", "shared again"),
    "routing": ("ended_at", None),
    "schedule_step": ("step", "draft"),
    "session": ("ended_at", None),
    "signal": ("count", 7),
    "shredding": ("shredded_at", None),
    "signal_step": ("kind", "seen again"),
    "summary_language": ("ended_at", None),
    "translation_task": ("recalled_at", None),
    "recovery_key": ("shares", 7),
    "restoration": ("origin", "other"),
    "whole_backup": ("whole_at", None),
    "transmission": ("transmitted_at", None),
    "undertaking": ("wording", "2"),
    "version": ("created_at", None),
    "wrong_codes": ("count", 7),
}
# asked each time; the others, with all that takes long
OFTEN = {"appointment", "calendar_feed", "clarification", "document", "entry", "person", "review_party", "room"}
every_table = pytest.mark.parametrize(
    "table",
    [
        table if table.__tablename__ in OFTEN else pytest.param(table, marks=pytest.mark.slow)
        for table in guarded_tables()
    ],
    ids=lambda table: str(table.__tablename__),
)


def talk(world: World) -> None:
    """Let something of every kind be said."""
    review, people = world.files["xaa"].review, [world.members["expert_xaa"].person]
    asked = dialogue.question(world)
    with world.request():
        questions.set_clearance(world.portal, world.caller("focal_xbb"), review, clears=False)
    draft = dialogue.draft_question(world, "focal_xbb")
    with world.request():
        chosen = [(draft.entry, draft.edition)]
        submissions.submit_batch(world.portal, world.caller("focal_xbb"), review, chosen)
    with world.request():
        handling.route(world.portal, world.caller("focal_xaa"), asked, people, ())
    answer = dialogue.draft_answer(world, asked)
    law = newest(world, put_in(world, "focal_xaa", "national XAA", "Law"))
    dialogue.attach(world, answer.entry, law)
    dialogue.comment(world, "expert_xbb", asked, "reviewers", "Compare.")
    sent = dialogue.entry(world, draft.entry).sent_as
    assert sent is not None
    dialogue.send_text(world, sent)


def handed(world: World, work: Work) -> Handover:
    """Make a hand-over by hand: that the appointment goes on doesn't matter here."""
    id_, members = uuid4(), world.members
    sealed = [
        work.portal.keyring.seal_log(work.session, REGISTRY, Place("handover", column, id_), b"{}")
        for column in ("basis", "passed")
    ]
    return Handover(
        id=id_,
        appointment_id=members["expert_xbb"].appointment,
        successor_id=members["expert_xbb_other"].appointment,
        basis=sealed[0],
        passed=sealed[1],
        handed_over_by=members["focal_xbb"].person,
        handed_over_at=work.now,
    )


def sign_ins(world: World, work: Work) -> None:
    """Give somebody each thing to sign in with, by hand."""
    session, keyring, now = work.session, work.portal.keyring, work.now
    person, added_by = world.members["translator"].person, world.members["officer"].person
    passkey, app, issuer = uuid4(), uuid4(), uuid4()
    name = keyring.seal_log(session, DEVICES, Place("passkey", "name", passkey), b"Key")
    device: dict[str, Any] = {"credential_id": b"c", "public_key": b"p", "sign_count": 0, "aaguid": "", "name": name}
    session.add(Passkey(id=passkey, person_id=person, added_at=now, **device))
    session.add(CodeApp(id=app, person_id=person, salt=b"s", last_step=0, added_at=now))
    session.add(RecoveryCode(id=uuid4(), person_id=person, code_hash=b"h", made_at=now))
    secret = keyring.seal_log(session, ISSUERS, Place("issuer", "client_secret", issuer), b"secret")
    known: dict[str, Any] = {"url": "https://idp.example", "name": "IdP", "client_id": "us", "client_secret": secret}
    session.add(Issuer(id=issuer, added_by=added_by, added_at=now, **known))
    session.flush()
    session.add(WrongCodes(app_id=app, count=1))
    session.add(IssuerSubject(id=uuid4(), issuer_id=issuer, subject=b"s", person_id=person, bound_at=now))


def given_to_read(world: World) -> None:
    """Have a report commented on, agreed on and granted, a copy taken, and the summary transmitted."""
    granting.reader(world)
    reports.set_stage(world, ReviewStage.REPORT)
    reports.comment(world, reports.circulated(world, DocumentKind.DRAFT_REPORT, "Draft"))
    granting.agreed(world)
    with world.portal.database.read() as session:
        manifest = session.scalars(select(Manifest)).one()
    grant = granting.asked(world)
    given = granting.terms(world, mode="copies", documents=[str(manifest.report_id)])
    assert granting.act(world, "focal_xaa", grant, "decide", **given).status_code == 303
    granting.pledged(world, grant)
    copied = browser(world, "reader_xff").get(f"/granted/versions/{manifest.report_version_id}/copy")
    assert copied.status_code == 200
    add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE")
    granting.reader(world, "reader_xee", "XEE")
    granting.asked(world, "focal_xee", "reader_xee")
    held = {"hold": "grant", "hold_reason": "Looked into.", "held_grant": str(grant)}
    on = breaches.ahead(world, 20)
    breaches.act(world, "confidentiality", breaches.registered(world), "containments", **held, review_on=on)
    filed = press(browser(world, "reader_xff"), f"/granted/{grant}/concerns", **breaches.CONCERN)
    assert filed.status_code == 303, filed.text
    reports.in_all_languages(world, manifest)
    reports.transmit(world)


def backed_up_once(world: World) -> None:
    """Let there be a recovery key that isn't used any more, its backup, and a restoration of long ago."""
    with setting_up(world.portal) as (work, _):
        for row in kept_rows(work.now, ended=work.now):
            work.session.add(row)
            work.session.flush()


@pytest.fixture
def all_tables(world: World, file: Put, table: type[Any]) -> None:
    """Fill the guarded tables that the cast leaves empty."""
    if table.__module__ in {"storage.grants", "storage.reports"}:
        given_to_read(world)
        return
    if table.__module__ == "storage.shredding":
        with world.request():
            shred_version(world.portal, file.version)
        return
    if table.__module__ == "storage.backups":
        backed_up_once(world)
        return
    talk(world)
    noting.copied(world)
    publicity.published(world)
    breaches.contained(world, case := breaches.registered(world, on=breaches.concern(world)))
    breaches.exhibited(world, case)
    browser(world, "confidentiality").get(f"/signals/{raised(world)}")
    assert noting.describe(world).status_code == 303
    person = world.members["translator"].person
    with setting_up(world.portal) as (work, _):
        work.identity.add(Passphrase(person_id=person, verifier="one", created_at=work.now))
        work.identity.add(
            Invitation(id=uuid4(), person_id=person, token_hash=b"x", created_at=work.now, expires_at=work.now)
        )
        feed: dict[str, Any] = {
            "person_id": person,
            "appointment_id": world.members["translator"].appointment,
            "token_hash": b"y",
        }
        work.identity.add(CalendarFeed(id=uuid4(), created_at=work.now, **feed))
        work.session.add(handed(world, work))
        sign_ins(world, work)
        own: dict[str, Any] = {"review_id": world.files["xaa"].review, "room_id": world.files["xaa"].rooms["shared"]}
        own |= {"number": 1, "set_by": world.members["officer"].person, "set_at": work.now}
        begins = date(2026, 5, 4)
        work.schedules.add(ReviewSchedule(id=uuid4(), timetable="resolution", begins=begins, **own))
        place = Place("schedule_step", "reason", step := uuid4())
        scope = room_scope(own["review_id"], own["room_id"])
        reason = work.portal.keyring.seal_log(work.session, scope, place, b"As all agreed.")
        work.schedules.add(ScheduleStep(id=step, step="response", reason=reason, **own))
        work.documents.add(
            TranslationTask(
                id=uuid4(),
                review_id=world.files["xaa"].review,
                document_id=file.document,
                version_id=file.version,
                person_id=person,
                language="ar",
                sent_by=world.members["officer"].person,
                sent_at=work.now,
            )
        )


Stored = dict[str, Any]


def stored(by_hand: Hand, where: str) -> Stored:
    """Give the first row as it lies in the database."""
    cursor = by_hand(f"SELECT * FROM {where} LIMIT 1")
    return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def bring_back(by_hand: Hand, table: str, row: Stored) -> None:
    """Give a row all its old values, the MAC included."""
    key = SQLModel.metadata.tables[table].primary_key.columns.keys()[0]
    sets = ", ".join(f"{name} = ?" for name in row)
    by_hand(f"UPDATE {table} SET {sets} WHERE {key} = ?", (*row.values(), row[key]))


def change(world: World, by_hand: Hand, table: type[Any]) -> tuple[str, Stored]:
    """Change a row as the portal does; give its name and what it was."""
    name, key = str(table.__tablename__), table.__table__.primary_key.columns.keys()[0]
    before = stored(by_hand, name)
    world.clock.forward(timedelta(minutes=1))
    column, value = CHANGES[name]
    with setting_up(world.portal) as (work, _):
        row = work.session.get_one(table, UUID(str(before[key])))
        other = work.now if value is None else value
        setattr(row, column, other(work.session) if callable(other) else other)
    assert check_records(world.portal).ok
    return f"{name}/{UUID(str(before[key]))}", before


@every_table
@pytest.mark.usefixtures("all_tables")
def test_a_dropped_row_is_named(world: World, by_hand: Hand, table: type[Any]) -> None:
    name, before = change(world, by_hand, table)
    key = table.__table__.primary_key.columns.keys()[0]
    by_hand(f"DELETE FROM {table.__tablename__} WHERE {key} = ?", (before[key],))
    assert f"{name}: the log has it, but the row is gone" in said(check_records(world.portal))


@every_table
@pytest.mark.usefixtures("all_tables")
def test_a_row_rolled_back_to_what_it_was_is_named(world: World, by_hand: Hand, table: type[Any]) -> None:
    name, before = change(world, by_hand, table)
    bring_back(by_hand, str(table.__tablename__), before)
    report = check_records(world.portal)
    assert f"{name}: it isn’t as the log has it last; it was rolled back" in said(report)
    assert codes(report) == {"row-other"}


def test_a_session_brought_back_after_its_end_is_named(world: World, by_hand: Hand) -> None:
    """Its token works again until then: the row bears the MAC that it had."""
    client = browser(world, "expert_xaa")
    world.clock.forward(timedelta(minutes=2))
    assert client.get("/account").status_code == 200
    assert check_records(world.portal).ok, "its use isn't in the log"
    before = stored(by_hand, f"session WHERE person_id = '{world.members['expert_xaa'].person.hex}'")
    assert press(client, "/sign-out").status_code == 303
    assert check_records(world.portal).ok
    bring_back(by_hand, "session", before)
    assert browser(world, "expert_xaa").get("/account").status_code == 200
    assert f"session/{UUID(str(before['id']))}: it isn’t as the log has it last" in said(check_records(world.portal))


def test_a_row_made_by_hand_is_named(world: World, by_hand: Hand) -> None:
    others = ", ".join(name for name in by_hand.columns("appointment") if name != "id")
    by_hand(f"INSERT INTO appointment (id, {others}) SELECT '{'cd' * 16}', {others} FROM appointment LIMIT 1")
    assert "altered by something else" in said(check_records(world.portal))


def test_a_row_that_bears_its_mac_but_never_was_in_the_log_is_named(world: World, by_hand: Hand) -> None:
    """Somebody who can use the guard key, but writes past the log."""
    del by_hand
    with world.portal.database.begin() as session:
        one = session.scalars(select(Appointment)).first()
        assert one
        session.add(Appointment(**{**one.model_dump(), "id": UUID(int=7)}))
    assert "the log knows nothing of it" in said(check_records(world.portal))


@databases.ONLY_SQLITE
def test_a_row_that_is_no_row_is_named(world: World, by_hand: Hand) -> None:
    by_hand("UPDATE appointment SET starts_at = 'not a time' WHERE id = (SELECT min(id) FROM appointment)")
    assert "row-foreign" in codes(check_records(world.portal))


def test_an_altered_session_is_named_though_the_log_keeps_only_its_end(world: World, by_hand: Hand) -> None:
    by_hand("UPDATE session SET ends_at = '2099-01-01 00:00:00.000000' WHERE id = (SELECT id FROM session LIMIT 1)")
    assert "row-altered" in codes(check_records(world.portal))


def object_path(world: World, made: Put) -> Path:
    return world.portal.settings.data / "objects" / made.object_name[:2] / made.object_name


def test_a_lost_object_is_named(world: World, file: Put) -> None:
    object_path(world, file).unlink()
    assert f"its object {file.object_name} is not there" in said(check_records(world.portal))


def test_a_lost_scanned_copy_is_named(world: World) -> None:
    noting.copied(world)
    (lost,) = noting.copies(world)
    report = check_records(world.portal)
    assert (report.ok, report.counts["scanned copies"], lost.object_name in report.orphans) == (True, 1, False)
    world.portal.objects.delete(lost.object_name)
    report = check_records(world.portal)
    assert codes(report) == {"object-missing"}
    assert f"note_copy/{lost.id}: its object {lost.object_name} is not there" in said(report)


def test_a_truncated_object_is_named(world: World, file: Put) -> None:
    os.truncate(object_path(world, file), 100)
    assert "has 100 bytes instead of" in said(check_records(world.portal))


def test_an_object_that_no_version_names_is_listed_and_left_alone(world: World, file: Put) -> None:
    name = "0f" * 16
    orphan = object_path(world, file).parent.parent / "0f" / name
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"sealed")
    young = check_records(world.portal)
    assert (young.orphans, young.counts["young objects"]) == ([], 1 + 0)
    long_ago = (world.clock.now - timedelta(days=3)).timestamp()
    os.utime(orphan, (long_ago, long_ago))
    report = check_records(world.portal)
    assert report.orphans == [name]
    assert report.ok
    assert name in said(report)
    assert orphan.exists()


@pytest.mark.parametrize("table", ["key_holder", "key_version"])
def test_a_lost_key_is_named(world: World, by_hand: Hand, table: str) -> None:
    room = f"room/{world.files['xaa'].review}/{world.files['xaa'].rooms['shared']}"
    by_hand(f"DELETE FROM {table} WHERE scope = '{room}'")
    assert codes(check_records(world.portal)) >= ({"key-unheld"} if table == "key_holder" else {"version-keyless"})


@pytest.mark.parametrize("scope", ["names", "registry"])
def test_a_lost_key_of_people_is_named(world: World, by_hand: Hand, scope: str) -> None:
    for table in ("key_holder", "key_version"):
        by_hand(f"DELETE FROM {table} WHERE scope = '{scope}'")
    assert codes(check_records(world.portal)) == {"field-keyless"}


def test_a_lost_key_that_sealed_no_content_is_named(world: World, file: Put, by_hand: Hand) -> None:
    del file
    room = f"room/{world.files['xaa'].review}/{world.files['xaa'].rooms['shared']}"
    title = by_hand("SELECT title FROM document").fetchone()[0]
    by_hand(f"UPDATE document SET title = X'0100000002{title[5:].hex()}'")  # as if a second key had sealed it
    assert "field-keyless" in codes(check_records(world.portal))
    by_hand(f"INSERT INTO key_version (scope, version, created_at) VALUES ('{room}', 2, '2026-05-04 09:30:00.000000')")
    assert "field-keyless" not in codes(check_records(world.portal))


def test_a_key_from_the_time_to_come_is_named(world: World, by_hand: Hand) -> None:
    """A newer key begins when an access ended after the newest one was made: that must not be put off for good."""
    by_hand("UPDATE key_version SET created_at = '2999-01-01 00:00:00.000000' WHERE scope LIKE 'room/%'")
    assert codes(check_records(world.portal)) == {"key-to-come"}


def test_a_key_copied_from_another_room_is_named(world: World, by_hand: Hand) -> None:
    by_hand(
        "UPDATE key_holder SET wrapped = (SELECT wrapped FROM key_holder WHERE scope = 'registry')"
        f" WHERE scope LIKE 'room/{world.files['xaa'].review}/%'"
    )
    assert "key-shut" in codes(check_records(world.portal))


def test_a_lost_key_of_a_stream_is_named_and_the_rest_is_checked(world: World, by_hand: Hand) -> None:
    by_hand(f"DELETE FROM key_holder WHERE scope = 'stream/{world.files['xaa'].rooms['shared']}'")
    world.portal.keyring._kept.clear()
    assert codes(check_records(world.portal)) >= {"key-unheld", "stream-shut"}


def test_a_download_whose_end_is_missing_is_listed_and_no_error(world: World, file: Put) -> None:
    download(world, "expert_xcc", file, ends=False)
    world.clock.forward(timedelta(seconds=1))
    report = check_records(world.portal)
    assert report.ok
    assert len(report.open_intents) == 1


def test_a_database_rolled_back_together_with_its_log_is_not_found(world: World, file: Put, tmp_path: Path) -> None:
    """Said in LOG.md too: rows and log that go back together still fit each other."""
    portal, old = world.portal, tmp_path / "old"
    portal.database.close()
    databases.save(portal.settings.data, old)
    download(world, "expert_xcc", file)
    portal.database.close()
    databases.bring_back(old, portal.settings.data)
    rolled_back = open_portal(settings_in(tmp_path), world.clock)
    assert check_records(rolled_back).ok
    rolled_back.database.close()


def test_a_long_check_asks_for_its_permit_again(world: World, file: Put) -> None:
    del file
    assert check_records(world.portal, lambda _what, _count: world.clock.forward(timedelta(minutes=14))).ok


def test_the_command_says_by_its_status_whether_all_fits(
    world: World, file: Put, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, world.portal.settings)
    assert cli.main(["fsck"]) == 0
    assert "Everything fits." in capsys.readouterr().out
    object_path(world, file).unlink()
    assert cli.main(["fsck", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in report["findings"]] == ["object-missing"]
    monkeypatch.setenv("PORTAL_DATA", str(world.portal.settings.data / "elsewhere"))
    monkeypatch.setenv("PORTAL_DATABASE", "")
    assert cli.main(["fsck"]) == 2
    assert capsys.readouterr().err.startswith("portal: the check could not be made")
