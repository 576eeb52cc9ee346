"""Transmitted executive summaries as documents of the Conference (ToR 51): made anew, in six languages, public."""

import hashlib
import io
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader
from sqlmodel import select

from portal.audit.bundle_checks import Expected
from portal.audit.single import check_single
from portal.domain.documents import DocumentKind
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import Role
from portal.domain.words import LANGUAGES
from portal.errors import Conflict
from portal.publishing.findings import Finding, Kind
from portal.usecases import making, public_summaries
from portal.usecases.checks import check_records
from portal.usecases.making import Made, make_anew
from portal.usecases.making_public import prove_public
from portal.usecases.public_summaries import FIRST_WAIT, publish_summary
from portal.usecases.reports import Proposed
from portal.usecases.tree import own_keys, sequence
from portal.web.public import summary_title
from storage.publications import HeldBack, PublicFile
from storage.reports import SummaryLanguage
from storage.tables import Version
from tests.breaches import contained, lifted, registered, stays_signed_in
from tests.cast import World, add_member
from tests.contents import objects, swept
from tests.databases import REFUSED, by_hand
from tests.filing import press
from tests.hiding import PLACES
from tests.publicity import published
from tests.reports import (
    PARTIES,
    agree,
    agreed,
    circulated,
    complete,
    confirm,
    in_all_languages,
    propose,
    row,
    to_report,
    translated,
    transmit,
    transmitted,
)
from tests.web_client import browser

HIDDEN = "Unguessableokapi"
DAY = timedelta(hours=24)
HELD_BACK = {"encrypted": "opens only with a password", "unknown": "It tries again by itself"}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch, world: World) -> list[tuple[bytes, str, str]]:
    """Stand in for the engine, which has tests of its own; gives what it was asked to make."""
    stays_signed_in(world)
    made: list[tuple[bytes, str, str]] = []

    def make(source: bytes, pages: tuple[int, ...], title: str, language: str) -> Made:
        assert pages == ()
        made.append((source, title, language))
        return Made(anew(language), (1, 2), left_out=(), removed=(Finding(Kind.COMMENTS, 1),), cautions=())

    monkeypatch.setattr(public_summaries, "make_anew", make)
    return made


def anew(language: str) -> bytes:
    return f"%PDF-1.7 made anew in {language}".encode()


def mended(language: str) -> Callable[..., Made]:
    """Stand in for an engine that makes anything anew again."""
    return lambda *_: Made(anew(language), (1,), left_out=(), removed=(), cautions=())


def publish(world: World) -> int:
    """Let the portal make public what is due; gives how many files that were."""
    before = len(public(world))
    while publish_summary(world.portal, summary_title):
        pass
    return len(public(world)) - before


def public(world: World) -> list[PublicFile]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(PublicFile).order_by(PublicFile.language)))


def stored(world: World) -> set[str]:
    return set(objects(world))


def held(world: World) -> list[HeldBack]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(HeldBack)))


def summary_in(world: World, language: str) -> UUID:
    """Give the id of a summary in a language, as it is confirmed now."""
    with world.portal.database.read() as session:
        rows = session.scalars(select(SummaryLanguage).where(SummaryLanguage.language == language)).all()
        return next(row.id for row in rows if row.ended_at is None)


def report_page(world: World, who: str = "officer") -> str:
    return browser(world, who).get(f"/reviews/{world.files['xaa'].review}/report").text


def refuse(monkeypatch: pytest.MonkeyPatch, language: str, code: str) -> None:
    """Let the engine refuse a language from now on."""
    usual = public_summaries.make_anew

    def make(source: bytes, pages: tuple[int, ...], title: str, wanted: str) -> Made:
        if wanted == language:
            raise RefusedError(Problem(f"publication-{code}", "No."))
        return usual(source, pages, title, wanted)

    monkeypatch.setattr(public_summaries, "make_anew", make)


