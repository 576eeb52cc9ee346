"""Breach cases where they meet grants: what a State that was granted a report files, sees and does (GL 5)."""

from uuid import UUID

import pytest
from sqlmodel import select

from portal.domain.account_events import AccountEvent
from portal.domain.roles import Role
from storage.accounts import AccountNotice
from storage.grants import CaseGrant, ConcernGrant
from storage.tables import State
from tests.breaches import (
    BARE,
    CONCERN,
    FULL,
    HAPPENED,
    REASONS,
    act,
    ahead,
    decided,
    disclosed,
    found,
    heard,
    led,
    registered,
    submitted,
)
from tests.cast import World, add_member, setting_up
from tests.filing import press, put
from tests.granting import PURPOSE, WHY, asked, granted, page, pledged, reader, terms
from tests.granting import act as grant_act
from tests.publicity import TITLE, prepared, published
from tests.web_client import browser

SUBJECT_GRANTED = "What another State may read under a grant seems to be elsewhere."
THIRD = "Elyria"  # what XEE is called


def told(world: World, who: str) -> list[str]:
    with world.portal.database.read() as session:
        mine = select(AccountNotice.kind).where(AccountNotice.person_id == world.members[who].person)
        return list(session.scalars(mine))


def filed(world: World, grant: UUID, who: str = "reader_xff", **more: object) -> UUID:
    said = {name: value for name, value in CONCERN.items() if name != "about"} | more
    return led(press(browser(world, who), f"/granted/{grant}/concerns", **said), "concerns")  # type: ignore[arg-type]


def about(world: World, *grants: UUID, on: UUID | None = None, person: str | None = None) -> UUID:
    """Have a case proposed that is about what was granted."""
    said = {
        "review": str(world.files["xaa"].review),
        "concern": str(on or ""),
        "person": str(world.members[person].person) if person else "",
        "subject": SUBJECT_GRANTED,
        "grounds": "A reader says so.",
        "grants": [str(one) for one in grants],
    }
    return led(press(browser(world, "confidentiality"), "/cases", **said), "cases")  # type: ignore[arg-type]


def second_grantee(world: World) -> UUID:
    """Have the same report granted to another State, XEE."""
    add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE")
    reader(world, "reader_xee", "XEE")
    grant = asked(world, "focal_xee", "reader_xee")
    answer = grant_act(world, "focal_xaa", grant, "decide", **terms(world, "reader_xee"))
    assert answer.status_code == 303, answer.text
    return grant


def sees(world: World, who: str, case: UUID) -> str:
    answer = browser(world, who).get(f"/cases/{case}")
    assert answer.status_code == 200, answer.text
    return answer.text


# --- concerns


