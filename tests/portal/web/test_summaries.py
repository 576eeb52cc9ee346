"""Executive summaries: six languages, then the bodies of the Conference and nobody before (ToR 33-35, 37 quarter)."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from portal.domain.documents import DocumentKind
from portal.domain.roles import Role
from portal.domain.words import LANGUAGES
from portal.errors import Conflict, Forbidden, NotFound
from portal.usecases.checks import check_records
from storage.grants import MarkedCopy
from storage.reports import SummaryLanguage, Transmission
from storage.tables import Version
from tests.cast import World, add_member
from tests.contents import objects, said, swept
from tests.databases import by_hand
from tests.filing import newest, press
from tests.reports import (
    PARTIES,
    agree,
    agreed,
    circulated,
    complete,
    confirm,
    confirmed,
    propose,
    row,
    texts,
    translated,
    transmitted,
)
from tests.web_client import browser

BODIES = ("oversight", "analyst")


def rows(world: World) -> list[SummaryLanguage]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(SummaryLanguage).order_by(col(SummaryLanguage.confirmed_at))))


def read(world: World, who: str, summary: UUID) -> tuple[int, bytes]:
    answer = browser(world, who).get(f"/summaries/{summary}/content")
    return answer.status_code, answer.content


def transmit(world: World, who: str = "officer") -> int:
    path = f"/reviews/{world.files['xaa'].review}/report/summary"
    return press(browser(world, who), path, seen=confirmed(world)).status_code


@pytest.mark.usefixtures("stamped")
def test_six_languages_go_out_together_and_the_bodies_read_each(world: World) -> None:
    add_member(world, "analyst", Role.ANALYST)
    complete(world)
    assert {row.language for row in rows(world)} == set(LANGUAGES)
    for who in BODIES:
        assert "/summaries/" not in re.sub(r'href="/summaries"', "", browser(world, who).get("/summaries").text)
        assert read(world, who, rows(world)[0].id)[0] == 404
    assert transmit(world) == 303
    for who in BODIES:
        page = browser(world, who).get("/summaries").text
        assert len(re.findall(r"/summaries/[0-9a-f-]{36}/content", page)) == 6
        assert "comes as a marked copy" in page
        assert "Arandia" in page
    for one in rows(world):
        wanted = b"%PDF-1.7 Summary" if one.language == "en" else f"%PDF-1.7 summary in {one.language}".encode()
        assert read(world, "oversight", one.id) == (200, b"%PDF-1.7 marked: " + wanted)
    with world.portal.database.read() as session:
        copies = {one.version_id: one for one in session.scalars(select(MarkedCopy))}
    assert copies.keys() == {one.version_id for one in rows(world)}
    assert {(one.person_id, one.grant_id) for one in copies.values()} == {(world.members["oversight"].person, None)}


def test_each_reading_stands_in_the_log_of_the_file_and_its_state_sees_it(world: World) -> None:
    transmitted(world)
    summary = rows(world)[0]
    read(world, "oversight", summary.id)
    events = [one for one in said(world, world.files["xaa"].review) if one["action"] == "downloadSummary"]
    assert [one["phase"] for one in events] == ["intent", "outcome"]
    assert events[0]["on"] == {"review": str(summary.review_id), "summary": str(summary.id), "copy": str(summary.id)}
    assert events[0]["who"]["role"] == "oversight"
    trail = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail").text
    assert "downloaded the executive summary, for a body of the Conference" in trail


def test_nobody_else_has_a_summary_and_a_body_nothing_else_of_the_file(world: World) -> None:
    manifest = transmitted(world)
    for who in ("focal_xaa", "focal_xff", "expert_xbb", "registrar", "administrator", "translator"):
        absent = browser(world, who).get(f"/summaries/{uuid4()}/content")
        found = browser(world, who).get(f"/summaries/{rows(world)[0].id}/content")
        assert (found.status_code, found.content) == (absent.status_code, absent.content), who
        assert browser(world, who).get("/summaries").status_code == 404, who
    client = browser(world, "oversight")
    for path in (
        f"/versions/{manifest.summary_version_id}/content",
        f"/versions/{manifest.report_version_id}/content",
        f"/documents/{manifest.summary_id}",
        f"/reviews/{manifest.review_id}/report",
        f"/rooms/{manifest.room_id}",
    ):
        assert client.get(path).status_code == 404, path


def test_nothing_goes_out_before_all_six_are_there_and_once(world: World) -> None:
    manifest = agreed(world)
    confirm(world, manifest.summary_version_id)
    versions = [translated(world, manifest, language) for language in sorted(set(LANGUAGES) - {"en"})]
    for version in versions[:-1]:
        confirm(world, version)
    assert transmit(world) == 409
    confirm(world, versions[-1])
    assert [transmit(world, who) for who in ("focal_xaa", "focal_xff")] == [403, 404]
    assert [transmit(world), transmit(world)] == [303, 409]
    with world.portal.database.read() as session:
        assert len(session.scalars(select(Transmission)).all()) == 1


def test_no_file_is_given_out_that_the_page_did_not_show(world: World) -> None:
    add_member(world, "second_officer", Role.OFFICER, reviews=("xaa",))
    manifest = complete(world)
    officer, path = browser(world, "officer"), f"/reviews/{manifest.review_id}/report"
    shown = re.search(
        r'name="seen" value="([^"]+)">\s*<div[^>]*>\s*<button[^>]*>Give it to them', officer.get(path).text
    )
    assert shown is not None
    confirm(world, translated(world, manifest, "fr", content=b"%PDF-1.7 quite another text"), "second_officer")
    for fields in ({"seen": shown[1]}, {"seen": "x"}, {}):
        refused = press(officer, f"{path}/summary", **fields)
        assert refused.status_code == 409
        assert "Another file was confirmed in one of the languages" in refused.text
    assert transmit(world) == 303


def test_only_a_circulated_version_of_the_final_summary_is_confirmed(world: World) -> None:
    proposed = texts(world)
    first = row(world, propose(world, proposed))
    with pytest.raises(Conflict):
        confirm(world, first.summary_version_id)  # nobody agreed yet
    for who in PARTIES:
        agree(world, first.id, who)
    for wrong in (first.report_version_id, newest(world, circulated(world, DocumentKind.SUMMARY, "Another summary"))):
        with pytest.raises(Conflict):
            confirm(world, wrong)
    gone = translated(world, first, "fr")
    with world.portal.database.read() as session:
        document = session.get_one(Version, gone).document_id
    assert press(browser(world, "officer"), f"/documents/{document}/withdraw", reason="An error").status_code == 303
    with pytest.raises(Forbidden):
        confirm(world, gone)
    for who, error in (("focal_xaa", Forbidden), ("focal_xff", NotFound), ("officer_other", NotFound)):
        with pytest.raises(error):
            confirm(world, first.summary_version_id, who)
    assert rows(world) == []


def test_a_better_translation_takes_the_place_of_one_that_was_confirmed(world: World) -> None:
    manifest = agreed(world)
    for _ in range(2):
        confirm(world, translated(world, manifest, "fr"))
    first, second = rows(world)
    assert (first.ended_at is not None, second.ended_at) == (True, None)
    page = browser(world, "officer").get(f"/reviews/{manifest.review_id}/report").text
    assert page.count("Confirm it in place of that one") == 1
    assert "Have it translated" in page


def test_what_is_confirmed_is_not_confirmed_again_but_can_come_back(world: World) -> None:
    manifest = agreed(world)
    first, second = (translated(world, manifest, "fr") for _ in range(2))
    confirm(world, first)
    with pytest.raises(Conflict, match="confirmed before"):
        confirm(world, first)
    for version in (second, first):
        confirm(world, version)
    assert [one.version_id for one in rows(world)] == [first, second, first]
    assert [one.ended_at is None for one in rows(world)] == [False, False, True]


def test_what_was_confirmed_is_kept_by_the_sweep_and_found_whole_by_the_check(world: World) -> None:
    transmitted(world)
    kept = objects(world)
    world.clock.forward(timedelta(days=30))
    swept(world)
    assert objects(world) == kept
    assert check_records(world.portal).ok


def test_the_turn_and_the_schedule_know_that_it_went_out(world: World) -> None:
    officer, review = browser(world, "officer"), f"/reviews/{world.files['xaa'].review}"
    press(officer, f"{review}/schedule", seen="0", timetable="resolution", begins="2026-05-04")
    complete(world)
    assert "Your turn" in officer.get(review).text
    before = officer.get(f"{review}/schedule").text.count("badge-good")
    assert transmit(world) == 303
    assert "Your turn" not in officer.get(review).text
    assert officer.get(f"{review}/schedule").text.count("badge-good") == before + 1
    told = browser(world, "focal_xaa").get("/notices").text
    assert "The executive summary was given to the bodies of the Conference" in told


def test_without_its_event_nothing_is_confirmed_given_out_or_read(world: World) -> None:
    manifest = transmitted(world)
    summary, better = rows(world)[0].id, translated(world, manifest, "fr")
    with by_hand(world.portal.database) as hand:
        hand.allow("transmission_never_deleted")
        hand.refuse("event")
        assert read(world, "oversight", summary)[0] == 503
        hand("DELETE FROM transmission")
        assert transmit(world) == 503
        confirmed = press(browser(world, "officer"), f"/versions/{better}/summary")
        assert confirmed.status_code == 503
    assert len(rows(world)) == 6
