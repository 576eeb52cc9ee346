"""Concerns: anybody who works on a review files one, and nobody but the confidentiality officer reads it."""

from uuid import uuid4

import pytest
from sqlmodel import select

from portal.domain.account_events import AccountEvent
from storage.accounts import AccountNotice
from storage.cases import Concern
from storage.errors import NotPermitted
from storage.fields import Place
from storage.permits import case_scope
from tests import dialogue
from tests.breaches import CONCERN, HAPPENED, concern
from tests.cast import World, setting_up
from tests.dialogue import send_text, submit
from tests.filing import circulated, press, put
from tests.web_client import browser

READERS = ("confidentiality", "confidentiality_other")
OTHERS = (
    *("focal_xaa", "expert_xaa", "focal_xbb", "focal_xcc", "observer_xcc", "officer", "registrar", "administrator"),
    *("oversight", "translator", "stranger_xff"),
)


def told(world: World, who: str) -> list[str]:
    with world.portal.database.read() as session:
        mine = select(AccountNotice.kind).where(AccountNotice.person_id == world.members[who].person)
        return list(session.scalars(mine))


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xbb", "observer_xcc", "officer"])
def test_whoever_works_on_a_review_files_a_concern_from_its_page_and_sees_where_it_stands(
    world: World, who: str
) -> None:
    client, review = browser(world, who), world.files["xaa"].review
    assert f"/reviews/{review}/concerns" in client.get(f"/reviews/{review}").text
    filed = concern(world, who)
    page = client.get(f"/concerns/{filed}").text
    assert HAPPENED in page
    assert "It is with the confidentiality officer." in page
    assert str(filed) in client.get(f"/reviews/{review}/concerns").text


def test_a_translator_files_one_about_a_review_of_which_a_text_is_with_them(world: World) -> None:
    saved = dialogue.draft_question(world)
    sent = submit(world, saved)
    dialogue.pass_on(world, sent)
    send_text(world, sent)
    assert HAPPENED in browser(world, "translator").get(f"/concerns/{concern(world, 'translator')}").text


def test_a_concern_in_another_language_is_kept_as_it_was_written(world: World) -> None:
    filed = concern(world, happened="نُشرت صفحتان من المسودة في صحيفة.", language="ar")
    page = browser(world, "confidentiality").get(f"/concerns/{filed}").text
    assert "نُشرت صفحتان من المسودة في صحيفة." in page
    assert "Arabic" in page


def test_nobody_but_the_confidentiality_officers_and_its_author_reads_a_concern(world: World) -> None:
    filed = concern(world)
    for who in READERS:
        assert HAPPENED in browser(world, who).get(f"/concerns/{filed}").text
    for who in OTHERS:
        client = browser(world, who)
        there, nowhere = client.get(f"/concerns/{filed}"), client.get(f"/concerns/{uuid4()}")
        assert there.status_code == nowhere.status_code == 404, who
        assert there.text == nowhere.text


def test_no_permit_on_anything_else_opens_a_concern(world: World) -> None:
    filed = concern(world)
    with setting_up(world.portal) as (work, permit):
        row = work.session.get_one(Concern, filed)
    with pytest.raises(NotPermitted):
        world.portal.open_text(permit, case_scope(filed), Place("concern", "told", filed), row.told)


def test_the_trail_of_the_file_does_not_tell_that_somebody_filed_one(world: World) -> None:
    review = world.files["xaa"].review
    before = browser(world, "focal_xaa").get(f"/reviews/{review}/trail").text.count("<tr")
    browser(world, "expert_xbb").get(f"/reviews/{review}/concerns")
    concern(world)
    page = browser(world, "focal_xaa").get(f"/reviews/{review}/trail").text
    assert "concern" not in page.partition("<tbody")[2].partition("</tbody")[0]
    assert page.count("<tr") <= before + 1  # the reader's own look before


def test_the_officers_are_told_at_once_but_not_the_one_whom_it_is_about(world: World) -> None:
    filed = concern(world, about="confidentiality")
    assert AccountEvent.CONCERN_FILED in told(world, "confidentiality_other")
    assert told(world, "confidentiality") == []
    assert browser(world, "confidentiality").get(f"/concerns/{filed}").status_code == 404
    assert str(filed) not in browser(world, "confidentiality").get("/cases").text
    assert str(filed) in browser(world, "confidentiality_other").get("/cases").text


def test_of_the_documents_it_names_those_are_kept_that_the_author_sees_and_the_officer_reads_no_title(
    world: World,
) -> None:
    shown, hidden = circulated(world, "Unguessable-Okapi"), put(world, "focal_xaa", "national XAA", "A draft")
    client, path = browser(world, "expert_xbb"), f"/reviews/{world.files['xaa'].review}/concerns"
    assert "Unguessable-Okapi" in client.get(path).text
    answer = press(client, path, **{**CONCERN, "documents": [str(shown), str(hidden), str(uuid4())]})  # type: ignore[arg-type]  # several
    page = browser(world, "confidentiality").get(answer.headers["location"]).text
    assert "Unguessable-Okapi" not in page
    assert page.count("Shared room, 1") == 1
    assert "National room" not in page


def test_who_does_not_work_on_the_review_files_nothing(world: World) -> None:
    path = f"/reviews/{world.files['xaa'].review}/concerns"
    for who in (
        "roster_xcc",
        "expert_xbb_other",
        "stranger_xff",
        "focal_xdd",
        "registrar",
        "administrator",
        "translator",
    ):
        client = browser(world, who)
        assert client.get(path).status_code == 404, who
        assert press(client, path, **CONCERN).status_code == 404, who
    with world.portal.database.read() as session:
        assert session.scalars(select(Concern)).all() == []


def test_somebody_of_another_review_can_not_be_named(world: World) -> None:
    path = f"/reviews/{world.files['xaa'].review}/concerns"
    stranger = str(world.members["focal_xdd"].person)
    assert press(browser(world, "expert_xbb"), path, **{**CONCERN, "about": stranger}).status_code == 404


def test_what_is_set_aside_has_a_reason_for_its_author_once_and_stays(world: World) -> None:
    filed = concern(world)
    officer = browser(world, "confidentiality")
    assert press(officer, f"/concerns/{filed}/aside", reason="").status_code == 422
    done = press(officer, f"/concerns/{filed}/aside", reason="The newspaper quoted a public law.")
    assert done.status_code == 303
    assert press(officer, f"/concerns/{filed}/aside", reason="Again.").status_code == 409
    assert "The newspaper quoted a public law." in browser(world, "expert_xbb").get(f"/concerns/{filed}").text
    assert AccountEvent.CONCERN_ANSWERED in told(world, "expert_xbb")
    assert press(browser(world, "expert_xbb"), f"/concerns/{filed}/aside", reason="No.").status_code == 403


def test_after_the_review_its_people_still_file_one(world: World) -> None:
    review = world.files["xaa"].review
    assert press(browser(world, "registrar"), f"/register/{review}/close").status_code == 303
    assert browser(world, "expert_xbb").get(f"/reviews/{review}").status_code == 404
    concern(world)
