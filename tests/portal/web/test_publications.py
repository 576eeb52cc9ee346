"""Publication: one State's act, by two people, thought over, public for everybody, and withdrawn with a notice."""

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from portal.audit.bundle_checks import Expected
from portal.audit.single import check_single
from portal.domain.documents import DocumentKind
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.usecases import making, making_public, proving, publications
from portal.usecases.checks import check_records
from portal.usecases.downloads import ABORTED, Download
from portal.usecases.making import Made, make_anew
from portal.usecases.making_public import prove_public, publish_due
from portal.usecases.publication_pages import begin_preview
from portal.usecases.tree import own_keys, sequence
from portal.web import public as pages_of_the_register
from portal.web import sending
from storage.errors import NotPermitted
from storage.permits import room_scope
from storage.publications import Publication
from storage.reports import Manifest
from storage.tables import Event, Review, ReviewParty, Version
from tests import reports
from tests.breaches import contained, registered, stays_signed_in
from tests.cast import World, add_member, setting_up
from tests.contents import heard, send, swept
from tests.databases import by_hand
from tests.filing import circulated, made, move, newest, press, put
from tests.granting import agreed as all_agree
from tests.hiding import PLACES
from tests.hiding_docx import docx
from tests.publicity import FILE, TITLE, act, confirm, confirmed, make, opened, prepared, public, published, row
from tests.reports import agreed, translated
from tests.seen_by_others import complaints, everything_in, need_tools, words_in
from tests.together import Order, at_once
from tests.web_client import browser

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORDS = (
    '<w:p><w:r><w:t>Country review</w:t></w:r><w:del w:id="1" w:author="A"><w:r>'
    "<w:delText>Unguessableokapi</w:delText></w:r></w:del></w:p>"
)
CHOSEN = {"note", "attachment", "under_a_white_shape", "earlier_version"}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Stand in for the engine; gives what it was asked to make."""
    asked: list[bytes] = []

    def noted(source: bytes, pages: tuple[int, ...], title: str, language: str) -> Made:
        asked.append(source)
        return make(source, pages, title, language)

    monkeypatch.setattr(publications, "make_anew", noted)
    return asked


@pytest.fixture(autouse=True)
def patience(world: World) -> None:
    """Let the cast lie idle for days."""
    stays_signed_in(world)


def file_of(world: World) -> UUID:
    return world.files["xaa"].review


def test_two_people_confirm_it_and_after_a_day_it_is_public_for_everybody(world: World) -> None:
    publication = prepared(world, pages="1-2")
    page = browser(world, "focal_xaa").get(f"/publications/{publication}").text
    assert "Comments and marks" in page
    assert [said in page for said in ("<q><bdi>Ask &lt;i&gt;okapi&lt;/i&gt;</bdi></q>", "Pages left out")] == [True] * 2
    assert hashlib.sha256(FILE).hexdigest() in page
    assert browser(world, "expert_xaa").get(f"/publications/{publication}/file").content == FILE
    confirmed(world, publication)
    assert publish_due(world.portal) == 0
    assert browser(world).get(f"/public/{publication}").status_code == 404
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 1
    assert publish_due(world.portal) == 0
    anybody = browser(world)
    shown = anybody.get(f"/public/{publication}")
    assert shown.status_code == 200
    assert TITLE in shown.text
    assert hashlib.sha256(FILE).hexdigest() in shown.text
    assert "public" in shown.headers["cache-control"]
    assert "set-cookie" not in shown.headers
    assert anybody.get(f"/public/{publication}/file.pdf").content == FILE
    assert TITLE in anybody.get("/public").text


def test_where_no_time_is_kept_to_think_it_over_the_pages_say_that_it_is_public_at_once(world: World) -> None:
    listed, publication = f"/reviews/{file_of(world)}/publications", prepared(world)
    for hours, told in ((24, "to think it over"), (0, "public at once")):
        world.portal.settings = replace(world.portal.settings, publication_hours=hours)
        for path in (listed, f"/publications/{publication}"):
            page = browser(world, "focal_xaa").get(path).text
            assert told in page, (hours, path)
            assert "0 hours" not in page
    world.portal.settings = replace(world.portal.settings, publication_hours=1)
    assert "After 1 hour to think it over" in browser(world, "focal_xaa").get(listed).text


def test_one_person_confirms_once_and_two_must(world: World) -> None:
    publication = prepared(world)
    assert press(browser(world, "expert_xaa"), f"/publications/{publication}/confirm").status_code == 403
    confirm(world, "focal_xaa", publication)
    again = press(browser(world, "focal_xaa"), f"/publications/{publication}/confirm")
    assert again.status_code == 403
    assert "you are one of them already" in again.text
    assert row(world, publication).confirmed_at is None
    world.clock.forward(timedelta(days=2))
    assert publish_due(world.portal) == 0
    confirm(world, "expert_xaa", publication)
    assert row(world, publication).due_at == world.clock.now + timedelta(hours=24)


def test_nobody_confirms_a_file_that_they_did_not_open(world: World) -> None:
    publication, other = prepared(world), prepared(world, circulated(world, "Another"))
    path = f"/publications/{publication}"
    opened(world, "focal_xaa", other)
    first = browser(world, "focal_xaa")
    assert first.head(f"{path}/file").status_code == 200  # which shows nothing of it
    assert first.get(f"{path}/file", headers={"Range": "bytes=99999-"}).status_code == 416
    assert first.get(f"{path}/file", headers={"Range": "bytes=0-0"}).status_code == 206  # nor does a part
    assert "You haven’t opened the file yet." in first.get(path).text
    refused = press(first, f"{path}/confirm")
    assert refused.status_code == 403
    assert "Read the public file first: you confirm exactly that file" in refused.text
    opened(world, "focal_xaa", publication)
    assert "You haven’t opened the file yet." not in first.get(path).text
    act(world, "focal_xaa", publication, "confirm")
    second = browser(world, "expert_xaa")
    assert "You haven’t opened the file yet." in second.get(path).text
    assert press(second, f"{path}/confirm").status_code == 403
    assert row(world, publication).confirmed_at is None
    opened(world, "expert_xaa", publication)
    opened(world, "expert_xaa", publication)
    act(world, "expert_xaa", publication, "confirm")
    assert row(world, publication).confirmed_at is not None


def test_a_publication_whose_document_was_withdrawn_waits_for_nobody(world: World) -> None:
    document = circulated(world)
    publication = prepared(world, document)
    confirm(world, "focal_xaa", publication)
    expert, waits = browser(world, "expert_xaa"), "Read what is to be published of the review of"
    assert waits in expert.get("/work").text
    assert press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="A mistake.").status_code == 303
    assert waits not in expert.get("/work").text


@pytest.mark.parametrize("how", ["lost", "busy", "unrecorded"])
def test_nobody_confirms_a_file_that_never_left(world: World, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    publication = prepared(world)
    client, path = browser(world, "focal_xaa"), f"/publications/{publication}"
    if how == "lost":
        world.portal.objects.delete(row(world, publication).object_name)
    elif how == "busy":
        monkeypatch.setattr(sending, "OF_ONE", 0)
    else:  # the process dies before it can tell how that ended
        monkeypatch.setattr(Download, "end", lambda *_: None)
    assert client.get(f"{path}/file").status_code == {"lost": 500, "busy": 429, "unrecorded": 200}[how]
    assert "You haven’t opened the file yet." in client.get(path).text
    assert press(client, f"{path}/confirm").status_code == 403


def test_whose_line_breaks_in_the_middle_of_the_file_goes_on_by_ranges_and_may_confirm_it(world: World) -> None:
    publication = prepared(world)
    with world.request():
        download = begin_preview(world.portal, world.caller("focal_xaa"), publication)
        download.end(ABORTED, 5)
        download.end(ABORTED, 5)  # the answer of the first commit got lost
    client, path = browser(world, "focal_xaa"), f"/publications/{publication}"
    assert client.get(f"{path}/file", headers={"Range": "bytes=5-"}).status_code == 206
    act(world, "focal_xaa", publication, "confirm")
    with world.request():
        assert check_records(world.portal).ok


@pytest.mark.parametrize(
    "who", ["focal_xbb", "expert_xbb", "officer", "registrar", "administrator", "focal_xdd", "oversight"]
)
def test_nobody_else_learns_of_it_before_everybody_does(world: World, who: str) -> None:
    publication = prepared(world)
    client = browser(world, who)
    there, nowhere = client.get(f"/publications/{publication}"), client.get(f"/publications/{uuid4()}")
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text
    assert client.get(f"/publications/{publication}/file").status_code == 404
    for step in ("confirm", "cancel", "withdraw"):
        assert press(client, f"/publications/{publication}/{step}").status_code == 404
    listed = client.get(f"/reviews/{file_of(world)}/publications")
    assert listed.status_code in {403, 404}
    assert TITLE not in listed.text
    if who in {"focal_xbb", "officer"}:
        assert "public file" not in client.get(f"/reviews/{file_of(world)}/trail").text


def test_the_state_sees_every_step_in_its_trail(world: World) -> None:
    published(world)
    trail = browser(world, "focal_xaa").get(f"/reviews/{file_of(world)}/trail").text
    for deed in ("made a public file of it", "confirmed a publication", "made public what the State had confirmed"):
        assert deed in trail
    assert (
        "made public what the State had confirmed"
        in browser(world, "focal_xbb").get(f"/reviews/{file_of(world)}/trail").text
    )


def test_reviewers_texts_and_drafts_of_the_state_are_not_to_be_published(world: World) -> None:
    for who, room in (("focal_xbb", "reviewers"), ("focal_xaa", "national XAA")):
        document = put(world, who, room, "A draft")
        said = {"version": str(newest(world, document)), "pages": "", "title": "A", "language": "en"}
        answer = press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said)
        assert answer.status_code in {403, 404}, room


def joint(world: World) -> UUID:
    """Have the State prepare the publication of what the reviewing States wrote."""
    return prepared(world, reports.circulated(world, DocumentKind.DESK_REVIEW_OUTCOME, "Outcome"))


def test_what_is_not_its_states_alone_comes_out_with_the_consent_of_all_three(world: World) -> None:
    """ToR 36."""
    publication = joint(world)
    path = f"/publications/{publication}"
    assert "waits to be read and confirmed" in browser(world, "focal_xbb").get("/notices").text
    assert path in browser(world, "focal_xcc").get("/work").text
    waits = "Read what is to be published of the review of"
    assert [waits in browser(world, f"{who}_xaa").get("/work").text for who in ("focal", "expert")] == [True, False]
    confirm(world, "focal_xaa", publication)
    assert [waits in browser(world, f"{who}_xaa").get("/work").text for who in ("focal", "expert")] == [False, True]
    confirm(world, "expert_xaa", publication)
    shown = browser(world, "focal_xbb").get(path).text
    assert "Still missing:" in shown
    assert f"/reviews/{file_of(world)}/publications" not in shown
    for who in ("expert_xbb", "officer", "observer_xcc", "focal_xdd", "stranger_xff"):
        assert browser(world, who).get(path).status_code == 404
    assert press(browser(world, "focal_xbb"), f"{path}/confirm").status_code == 403  # not read yet
    confirm(world, "focal_xbb", publication)
    assert row(world, publication).confirmed_at is None
    world.clock.forward(timedelta(hours=48))
    assert publish_due(world.portal) == 0
    confirm(world, "focal_xcc", publication)
    assert press(browser(world, "focal_xcc"), f"{path}/confirm").status_code == 403
    assert publish_due(world.portal) == 0
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 1
    assert browser(world).get(f"/public/{publication}/file.pdf").content == FILE
    trail = browser(world, "focal_xbb").get(f"/reviews/{file_of(world)}/trail").text
    assert "confirmed a publication" in trail


def test_consent_comes_first_or_last_and_two_of_the_state_are_needed_still(world: World) -> None:
    publication = joint(world)
    for who in ("focal_xbb", "focal_xcc", "focal_xaa"):
        confirm(world, who, publication)
    assert row(world, publication).confirmed_at is None
    confirm(world, "expert_xaa", publication)
    assert row(world, publication).confirmed_at is not None


def test_each_party_stops_what_takes_its_consent_before_it_is_public(world: World) -> None:
    publication = joint(world)
    for who in ("focal_xaa", "expert_xaa", "focal_xbb", "focal_xcc"):
        confirm(world, who, publication)
    assert press(browser(world, "focal_xbb"), f"/publications/{publication}/withdraw").status_code == 403
    act(world, "focal_xbb", publication, "cancel")
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 0
    assert public(world, publication) is None


def test_a_party_that_came_later_has_not_consented(world: World) -> None:
    publication = joint(world)
    for who in ("focal_xaa", "expert_xaa", "focal_xbb", "focal_xcc"):
        confirm(world, who, publication)
    with setting_up(world.portal) as (work, _):
        rows = work.session.query(ReviewParty).filter_by(review_id=file_of(world), state_code="XCC", until=None)
        gone = rows.one()
        gone.until = work.now
        came = ReviewParty(id=uuid4(), review_id=gone.review_id, state_code="XEE", part=gone.part, since=work.now)
        work.session.add(came)
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 0
    assert row(world, publication).cancelled_at is not None


def test_a_version_of_another_review_than_the_address_says_is_nowhere(world: World, engine: list[bytes]) -> None:
    said = {"version": str(newest(world, circulated(world))), "pages": "", "title": "A", "language": "en"}
    for review in (world.files["xdd"].review, uuid4()):
        answer = press(browser(world, "focal_xaa"), f"/reviews/{review}/publications", **said)
        assert answer.status_code == 404
    assert engine == []


def test_an_expert_and_other_parties_prepare_nothing(world: World, engine: list[bytes]) -> None:
    document = circulated(world)
    said = {"version": str(newest(world, document)), "pages": "", "title": "A", "language": "en"}
    for who in ("expert_xaa", "focal_xbb", "officer", "focal_xdd"):
        answer = press(browser(world, who), f"/reviews/{file_of(world)}/publications", **said)
        assert answer.status_code in {403, 404, 422}, who
    assert engine == []


def test_what_was_typed_stays_when_it_is_refused(world: World, engine: list[bytes]) -> None:
    document = circulated(world)
    said = {"version": str(newest(world, document)), "title": "Chapters", "language": "en"}
    client = browser(world, "focal_xaa")
    for pages, sentence in (("3-1", "is none"), ("a", "is none"), ("0", "is none"), ("1-99999", "At most")):
        answer = press(client, f"/reviews/{file_of(world)}/publications", pages=pages, **said)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert f'value="{pages}"' in answer.text
        assert 'value="Chapters"' in answer.text
    assert engine == []


def test_no_newer_version_comes_under_what_was_prepared(world: World) -> None:
    """What lies in the shared room stays as it is; whoever wants another text publishes another document."""
    document = circulated(world)
    publication = prepared(world, document)
    newer = ("Newer.pdf", FILE + b"%newer", "application/pdf")

    def comes() -> set[int]:
        people = ("focal_xaa", "expert_xaa", "officer", "focal_xbb")
        return {send(browser(world, who), f"/documents/{document}/versions", newer).status_code for who in people}

    assert comes() == {403}
    confirmed(world, publication)
    assert comes() == {403}
    world.clock.forward(timedelta(hours=25))
    assert publish_due(world.portal) == 1


def test_a_withdrawn_document_ends_what_was_prepared(world: World) -> None:
    document = circulated(world)
    publication = prepared(world, document)
    confirm(world, "focal_xaa", publication)
    assert press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="A").status_code == 303
    opened(world, "expert_xaa", publication)
    answer = press(browser(world, "expert_xaa"), f"/publications/{publication}/confirm")
    assert answer.status_code == 409
    assert row(world, publication).confirmed_at is None


def test_what_was_withdrawn_is_not_read_by_way_of_its_publication(world: World) -> None:
    """ToR 36: nor once that is called off; a State goes on reading what is its own."""
    text = reports.circulated(world, DocumentKind.DESK_REVIEW_OUTCOME, "Outcome")
    own, publication = prepared(world, mine := circulated(world, "Our response")), prepared(world, text)
    confirm(world, "focal_xcc", publication)
    for who, document in (("officer", text), ("focal_xaa", mine)):
        answer = press(browser(world, who), f"/documents/{document}/withdraw", reason="A mistake.")
        assert answer.status_code == 303
    for cancelled in (False, True):
        for who in ("focal_xaa", "expert_xaa", "focal_xbb", "focal_xcc"):
            client, path = browser(world, who), f"/publications/{publication}"
            assert client.get(f"{path}/file").status_code == 403, who
            assert "okapi" not in client.get(path).text
        opened(world, "focal_xaa", own)
        if not cancelled:
            act(world, "focal_xaa", publication, "cancel")


def test_called_off_in_time_it_never_becomes_public(world: World) -> None:
    publication = confirmed(world)
    act(world, "focal_xaa", publication, "cancel")
    world.clock.forward(timedelta(days=2))
    assert publish_due(world.portal) == 0
    assert public(world, publication) is None
    assert press(browser(world, "focal_xaa"), f"/publications/{publication}/cancel").status_code == 403


def test_withdrawn_it_leaves_a_notice_and_its_file_is_gone(world: World) -> None:
    publication = published(world)
    anybody = browser(world)
    assert anybody.get(f"/public/{publication}/file.pdf").content == FILE
    assert press(browser(world, "focal_xaa"), f"/publications/{publication}/cancel").status_code == 403
    act(world, "focal_xaa", publication, "withdraw", reason="A corrected version follows.")
    anybody = browser(world)
    page = anybody.get(f"/public/{publication}")
    assert page.status_code == 200
    assert "withdrew this publication" in page.text
    assert "A corrected version follows." in page.text
    assert anybody.get(f"/public/{publication}/file.pdf").status_code == 404
    assert TITLE in anybody.get("/public").text
    assert press(browser(world, "focal_xaa"), f"/publications/{publication}/withdraw").status_code == 403


def test_both_confirm_at_the_same_time_and_it_is_confirmed_once(world: World) -> None:
    publication = prepared(world)
    confirm(world, "focal_xaa", publication)
    add_member(world, "second_xaa", Role.EXPERT, "XAA", reviews=("xaa",), undertaken=("xaa",))
    seconds = ("expert_xaa", "second_xaa")
    for who in seconds:
        opened(world, who, publication)
    clients = [browser(world, who) for who in seconds]
    answers: list[int] = []
    threads = [
        Thread(
            target=lambda client=client: answers.append(
                press(client, f"/publications/{publication}/confirm").status_code
            )
        )
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 403]


def test_two_replicas_make_it_public_once_and_leave_nothing_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publication = confirmed(world)
    world.clock.forward(timedelta(hours=24))
    put_once = world.portal.objects.put
    nested: list[int] = []

    def put_and_let_the_other_do_it(name: str, chunks: object) -> int:
        size = put_once(name, chunks)  # type: ignore[arg-type]  # handed on
        if not nested:
            nested.append(1)
            assert publish_due(world.portal) == 1
        return size

    monkeypatch.setattr(world.portal.objects, "put", put_and_let_the_other_do_it)
    assert publish_due(world.portal) == 0
    found = public(world, publication)
    assert found is not None
    monkeypatch.undo()
    with world.request():
        report = check_records(world.portal)
    assert report.ok
    assert report.counts.get("orphans", 0) + report.counts.get("young objects", 0) == 0
    assert browser(world).get(f"/public/{publication}/file.pdf").content == FILE


def test_a_file_that_isnt_the_confirmed_one_does_not_become_public(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publication = confirmed(world)
    world.clock.forward(timedelta(hours=24))
    monkeypatch.setattr(making_public, "open_all", lambda *_: iter([b"another file"]))
    assert publish_due(world.portal) == 0
    assert "alarm" in caplog.text
    assert public(world, publication) is None


def deeds(world: World, who: str) -> str:
    return browser(world, who).get(f"/reviews/{file_of(world)}/trail").text


def test_one_that_cannot_be_made_public_holds_up_no_other_and_tells_nobody_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, other = confirmed(world), confirmed(world, prepared(world, circulated(world, "Another")))
    world.portal.objects.delete(row(world, stuck).object_name)
    world.clock.forward(timedelta(hours=24))
    waits: dict[UUID, making_public.Wait] = {}
    assert publish_due(world.portal, waits) == 1
    assert public(world, other) is not None
    assert "alarm" in caplog.text
    tried = list(waits.values())
    for _ in range(5):
        world.clock.forward(timedelta(seconds=10))
        assert publish_due(world.portal, waits) == 0
    assert list(waits.values()) == tried
    world.clock.forward(timedelta(minutes=1))
    publish_due(world.portal, waits)
    assert list(waits.values()) != tried
    assert "opened what was confirmed" in deeds(world, "focal_xaa")
    assert deeds(world, "focal_xbb").count("made public what the State had confirmed") == 1
    assert "opened what was confirmed" not in deeds(world, "focal_xbb")


def test_what_somebody_put_into_the_store_is_not_served_in_a_states_name(world: World) -> None:
    publication = published(world)
    found = public(world, publication)
    assert found is not None
    size = world.portal.objects.size(found.object_name)
    world.portal.objects.delete(found.object_name)
    world.portal.objects.put(found.object_name, iter([b"x" * size]))
    answer = browser(world).get(f"/public/{publication}/file.pdf")
    assert answer.status_code >= 500 or answer.content != b"x" * found.size
    assert b"x" * found.size not in answer.content


def test_what_was_withdrawn_after_it_was_confirmed_is_called_off(world: World) -> None:
    document = circulated(world)
    publication = confirmed(world, prepared(world, document))
    assert press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="A").status_code == 303
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 0
    assert public(world, publication) is None
    assert row(world, publication).cancelled_at is not None


def test_what_is_withdrawn_while_its_file_is_sealed_does_not_become_public(world: World) -> None:
    document = circulated(world)
    publication = confirmed(world, prepared(world, document))
    stays_signed_in(world)
    world.clock.forward(timedelta(hours=24))
    withdraw = partial(press, browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="A")
    with heard(world) as events:
        made, withdrawn = at_once(Order([0, 1] + [0] * 9), lambda: publish_due(world.portal), withdraw)
    assert (made, withdrawn.status_code) == (0, 303)
    opened = next(one["id"] for one in events if one["action"] == "readConfirmed" and one["phase"] == "intent")
    assert [one["detail"]["result"] for one in events if one.get("intent") == opened] == ["failed"]
    assert public(world, publication) is None
    assert publish_due(world.portal) == 0
    assert row(world, publication).cancelled_at is not None
    assert check_records(world.portal).ok


def test_what_somebody_confirmed_who_is_suspended_by_now_is_called_off(world: World) -> None:
    publication = confirmed(world)
    with setting_up(world.portal) as (work, _):
        person = work.people.find(world.members["expert_xaa"].person)
        assert person
        person.suspended_at = work.now
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 0
    assert row(world, publication).cancelled_at is not None


def test_what_somebody_confirmed_who_is_suspended_from_the_review_by_now_is_called_off(world: World) -> None:
    publication = confirmed(world)
    stays_signed_in(world)
    contained(world, registered(world, person="expert_xaa"), "review", "expert_xaa")
    world.clock.forward(timedelta(hours=24))
    assert publish_due(world.portal) == 0
    assert row(world, publication).cancelled_at is not None


def test_whoever_confirmed_calls_it_off_and_an_expert_who_did_not_does_not(world: World) -> None:
    publication = prepared(world)
    assert press(browser(world, "expert_xaa"), f"/publications/{publication}/cancel").status_code == 403
    confirmed(world, publication)
    act(world, "expert_xaa", publication, "cancel")
    assert row(world, publication).cancelled_at is not None


def test_while_one_file_is_made_another_is_told_at_once_and_loses_nothing(world: World, engine: list[bytes]) -> None:
    said = {"version": str(newest(world, circulated(world))), "pages": "", "title": "Chapters", "language": "en"}
    with making.turn(world.portal, "XDD"):
        answer = press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said)
    assert answer.status_code == 422
    assert "try again in a few minutes" in answer.text
    assert 'value="Chapters"' in answer.text
    assert engine == []
    with pytest.raises(RefusedError), making.turn(world.portal, "XDD"):
        pytest.fail("the place is kept for the one who found it taken")
    assert press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said).status_code == 303
    with making.turn(world.portal, "XDD"):
        pass


def test_whoever_may_not_publish_takes_no_turn(world: World, engine: list[bytes]) -> None:
    said = {"version": str(newest(world, circulated(world))), "pages": "", "title": "Chapters", "language": "en"}
    with making.turn(world.portal, "XDD"):
        for who in ("expert_xbb", "officer", "focal_xdd"):
            answer = press(browser(world, who), f"/reviews/{file_of(world)}/publications", **said)
            assert answer.status_code in {403, 404}
    with making.turn(world.portal, "XDD"):
        assert engine == []


def test_a_page_has_one_address_and_nobody_chooses_what_its_links_say(world: World) -> None:
    publication = published(world)
    spelt = str(publication)
    for odd in (spelt.replace("-", "--"), spelt.upper(), f"urn:uuid:{spelt}", f"{{{spelt}}}"):
        assert browser(world).get(f"/public/{odd}").status_code == 404, odd
    client = browser(world)
    assert client.get(f"/public/{publication.hex}").status_code == 200
    assert f'href="/public/{publication}?lang=fr"' in client.get(f"/public/{publication}").text


def test_what_was_called_off_or_withdrawn_is_swept_from_the_store(world: World) -> None:
    off, gone = prepared(world), published(world, prepared(world, circulated(world, "Another")))
    act(world, "focal_xaa", off, "cancel")
    act(world, "focal_xaa", gone, "withdraw", reason="")
    found = public(world, gone)
    assert found is not None
    names = {row(world, off).object_name, found.object_name}
    world.clock.now = datetime.now(UTC) + timedelta(days=3)  # an object is as old as its file
    swept(world)
    assert not names & {stored.name for stored in world.portal.objects.list()}
    with world.request():
        assert check_records(world.portal).ok


def test_a_row_that_somebody_put_there_by_hand_is_served_to_nobody(world: World) -> None:
    publication = published(world)
    with by_hand(world.portal.database) as hand:
        hand("UPDATE public_file SET mac = x'00'")
    assert browser(world).get(f"/public/{publication}").status_code >= 500


def test_its_proof_holds_and_says_the_hash(world: World) -> None:
    publication = published(world)
    assert browser(world).get(f"/public/{publication}/proof").status_code == 404
    while sequence(world.portal, "here"):
        pass
    assert prove_public(world.portal) == 1
    assert prove_public(world.portal) == 0
    text = browser(world).get(f"/public/{publication}/proof").text
    proven = check_single(text, Expected(own_keys(world.portal)))
    assert proven.event is not None
    assert proven.event["detail"]["sha256"] == hashlib.sha256(FILE).hexdigest()
    assert proven.event["action"] == "makePublic"
    with world.request():
        assert check_records(world.portal).ok


def test_an_entry_that_cannot_be_proved_waits_and_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, other = published(world), published(world, prepared(world, circulated(world, "Another")))
    while sequence(world.portal, "here"):
        pass
    damaged, read = public(world, stuck), proving.read_event
    assert damaged
    broken = damaged.event_id
    monkeypatch.setattr(proving, "read_event", lambda *given: None if given[-1].id == broken else read(*given))
    waits: dict[UUID, making_public.Wait] = {}
    assert prove_public(world.portal, waits) == 1
    proven = public(world, other)
    assert proven
    assert proven.proof
    assert "alarm" in caplog.text
    tried, events = list(waits.values()), events_so_far(world)
    for _ in range(5):
        world.clock.forward(timedelta(seconds=10))
        assert prove_public(world.portal, waits) == 0
    assert (list(waits.values()), events_so_far(world)) == (tried, events)
    monkeypatch.undo()
    world.clock.forward(timedelta(minutes=1))
    assert prove_public(world.portal, waits) == 1
    assert waits == {}


def events_so_far(world: World) -> int:
    with world.portal.database.read() as session:
        return session.scalars(select(func.count()).select_from(Event)).one()


def test_the_register_stands_in_six_languages_and_its_feed_is_atom(world: World) -> None:
    publication = published(world)
    anybody = browser(world)
    said = set()
    for language in ("ar", "zh", "en", "fr", "ru", "es"):
        page = anybody.get(f"/public?lang={language}").text
        assert f'lang="{language}"' in page
        said.add(page.split("<h1>")[1].split("</h1>")[0])
    assert len(said) == 6
    assert 'dir="rtl"' in anybody.get("/public?lang=ar").text
    assert anybody.get("/public", headers={"Accept-Language": "fr-CH, en;q=0.8"}).headers["content-language"] == "fr"
    feed = ET.fromstring(anybody.get("/public/feed.atom").content)  # noqa: S314  # our own
    atom = "{http://www.w3.org/2005/Atom}"
    assert [entry.findtext(f"{atom}id") for entry in feed.findall(f"{atom}entry")] == [f"urn:uuid:{publication}"]


def test_anybody_gets_exactly_what_was_published_and_not_withdrawn(world: World) -> None:
    """ToR 36: whoever asks, and whatever else is prepared, confirmed, called off or withdrawn."""
    document = circulated(world)
    everything = _, waits, off, out, gone = [prepared(world, document) for _ in range(5)]
    confirmed(world, waits)
    act(world, "focal_xaa", off, "cancel")
    for one in (out, gone):
        published(world, one)
    act(world, "focal_xaa", gone, "withdraw")
    for who in (None, *world.members):
        client = browser(world, who) if who else browser(world)
        files = {one for one in everything if client.get(f"/public/{one}/file.pdf").status_code == 200}
        pages = {one for one in everything if client.get(f"/public/{one}").status_code == 200}
        register, feed = client.get("/public").text, client.get("/public/feed.atom").text
        listed = {one for one in everything if str(one) in register}
        assert (files, pages, listed) == ({out}, {out, gone}, {out, gone}), who
        assert {one for one in everything if str(one) in feed} == {out, gone}, who


def test_the_register_has_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_of_the_register, "PAGE", 1)
    published(world)
    published(world, prepared(world, circulated(world, "Another"), title="Another one"))
    first, second = (browser(world).get(f"/public?lang=fr&page={number}").text for number in (1, 2))
    assert (first.count(f">{TITLE}<") + second.count(f">{TITLE}<"), "Page 1 sur 2" in first) == (1, True)
    assert 'rel="next" href="/public?lang=fr&amp;page=2"' in first
    assert 'rel="prev" href="/public?lang=fr&amp;page=1"' in second


def test_a_public_file_is_sent_in_parts(world: World) -> None:
    publication = published(world)
    at, anybody = f"/public/{publication}/file.pdf", browser(world)
    part = anybody.get(at, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, FILE[5:10])
    assert anybody.get(at, headers={"Range": "bytes=9999-"}).status_code == 416
    tag = part.headers["etag"]
    assert anybody.get(at, headers={"If-None-Match": tag}).status_code == 304


def test_whoever_takes_too_many_public_files_at_once_is_told_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"/public/{published(world)}/file.pdf"
    monkeypatch.setattr(sending, "OF_ONE_NETWORK", 0)
    refused = browser(world).get(at)
    assert refused.status_code == 429
    assert "so this one did not begin" in refused.text
    assert browser(world).head(at).status_code == 200, "it sends nothing"


def test_nothing_of_it_opens_with_a_permit_on_the_shared_room(world: World) -> None:
    publication = prepared(world)
    found = row(world, publication)
    with world.request():
        with world.portal.work(world.caller("focal_xbb")) as work:
            document = work.documents.find(found.document_id)
            assert document is not None
            _, permit = work.require(publications.Action.VIEW_DOCUMENT, publications.Document, document)
        scope = room_scope(document.review_id, document.room_id)
        assert scope in permit.scopes
        with pytest.raises(NotPermitted):
            publications.said_of(world.portal, permit, found)
        with pytest.raises(NotPermitted):
            world.portal.keyring.open_content_key(
                permit, publications.publication_scope(found.review_id), found.id, found.wrapped_key
            )


def test_a_failed_preparation_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document = circulated(world)
    before = {stored.name for stored in world.portal.objects.list()}
    monkeypatch.setattr(publications, "make_anew", lambda *_: (_ for _ in ()).throw(RuntimeError))
    said = {"version": str(newest(world, document)), "pages": "", "title": "A", "language": "en"}
    assert press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said).status_code == 500
    assert {stored.name for stored in world.portal.objects.list()} == before
    assert swept(world) == 0


def test_with_the_engine_what_hides_in_the_report_never_becomes_public(
    world: World, monkeypatch: pytest.MonkeyPatch, engine: list[bytes]
) -> None:
    monkeypatch.setattr(publications, "make_anew", make_anew)
    hidden = {place.name: place.hide("Unguessableokapi") for place in PLACES if place.name in CHOSEN}
    assert len(hidden) == len(CHOSEN)
    for name, file in hidden.items():
        path = f"/rooms/{world.files['xaa'].rooms['national XAA']}/documents"
        sent = send(browser(world, "focal_xaa"), path, (f"{name}.pdf", file, "application/pdf"), title=name)
        document = made(move(world, "focal_xaa", made(sent), "shared"))
        said = {"version": str(newest(world, document)), "pages": "", "title": "Report", "language": "en"}
        answer = press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said)
        assert answer.status_code == 303, answer.text
        publication = UUID(answer.headers["location"].removeprefix("/publications/"))
        page = browser(world, "focal_xaa").get(f"/publications/{publication}").text
        assert "None of it is in the public file" in page, name
        published(world, publication)
        public_file = browser(world).get(f"/public/{publication}/file.pdf").content
        read = PdfReader(io.BytesIO(public_file))
        text = "".join(page.extract_text() for page in read.pages)
        assert "Country" in text
        assert "Unguessable" not in text
        assert b"Unguessable" not in public_file
    assert engine == []


def test_what_the_engine_refuses_is_said_and_nothing_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publications, "make_anew", make_anew)
    document = circulated(world)  # no PDF, for all that its name says
    before = {stored.name for stored in world.portal.objects.list()}
    said = {"version": str(newest(world, document)), "pages": "", "title": "Chapters", "language": "en"}
    answer = press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said)
    assert answer.status_code == 422
    assert "nothing was published" in answer.text
    assert 'value="Chapters"' in answer.text
    assert {stored.name for stored in world.portal.objects.list()} == before


@pytest.mark.skipif(not making.OFFICE.takes("docx"), reason="needs Debian's libreoffice-writer-nogui")
def test_a_word_file_that_all_agreed_on_is_published_as_pdf_without_what_was_deleted_or_said_beside_it(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(publications, "make_anew", make_anew)
    need_tools()
    all_agree(world, docx(WORDS))
    with world.portal.database.read() as session:
        document = session.scalars(select(Manifest.report_id)).one()  # type: ignore[call-overload]  # a column
    said = {"version": str(newest(world, document)), "pages": "", "title": "Report", "language": "en"}
    answer = press(browser(world, "focal_xaa"), f"/reviews/{file_of(world)}/publications", **said)
    assert answer.status_code == 303, answer.text
    publication = UUID(answer.headers["location"].removeprefix("/publications/"))
    assert "Tracked changes" in browser(world, "focal_xaa").get(f"/publications/{publication}").text
    published(world, publication)
    public_file = browser(world).get(f"/public/{publication}/file.pdf").content
    kept = tmp_path / "public.pdf"
    kept.write_bytes(public_file)
    assert complaints(kept) == []
    assert "Country review" in words_in(kept)
    assert b"unguessable" not in everything_in(kept, tmp_path).lower()


def prepare(world: World, who: str, version: UUID, language: str = "fr") -> int:
    said = {"version": str(version), "pages": "", "title": "Rapport", "language": language}
    return press(browser(world, who), f"/reviews/{file_of(world)}/publications", **said).status_code


def test_what_all_agreed_on_is_published_in_other_languages_too_by_the_same_two_people(world: World) -> None:
    """ToR 36."""
    circulated(world, "Law of a first day")
    manifest = agreed(world)
    version = translated(world, manifest, "fr", of="report")
    page = browser(world, "focal_xaa").get(f"/reviews/{file_of(world)}/publications").text
    assert page.index("agreed") < page.index("translation of what was agreed") < page.index("Law of a first day")
    assert f'value="{version}"' in page
    assert "translation of what was agreed" in page
    assert [prepare(world, who, version) for who in ("focal_xbb", "expert_xaa", "officer")] == [403, 403, 403]
    publication = prepared(world, document_of(world, version), title="Rapport", language="fr")
    world.clock.forward(timedelta(days=2))
    assert publish_due(world.portal) == 0
    assert public(world, publication) is None
    published(world, publication)
    shown = browser(world).get(f"/public/{publication}?lang=en").text
    assert "This is a translation" in shown
    assert "two people" in shown


def test_a_translation_that_not_all_have_is_not_to_be_published_and_of_anything_else_with_consent_alone(
    world: World, engine: list[bytes]
) -> None:
    manifest = agreed(world)
    delivered = translated(world, manifest, "fr", of="report", circulates=False)
    with world.portal.database.begin() as session:
        session.get_one(Review, file_of(world)).stage = "dialogue"
    other = reports.circulated(world, DocumentKind.NOTE, "A note of the secretariat")
    note = translated(world, manifest, "ru", document=other)
    page = browser(world, "focal_xaa").get(f"/reviews/{file_of(world)}/publications").text
    assert f'value="{delivered}"' not in page
    assert prepare(world, "focal_xaa", delivered) in {403, 404}
    assert engine == []
    assert "only with the consent of each reviewing State" in page[page.index(f'value="{note}"') :]
    assert prepare(world, "focal_xaa", note) == 303
    assert "consent of all three parties" in browser(world, "focal_xaa").get(f"/publications/{last(world)}").text


def last(world: World) -> UUID:
    with world.portal.database.read() as session:
        return session.scalars(select(Publication.id).order_by(Publication.prepared_at.desc())).first()  # type: ignore[attr-defined,return-value]  # a column


def document_of(world: World, version: UUID) -> UUID:
    with world.portal.database.read() as session:
        return session.get_one(Version, version).document_id