def test_a_reader_files_a_concern_about_what_they_read_in_their_language(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    client, given = browser(world, "reader_xff"), page(world, grant).given
    assert f"/granted/{grant}/concerns" in client.get(f"/granted/{grant}").text
    form = client.get(f"/granted/{grant}/concerns").text
    assert given[0].title in form
    assert "Expert_Xbb" not in form  # nor anybody else who works on the review
    other = str(put(world, "officer", "shared", "Another paper"))
    named = [str(given[0].document), other]
    concern = filed(world, grant, happened="نُشرت صفحتان.", language="ar", documents=named)
    assert "نُشرت صفحتان." in browser(world, "confidentiality").get(f"/concerns/{concern}").text
    assert "Fenmark" in browser(world, "confidentiality").get(f"/concerns/{concern}").text
    assert browser(world, "confidentiality").get(f"/concerns/{concern}").text.count("Shared room, ") == 1
    assert str(concern) in client.get(f"/granted/{grant}/concerns").text
    assert "It is with the confidentiality officer." in client.get(f"/concerns/{concern}").text
    for who in ("focal_xaa", "focal_xff", "focal_xbb"):
        assert browser(world, who).get(f"/concerns/{concern}").status_code == 404, who
    assert told(world, "confidentiality") == [AccountEvent.CONCERN_FILED]


def test_neither_state_learns_from_the_grants_own_log_that_somebody_filed_one(world: World) -> None:
    grant = granted(world)
    filed(world, grant)
    browser(world, "reader_xff").get(f"/granted/{grant}/concerns")
    for who, path in (
        ("focal_xaa", f"/reviews/{world.files['xaa'].review}/trail"),
        ("focal_xaa", f"/grants/{grant}/openings"),
        ("focal_xff", f"/grants/{grant}/openings"),
    ):
        assert "concern" not in browser(world, who).get(path).text.split("<main")[1].split("</main")[0], (who, path)


def test_before_the_undertaking_a_reader_is_told_no_title_and_files_all_the_same(world: World) -> None:
    grant = granted(world)
    form = browser(world, "reader_xff").get(f"/granted/{grant}/concerns").text
    assert page(world, grant).given[0].title not in form
    given = str(page(world, grant).given[0].document)
    concern = filed(world, grant, documents=[given])
    assert "none named" in browser(world, "confidentiality").get(f"/concerns/{concern}").text


def test_the_focal_point_files_one_after_the_grant_ended_and_its_readers_no_longer(world: World) -> None:
    grant = granted(world)
    assert grant_act(world, "focal_xaa", grant, "revoke", revoke_reason="Enough.").status_code == 303
    assert HAPPENED in browser(world, "focal_xff").get(f"/concerns/{filed(world, grant, 'focal_xff')}").text
    client = browser(world, "reader_xff")
    assert client.get(f"/granted/{grant}/concerns").status_code == 404
    assert press(client, f"/granted/{grant}/concerns", **CONCERN).status_code == 404


@pytest.mark.parametrize("who", ["stranger_xff", "focal_xaa", "focal_xbb", "focal_xdd", "officer"])
def test_nobody_else_files_one_under_a_grant_and_it_looks_like_none(world: World, who: str) -> None:
    grant, client = granted(world), browser(world, who)
    there, nowhere = (client.get(f"/granted/{one}/concerns") for one in (grant, world.files["xaa"].review))
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text
    assert press(client, f"/granted/{grant}/concerns", **CONCERN).status_code == 404


def test_a_state_that_only_asked_files_none(world: World) -> None:
    granted(world)
    add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE")
    reader(world, "reader_xee", "XEE")
    grant = asked(world, "focal_xee", "reader_xee")
    for who in ("focal_xee", "reader_xee"):
        assert browser(world, who).get(f"/granted/{grant}/concerns").status_code == 404
        assert press(browser(world, who), f"/granted/{grant}/concerns", **CONCERN).status_code == 404


# --- cases


def test_a_case_on_such_a_concern_concerns_the_state_that_reads_and_its_focal_point_may_open_it(world: World) -> None:
    grant = granted(world)
    concern = filed(world, grant)
    client = browser(world, "confidentiality")
    assert f'value="{grant}" checked' in client.get(f"/cases/new?concern={concern}").text
    case = about(world, on=concern)  # without the tick, too
    assert AccountEvent.CASE_PROPOSED in told(world, "focal_xff")
    assert "Case 1" in browser(world, "focal_xff").get("/cases").text
    act(world, "focal_xff", case, "confirm")
    assert AccountEvent.CASE_REGISTERED in told(world, "focal_xaa")  # and not whoever confirmed it
    assert SUBJECT_GRANTED in sees(world, "focal_xff", case)
    for who in ("reader_xff", "stranger_xff"):
        assert browser(world, who).get(f"/cases/{case}").status_code == 404
        assert AccountEvent.CASE_PROPOSED not in told(world, who)


def test_a_focal_point_who_reads_under_the_grant_judges_nothing_of_the_review(world: World) -> None:
    case = about(world, granted(world, "focal_xff"))
    answer = press(browser(world, "focal_xff"), f"/cases/{case}/confirm")
    assert answer.status_code == 403
    assert "nobody examines their own act" in answer.text
    act(world, "focal_xaa", case, "confirm")


def test_a_state_with_a_grant_that_the_case_is_not_about_sees_nothing_of_it(world: World) -> None:
    granted(world)
    case = registered(world)
    for who in ("focal_xff", "reader_xff"):
        assert browser(world, who).get(f"/cases/{case}").status_code == 404
        assert told(world, who) == [] or AccountEvent.CASE_PROPOSED not in told(world, who)
    assert "Case 1" not in browser(world, "focal_xff").get("/cases").text


def test_the_officer_says_later_that_it_is_about_a_grant_and_suspending_one_says_so(world: World) -> None:
    grant, other = granted(world), second_grantee(world)
    case = registered(world)
    act(world, "confidentiality", case, "grants", about_grant=str(grant))
    assert AccountEvent.CASE_MOVED in told(world, "focal_xff")
    sees(world, "focal_xff", case)
    assert browser(world, "focal_xee").get(f"/cases/{case}").status_code == 404
    hold = {"hold": "grant", "hold_reason": "While it is looked into.", "review_on": ahead(world, 20)}
    act(world, "confidentiality", case, "containments", **hold, held_grant=str(other))
    assert "While it is looked into." in sees(world, "focal_xee", case)
    assert "While it is looked into." not in sees(world, "focal_xff", case)
    again = press(browser(world, "confidentiality"), f"/cases/{case}/grants", about_grant=str(grant))
    assert again.status_code == 303
    nowhere = press(browser(world, "confidentiality"), f"/cases/{case}/grants", about_grant=str(case))
    assert nowhere.status_code == 404


def test_a_grantee_sees_nothing_of_another_one_nor_of_the_file(world: World) -> None:
    """All that happens in a case, by everybody; and then what each State has on its page."""
    grant = granted(world)
    other = second_grantee(world)
    case = about(world, grant, other, person="reader_xee")
    act(world, "confidentiality_other", case, "confirm")
    hold = {"hold": "grant", "hold_reason": "While it is looked into.", "review_on": ahead(world, 20)}
    act(world, "confidentiality", case, "containments", **hold, held_grant=str(other))
    submitted(world, case, "focal_xee", bare="Our own words, in which nothing stands.")
    submitted(world, case, "focal_xaa")
    own = {"full": "What Fenmark says in full.", "bare": "What Fenmark says."}
    asks = press(browser(world, "focal_xff"), f"/cases/{case}/submission", **own)
    assert "doesn’t tell your State which there are" in asks.text
    assert "this many" not in asks.text
    confirmed = {"confirmed": "unseen-beyond-the-grant"}
    assert press(browser(world, "focal_xff"), f"/cases/{case}/submission", **own, **confirmed).status_code == 303
    mine, theirs, under_review, reviewing = (
        sees(world, who, case).split("<main")[1] for who in ("focal_xff", "focal_xee", "focal_xaa", "focal_xbb")
    )
    assert SUBJECT_GRANTED in mine
    assert "It is about what was granted to" in mine
    assert own["full"] in mine
    assert own["bare"] in mine
    for hidden in (FULL, BARE, THIRD, "Reader_Xee", "Focal_Xee", "While it is looked into.", "Our own words"):
        assert hidden not in mine, hidden
    for hidden in ("Events fixed", "Document versions fixed", "Size of the log"):  # how much lies in the file
        assert hidden not in mine, hidden
    assert "Our own words" in theirs  # whose person it concerns, and whose grant is suspended
    assert "Reader_Xee" in theirs
    assert "While it is looked into." in theirs
    for hidden in ("Fenmark", "Focal_Xff", *own.values()):
        assert hidden not in theirs, hidden
    for told_all in ("Fenmark", THIRD, "Reader_Xee", FULL, own["full"], "Our own words"):
        assert told_all in under_review, told_all
    assert FULL in reviewing
    for hidden in ("Fenmark", THIRD, "Reader_Xee", "Focal_Xff", "Our own words", *own.values()):
        assert hidden not in reviewing, hidden


def test_a_grantee_reads_how_it_came_out_and_not_the_officers_reasons_nor_who_it_was(world: World) -> None:
    grant = granted(world)
    case = about(world, grant, person="expert_xcc")
    act(world, "confidentiality_other", case, "confirm")
    heard(world, case)
    found(world, case)
    mine = sees(world, "focal_xff", case)
    assert "Breach of confidentiality" in mine
    for hidden in (REASONS, "Expert_Xcc", "Corvane"):
        assert hidden not in mine, hidden
    submitted(world, case, "focal_xaa")
    decided(world, case)
    assert "The Conference is informed." in sees(world, "focal_xff", case)


def test_where_a_grantee_compares_the_state_under_review_sees_it_and_a_reviewing_state_does_not(world: World) -> None:
    grant = granted(world)
    case = about(world, grant)
    act(world, "confidentiality_other", case, "confirm")
    submitted(world, case, "focal_xff")
    path = f"/reviews/{world.files['xaa'].review}/trail"
    assert "compared with the whole file" in browser(world, "focal_xaa").get(path).text
    for who in ("focal_xbb", "focal_xcc"):
        assert "compared with the whole file" not in browser(world, who).get(path).text
        assert "Fenmark" not in browser(world, who).get(path).text
    assert "Fenmark" in browser(world, "oversight").get(f"/submissions/{case}").text


def test_of_what_a_grantee_writes_it_is_told_that_it_quotes_and_no_words(world: World) -> None:
    grant = granted(world)
    case = about(world, grant)
    act(world, "confidentiality_other", case, "confirm")
    answer = press(
        browser(world, "focal_xff"), f"/cases/{case}/submission", full="All.", bare="It was shown to Reader_Xff."
    )
    assert answer.status_code == 422
    assert "something of the file that you don’t see yourself" in answer.text


def test_an_exercise_concerns_no_real_state(world: World) -> None:
    grant = granted(world)
    with setting_up(world.portal) as (work, _):
        work.session.get_one(State, "XFF").fictional = False
    said = {"review": str(world.files["xaa"].review), "concern": "", "person": "", "subject": "A", "grounds": "B"}
    answer = press(browser(world, "confidentiality"), "/cases", **said, exercise="yes", grants=str(grant))
    assert answer.status_code == 422
    case = registered(world, person=None, exercise=True)
    answer = press(browser(world, "confidentiality"), f"/cases/{case}/grants", about_grant=str(grant))
    assert answer.status_code == 422


def test_a_grant_of_another_review_is_nowhere(world: World) -> None:
    grant = granted(world)
    said = {"review": str(world.files["xdd"].review), "concern": "", "person": "", "subject": "A", "grounds": "B"}
    assert press(browser(world, "confidentiality"), "/cases", **said, grants=str(grant)).status_code == 404
    with world.portal.database.read() as session:
        assert session.scalars(select(CaseGrant)).all() == session.scalars(select(ConcernGrant)).all() == []


# --- what a version for the Oversight Group is compared with


@pytest.mark.parametrize(
    "bare",
    [
        "They said that they draft a law on mutual legal assistance.",  # the purpose of a grant
        "A change of law makes the report out of date, it was said.",  # why it ended
        "It was the report of the country review, chapters one to three.",  # a title typed for a publication
    ],
)
def test_what_was_typed_in_grants_and_for_publications_is_compared(world: World, bare: str) -> None:
    grant = granted(world)
    prepared(world)
    assert grant_act(world, "focal_xaa", grant, "revoke", revoke_reason=WHY).status_code == 303
    case = registered(world)
    own, other = (
        press(browser(world, who), f"/cases/{case}/submission", full=FULL, bare=f"{bare} {BARE}")
        for who in ("focal_xaa", "focal_xbb")
    )
    assert (own.status_code, other.status_code) == (422, 422)
    unseen = "something of the file that you don’t see yourself"
    assert unseen not in own.text
    assert unseen in other.text


def test_a_title_that_everybody_reads_may_stand_in_it(world: World) -> None:
    published(world)
    submitted(world, registered(world), bare=f"It is known by its title, {TITLE}. {BARE}")


def test_what_was_typed_in_a_grant_to_another_state_is_no_word_to_a_grantee(world: World) -> None:
    grant = granted(world)
    purpose = "Something entirely different moved Elyria to this."
    add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE")
    reader(world, "reader_xee", "XEE")
    said = {"review": str(world.files["xaa"].review), "purpose": purpose}
    person = str(world.members["reader_xee"].person)
    assert press(browser(world, "focal_xee"), "/grants/new", **said, readers=person).status_code == 303
    case = about(world, grant)
    act(world, "confidentiality_other", case, "confirm")
    client, listed = browser(world, "focal_xff"), "<bdi>something entirely different"
    answer = press(client, f"/cases/{case}/submission", full=FULL, bare=purpose)
    assert answer.status_code == 422
    assert listed not in answer.text
    assert "something of the file that you don’t see yourself" in answer.text
    answer = press(client, f"/cases/{case}/submission", full=FULL, bare=PURPOSE)
    assert "<bdi>we draft a law on</bdi>" in answer.text


def test_what_a_grantee_wrote_in_full_goes_to_nobody_by_what_the_state_under_review_gives(world: World) -> None:
    case = about(world, granted(world))
    act(world, "confidentiality_other", case, "confirm")
    submitted(world, case, "focal_xaa")
    own = {"full": "What Fenmark says in full.", "bare": "What Fenmark says."}
    answer = press(browser(world, "focal_xff"), f"/cases/{case}/submission", **own, confirmed="unseen-beyond-the-grant")
    assert answer.status_code == 303
    assert disclosed(world, case).status_code == 303
    page = browser(world, "oversight").get(f"/submissions/{case}").text
    assert FULL in page
    assert own["full"] not in page
    assert own["full"] not in sees(world, "focal_xbb", case)


def test_what_is_held_back_of_a_reader_is_told_to_their_state_and_not_to_reviewing_ones(world: World) -> None:
    grant = granted(world)
    case = about(world, grant, person="expert_xcc")
    act(world, "confidentiality_other", case, "confirm")
    reader_of_it = str(world.members["reader_xff"].person)
    said = {"held": reader_of_it, "hold_reason": "Of the reader.", "review_on": ahead(world, 20)}
    act(world, "confidentiality", case, "containments", hold="review", **said)
    whole = {"held": "", "hold_reason": "Of the whole file.", "review_on": ahead(world, 20)}
    act(world, "confidentiality", case, "containments", hold="downloads", **whole)
    heard(world, case)
    found(world, case)
    party, grantee = sees(world, "focal_xbb", case), sees(world, "focal_xff", case)
    assert "Of the whole file." in party
    assert "Of the reader." not in party
    assert "Reader_Xff" not in party
    assert "Of the reader." in grantee
    assert "Of the whole file." not in grantee


def test_a_grantee_learns_neither_who_confirmed_for_a_party_nor_how_much_lies_in_a_room(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    filed_ = filed(world, grant, documents=[str(page(world, grant).given[0].document)])
    assert "Shared room" not in browser(world, "reader_xff").get(f"/concerns/{filed_}").text
    case = about(world, grant)
    act(world, "focal_xbb", case, "confirm")
    assert "Focal_Xbb" not in sees(world, "focal_xff", case)
    assert "Focal_Xbb" in sees(world, "focal_xaa", case)
