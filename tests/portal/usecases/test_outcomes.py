"""The answer of a commit gets lost: what was committed stays and isn't called failed, and a true outcome wins."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event as sql_event
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.kinds import KINDS
from portal.domain.documents import DocumentKind
from portal.usecases import contents, making_public, outcomes, public_summaries, uploads
from portal.usecases.downloads import begin_download, end_download
from portal.usecases.intents import _closing, close_intents
from portal.usecases.making import Made
from portal.usecases.making_public import publish_due
from portal.usecases.public_summaries import publish_summary
from portal.usecases.trail_exports import RESULTS
from portal.usecases.uploads import Described
from portal.web.public import summary_title
from storage.errors import DatabaseUnavailable
from storage.tables import Stream
from tests.breaches import stays_signed_in
from tests.cast import World
from tests.contents import objects, send, steps, versions
from tests.publicity import FILE, confirmed
from tests.reports import transmitted
from tests.web_client import browser

DAY = timedelta(days=1)
MADE = Made(b"%PDF-1.7 made anew", (1,), left_out=(), removed=(), cautions=())
LAW = Described(DocumentKind.LAW, "en")


@pytest.fixture
def room(world: World) -> UUID:
    return world.files["xaa"].rooms["reviewers"]


def answer_lost(real: Callable[..., Any]) -> Callable[..., Any]:
    """Do something, and let its answer get lost, once."""
    lost = [True]

    def do(*given: Any) -> Any:
        found = real(*given)
        if lost:
            lost.pop()
            raise DatabaseUnavailable("the connection broke")
        return found

    return do


def results(world: World, stream: UUID, action: str) -> list[str]:
    """Tell how what was begun ended, of one kind."""
    return [result for act, phase, result in steps(world, stream) if (act, phase) == (action, "outcome")]


def everywhere(world: World, action: str) -> list[str]:
    """Tell the same of all streams."""
    with world.portal.database.read() as session:
        streams = session.scalars(select(Stream.id)).all()
    return [one for stream in streams for one in results(world, stream, action)]


@contextmanager
def slow_commit(world: World) -> Iterator[tuple[Event, Event]]:
    """Let the next commit begin, and go on when it may."""
    begun, goes_on, once = Event(), Event(), [True]

    def wait(_connection: object) -> None:
        if once:
            once.pop()
            begun.set()
            goes_on.wait(5)

    sql_event.listen(world.portal.database.engine, "commit", wait)
    yield begun, goes_on
    sql_event.remove(world.portal.database.engine, "commit", wait)


def meanwhile(world: World, act: Callable[[], object], then: Callable[[], object]) -> None:
    """Do something while the commit of an act is under way, whose answer nobody waits for any more."""
    with slow_commit(world) as (begun, goes_on):
        acting = Thread(target=act)
        acting.start()
        assert begun.wait(5)
        looking = Thread(target=then)
        looking.start()
        looking.join(0.3)
        goes_on.set()
        acting.join()
        looking.join()


def test_an_upload_whose_commit_is_still_under_way_is_not_taken_away(world: World, room: UUID) -> None:
    caller, portal = world.caller("officer"), world.portal
    with world.request():
        upload = uploads.begin_upload(portal, caller, room, "a.pdf", "")
        arrived = contents.take_content(portal, upload, [b"text"])

    def keep() -> None:
        with world.request():
            uploads.keep_document(portal, caller, upload, arrived, LAW)

    meanwhile(world, keep, lambda: contents.abandon(portal, upload, "failed", 4))
    assert [version.object_name for version in versions(world)] == objects(world) == [upload.object_name]
    assert results(world, room, "uploadDocument") == ["complete"]


def test_what_became_public_though_the_answer_got_lost_is_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = confirmed(world)
    world.clock.forward(DAY)
    monkeypatch.setattr(making_public, "_name", answer_lost(making_public._name))
    assert publish_due(world.portal) == 1
    assert browser(world).get(f"/public/{publication}/file.pdf").content == FILE
    assert everywhere(world, "readConfirmed") == ["complete"]


def test_what_becomes_public_in_this_moment_keeps_its_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publication = confirmed(world)
    world.clock.forward(DAY)
    real = making_public._name

    def name(*given: Any) -> None:
        def names_it() -> None:
            with world.request():
                real(*given)

        meanwhile(world, names_it, lambda: found.append(outcomes.take_away(world.portal, publication, given[2])))

    found: list[bool] = []
    monkeypatch.setattr(making_public, "_name", name)
    assert publish_due(world.portal) == 1
    assert found == [True]
    assert browser(world).get(f"/public/{publication}/file.pdf").content == FILE


def test_a_summary_that_became_public_though_the_answer_got_lost_is_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays_signed_in(world)
    transmitted(world)
    world.clock.forward(DAY)
    monkeypatch.setattr(public_summaries, "_name", answer_lost(public_summaries._name))
    monkeypatch.setattr(public_summaries, "make_anew", lambda *_: MADE)
    while publish_summary(world.portal, summary_title):
        pass
    assert everywhere(world, "readConfirmed") == ["complete"] * 6


def test_a_failure_is_not_written_where_the_act_was_committed(world: World, room: UUID) -> None:
    caller, portal = world.caller("officer"), world.portal
    with world.request():
        upload = uploads.begin_upload(portal, caller, room, "a.pdf", "")
        arrived = contents.take_content(portal, upload, [b"text"])
        with pytest.raises(DatabaseUnavailable), outcomes.owing(portal, upload.intent):
            answer_lost(uploads.keep_document)(portal, caller, upload, arrived, LAW)
        upload = uploads.begin_upload(portal, caller, room, "b.pdf", "")
        with pytest.raises(KeyError), outcomes.owing(portal, upload.intent):
            raise KeyError
    assert results(world, room, "uploadDocument") == ["complete", "failed"]


def test_where_it_cannot_be_found_out_nothing_is_called_failed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publication, portal = confirmed(world), world.portal
    world.clock.forward(DAY)
    real, begin = making_public._name, portal.database.begin

    def name(*given: Any) -> None:
        real(*given)
        monkeypatch.setattr(portal.database, "begin", away)
        raise DatabaseUnavailable("the connection broke")

    def away() -> None:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(making_public, "_name", name)
    assert publish_due(portal) == 0
    monkeypatch.setattr(portal.database, "begin", begin)
    assert browser(world).get(f"/public/{publication}/file.pdf").content == FILE
    assert everywhere(world, "readConfirmed") == []
    world.clock.forward(DAY)
    close_intents(portal, portal.clock())
    assert everywhere(world, "readConfirmed") == ["unknown"]


@pytest.mark.parametrize("first", ["the worker", "the download"])
def test_a_true_outcome_wins_over_an_unknown_one_whichever_came_first(world: World, room: UUID, first: str) -> None:
    portal, caller = world.portal, world.caller("officer")
    with world.request():
        upload = uploads.begin_upload(portal, caller, room, "a.pdf", "")
        arrived = contents.take_content(portal, upload, [b"text"])
        uploads.keep_document(portal, caller, upload, arrived, LAW)
        download = begin_download(portal, caller, upload.version)
    assert download.intent is not None
    world.clock.forward(timedelta(minutes=1))
    if first == "the download":
        unknown = _closing(download.intent.entry.id, room, KINDS[Action.DOWNLOAD_VERSION], portal.clock())
        end_download(portal, download.intent, "complete", 4)
        portal.write_log([unknown])
    else:
        close_intents(portal, portal.clock())
        end_download(portal, download.intent, "complete", 4)
    assert sorted(results(world, room, "downloadVersion")) == ["complete", "unknown"]
    page = browser(world, "focal_xbb").get(f"/reviews/{world.files['xaa'].review}/trail?person=&group=").text
    lines = re.findall(r'<td data-label="Outcome">(.*?)</td>', page, re.DOTALL)
    assert sum(RESULTS["complete"] in line for line in lines) == 2  # the upload, and the download
    assert not any(RESULTS["unknown"] in line for line in lines)


def busy(real: Callable[..., Any], times: int) -> Callable[..., Any]:
    """Refuse so often, then do it."""
    left = [None] * times

    def do(*given: Any) -> Any:
        if left:
            left.pop()
            raise DatabaseUnavailable("somebody else writes")
        return real(*given)

    return do


def test_an_outcome_is_written_once_the_database_is_less_busy(
    world: World, room: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(browser(world, "officer"), f"/rooms/{room}/documents", ("a.txt", b"a text", "text/plain"))
    version = versions(world)[0].id
    with world.request():
        found = begin_download(world.portal, world.caller("officer"), version)
    with monkeypatch.context() as patched:
        patched.setattr(type(world.portal.database), "begin", busy(type(world.portal.database).begin, 2))
        end_download(world.portal, found.intent, "complete", 3)
    assert results(world, room, "downloadVersion") == ["complete"]
    with world.request():
        found = begin_download(world.portal, world.caller("officer"), version)
    with monkeypatch.context() as patched:
        patched.setattr(type(world.portal.database), "begin", busy(type(world.portal.database).begin, 9))
        with pytest.raises(DatabaseUnavailable):
            end_download(world.portal, found.intent, "complete", 3)


def test_what_was_kept_of_an_upload_goes_once_the_database_is_less_busy(
    world: World, room: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(contents, "abandon", busy(contents.abandon, 2))
        answer = send(browser(world, "officer"), f"/rooms/{room}/documents", ("a.txt", b"", "text/plain"))
    assert answer.status_code == 422
    assert (results(world, room, "uploadDocument"), objects(world)) == (["refused"], [])
