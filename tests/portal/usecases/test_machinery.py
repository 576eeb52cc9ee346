"""What goes on beside the requests: open intents are closed, orphans are swept; and transfers that may go on or not."""

import time
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from uuid import UUID

import pytest

from portal import background
from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM
from portal.domain.documents import DocumentKind
from portal.errors import PortalError
from portal.usecases import contents, sweeps, uploads
from portal.usecases.downloads import begin_download, end_download
from portal.usecases.intents import close_intents
from portal.usecases.sweeps import sweep_objects
from portal.usecases.transfers import goes_on
from portal.usecases.uploads import Described
from storage import keyring
from storage.errors import Held
from storage.keyring import KEPT_SECONDS
from storage.objects.store import new_name
from storage.tables import Appointment, Assignment, Person, PortalSession
from tests.cast import World, setting_up
from tests.contents import objects, said, steps, swept, versions

LAW = Described(DocumentKind.LAW, "en")


def put(world: World, who: str, room: UUID, data: bytes = b"%PDF-1.7 text") -> UUID:
    caller = world.caller(who)
    with world.request():
        upload = uploads.begin_upload(world.portal, caller, room, "law.pdf", "application/pdf")
        arrived = contents.take_content(world.portal, upload, [data])
        uploads.keep_document(world.portal, caller, upload, arrived, LAW)
    return upload.version


@pytest.fixture
def room(world: World) -> UUID:
    return world.files["xaa"].rooms["reviewers"]


def test_intents_that_a_crash_left_open_are_closed_as_unknown(world: World, room: UUID) -> None:
    version = put(world, "officer", room)
    with world.request():
        ended = begin_download(world.portal, world.caller("officer"), version)
        end_download(world.portal, ended.intent, "complete", 13)
        begin_download(world.portal, world.caller("officer"), version)
    world.clock.forward(timedelta(minutes=1))
    assert close_intents(world.portal, world.portal.clock()) == 1
    assert steps(world, room)[-1] == ("downloadVersion", "outcome", "unknown")
    intent, outcome = said(world, room)[-2:]
    assert outcome["intent"] == intent["id"]
    assert outcome["who"] == {"machine": "worker"}
    assert steps(world, MACHINERY_STREAM)[-1][0] == "closeIntents"


def test_nothing_open_means_nothing_written(world: World) -> None:
    before = len(said(world, MACHINERY_STREAM))
    assert close_intents(world.portal, world.portal.clock()) == 0
    assert swept(world) == 0
    assert len(said(world, MACHINERY_STREAM)) == before


def test_old_objects_that_no_version_names_are_swept_and_counted(world: World, room: UUID) -> None:
    put(world, "officer", room)
    kept = versions(world)[0].object_name
    orphan = new_name()
    world.portal.objects.put(orphan, [b"left behind"])
    world.clock.now = datetime.now(UTC)
    assert swept(world) == 0, "an upload may be under way"
    world.clock.forward(timedelta(days=2))
    assert swept(world) == 1
    assert objects(world) == [kept]
    assert said(world, MACHINERY_STREAM)[-1]["detail"] == {"objects": 1, "unfinished": 0}


def test_what_is_sealed_while_the_clock_is_a_day_ahead_is_not_swept(world: World, room: UUID) -> None:
    caller, found = world.caller("officer"), dict[str, float]()
    before, ahead = world.clock.now, datetime.now(UTC) + timedelta(days=2)
    with world.request():
        upload = uploads.begin_upload(world.portal, caller, room, "a.pdf", "")
        arrived = contents.take_content(world.portal, upload, [b"text"])
        world.clock.now = ahead
        assert [sweep_objects(world.portal, found) for _ in range(3)] == [0, 0, 0]
        world.clock.now = before
        uploads.keep_document(world.portal, caller, upload, arrived, LAW)
    world.clock.now = ahead
    with patch.object(sweeps, "monotonic", lambda: time.monotonic() + sweeps.FOUND_SECONDS):
        assert sweep_objects(world.portal, found) == 0
    assert objects(world) == [version.object_name for version in versions(world)]


def test_what_the_store_does_not_let_go_of_is_told_and_the_rest_goes(world: World) -> None:
    orphans, delete = sorted(new_name() for _ in range(3)), world.portal.objects.delete
    for name in orphans:
        world.portal.objects.put(name, [b"left behind"])
    world.clock.now = datetime.now(UTC) + timedelta(days=2)

    def held(name: str) -> None:
        if name == orphans[0]:
            raise Held
        delete(name)

    with patch.object(world.portal.objects, "delete", held), pytest.raises(Held):
        swept(world)
    assert objects(world) == orphans[:1]
    assert swept(world) == 1, "it is tried again"