def test_a_day_after_the_transmission_everybody_reads_it_in_six_languages_made_anew(
    world: World, asked: list[tuple[bytes, str, str]]
) -> None:
    """ToR 51."""
    transmitted(world)
    summary = summary_in(world, "fr")
    assert publish(world) == 0
    assert browser(world).get(f"/public/{summary}").status_code == 404
    world.clock.forward(DAY)
    assert publish(world) == 6
    assert publish(world) == 0
    assert {language for _, _, language in asked} == set(LANGUAGES)
    assert next(source for source, _, language in asked if language == "fr") == b"%PDF-1.7 summary in fr"
    for one in public(world):
        file = browser(world).get(f"/public/{one.id}/file.pdf")
        assert file.content == anew(one.language)
        assert one.sha256 == hashlib.sha256(file.content).digest()
    page = browser(world).get(f"/public/{summary}?lang=en").text
    assert "document of the Conference" in page
    assert "transmission" in page
    assert "two people" not in page
    assert len(set(re.findall(r"/public/([0-9a-f-]{36})\?lang=en", page)) - {str(summary)}) == 5


def test_its_title_is_made_of_the_state_and_not_of_what_somebody_called_the_file(
    world: World, asked: list[tuple[bytes, str, str]]
) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    publish(world)
    titles = {language: title for _, title, language in asked}
    assert len(set(titles.values())) == 6
    assert titles["en"] == "Executive summary of the country review: Arandia"
    assert {one.title for one in public(world)} == set(titles.values())


def test_the_register_and_its_feed_tell_them_from_what_a_state_published(world: World) -> None:
    transmitted(world)
    own = published(world)
    world.clock.forward(DAY)
    publish(world)
    listed = browser(world).get("/public?lang=en").text
    assert listed.count("Document of the Conference") == 6
    assert "made public in six languages" not in browser(world).get(f"/public/{own}?lang=en").text
    feed = ET.fromstring(browser(world).get("/public/feed.atom?lang=en").content)  # noqa: S314  # our own
    atom = "{http://www.w3.org/2005/Atom}"
    names = [entry.findtext(f"{atom}author/{atom}name") for entry in feed.findall(f"{atom}entry")]
    assert (names.count("Conference of the Parties"), names.count("Arandia")) == (6, 1)
    assert f"/public/{own}" not in browser(world).get(f"/public/{summary_in(world, 'en')}").text


def test_its_entry_is_proven_whole_and_says_nothing_of_the_file(world: World) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    publish(world)
    while sequence(world.portal, "here"):
        pass
    assert prove_public(world.portal) == 6
    one = public(world)[0]
    proven = check_single(browser(world).get(f"/public/{one.id}/proof").text, Expected(own_keys(world.portal)))
    assert proven.event is not None
    assert proven.event["action"] == "publishSummary"
    assert proven.event["detail"]["sha256"] == one.sha256.hex()
    assert set(proven.event["on"]) == {"review", "summary"}
    assert check_records(world.portal).ok


def test_the_states_see_it_in_the_trail_and_the_bodies_in_their_list(world: World) -> None:
    transmitted(world)
    assert "in public" not in browser(world, "oversight").get("/summaries").text
    world.clock.forward(DAY)
    publish(world)
    deed = "made an executive summary public, as a document of the Conference"
    for who in ("focal_xaa", "focal_xbb"):
        assert deed in browser(world, who).get(f"/reviews/{world.files['xaa'].review}/trail").text
    listed = browser(world, "oversight").get("/summaries").text
    assert {UUID(one) for one in re.findall(r'/public/([0-9a-f-]{36})"', listed)} == {one.id for one in public(world)}
    assert "Public</a>" in report_page(world, "focal_xaa")


def test_the_form_says_what_it_will_do(world: World) -> None:
    complete(world)
    page = report_page(world)
    for words in ("24 hours later everybody reads it", "made anew", "This is not taken back"):
        assert words in page


