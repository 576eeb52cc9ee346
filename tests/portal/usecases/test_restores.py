"""The drill: a portal is lost with its keys, and comes back from a backup, whole, closed, with a log that goes on."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import SQLModel, col, select

from portal.access.actions import Action
from portal.app import create_portal, object_store, open_portal
from portal.audit.events import MACHINERY_STREAM
from portal.audit.tiles import ENTRIES, tile_path
from portal.audit.tree import WIDTH, Growing, entry_hash, tile_width
from portal.cli import main
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases import restores, tree
from portal.usecases.checks import check_records
from portal.usecases.operators import make_administrator
from portal.usecases.public_summaries import publish_summary
from portal.usecases.restore_places import check_empty, open_source
from portal.usecases.restores import Accepted, Restored, check_backup, restore_backup
from portal.work import Portal
from storage.accounts import AccountNotice
from storage.backups import FormerHead, Restoration
from storage.content import open_all, version_context
from storage.database import Database
from storage.errors import BadShares, Damaged, KeyUnavailable, StoreUnavailable
from storage.keys.file import FileKeys
from storage.permits import Scope
from storage.publications import PublicFile
from storage.recovery import offline, shares
from storage.recovery.folder import BackupFolder, alone
from storage.reports import SummaryLanguage
from storage.repositories.checks import CheckRecords
from storage.repositories.tree import TreeRecords
from storage.tables import Appointment, Assignment, Invitation, PortalSession
from tests.backing_up import backed_up, recoverable, signed_in_again
from tests.cast import World
from tests.contents import said, versions
from tests.filing import press, put, shredded, submitted
from tests.reports import transmitted
from tests.web_client import browser

# what a restoration changes, and what it begins anew
CHANGED = {
    *("appointment", "assignment", "session", "account_notice", "event", "stream", "key_holder", "key_version"),
    *("tree_entry", "tree_tile", "tree_head", "month_count", "lease", "waiting_event", "former_head", "restoration"),
    *("signal_reading", "signal_counts", "day_count"),
    "whole_backup",  # the folder tells that this one is
}


def filled(world: World) -> tuple[str, ...]:
    words = recoverable(world.portal)
    for number in range(3):
        put(world, "officer", "reviewers", f"Draft {number}")
    submitted(world)
    shredded(world)
    while tree.sequence(world.portal, "test"):
        pass
    return words


def back(world: World, folder: Path, words: tuple[str, ...], new: Settings, **how: Any) -> Restored:
    source = open_source(folder, words, how.pop("number", None))
    return restore_backup(new, source, how.pop("known", None), object_store, world.clock, **how)


def texts(portal: Portal) -> dict[str, bytes]:
    """Open every content."""
    found = {}
    with portal.database.read() as session:
        for one in CheckRecords(session).contents():
            with portal.objects.get(one.name) as sealed:
                if one.wrapped is None:  # of what is public: as it lies there
                    found[str(one.id)] = b"".join(sealed)
                    continue
                key = _content_key(portal, session, one)
                found[str(one.id)] = b"".join(open_all(key, version_context(one.id), sealed))
    return found


def _content_key(portal: Portal, session: Any, one: Any) -> bytes:
    from storage.keyring import _content_place, split

    number, blob = split(one.wrapped)
    return portal.keyring.key(Scope(one.scope), number, session).wrapping.open(_content_place(one.scope, one.id), blob)


def tables(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as session:
        connection = session.connection()
        found = {name: connection.execute(select(table)) for name, table in SQLModel.metadata.tables.items()}
        return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


@pytest.mark.database
def test_a_portal_comes_back_with_every_row_and_every_text(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    before, contents = tables(world.portal.database), texts(world.portal)
    put(world, "officer", "reviewers", "Lost with the portal")
    world.portal.database.close()
    shutil.rmtree(world.portal.settings.data)
    shutil.rmtree(world.portal.settings.keys)
    world.clock.forward(timedelta(hours=5))
    done = back(world, folder, words[1:], new)
    assert done.report.ok, [one.words() for one in done.report.findings]
    portal = open_portal(new, world.clock)
    after = tables(portal.database)
    assert [name for name in before if name not in CHANGED and before[name] != after[name]] == []
    events = {row[0]: row for row in after["event"]}
    lost = [row for row in before["event"] if events.get(row[0]) != row]
    assert [(row[4], row[6]) for row in lost] == [(708, "outcome")], "how the backup itself ended"
    assert texts(portal) == contents
    assert len(contents) == 5
    report = check_records(portal)
    assert report.ok, [one.words() for one in report.findings]
    portal.database.close()


def test_another_account_than_the_portals_leaves_nothing(
    world: World, folder: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's files in the portal's folders would keep the portal's account from trying it again."""
    words = filled(world)
    backed_up(world.portal, folder)
    for place in (new.data, new.keys):
        place.mkdir(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Invalid, match="run this as the account"):
        back(world, folder, words, new)
    with pytest.raises(KeyUnavailable, match="another account"):
        FileKeys.create(new.keys)
    assert not [*new.data.iterdir(), *new.keys.iterdir()]


