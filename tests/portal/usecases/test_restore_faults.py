"""A restore that is killed, misled, given a place in use, a wrong clock, or something that was altered."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from portal.access.actions import Action
from portal.app import create_portal, object_store, open_portal
from portal.audit.events import MACHINERY_STREAM
from portal.cli import main
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases import check_reports, restore_places, restores
from portal.usecases.backups import kept_since
from portal.usecases.checks import check_records
from portal.usecases.restore_places import open_source
from portal.usecases.restores import Accepted, Restored, restore_backup
from portal.work import Portal
from storage.accounts import AccountNotice
from storage.errors import KeyUnavailable, StorageError
from storage.objects.memory import MemoryStore
from storage.objects.store import new_name
from storage.repositories.people import PeopleRecords
from storage.tables import Appointment, Invitation, PortalSession
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.conftest import environment
from tests.contents import said, versions
from tests.databases import ONLY_SQLITE, by_hand
from tests.dying import deadly, dies
from tests.fault_report import found
from tests.filing import put
from tests.web_client import browser

pytestmark = ONLY_SQLITE  # another's backups are its own server's

LOSSES, ALTERATIONS = Accepted(losses=True), Accepted(alterations=True)


def filled(world: World) -> tuple[str, ...]:
    words = recoverable(world.portal)
    for number in range(2):
        put(world, "officer", "reviewers", f"Draft {number}")
    return words


def back(world: World, folder: Path, words: tuple[str, ...], new: Settings, **how: Any) -> Restored:
    source = open_source(folder, words, how.pop("number", None))
    return restore_backup(new, source, None, how.pop("store", object_store), world.clock, **how)


def first_entry(world: World, portal: Portal) -> dict[str, Any]:
    events = said(World(portal, world.clock), MACHINERY_STREAM)
    detail = next(one["detail"] for one in events if one["action"] == Action.RESTORE_PORTAL)
    assert isinstance(detail, dict)
    return detail


# --- killed


@pytest.mark.parametrize(
    ("step", "when", "opens"),
    [
        ("write_file", "before", False),
        ("take_place", "after", False),
        ("recover_all", "after", False),
        ("_bring_objects", "after", False),
        ("check_records", "after", False),
        ("_write_first", "after", False),
        ("close_everything", "before", False),
        ("close_everything", "after", False),
        ("prove_entry", "after", False),
        ("_hand_over", "before", False),
        ("_hand_over", "after", True),
        ("put_in_place", "before", True),
        ("put_in_place", "after", True),
    ],
)
@pytest.mark.fault("a restore is killed at each step")
def test_killed_at_any_step_it_leaves_nothing_that_opens_unclosed_and_goes_on(
    world: World, folder: Path, new: Settings, tmp_path: Path, step: str, when: str, *, opens: bool
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    given = [word for number, share in enumerate(words[:2]) for word in ("--share", _share(tmp_path, number, share))]

    def restore() -> None:
        deadly(restore_places if step == "write_file" else restores, step, when)
        main(["restore", str(folder), *given])

    dies(restore, environment(new))
    found(kills=1)
    whole = (step, when) == ("put_in_place", "after")
    if not whole and new.data.joinpath("portal.restoring").exists():
        for begin in (open_portal, create_portal):
            with pytest.raises(Invalid, match="broke off"):
                begin(new, world.clock)
    _renamed(new, tmp_path / "stolen", world, opens=opens)
    if whole:
        open_portal(new, world.clock).database.close()
        return
    assert back(world, folder, words, new).report.ok
    portal = open_portal(new, world.clock)
    assert check_records(portal).ok
    portal.database.close()


def _share(folder: Path, number: int, words: str) -> str:
    path = folder / f"share-{number}"
    path.write_text(words)
    return str(path)


def _renamed(new: Settings, place: Path, world: World, *, opens: bool) -> None:
    """Do with what was left what somebody could who wants in: it opens if it is closed, and else not at all."""
    shutil.copytree(new.data.parent, place)
    stolen = Settings(data=place / "data", keys=place / "keys", second_factor=False)
    (stolen.data / "portal.restoring").unlink(missing_ok=True)
    for path in stolen.data.glob("portal.restoring.db*"):
        path.rename(str(path).replace("portal.restoring.db", "portal.db"))
    if not opens:
        with pytest.raises((StorageError, Invalid)):
            open_portal(stolen, world.clock)
        return
    portal = open_portal(stolen, world.clock)
    assert is_closed(portal)
    portal.database.close()


def is_closed(portal: Portal) -> bool:
    with portal.database.read() as session:
        sessions = session.scalars(select(PortalSession).where(col(PortalSession.ended_at).is_(None))).all()
        links = session.scalars(select(Invitation)).all()
        rows = session.scalars(select(Appointment).where(col(Appointment.ended_at).is_(None))).all()
    works = [one for one in links if one.used_at is None and one.revoked_at is None]
    return not sessions and not works and all(one.needs_confirmation and not one.confirmed_at for one in rows)


# --- a place in use


def test_objects_of_another_portal_in_the_store_are_left_alone(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    store, other = MemoryStore(), new_name()
    store.put(other, [b"another portal's"])
    with pytest.raises(Invalid, match="objects already"):
        back(world, folder, words, new, store=lambda _settings: store)
    assert [one.name for one in store.list()] == [other]
    with pytest.raises(Invalid, match="objects already"):
        back(world, folder, words, new, store=lambda _settings: store)
    store.delete(other)
    back(world, folder, words, new, store=lambda _settings: store)


def test_a_restore_that_broke_off_goes_on_with_its_own_objects_and_settings(
    world: World, folder: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    store = MemoryStore()
    with monkeypatch.context() as patched:
        patched.setattr("portal.usecases.restores.check_records", _fails)
        with pytest.raises(OSError, match="the power failed"):
            back(world, folder, words, new, store=lambda _settings: store)
    assert list(store.list())
    elsewhere = Settings(data=new.data, keys=new.keys, objects="s3", s3_bucket="another")
    with pytest.raises(Invalid, match="settings of that time"):
        back(world, folder, words, elsewhere, store=lambda _settings: store)
    strange = new_name()
    store.put(strange, [b"somebody else's"])
    with pytest.raises(Invalid, match="objects already"):
        back(world, folder, words, new, store=lambda _settings: store)
    store.delete(strange)
    assert back(world, folder, words, new, store=lambda _settings: store).report.ok


def _fails(*_any: object, **_more: object) -> None:
    raise OSError("the power failed")


# --- altered


def test_an_altered_object_does_not_come_back_though_losses_are_accepted(
    world: World, folder: Path, new: Settings
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    name = versions(world)[0].object_name
    path = folder / "objects" / name[:2] / name
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    back(world, folder, words, new, accepted=LOSSES)
    portal = open_portal(new, world.clock)
    assert name not in {one.name for one in portal.objects.list()}
    assert first_entry(world, portal)["objects_lost"] == 1
    assert "altered" not in first_entry(world, portal)
    portal.database.close()


def test_altered_records_are_no_loss_and_who_accepts_them_tells_everybody(
    world: World, folder: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled(world)
    with by_hand(world.portal.database) as hand:
        hand.allow("undertaking_never_rewritten")
        hand("UPDATE undertaking SET wording = '2'")
    backed_up(world.portal, folder)
    monkeypatch.setattr(check_reports, "LISTED", 1)  # many lost objects can't hide it
    _lose(world, folder)
    for accepted in (LOSSES, ALTERATIONS):
        with pytest.raises(Invalid, match="Nothing was brought back"):
            back(world, folder, words, new, accepted=accepted)
    with pytest.raises(Invalid, match="--accept-alterations"):
        back(world, folder, words, new, accepted=LOSSES)
    done = back(world, folder, words, new, accepted=Accepted(losses=True, alterations=True))
    portal = open_portal(new, world.clock)
    detail = first_entry(world, portal)
    assert detail["objects_lost"] == 1
    assert sum(detail["altered"].values()) == done.report.found - 1 > 0
    with portal.database.read() as session:
        told = session.scalars(select(AccountNotice.person_id).where(AccountNotice.kind == "records_altered")).all()
        waiting = session.scalars(select(Appointment.person_id).where(col(Appointment.ended_at).is_(None))).all()
    assert set(told) == set(waiting)
    assert told
    portal.database.close()


def _lose(world: World, folder: Path) -> None:
    name = versions(world)[0].object_name
    (folder / "objects" / name[:2] / name).unlink()


# --- a clock that is wrong


def test_a_clock_that_is_before_the_backup_is_named(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    world.clock.forward(timedelta(days=-1))
    with pytest.raises(Invalid, match="clock"):
        back(world, folder, words, new)
    assert not new.data.exists()


@pytest.mark.fault("the clock is stepped")
def test_a_clock_set_ahead_leaves_nothing_open_once_it_is_set_right(world: World, folder: Path, new: Settings) -> None:
    words, right = filled(world), world.clock.now
    backed_up(world.portal, folder)
    world.clock.forward(timedelta(days=4000))
    back(world, folder, words, new)
    for moment in (right, right + timedelta(hours=1), right - timedelta(hours=1)):
        world.clock.now = moment
        portal = open_portal(new, world.clock)
        assert is_closed(portal)
        there = World(portal, world.clock, dict(world.members), dict(world.files))
        room = world.files["xaa"].rooms["reviewers"]
        assert "Draft 0" not in browser(there, "officer").get(f"/rooms/{room}").text
        with portal.database.read() as session:
            assert not PeopleRecords(session).running_appointments(world.members["officer"].person, moment)
        portal.database.close()


# --- what is known of backups


def test_what_was_pruned_and_made_since_is_known_after_a_restoration(world: World, folder: Path, new: Settings) -> None:
    words = filled(world)
    made = []
    for _ in range(3):
        made.append(backed_up(world.portal, folder).made)
        world.clock.forward(timedelta(days=1))
    shutil.rmtree(next((folder / "backups").glob("000001-*")))
    back(world, folder, words, new, number=2)
    portal = open_portal(new, world.clock)
    assert kept_since(portal) == made[1], "the first one is gone"
    world.clock.forward(timedelta(days=1))
    fourth = backed_up(portal, folder, keep=2)
    assert (fourth.number, fourth.removed) == (4, (2,))
    assert fourth.kept_since == made[2], "the third one, which the restored records didn't have, holds what was then"
    assert check_records(portal).ok
    portal.database.close()


def test_what_is_left_while_it_is_brought_back_opens_with_no_keyring(
    world: World, folder: Path, new: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = filled(world)
    backed_up(world.portal, folder)
    seen = []

    def looked(*_given: object, **_more: object) -> None:
        seen.append(sorted(path.name for path in new.keys.iterdir()))
        raise KeyUnavailable("looked")

    monkeypatch.setattr("portal.usecases.restores._hand_over", looked)
    with pytest.raises(KeyUnavailable, match="looked"):
        back(world, folder, words, new)
    assert seen == [[]], "there is no keyring before everything is closed"