@pytest.mark.parametrize("code", HELD_BACK)
def test_a_language_that_cannot_be_made_anew_holds_up_no_other_and_the_officer_reads_why(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    transmitted(world)
    refuse(monkeypatch, "fr", code)
    before = stored(world)
    world.clock.forward(DAY)
    assert publish(world) == 5
    assert {one.language for one in public(world)} == set(LANGUAGES) - {"fr"}
    assert len(stored(world) - before) == 5
    assert HELD_BACK[code] in report_page(world)
    assert HELD_BACK[code] not in report_page(world, "focal_xaa")
    told = browser(world, "officer").get("/notices").text
    assert "The executive summary can’t become public in one of its languages yet" in told
    assert "can’t become public" not in browser(world, "focal_xaa").get("/notices").text
    assert browser(world).get(f"/public/{summary_in(world, 'fr')}").status_code == 404


def test_it_is_tried_again_after_longer_and_longer_times_and_told_of_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    transmitted(world)
    refuse(monkeypatch, "fr", "damaged")
    world.clock.forward(DAY)
    publish(world)
    publish(world)
    assert [one.tries for one in held(world)] == [1]
    for tries, wait in ((2, FIRST_WAIT), (3, 2 * FIRST_WAIT)):
        world.clock.forward(wait - timedelta(seconds=1))
        publish(world)
        assert [one.tries for one in held(world)] == [tries - 1]
        world.clock.forward(timedelta(seconds=1))
        publish(world)
        assert [one.tries for one in held(world)] == [tries]
    assert browser(world, "officer").get("/notices").text.count("can’t become public") == 1
    monkeypatch.undo()
    monkeypatch.setattr(public_summaries, "make_anew", mended("fr"))
    world.clock.forward(timedelta(hours=6))
    assert publish(world) == 1
    assert "Held back" not in report_page(world)


def test_the_officer_is_told_though_the_portal_ends_while_it_notes_that_something_is_held_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    transmitted(world)
    refuse(monkeypatch, "fr", "damaged")
    world.clock.forward(DAY)
    with monkeypatch.context() as ends:
        ends.setattr(public_summaries, "tell_of_review", lambda *_: sys.exit())
        with pytest.raises(SystemExit):
            publish(world)
    publish(world)
    assert [one.tries for one in held(world)] == [1]
    assert "can’t become public" in browser(world, "officer").get("/notices").text


def test_what_somebody_confirmed_who_is_suspended_waits_until_they_are_let_in_again(world: World) -> None:
    add_member(world, "second_officer", Role.OFFICER, reviews=("xaa",))
    transmitted(world)
    case = registered(world, person="officer")
    contained(world, case, "everywhere", "officer")
    world.clock.forward(DAY)
    assert publish(world) == 0
    assert "This file waits for now" in report_page(world, "second_officer")
    assert "can’t become public" in browser(world, "second_officer").get("/notices").text
    lifted(world, case)
    world.clock.forward(FIRST_WAIT)
    assert publish(world) == 6


def test_what_somebody_transmitted_who_is_suspended_waits_until_they_are_let_in_again(world: World) -> None:
    add_member(world, "second_officer", Role.OFFICER, reviews=("xaa",))
    manifest = agreed(world)
    in_all_languages(world, manifest, "second_officer")
    transmit(world)
    case = registered(world, person="officer")
    contained(world, case, "everywhere", "officer")
    world.clock.forward(DAY)
    assert publish(world) == 0
    page = report_page(world, "second_officer")
    assert page.count("Another file would wait as well") == 6
    assert "Have another file delivered" not in page
    assert "can’t become public" in browser(world, "second_officer").get("/notices").text
    lifted(world, case)
    world.clock.forward(FIRST_WAIT)
    assert publish(world) == 6


def test_a_language_version_that_is_withdrawn_counts_no_more_until_another_is_confirmed(world: World) -> None:
    manifest = complete(world)

    def withdraw(summary: UUID) -> None:
        with world.portal.database.read() as session:
            version = session.get_one(SummaryLanguage, summary).version_id
            document = session.get_one(Version, version).document_id
        answer = press(browser(world, "officer"), f"/documents/{document}/withdraw", reason="It is wrong.")
        assert answer.status_code == 303

    withdraw(summary_in(world, "fr"))
    with pytest.raises(Conflict):
        transmit(world)
    confirm(world, translated(world, manifest, "fr"))
    transmit(world)
    withdrawn = summary_in(world, "ru")
    withdraw(withdrawn)
    world.clock.forward(DAY)
    assert publish(world) == 5
    assert withdrawn not in {one.id for one in public(world)}
    assert browser(world, "oversight").get(f"/summaries/{withdrawn}/content").status_code == 404
    assert check_records(world.portal).ok


def test_while_the_place_is_taken_nothing_counts_as_failed(world: World) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    with making.turn(world.portal, "XAA"):
        assert publish(world) == 0
    assert held(world) == []
    assert publish(world) == 6


def test_what_proves_wrong_is_replaced_until_it_is_public_and_the_parties_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = transmitted(world)
    first = summary_in(world, "fr")
    world.clock.forward(timedelta(seconds=1))  # notices of one moment stand in any order, and alike ones as one
    better = translated(world, manifest, "fr")
    world.clock.forward(timedelta(seconds=1))
    assert "Confirm it in place of that one" in report_page(world)
    told = browser(world, "focal_xbb").get("/notices").text.count("was given to the bodies of the Conference")
    confirm(world, better)
    again = browser(world, "focal_xbb").get("/notices").text.count("was given to the bodies of the Conference")
    assert (told, again) == (1, 2)
    second = summary_in(world, "fr")
    assert browser(world, "oversight").get(f"/summaries/{first}/content").status_code == 404
    # found; it is no real PDF, so no marked copy can be made of it
    assert browser(world, "oversight").get(f"/summaries/{second}/content").status_code == 422
    refuse(monkeypatch, "ru", "damaged")
    world.clock.forward(DAY)
    publish(world)
    assert first not in {one.id for one in public(world)}
    with pytest.raises(Conflict):
        confirm(world, translated(world, manifest, "fr"))
    confirm(world, translated(world, manifest, "ru"))  # which is held back
    monkeypatch.undo()
    monkeypatch.setattr(public_summaries, "make_anew", mended("ru"))
    assert publish(world) == 0, "it is thought over as long as the first was"
    world.clock.forward(DAY)
    assert publish(world) == 1
    assert summary_in(world, "ru") in {one.id for one in public(world)}


def test_a_file_that_is_replaced_while_it_is_made_does_not_become_public(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = transmitted(world)
    better, usual = translated(world, manifest, "fr"), public_summaries.make_anew
    first, before = summary_in(world, "fr"), stored(world)

    def make(source: bytes, pages: tuple[int, ...], title: str, language: str) -> Made:
        if source == b"%PDF-1.7 summary in fr" and summary_in(world, "fr") == first:
            confirm(world, better)
        return usual(source, pages, title, language)

    monkeypatch.setattr(public_summaries, "make_anew", make)
    world.clock.forward(DAY)
    publish(world)
    world.clock.forward(DAY)
    publish(world)
    assert {one.id for one in public(world)} & {first, summary_in(world, "fr")} == {summary_in(world, "fr")}
    assert len(stored(world) - before) == 7  # the six, and what was confirmed in between
    assert held(world) == []


def test_two_replicas_make_it_public_once_and_leave_nothing_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    before, put = stored(world), world.portal.objects.put
    nested: list[int] = []

    def put_and_let_the_other_do_it(name: str, chunks: object) -> int:
        size = put(name, chunks)  # type: ignore[arg-type]  # handed on
        if not nested:
            nested.append(1)
            monkeypatch.setattr(public_summaries, "turn", lambda *_: nullcontext())  # another process has its own
            assert publish_summary(world.portal, summary_title)
        return size

    monkeypatch.setattr(world.portal.objects, "put", put_and_let_the_other_do_it)
    publish(world)
    assert len(public(world)) == 6
    assert len(stored(world) - before) == 6
    assert held(world) == []
    world.clock.forward(timedelta(days=30))
    swept(world)
    assert check_records(world.portal).ok
    assert browser(world).get(f"/public/{public(world)[0].id}/file.pdf").status_code == 200


def test_what_lies_in_the_store_in_its_place_is_neither_made_public_nor_served(world: World) -> None:
    transmitted(world)
    with world.portal.database.read() as session:
        row = session.get_one(SummaryLanguage, summary_in(world, "fr"))
    world.portal.objects.delete(row.object_name)
    world.portal.objects.put(row.object_name, iter([b"%PDF-1.7 of somebody else"]))
    world.clock.forward(DAY)
    publish(world)
    assert [one.why for one in held(world)] == [public_summaries.FAULT]
    assert "It tries again by itself" in report_page(world)
    assert "can’t become public" not in browser(world, "officer").get("/notices").text  # the operator's to mend
    assert "fr" not in {one.language for one in public(world)}


def test_a_row_put_there_by_hand_makes_nothing_public(world: World) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    with by_hand(world.portal.database) as hand:
        hand.allow("summary_language_never_rewritten")
        hand("UPDATE summary_language SET language = 'de' WHERE language = 'fr'")
    publish(world)
    assert {one.language for one in public(world)} == set(LANGUAGES) - {"fr"}


def test_a_public_file_of_nothing_is_refused_by_the_database(world: World) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    publish(world)
    columns = "cycle, kind, title, language, pages, whole, size, sha256, object_name, published_at, event_id, mac"
    with by_hand(world.portal.database) as hand:
        copied = f"SELECT ?, state_code, {columns} FROM public_file LIMIT 1"  # noqa: S608
        with pytest.raises(REFUSED, match="made of nothing"):
            hand(f"INSERT INTO public_file (id, state_code, {columns}) {copied}", ("0" * 32,))


def test_without_its_event_nothing_becomes_public(world: World) -> None:
    transmitted(world)
    world.clock.forward(DAY)
    with by_hand(world.portal.database) as hand:
        hand.refuse("event")
    publish(world)
    assert public(world) == []


def test_with_the_engine_what_hides_in_a_summary_never_becomes_public(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_summaries, "make_anew", make_anew)
    hiding = next(place.hide(HIDDEN) for place in PLACES if place.name == "note")
    to_report(world)
    report = circulated(world, DocumentKind.REPORT, "Report")
    summary = circulated(world, DocumentKind.SUMMARY, "Summary", content=hiding)
    manifest = propose(world, Proposed(report, summary, 0))
    for who in PARTIES:
        agree(world, manifest, who)
    in_all_languages(world, row(world, manifest))
    transmit(world)
    world.clock.forward(DAY)
    publish(world)
    found = [one for one in public(world) if one.language == "en"]
    assert len(found) == 1
    file = browser(world).get(f"/public/{found[0].id}/file.pdf").content
    assert HIDDEN.encode() not in file
    read = PdfReader(io.BytesIO(file))
    assert "Country" in "".join(page.extract_text() for page in read.pages)
    assert read.metadata is not None
    assert read.metadata.title == "Executive summary of the country review: Arandia"
    assert [one.why for one in held(world)] == ["publication-damaged"] * 5  # the stand-ins for translations are no PDF


def test_what_is_held_back_is_mended_by_another_file_that_a_translator_delivers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = transmitted(world)
    refuse(monkeypatch, "fr", "encrypted")
    world.clock.forward(DAY)
    publish(world)
    link = f'href="/documents/{manifest.summary_id}/translations">Have another file delivered'
    assert report_page(world).count(link) == 1
    translated(world, manifest, "fr")
    offered = re.search(r'action="/versions/([0-9a-f-]{36})/summary"', report_page(world))
    assert offered is not None
    assert press(browser(world, "officer"), f"/versions/{offered[1]}/summary").status_code == 303
    monkeypatch.setattr(public_summaries, "make_anew", mended("fr"))
    world.clock.forward(DAY)
    assert publish(world) == 1
    assert len(public(world)) == 6