def test_an_abandoned_upload_leaves_no_object_and_one_outcome(world: World, room: UUID) -> None:
    with world.request():
        upload = uploads.begin_upload(world.portal, world.caller("officer"), room, "a.pdf", "")
        contents.take_content(world.portal, upload, [b"text"])
        contents.abandon(world.portal, upload, "aborted", 4)
    assert not objects(world)
    assert steps(world, room) == [("uploadDocument", "intent", ""), ("uploadDocument", "outcome", "aborted")]


def test_what_the_record_names_is_not_taken_away(world: World, room: UUID) -> None:
    caller = world.caller("officer")
    with world.request():
        upload = uploads.begin_upload(world.portal, caller, room, "a.pdf", "")
        arrived = contents.take_content(world.portal, upload, [b"text"])
        uploads.keep_document(world.portal, caller, upload, arrived, LAW)
        contents.abandon(world.portal, upload, "failed", 4)
    assert objects(world) == [upload.object_name]
    assert len(steps(world, room)) == 2


def test_a_transfer_goes_on_while_the_access_holds(world: World, room: UUID) -> None:
    version = put(world, "officer", room)
    document = versions(world)[0].document_id
    officer, stranger = world.caller("officer"), world.caller("stranger_xff")
    asked = [
        (Action.DOWNLOAD_VERSION, version),
        (Action.DOWNLOAD_ROOM, room),
        (Action.UPLOAD_DOCUMENT, room),
        (Action.ADD_VERSION, document),
    ]
    for action, on in asked:
        assert goes_on(world.portal, officer, action, on, progress=False)
        assert not goes_on(world.portal, stranger, action, on, progress=False)
    focal = world.caller("focal_xbb")
    for action, on in ((Action.EXPORT_REVIEW_TRAIL, world.files["xaa"].review), (Action.VIEW_DOCUMENT_TRAIL, document)):
        assert goes_on(world.portal, focal, action, on, progress=False)
        assert not goes_on(world.portal, stranger, action, on, progress=False)
        assert not goes_on(world.portal, officer, action, on, progress=False)


@pytest.mark.parametrize("table", [Assignment, Appointment, PortalSession, Person])
def test_an_access_that_ended_ends_the_transfer(world: World, room: UUID, table: type) -> None:
    version, member = put(world, "officer", room), world.members["expert_xbb"]
    caller = member.caller
    assert goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=False)
    with setting_up(world.portal) as (work, _):
        column = table.id if table is Person else table.person_id
        row = work.session.query(table).filter(column == member.person).one()
        setattr(row, "suspended_at" if table is Person else "ended_at", work.now)
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=True)


def test_a_transfer_that_moves_keeps_its_session_awake_and_one_that_stands_does_not(world: World, room: UUID) -> None:
    version, caller = put(world, "officer", room), world.caller("expert_xbb")
    for _ in range(4):
        world.clock.forward(timedelta(minutes=40))
        assert goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=True)
    world.clock.forward(timedelta(minutes=40))
    assert goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=False)
    world.clock.forward(timedelta(minutes=40))
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_VERSION, version, progress=True)


def test_an_access_that_ends_during_an_upload_keeps_it_out_of_the_record(world: World, room: UUID) -> None:
    member = world.members["expert_xbb"]
    with world.request():
        upload = uploads.begin_upload(world.portal, member.caller, room, "a.pdf", "")
        arrived = contents.take_content(world.portal, upload, [b"text"])
    with setting_up(world.portal) as (work, _):
        row = work.session.query(Assignment).filter(Assignment.person_id == member.person).one()
        row.ended_at = work.now
    with world.request(), pytest.raises(PortalError):
        uploads.keep_document(world.portal, member.caller, upload, arrived, LAW)
    assert not versions(world)


def test_the_background_closes_and_sweeps_by_itself(world: World, room: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(background, "HOUR_SECONDS", 0.05)
    monkeypatch.setattr(sweeps, "FOUND_SECONDS", 0.1)
    with world.request():
        uploads.begin_upload(world.portal, world.caller("officer"), room, "a.pdf", "")
    world.portal.objects.put(new_name(), [b"left behind"])
    world.clock.now = datetime.now(UTC) + timedelta(days=2)
    with background.Background(world.portal):
        until = time.monotonic() + 10
        while objects(world) or len(steps(world, room)) < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
    assert steps(world, room)[-1] == ("uploadDocument", "outcome", "unknown")


def test_the_background_forgets_keys_whose_time_is_over(
    world: World, room: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TICK_SECONDS", 0.05)
    put(world, "officer", room)
    assert world.portal.keyring._kept
    monkeypatch.setattr(keyring, "monotonic", lambda: time.monotonic() + KEPT_SECONDS)
    with background.Background(world.portal):
        until = time.monotonic() + 10
        while world.portal.keyring._kept:
            assert time.monotonic() < until
            time.sleep(0.05)