def test_while_one_is_brought_back_another_is_refused(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    new.data.mkdir()
    with alone(new.data, "not now"), pytest.raises(StoreUnavailable, match="already"):
        back(world, folder, words, new)
    assert list(new.data.iterdir()) == []
    back(world, folder, words, new)


def test_a_refused_restore_leaves_no_database_that_would_open(
    world: World, folder: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    monkeypatch.setattr(restores, "close_everything", refused)
    with pytest.raises(Invalid, match="not now"):
        back(world, folder, words, new)
    assert list(new.data.glob("*.db*")) == []


def refused(*_given: object, **_more: object) -> None:
    raise Invalid("not now")


def test_a_summary_that_was_on_its_way_to_the_public_waits_for_the_officer(
    world: World, folder: Path, new: Settings
) -> None:
    words = filled(world)
    transmitted(world)
    backed_up(world.portal, folder)
    back(world, folder, words, new)
    portal = open_portal(new, world.clock)
    world.clock.forward(timedelta(days=3))
    assert not publish_summary(portal, lambda *_: "A title")
    with portal.database.read() as session:
        assert session.scalars(select(PublicFile)).all() == []
        assert {row.ended_at is None for row in session.scalars(select(SummaryLanguage))} == {False}
    portal.database.close()


def test_a_check_proves_it_and_leaves_nothing(
    world: World, folder: Path, new: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    found = check_backup(new, open_source(folder, words[:2], None), None, world.clock)
    assert found.report.ok, [one.words() for one in found.report.findings]
    assert found.report.counts["contents"] == 5
    assert found.entries > 0
    assert list((tmp_path / "scratch").iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert not new.data.exists()


# --- what a thief, a forger or a broken disk does to a backup


def _object(folder: Path, world: World, at: int = 0) -> Path:
    name = sorted(row.object_name for row in versions(world) if row.wrapped_key)[at]  # a destroyed one has none
    return folder / "objects" / name[:2] / name


def _swap(folder: Path, world: World) -> None:
    first, second = _object(folder, world), _object(folder, world, 1)
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


def _flip(path: Path, at: int = -1) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _database(folder: Path) -> Path:
    return BackupFolder(folder).complete()[-1].path / "database"


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        (lambda folder, world: _object(folder, world).unlink(), {"backup-object-missing"}),
        (lambda folder, world: _flip(_object(folder, world)), {"backup-object-altered"}),
        (lambda folder, world: _object(folder, world).write_bytes(b""), {"backup-object-altered"}),
        (_swap, {"backup-object-altered"}),
        (lambda folder, _world: _flip(_database(folder), 5000), {"backup-database"}),
        (lambda folder, _world: _cut(_database(folder)), {"backup-database"}),
        (lambda folder, _world: _database(folder).unlink(), {"backup-database"}),
    ],
    ids=["missing", "flipped", "emptied", "swapped", "database flipped", "database cut", "database gone"],
)
def test_what_was_done_to_a_backup_is_named_and_nothing_comes_back(
    world: World, folder: Path, new: Settings, spoil: Any, codes: set[str]
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    spoil(folder, world)
    found = check_backup(new, open_source(folder, words, None), None, world.clock)
    assert {one.code for one in found.report.findings} == codes
    with pytest.raises(Invalid, match="Nothing was brought back"):
        back(world, folder, words, new)
    with pytest.raises(Invalid, match="no portal"):
        open_portal(new, world.clock)


def test_losses_can_be_accepted_and_the_rest_comes_back(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    _object(folder, world).unlink()
    with pytest.raises(Invalid):
        back(world, folder, words, new)
    done = back(world, folder, words, new, accepted=Accepted(losses=True))
    assert [one.code for one in done.report.findings] == ["backup-object-missing"]
    portal = open_portal(new, world.clock)
    assert [one.code for one in check_records(portal).findings] == ["object-missing"]
    portal.database.close()


def test_other_shares_open_nothing(world: World, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    with pytest.raises(BadShares):
        open_source(folder, words[:1], None)
    others = recoverable(world.portal)
    marks = [offline.fingerprint(offline.Opener(shares.join(those)).public) for those in (words, others)]
    with pytest.raises(Invalid, match=rf"sealed to the recovery key {marks[0]}.* shares give {marks[1]}"):
        open_source(folder, others, None)
    backed_up(world.portal, folder)
    with pytest.raises(Invalid, match="shares"):
        open_source(folder, words, None)
    assert open_source(folder, words, 1).manifest.number == 1
    assert open_source(folder, others, None).manifest.number == 2
    assert main(["restore", str(folder), "--list"]) == 0
    assert re.findall(r"^ +\d .*recovery key (\w+)$", capsys.readouterr().out, re.MULTILINE) == marks
    (BackupFolder(folder).complete()[-1].path / "manifest.json").unlink()
    assert main(["restore", str(folder), "--list", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["backups"]
    assert [(one["ok"], one.get("recovery_key")) for one in told] == [(True, marks[0]), (False, None)]


def test_an_altered_manifest_is_refused(world: World, folder: Path) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    path = BackupFolder(folder).complete()[-1].path / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"number":1', b'"number":2'))
    with pytest.raises(Invalid, match="altered"):
        open_source(folder, words, None)


def test_an_older_backup_passed_off_as_the_newest_is_refused(world: World, folder: Path) -> None:
    words = filled(world)
    for _ in range(2):
        backed_up(world.portal, folder)
    older, newer = BackupFolder(folder).complete()
    shutil.rmtree(newer.path)
    older.path.rename(newer.path)
    with pytest.raises(Invalid, match="name"):
        open_source(folder, words, None)


def test_a_database_of_another_backup_is_refused(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    for _ in range(2):
        backed_up(world.portal, folder)
    older, newer = BackupFolder(folder).complete()
    shutil.copy(older.path / "database", newer.path / "database")
    found = check_backup(new, open_source(folder, words, None), None, world.clock)
    assert [one.code for one in found.report.findings] == ["backup-database"]


def test_each_backup_that_is_kept_can_be_brought_back(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    world.clock.forward(timedelta(minutes=10))
    put(world, "officer", "reviewers", "Later")
    backed_up(world.portal, folder)
    assert back(world, folder, words, new, number=1).report.counts["versions"] == 5
    with pytest.raises(Invalid, match="no complete backup 7"):
        open_source(folder, words, 7)


# --- where it goes


@pytest.mark.parametrize("where", ["data", "keys"])
def test_it_never_goes_over_something(world: World, folder: Path, new: Settings, where: str) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    place: Path = getattr(new, where)
    place.mkdir(parents=True)
    (place / "letter.txt").write_text("mine")
    with pytest.raises(Invalid, match=r"empty, but holds letter\.txt"):
        back(world, folder, words, new)
    assert [path.name for path in place.iterdir()] == ["letter.txt"]
    (place / "letter.txt").rename(place / "lost+found")
    assert not check_empty(new), "what mkfs makes on a disk of its own is nothing"
    with pytest.raises(Invalid, match="empty"):
        back(world, folder, words, replace(world.portal.settings, database=""))
    assert check_records(world.portal).ok


def test_a_restore_that_broke_off_is_no_portal_and_is_begun_again(
    world: World, folder: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    for step in ("_bring_objects", "check_records", "close_everything", "_publish"):
        with monkeypatch.context() as patched:
            patched.setattr(f"portal.usecases.restores.{step}", _fails)
            with pytest.raises(OSError, match="the power failed"):
                back(world, folder, words, new)
        with pytest.raises(Invalid, match="broke off"):
            open_portal(new, world.clock)
        with pytest.raises(Invalid, match="broke off"):
            create_portal(new, world.clock)
    assert back(world, folder, words, new).report.ok
    portal = open_portal(new, world.clock)
    assert check_records(portal).ok
    portal.database.close()


def _fails(*_any: object, **_more: object) -> None:
    raise OSError("the power failed")


# --- it starts closed


def test_nobody_is_signed_in_and_every_appointment_waits(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    world.clock.forward(timedelta(minutes=5))
    done = back(world, folder, words, new)
    portal = open_portal(new, world.clock)
    with portal.database.read() as session:
        assert all(row.ended_at for row in session.scalars(select(PortalSession)))
        assert all(row.revoked_at or row.used_at for row in session.scalars(select(Invitation)))
        rows = session.scalars(select(Appointment)).all()
        lasting = [row for row in rows if row.ended_at is None and (not row.ends_at or row.ends_at > world.clock.now)]
        assert lasting
        assert all(row.needs_confirmation and row.confirmed_at is None and row.appointed_by is None for row in lasting)
        ended = [row for row in rows if row.ended_at == world.clock.now]
        assert sorted((row.person_id, row.role) for row in ended) == sorted((r.person_id, r.role) for r in lasting)
        working = session.scalars(select(Assignment).where(col(Assignment.ended_at).is_(None))).all()
        assert {row.appointment_id for row in working} <= {row.id for row in lasting}
        told = set(session.scalars(select(AccountNotice.person_id).where(AccountNotice.kind == "portal_restored")))
        assert told == {row.person_id for row in lasting}
    assert done.closed["appointments"] == len(lasting)
    portal.database.close()


# --- the log goes on


def test_the_new_log_begins_with_what_is_known_and_has_all_former_entries(
    world: World, folder: Path, new: Settings
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    with world.portal.database.read() as session:
        head = TreeRecords(session).head()
        former = [(row.leaf, row.tag) for row in TreeRecords(session).leaves(0, 10_000)]
    assert head is not None
    put(world, "officer", "reviewers", "Lost")
    while tree.sequence(world.portal, "test"):
        pass
    known, begun = tree.checkpoint(world.portal), world.clock.now
    world.clock.forward(timedelta(hours=5))
    done = back(world, folder, words, new, known=known)
    portal = open_portal(new, world.clock)
    with portal.database.read() as session:
        entries = [(row.leaf, row.tag) for row in TreeRecords(session).leaves(0, 10_000)]
        assert entries[1 : 1 + len(former)] == former
        growing = Growing(0, [])
        growing.add([entry_hash(leaf + tag) for leaf, tag in entries[1 : 1 + head.size]])
        assert growing.root() == head.root
        kept = session.scalars(select(FormerHead)).all()
        assert (kept[-1].origin, kept[-1].size, kept[-1].note) == ("localhost:8000/audit/log", head.size, head.note)
        restoration = session.scalars(select(Restoration)).one()
        assert (restoration.number, restoration.size) == (1, head.size)
    assert done.origin == "localhost:8000/audit/log/2"
    assert tree.checkpoint(portal).startswith("localhost:8000/audit/log/2\n")
    events = said(replace(world, portal=portal), MACHINERY_STREAM)
    detail = next(one["detail"] for one in events if one["action"] == Action.RESTORE_PORTAL)
    assert (detail["log"], detail["entries"], detail["root"]) == (done.former, head.size, head.root.hex())
    assert detail["lost_from"] == begun.isoformat()
    assert detail["lost_until"] == (begun + timedelta(hours=5)).isoformat()
    assert detail["known"] > head.size
    portal.database.close()


def test_a_history_written_anew_is_found_by_a_checkpoint_that_was_kept(
    world: World, folder: Path, new: Settings
) -> None:
    words = filled(world)
    kept = tree.checkpoint(world.portal)
    backed_up(world.portal, folder)
    source = open_source(folder, words, None)
    found = check_backup(new, source, kept, world.clock)
    assert found.beyond is not None
    assert found.beyond.lost == 0
    origin, size, _, *rest = kept.split("\n")
    forged = "\n".join([origin, size, "A" * 43 + "=", *rest])
    with pytest.raises(Invalid):
        check_backup(new, source, forged, world.clock)


def test_a_portal_is_backed_up_and_brought_back_again(
    world: World, folder: Path, new: Settings, tmp_path: Path
) -> None:
    words = filled(world)
    for _ in range(2):
        backed_up(world.portal, folder)
    back(world, folder, words, new, number=1)
    portal = open_portal(new, world.clock)
    assert backed_up(portal, folder).number == 3, "after those of the former life"
    portal.database.close()
    again = replace(new, data=tmp_path / "again", keys=tmp_path / "keys-again")
    done = back(world, folder, words, again)
    assert done.report.ok, [one.words() for one in done.report.findings]
    assert (done.former, done.origin) == ("localhost:8000/audit/log/2", "localhost:8000/audit/log/3")
    portal = open_portal(again, world.clock)
    report = check_records(portal)
    assert report.ok, [one.words() for one in report.findings]
    with portal.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER former_head_never_changes")
        connection.exec_driver_sql("UPDATE former_head SET root = zeroblob(32) WHERE origin LIKE '%/audit/log'")
    assert "former-altered" in {one.code for one in check_records(portal).findings}
    portal.database.close()


def test_a_backup_sealed_to_somebody_elses_key_is_not_read(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    source = open_source(folder, words, None)
    key = offline.seal(
        offline.Opener(b"s" * 32).public, b"k" * 32, f"portal/v1/backup-key/{source.manifest.id}".encode()
    )
    forged = replace(source, manifest=replace(source.manifest, key=key))
    with pytest.raises(Damaged):
        check_backup(new, forged, None, world.clock)


# --- and is opened again by those whose it is


@pytest.fixture
def reopened(world: World, folder: Path, new: Settings) -> Iterator[World]:
    """The cast's portal, brought back, with its first administrator made at the machine."""
    words = filled(world)
    backed_up(world.portal, folder)
    world.clock.forward(timedelta(minutes=5))
    back(world, folder, words, new)
    portal = open_portal(replace(new, fresh_minutes=100_000), world.clock)
    there = replace(world, portal=portal, members=dict(world.members))
    with there.request():
        make_administrator(portal, "Administrator Example", "administrator@example.org")
    yield there
    portal.database.close()


def waiting(world: World, name: str) -> UUID:
    with world.portal.database.read() as session:
        rows = session.scalars(select(Appointment).where(col(Appointment.person_id) == world.members[name].person))
        return next(row.id for row in rows if row.needs_confirmation and row.confirmed_at is None)


def reads(world: World, who: str, room: UUID) -> bool:
    return "Draft 0" in browser(world, who).get(f"/rooms/{room}").text


def confirm(world: World, by: str, whom: str) -> int:
    path = f"/people/{world.members[whom].person}/appointments/{waiting(world, whom)}/confirm"
    return press(browser(world, by), path).status_code


def test_each_state_confirms_its_own_people_anew(reopened: World) -> None:
    world, room = reopened, reopened.files["xaa"].rooms["reviewers"]
    assert not reads(world, "expert_xbb", room), "the old session is over"
    signed_in_again(world, "expert_xbb")
    assert not reads(world, "expert_xbb", room), "their appointment waits"
    signed_in_again(world, "administrator")
    assert confirm(world, "administrator", "registrar") == 303
    assert confirm(world, "administrator", "expert_xbb") == 403
    signed_in_again(world, "registrar")
    assert confirm(world, "registrar", "focal_xbb") == 303
    assert confirm(world, "registrar", "translator") == 303
    signed_in_again(world, "focal_xbb")
    assert "Expert_Xbb" in browser(world, "focal_xbb").get("/people").text
    assert confirm(world, "focal_xbb", "expert_xcc") == 404, "another State's"
    assert confirm(world, "focal_xbb", "expert_xbb") == 303
    signed_in_again(world, "expert_xbb")
    assert reads(world, "expert_xbb", room), "their assignment runs with it"
    assert check_records(world.portal).ok


def test_who_was_shut_out_after_the_backup_stays_outside(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    expert = world.members["expert_xbb"]
    path = f"/people/{expert.person}/appointments/{expert.appointment}/end"
    assert press(browser(world, "focal_xbb"), path, note="NV 12/2026", dated="2026-05-04").status_code == 303
    back(world, folder, words, new)
    portal = open_portal(new, world.clock)
    there = replace(world, portal=portal, members=dict(world.members))
    room = world.files["xaa"].rooms["reviewers"]
    for _ in range(2):
        assert not reads(there, "expert_xbb", room)
        signed_in_again(there, "expert_xbb")
    with portal.database.read() as session:
        rows = session.scalars(select(Appointment).where(col(Appointment.person_id) == expert.person)).all()
    assert all(row.ended_at or row.confirmed_at is None for row in rows)
    portal.database.close()


# --- and whoever kept a checkpoint of the former log checks the new one


def written(portal: Portal, folder: Path) -> tuple[Path, list[str]]:
    """Write a portal's log as it is served, with the options that name its keys."""
    size = int(tree.checkpoint(portal).split("\n")[1])
    files = {"checkpoint": tree.checkpoint(portal).encode()}
    for number in range(-(-size // WIDTH)):
        width = tile_width(0, number, size)
        files[f"tile/{tile_path(ENTRIES, number, width)}"] = tree.entries(portal, number, width)
        files[f"tile/{tile_path(0, number, width)}"] = tree.tile(portal, 0, number, width)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder, [word for key in tree.own_keys(portal) for word in ("--key", key.text())]


def test_a_checkpoint_from_before_is_held_against_the_new_log(
    world: World, folder: Path, new: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = filled(world)
    early = tree.checkpoint(world.portal)
    backed_up(world.portal, folder)
    while tree.sequence(world.portal, "test"):
        pass
    at_backup = tree.checkpoint(world.portal)
    put(world, "officer", "reviewers", "Lost")
    while tree.sequence(world.portal, "test"):
        pass
    lost = tree.checkpoint(world.portal)
    back(world, folder, words, new)
    portal = open_portal(new, world.clock)
    log, keys = written(portal, tmp_path / "log")
    assert main(["verify", str(new.data / "first-entry.tlog-proof"), *keys]) == 0
    shown = capsys.readouterr().out
    assert "this is entry 0 of the log localhost:8000/audit/log/2" in shown
    assert '"lost_from"' in shown
    portal.database.close()
    for name, note, status in (("early", early, 0), ("at the backup", at_backup, 1), ("lost", lost, 1)):
        kept = tmp_path / name
        kept.write_text(note)
        assert main(["verify", "--log", str(log), *keys, "--since", str(kept)]) == status, name
        captured = capsys.readouterr()
        assert ("begun anew after a restoration" in captured.out) == (status == 0)
        assert ("lost" in captured.err) == (status == 1)
    first, second = early.split("\n")[1], str(int(early.split("\n")[1]) - 1)
    (tmp_path / "forged").write_text(early.replace(f"\n{first}\n", f"\n{second}\n", 1))
    assert main(["verify", "--log", str(log), *keys, "--since", str(tmp_path / "forged")]) == 1
