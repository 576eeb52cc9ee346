"""The pages of the trail, through a browser without scripts."""

import asyncio
import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.app import open_portal, web_app
from portal.domain.sheets import BOM
from portal.usecases import trail_exports, trails
from portal.usecases.intents import close_intents
from portal.web import sending
from portal.web.security import BrokenAnswer
from storage import engines
from storage.tables import PortalSession
from tests.cast import World, setting_up
from tests.contents import documents, said, send, steps
from tests.filing import PDF, circulated, newest, press, submitted
from tests.portal.audit.files import download, look, put
from tests.statements import statements
from tests.web_client import browser

WITHHELD = "About a document that your State does not see"
NOBODYS = "4b489ccb-85ac-47ee-8399-859bc3c0eb60"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM))))


def test_the_state_under_review_sees_who_opened_its_document(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code, 2024")
    look(world, "expert_xbb", made)
    download(world, "expert_xcc", made)
    page = browser(world, "focal_xaa").get(f"/documents/{made.document}/trail")
    assert page.status_code == 200
    for words in ("Penal code, 2024", "Expert_Xbb Example", "opened the page of the document", "Governmental expert"):
        assert words in page.text
    assert "downloaded the document" in page.text
    assert "1,000 bytes" in page.text
    assert "uploaded a document" in page.text


def test_the_first_line_of_a_trail_is_the_look_at_it(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    page = browser(world, "focal_xaa").get(f"/documents/{made.document}/trail")
    assert "looked at who opened the document" in page.text
    assert "Focal_Xaa Example" in page.text


def test_sixty_ranges_of_one_reader_are_one_line(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    download(world, "expert_xbb", made, parts=60)
    page = browser(world, "focal_xaa").get(f"/documents/{made.document}/trail").text
    assert page.count("downloaded the document") == 1
    assert "parts: 60" in page
    assert "59 KiB" in page
    assert "Older entries" not in page


def test_a_download_whose_end_nobody_recorded_says_so(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    download(world, "expert_xbb", made, ends=False)
    assert "no end recorded" in browser(world, "focal_xaa").get(f"/documents/{made.document}/trail").text


def test_who_was_sent_nothing_downloaded_nothing(world: World) -> None:
    content = f"/versions/{newest(world, circulated(world, 'Response'))}/content"
    client, room = browser(world, "expert_xbb"), world.files["xaa"].rooms["shared"]
    tag = client.head(content).headers["etag"]
    asked = [
        client.get(content, headers=headers).status_code
        for headers in ({"Range": "bytes=999999-"}, {"If-None-Match": tag}, {"If-Match": '"other"'})
    ]
    assert [*asked, client.head(f"/rooms/{room}/archive").status_code] == [416, 304, 412, 200]
    path = f"/reviews/{world.files['xaa'].review}/trail"
    own = browser(world, "focal_xaa")
    page, acts = own.get(path).text, [line["Act"] for line in rows(own.get(f"{path}.csv").text)]
    for nothing, times in (
        ("asked about the document’s file; nothing was sent", 4),
        ("asked about an archive of the room; nothing was sent", 1),
    ):
        assert page.count(nothing) == acts.count(nothing) == times
    assert "downloaded" not in page.replace("Downloaded", "").replace('value="downloaded"', "")
    assert not [act for act in acts if act.startswith("downloaded")]
    client.get(content)
    assert own.get(path).text.count("downloaded the document") == 1


def test_the_trail_says_to_whom_a_text_was_sent_for_translation(world: World) -> None:
    document, translator = submitted(world, "Response"), world.members["translator"].person
    fields = {"version": str(newest(world, document)), "translator": str(translator), "language": "fr"}
    assert press(browser(world, "officer"), f"/documents/{document}/translations", **fields).status_code == 303
    [event] = [one for one in said(world, world.files["xaa"].rooms["shared"]) if one["action"] == "sendForTranslation"]
    assert UUID(event["detail"].pop("task"))
    assert event["detail"] == {"translator": str(translator), "language": "fr"}
    path = f"/reviews/{world.files['xaa'].review}/trail"
    page, table = (browser(world, "focal_xaa").get(path + end).text for end in ("", ".csv"))
    assert "to <bdi>Translator Example</bdi>, into French" in page
    assert "sent the document for translation (Translator Example, French)" in {line["Act"] for line in rows(table)}
    for text in (browser(world, "focal_xbb").get(path + end).text for end in ("", ".csv")):
        assert "Translator Example" not in text


def test_nothing_of_the_reviewers_room_shows_to_the_state_under_review(world: World) -> None:
    made = put(world, "expert_xbb", "reviewers", "Preliminary notes")
    look(world, "expert_xcc", made)
    own = browser(world, "focal_xaa")
    review = world.files["xaa"].review
    whole = own.get(f"/reviews/{review}/trail").text
    table = own.get(f"/reviews/{review}/trail.csv").text
    for text in (whole, table):
        assert "Preliminary notes" not in text
        assert str(made.document) not in text
        assert "Reviewers" not in text
    assert own.get(f"/documents/{made.document}/trail").status_code == 404
    theirs = browser(world, "focal_xbb").get(f"/reviews/{review}/trail").text
    assert "Preliminary notes" in theirs


def test_what_was_not_circulated_yet_keeps_its_number_and_says_no_more_to_the_others(world: World) -> None:
    made = put(world, "officer", "shared", "Draft answer", stage="submitted")
    world.clock.forward(timedelta(minutes=1))
    page = browser(world, "focal_xcc").get(f"/reviews/{world.files['xaa'].review}/trail")
    assert page.status_code == 200
    assert "About a document that your State does not see" in page.text
    assert "Draft answer" not in page.text
    assert str(made.document) not in page.text
    assert browser(world, "focal_xcc").get(f"/documents/{made.document}/trail").status_code == 404


def test_who_uploaded_a_draft_that_is_not_circulated_and_how_large_it_is_stays_with_those_who_see_it(
    world: World,
) -> None:
    """Its intent names no document; its outcome does."""
    send(
        browser(world, "officer"),
        f"/rooms/{world.files['xaa'].rooms['shared']}/documents",
        ("draft.pdf", b"%PDF-1.7 " + b"x" * 4321, PDF),
    )
    world.clock.forward(timedelta(minutes=1))
    path = f"/reviews/{world.files['xaa'].review}/trail"
    for who in ("focal_xbb", "focal_xaa"):
        page = browser(world, who).get(path).text
        assert WITHHELD in page
        for words in ("uploaded a document", "Officer Example", "4.2 KiB"):
            assert words not in page
        table = rows(browser(world, who).get(f"{path}.csv").text)
        assert [(one["Person"], one["Act"], one["Bytes"]) for one in table if one["Room"] == "Shared room"] == [
            ("", WITHHELD, "")
        ] * 2


def entries(page: str) -> list[str]:
    return [found.strip() for found in re.findall(r'<td data-label="Entry">([^<]+)', page)]


def test_no_search_tells_who_did_what_on_which_document_that_is_withheld(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trails, "FIRST_BATCH", 5)
    monkeypatch.setattr(trails, "SCANNED_MOST", 10)
    document = submitted(world, "Response")
    client = browser(world, "expert_xaa")
    for _ in range(6):
        client.get(f"/versions/{newest(world, document)}/content")
    world.clock.forward(timedelta(minutes=1))
    path, spy = f"/reviews/{world.files['xaa'].review}/trail", browser(world, "focal_xbb")
    assert WITHHELD in spy.get(path).text
    assert WITHHELD in spy.get(path, params={"from": "2026-01-01", "group": "", "person": ""}).text
    did, nobody = str(world.members["expert_xaa"].person), str(world.members["officer_other"].person)
    for narrower in ({}, {"group": "downloaded"}, {"group": "moved"}, {"group": "opened"}):
        mine, none = (spy.get(path, params={"person": one, **narrower}) for one in (did, nobody))
        assert WITHHELD not in mine.text
        assert entries(mine.text) == entries(none.text)
        assert ("Older entries" in mine.text) == ("Older entries" in none.text)
    assert WITHHELD not in spy.get(path, params={"group": "downloaded"}).text
    mine, none = (spy.get(path, params={"document": one}).text for one in (str(document), NOBODYS))
    assert (WITHHELD in mine, entries(mine), "Older entries" in mine) == (False, [], False)
    assert len(mine) == len(none)
    theirs = browser(world, "focal_xaa").get(path, params={"document": str(document), "group": "downloaded"}).text
    assert "downloaded the document" in theirs


def test_each_entry_that_is_withheld_stands_by_itself_so_that_none_seems_to_be_missing(world: World) -> None:
    made = put(world, "officer", "shared", "Draft answer", stage="submitted")
    download(world, "officer", made, parts=40)
    download(world, "officer", made, ends=False)
    world.clock.forward(timedelta(minutes=1))
    client, path = browser(world, "focal_xbb"), f"/reviews/{world.files['xaa'].review}/trail"
    page = client.get(path).text
    assert page.count(WITHHELD) == trails.PAGE - 1  # and the look at the trail
    numbers = entries(page)[1:]
    while older := re.search(r'rel="next" href="([^"]+)"', page):
        page = client.get(path + older[1].replace("&amp;", "&")).text
        numbers += entries(page)
    assert [int(one) for one in numbers if one != "1"] == list(range(82, 1, -1))


def test_how_a_breakdown_ended_what_is_withheld_is_withheld_too(world: World) -> None:
    made = put(world, "officer", "shared", "Draft answer", stage="submitted")
    download(world, "officer", made, ends=False)
    close_intents(world.portal, world.clock.now + timedelta(minutes=1))
    table = browser(world, "focal_xbb").get(f"/reviews/{world.files['xaa'].review}/trail.csv").text
    assert [one["Act"] for one in rows(table) if one["Room"] == "Shared room"] == [WITHHELD] * 3


def test_who_delivered_a_translation_shows_with_its_language_version(world: World) -> None:
    document = circulated(world, "Response")
    fields = {"version": str(newest(world, document)), "translator": str(world.members["translator"].person)}
    press(browser(world, "officer"), f"/documents/{document}/translations", **fields, language="fr")
    client = browser(world, "translator")
    press(client, f"/reviews/{world.files['xaa'].review}/undertaking", accepted="yes", wording="1")
    task = re.search(r"/translations/[0-9a-f-]{36}", client.get("/translations").text)
    assert task
    send(client, f"{task[0]}/delivery", ("fr.pdf", b"%PDF-1.7 fr", PDF))
    [made] = [row.id for row in documents(world) if row.language == "fr"]
    path = f"/reviews/{world.files['xaa'].review}/trail"
    assert "delivered a translation" not in browser(world, "focal_xbb").get(path).text
    assert press(browser(world, "officer"), f"/documents/{made}/circulate").status_code == 303
    assert "delivered a translation" in browser(world, "focal_xbb").get(path).text


@pytest.mark.parametrize("who", ["stranger_xff", "officer_other", "registrar", "administrator", "focal_xdd"])
def test_a_trail_that_is_not_ones_own_looks_absent(world: World, who: str) -> None:
    made = put(world, "officer", "shared", "Penal code")
    there, absent = browser(world, who), uuid4()
    for kind, id_ in (("reviews", world.files["xaa"].review), ("documents", made.document)):
        for page in ("trail", "trail.csv"):
            mine, none = there.get(f"/{kind}/{id_}/{page}"), there.get(f"/{kind}/{absent}/{page}")
            assert mine.status_code == none.status_code == 404
            assert mine.text == none.text


def test_an_expert_sees_the_document_but_not_its_trail(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    for page in ("trail", "trail.csv"):
        assert browser(world, "expert_xbb").get(f"/documents/{made.document}/{page}").status_code == 403
    page = browser(world, "focal_xaa").get(f"/documents/{made.document}/trail").text
    assert "refused" in page


def test_a_focal_point_sees_what_its_own_people_opened_and_nobody_elses(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    look(world, "expert_xbb", made)
    look(world, "expert_xcc", made)
    notes = put(world, "expert_xbb_other", "reviewers", "Notes on the other review", file="xdd")
    look(world, "expert_xbb_other", notes)
    page = browser(world, "focal_xbb").get("/trail/people").text
    assert "Expert_Xbb Example" in page
    assert "Notes on the other review" in page
    assert "Expert_Xcc Example" not in page
    assert browser(world, "expert_xbb").get("/trail/people").status_code == 404
    assert browser(world, "administrator").get("/trail/people").status_code == 404


def test_a_trail_is_narrowed_by_person_document_act_and_day(world: World) -> None:
    first = put(world, "officer", "shared", "Penal code")
    second = put(world, "officer", "shared", "Customs act")
    look(world, "expert_xbb", first)
    world.clock.forward(timedelta(days=2))
    with_new_session = browser(world, "focal_xaa")
    keep_signed_in(world)
    look(world, "expert_xcc", second)
    base = f"/reviews/{world.files['xaa'].review}/trail"
    by_person = with_new_session.get(base, params={"person": str(world.members["expert_xbb"].person)}).text
    assert "Expert_Xbb Example" in by_person
    assert "Expert_Xcc Example" not in by_person
    by_document = with_new_session.get(base, params={"document": str(second.document)}).text
    assert "Customs act" in by_document
    assert "Penal code" not in by_document
    by_act = with_new_session.get(base, params={"group": "uploaded"}).text
    assert "uploaded a document" in by_act
    assert "opened the page of the document" not in by_act
    by_day = with_new_session.get(base, params={"to": "2026-05-05"}).text
    assert "Expert_Xbb Example" in by_day
    assert "Expert_Xcc Example" not in by_day
    assert "Expert_Xbb Example" not in with_new_session.get(base, params={"from": "2026-05-05"}).text


def keep_signed_in(world: World) -> None:
    """Let the cast's sessions be in use although the clock went on for days."""
    with world.portal.database.begin() as session:
        for one in session.scalars(select(PortalSession)):
            one.seen_at = world.clock.now


def test_a_day_that_is_none_is_refused_in_words_and_the_page_still_shows(world: World) -> None:
    page = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail", params={"from": "yesterday"})
    assert page.status_code == 422
    assert "no date of the calendar" in page.text
    assert "looked at who opened the file" in page.text


@pytest.mark.parametrize("after", ["x", "2026-05-04T00:00:00~1~x", f"2026-05-04T00:00:00~1~{NOBODYS}", "~~~", "\x00"])
def test_a_place_in_the_list_that_is_not_ours_begins_at_the_newest(world: World, after: str) -> None:
    page = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail", params={"after": after})
    assert page.status_code == 200


def test_older_entries_follow_without_a_gap_or_a_repetition(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    for _ in range(130):
        look(world, "expert_xbb", made)
    client, seen = browser(world, "focal_xaa"), []
    url: str | None = f"/documents/{made.document}/trail"
    pages = 0
    while url:
        text = client.get(url).text
        seen += [int(n) for n in re.findall(r'<td data-label="Entry">\s*(\d+)', text)]
        found = re.search(r'rel="next" href="([^"]+)"', text)
        url = f"/documents/{made.document}/trail{found[1].replace('&amp;', '&')}" if found else None
        pages += 1
    assert pages == 4
    assert seen == list(range(max(seen[:1]), 0, -1))


def test_a_page_asks_few_questions_and_reads_few_events_however_long_the_trail_is(world: World) -> None:
    made = put(world, "officer", "shared", "Penal code")
    client, counts = browser(world, "focal_xaa"), []
    path = f"/reviews/{world.files['xaa'].review}/trail"
    for _ in range(2):
        client.get(path)
        with statements(world) as asked:
            client.get(path)
        counts.append(asked)
        for _ in range(60):
            look(world, "expert_xbb", made)
    assert len(counts[1]) <= 13, "\n".join(counts[1])
    assert len(counts[0]) == len(counts[1])


def test_the_table_holds_every_event_of_the_rooms_that_the_reader_sees(world: World) -> None:
    made = put(world, "officer", "shared", '=HYPERLINK("http://example.org")')
    for _ in range(3):
        look(world, "expert_xbb", made)
    download(world, "expert_xbb", made)
    answer = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="trail.csv"'
    assert answer.text.startswith(BOM)
    lines = rows(answer.text)
    shared = sorted(int(line["Number"]) for line in lines if line["Room"] == "Shared room")
    assert shared == list(range(1, len(shared) + 1))
    assert [line["What is recorded"] for line in lines if line["Act"] == "downloaded the document"] == [
        "ended",
        "begun",
    ]
    assert {line["Title"] for line in lines} >= {'\'=HYPERLINK("http://example.org")'}
    assert all(len(line["Leaf"]) == 64 for line in lines)


def test_exporting_has_a_beginning_and_an_end_in_the_log(world: World) -> None:
    client, path = browser(world, "focal_xaa"), f"/reviews/{world.files['xaa'].review}/trail"
    client.get(f"{path}.csv")
    page = client.get(path).text
    assert "exported the trail of the file" in page
    assert "no end recorded" not in page
    assert "complete" in page


def test_the_table_of_a_document_holds_what_its_page_shows_and_no_formula(world: World) -> None:
    made = put(world, "officer", "shared", "=1+1")
    other = put(world, "officer", "shared", "Customs act")
    look(world, "expert_xbb", made)
    look(world, "expert_xcc", other)
    download(world, "expert_xbb", made)
    client, path = browser(world, "focal_xaa"), f"/documents/{made.document}/trail"
    assert f'href="{path}.csv"' in client.get(path).text
    answer = client.get(f"{path}.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="trail.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    lines = rows(answer.text)
    assert {line["Title"] for line in lines} == {"'=1+1"}
    assert [line["What is recorded"] for line in lines if line["Act"] == "downloaded the document"] == [
        "ended",
        "begun",
    ]
    told = [(line["Act"], line["What is recorded"]) for line in rows(client.get(f"{path}.csv").text)]
    assert told[:3] == [("looked at who opened the document", said) for said in ("begun", "ended", "begun")]


def test_the_table_of_a_search_holds_what_its_page_shows(world: World) -> None:
    first, second = (put(world, "officer", "shared", title) for title in ("Penal code", "Customs act"))
    download(world, "expert_xbb", first)
    look(world, "expert_xcc", second)
    world.clock.forward(timedelta(days=2))
    client = browser(world, "focal_xaa")
    keep_signed_in(world)
    download(world, "expert_xcc", second)
    base = f"/reviews/{world.files['xaa'].review}/trail"

    def found(**search: str) -> set[tuple[str, str]]:
        page = client.get(base, params=search).text
        link = re.search(r'href="([^"]+/trail\.csv[^"]*)"', page)
        assert link
        lines = rows(client.get(link[1].replace("&amp;", "&")).text)
        return {(line["Person"].removesuffix(" Example"), line["Title"]) for line in lines}

    xbb, xcc, officer = "Expert_Xbb", "Expert_Xcc", "Officer"
    of_both = {(officer, "Penal code"), (officer, "Customs act"), (xbb, "Penal code"), (xcc, "Customs act")}
    assert found() >= of_both
    assert found(person=str(world.members["expert_xbb"].person)) == {(xbb, "Penal code")}
    assert found(document=str(second.document)) == {(officer, "Customs act"), (xcc, "Customs act")}
    assert found(group="downloaded") == {(xbb, "Penal code"), (xcc, "Customs act")}
    assert found(group="downloaded", to="2026-05-05") == {(xbb, "Penal code")}
    assert found(**{"group": "downloaded", "from": "2026-05-05"}) == {(xcc, "Customs act")}
    assert found(document=str(uuid4())) == set()


def test_the_table_of_a_search_has_each_end_with_its_beginning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail_exports, "BATCH", 2)  # in many pieces, some without anything that is looked for
    made, other = (put(world, "officer", "shared", title) for title in ("Penal code", "Customs act"))
    download(world, "expert_xbb", made, ends=False)
    for _ in range(6):
        look(world, "expert_xcc", other)
    world.clock.forward(timedelta(days=1))
    keep_signed_in(world)
    close_intents(world.portal, world.clock())  # by the portal itself, and a day later
    search = {"person": str(world.members["expert_xbb"].person), "to": "2026-05-04"}
    client = browser(world, "focal_xaa")
    for path in (f"/reviews/{world.files['xaa'].review}/trail.csv", f"/documents/{made.document}/trail.csv"):
        lines = rows(client.get(path, params=search).text)
        assert [(line["What is recorded"], line["Outcome"]) for line in lines] == [("ended", "unknown"), ("begun", "")]


@pytest.mark.parametrize("kind", ["reviews", "documents"])
def test_a_table_with_a_day_that_is_none_is_refused_in_words(world: World, kind: str) -> None:
    made = put(world, "officer", "shared", "Penal code")
    id_ = world.files["xaa"].review if kind == "reviews" else made.document
    answer = browser(world, "focal_xaa").get(f"/{kind}/{id_}/trail.csv", params={"from": "2026-02-30"})
    assert answer.status_code == 422
    assert "nothing was made" in answer.text


def test_the_head_of_a_table_is_written_down_and_sends_nothing(world: World) -> None:
    client, review = browser(world, "focal_xaa"), world.files["xaa"].review
    answer = client.head(f"/reviews/{review}/trail.csv")
    assert (answer.status_code, answer.content) == (200, b"")
    assert steps(world, review)[-1] == ("exportReviewTrail", "act", "")


@pytest.mark.parametrize("kind", ["reviews", "documents"])
def test_an_access_that_ends_stops_a_table_under_way(world: World, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "RECHECK_SECONDS", 0.05)
    made = put(world, "officer", "shared", "Penal code")
    id_ = world.files["xaa"].review if kind == "reviews" else made.document
    stream = world.files["xaa"].review if kind == "reviews" else world.files["xaa"].rooms["shared"]
    got = asyncio.run(read_slowly(world, f"/{kind}/{id_}/trail.csv"))
    assert b"Penal code" not in got
    assert steps(world, stream)[-1][1:] == ("outcome", "stopped")


async def read_slowly(world: World, path: str) -> bytes:
    """Ask for a stream as the focal point, whose appointment ends once the first bytes came; give what arrives."""
    got: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def give(message: Any) -> None:
        if not message.get("body"):
            return
        got.append(message["body"])
        with setting_up(world.portal) as (work, _):
            appointment = work.people.appointment(world.members["focal_xaa"].appointment)
            assert appointment is not None
            appointment.ended_at = work.now
        await asyncio.sleep(30)

    cookie = f"portal-local={world.members['focal_xaa'].token}"
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": path, "query_string": b"", "headers": [
            (b"host", b"localhost:8000"), (b"cookie", cookie.encode()),
        ], "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    with pytest.raises(BrokenAnswer):
        await web_app(world.portal)(scope, receive, give)
    return b"".join(got)


def test_the_filter_by_person_names_nobody_who_is_not_in_the_trail(world: World) -> None:
    other = str(world.members["officer_other"].person)
    page = browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail", params={"person": other})
    assert "Officer_Other" not in page.text


def test_as_many_as_there_are_connections_read_a_trail_at_the_same_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page holds a connection while it opens events, for which the permit's own event is looked up on another."""
    readers = 5
    monkeypatch.setattr(engines, "_SQLITE_CONNECTIONS", readers)
    monkeypatch.setattr(engines, "_SERVER_CONNECTIONS", readers)
    other = replace(world, portal=open_portal(world.portal.settings, world.clock))
    all_hold, real, answers = Barrier(readers), trails.wanted, []

    def wanted(*given: Any) -> Any:
        found = real(*given)
        all_hold.wait(20)
        return found

    monkeypatch.setattr(trails, "wanted", wanted)

    def read() -> None:
        path = f"/reviews/{world.files['xaa'].review}/trail"
        answers.append(browser(other, "focal_xaa").get(path).status_code)

    threads = [Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.portal.database.close()
    assert answers == [200] * readers
