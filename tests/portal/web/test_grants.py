"""Grants: asked for, given, changed, refused and revoked; and what stays closed to everybody else."""

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlmodel import col, select

from portal.audit.events import REGISTRY_STREAM
from portal.domain.documents import DocumentKind
from portal.domain.grants import LANGUAGES_MOST, Stand, check_languages
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.usecases.checks import check_records
from storage.grants import GrantDocument, GrantTerms
from storage.tables import Cycle
from tests import reports
from tests.breaches import contained, lifted, registered, stays_signed_in
from tests.cast import World, add_member
from tests.contents import said as said_of
from tests.filing import circulated, newest, press
from tests.granting import PURPOSE, WHY, act, ahead, ask, asked, granted, page, pledged, reader, terms
from tests.portal.usecases.test_register import open_one
from tests.portal.web.test_concerns import told
from tests.web_client import Browser, browser


def test_a_grant_from_the_request_to_the_first_look(world: World) -> None:
    """ToR 37: on request, a State makes its report accessible to another one, which respects its confidentiality."""
    grant = granted(world)
    seen = page(world, grant)
    assert (seen.line.stand, seen.purpose) == (Stand.RUNNING, PURPOSE)
    assert [one.title for one in seen.given] == ["Report", "Summary"]
    reading = browser(world, "reader_xff")
    assert f"/granted/{grant}" in reading.get("/granted").text
    before = reading.get(f"/granted/{grant}").text
    assert "Undertaking of confidentiality" in before
    assert "Summary" not in before
    pledged(world, grant)
    after = reading.get(f"/granted/{grant}").text
    assert "Summary" in after
    assert "Undertaking" not in after
    with world.request():
        assert [one for one in check_records(world.portal).findings if "grant" in str(one)] == []


def test_everybody_is_told_of_their_part(world: World) -> None:
    grant = granted(world)
    act(world, "focal_xaa", grant, "revoke", revoke_reason=WHY)
    assert told(world, "focal_xaa")[-1:] == ["grant_asked"]
    assert told(world, "focal_xff") == ["grant_decided", "grant_ended"]
    assert told(world, "reader_xff") == ["report_opened", "report_closed"]
    assert told(world, "focal_xbb") == []


def test_nobody_else_knows_of_a_grant(world: World) -> None:
    grant = granted(world)
    steps = ("decide", "change", "revoke", "refuse", "answer", "readers", "preview")
    for who in ("focal_xbb", "officer", "expert_xaa", "focal_xdd", "stranger_xff", "registrar"):
        client = browser(world, who)
        for path in (f"/grants/{grant}", f"/grants/{grant}/openings", f"/granted/{grant}"):
            there, nowhere = client.get(path), client.get(path.replace(str(grant), str(uuid4())))
            assert (there.status_code, there.text) == (404, nowhere.text), (who, path)
        for step in steps if who in {"focal_xbb", "stranger_xff"} else ("decide", "revoke"):
            fields = {**terms(world), "revoke_reason": WHY, "refuse_reason": WHY}
            assert act(world, who, grant, step, **fields).status_code == 404, (who, step)
    assert page(world, grant).line.stand is Stand.RUNNING


def test_a_reader_gets_nothing_else_of_the_file(world: World) -> None:
    grant = granted(world)
    pledged(world, grant)
    client, file = browser(world, "reader_xff"), world.files["xaa"]
    given = page(world, grant).given
    places = [f"/reviews/{file.review}", f"/reviews/{file.review}/trail", f"/reviews/{file.review}/clarifications"]
    places += [f"/rooms/{room}" for room in file.rooms.values()]
    places += [f"/documents/{one.document}{more}" for one in given for more in ("", "/trail", "/openings")]
    places += [f"/versions/{one.version}/content" for one in given]
    assert {client.get(place).status_code for place in places} == {404}


def test_a_party_needs_no_grant_and_gets_none(world: World) -> None:
    reports.agreed(world)
    for who in ("focal_xaa", "focal_xbb"):
        refused = ask(world, who, who)
        assert refused.status_code == 403
        assert "it needs no grant" in refused.text
    offer = {**terms(world, "focal_xbb"), "state": "XBB", "purpose": PURPOSE, "readers": []}
    client = browser(world, "focal_xaa")
    answer = client.form(
        f"/reviews/{world.files['xaa'].review}/offer", f"/reviews/{world.files['xaa'].review}/offer", **offer
    )
    assert answer.status_code == 403
    assert "it needs no grant" in answer.text


def test_before_the_report_is_agreed_one_may_ask_and_nothing_is_granted(world: World) -> None:
    reader(world)
    grant = asked(world)
    shown = browser(world, "focal_xaa").get(f"/grants/{grant}").text
    assert "haven’t agreed on the report yet" in shown
    manifest = reports.propose(world, reports.texts(world))
    early = act(world, "focal_xaa", grant, "decide", **terms(world))
    assert early.status_code == 403
    for who in reports.PARTIES:
        reports.agree(world, manifest, who)
    assert act(world, "focal_xaa", grant, "decide", **terms(world)).status_code == 303


def test_what_a_state_asked_for_or_may_read_is_not_offered_to_be_asked_for_again(world: World) -> None:
    reader(world)
    review, client = f'value="{world.files["xaa"].review}"', browser(world, "focal_xff")
    assert review in client.get("/grants/new").text
    grant = asked(world)
    assert review not in client.get("/grants/new").text
    assert review in browser(world, "focal_xdd").get("/grants/new").text
    assert act(world, "focal_xaa", grant, "refuse", refuse_reason=WHY).status_code == 303
    assert review in client.get("/grants/new").text


def test_a_request_looks_the_same_whether_there_is_a_report_or_not(world: World) -> None:
    reader(world)
    client = browser(world, "focal_xff")
    before = client.get("/grants/new").text
    reports.agreed(world)
    after = client.get("/grants/new").text
    cut = before.index("<main"), after.index("<main")
    assert before[cut[0] : before.index("csrf")] == after[cut[1] : after.index("csrf")]


def test_a_report_of_another_cycle_is_asked_for_once_that_is_chosen(world: World) -> None:
    """All reviews of all cycles would be thousands; what was typed stays, with the cycle it was typed in."""
    reader(world)
    client, review = browser(world, "focal_xff"), str(world.files["xaa"].review)
    later = {"name": "Second", "starts": "2028-01-01", "ends": "", "confirmed": "cycle-before-completion"}
    opened = press(browser(world, "registrar"), "/cycles", **later)
    assert opened.status_code == 303
    prepared = client.get("/grants/new").text
    assert review in prepared
    assert "Second" not in prepared, "a cycle that is being prepared is the registrar's"
    with world.portal.database.read() as session:
        second = session.scalars(select(Cycle.id).where(col(Cycle.name) == "Second")).one()
    other = str(open_one(world, second, "XAA", "XBB", "XCC"))
    newest_one = client.get("/grants/new").text
    assert (other in newest_one, review in newest_one) == (True, False)
    first = re.findall(r'value="([^"]+)" >First cycle', newest_one)[0]
    assert review in client.get(f"/grants/new?cycle={first}").text
    refused = press(client, "/grants/new", cycle=first, review=review, purpose="Typed words", readers="")
    assert refused.status_code == 422
    assert f'<option value="{review}" selected>' in refused.text
    assert "Typed words" in refused.text
    assert other in client.get("/grants/new?cycle=none").text


def test_of_two_focal_points_at_once_the_second_is_told(world: World) -> None:
    add_member(world, "second_focal", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
    grant = granted(world)
    again = act(world, "second_focal", grant, "decide", **terms(world))
    assert again.status_code == 403
    assert "before you" in again.text
    longer = terms(world, last=ahead(world, 200), seen="1")
    assert act(world, "focal_xaa", grant, "change", **longer).status_code == 303
    for seen in ("soon", "-1", "9999999"):
        assert act(world, "focal_xaa", grant, "change", **terms(world, mode="copies", seen=seen)).status_code == 409
    late = act(world, "second_focal", grant, "change", **terms(world, mode="copies", seen="1"))
    assert late.status_code == 409
    assert page(world, grant).terms[0].mode == "view"
    assert act(world, "focal_xaa", grant, "revoke", revoke_reason=WHY).status_code == 303
    assert act(world, "second_focal", grant, "revoke", revoke_reason=WHY).status_code == 403


def test_somebody_who_leaves_is_not_made_a_reader(world: World) -> None:
    reports.agreed(world)
    stays_signed_in(world)
    leaves = world.clock() + timedelta(days=10)
    add_member(world, "leaver", Role.EXPERT, "XFF", ends_at=leaves)
    reader(world)
    grant = asked(world, "focal_xff", "leaver", "reader_xff")
    late = terms(world, "leaver", first=ahead(world, 20))
    refused = act(world, "focal_xaa", grant, "decide", **late)
    assert refused.status_code == 422
    assert "acts for their State no longer when this begins" in refused.text
    assert act(world, "focal_xaa", grant, "decide", **terms(world, "leaver", "reader_xff")).status_code == 303
    pledged(world, grant, "leaver")
    assert browser(world, "leaver").get(f"/granted/{grant}").status_code == 200
    world.clock.forward(timedelta(days=11))
    assert browser(world, "leaver").get(f"/granted/{grant}").url.path == "/sign-in"
    extended = act(world, "focal_xaa", grant, "change", **terms(world, "leaver", seen="1"))
    assert extended.status_code == 422
    assert "doesn’t act for that State any more" in extended.text


def test_nobody_reads_whom_their_own_state_did_not_name(world: World) -> None:
    reader(world)
    reports.agreed(world)
    grant = asked(world)
    refused = act(world, "focal_xaa", grant, "decide", **terms(world, "focal_xff"))
    assert refused.status_code == 422
    assert "whom their State didn’t name" in refused.text
    foreign = ask(world, "focal_xdd", "reader_xff")
    assert foreign.status_code == 422


def test_only_what_can_be_granted_is(world: World) -> None:
    """ToR 36 (d): the State under review owns what it submitted; questions and drafts of others it can't give."""
    reader(world)
    reports.agreed(world)
    draft = reports.circulated(world, DocumentKind.NOTE, "Note of the secretariat")
    grant = asked(world)
    refused = act(world, "focal_xaa", grant, "decide", **terms(world, documents=[str(draft)]))
    assert refused.status_code == 422
    assert "can’t be granted any more" in refused.text


def test_what_the_state_submitted_itself_is_given_by_a_tick_of_its_own_alone(world: World) -> None:
    """ToR 37 (d): annexes and the checklist."""
    reader(world)
    annex = str(circulated(world, "Our response to the checklist"))
    reports.agreed(world)
    first = asked(world)
    form = browser(world, "focal_xaa").get(f"/grants/{first}").text
    boxes = {value: "checked" in more for value, more in re.findall(r'name="documents" value="([^"]+)"([^>]*)>', form)}
    usual = terms(world)["documents"]
    assert boxes == {**dict.fromkeys(usual, True), annex: False}  # type: ignore[call-overload]  # a list of ids
    assert act(world, "focal_xaa", first, "decide", **terms(world)).status_code == 303
    pledged(world, first)
    client, given = browser(world, "reader_xff"), newest(world, UUID(annex))
    assert [str(one.document) for one in page(world, first).given] == usual
    assert client.get(f"/granted/versions/{given}").status_code == 404
    ticked = terms(world, documents=[*usual, annex], seen="1")  # type: ignore[misc]  # as above
    assert act(world, "focal_xaa", first, "change", **ticked).status_code == 303
    assert client.get(f"/granted/versions/{given}").status_code == 422  # it is reached, and no true PDF


def test_a_grant_begins_and_ends_by_its_days(world: World) -> None:
    stays_signed_in(world)
    grant = granted(world, last=ahead(world, 30))
    pledged(world, grant)
    client = browser(world, "reader_xff")
    assert client.get(f"/granted/{grant}").status_code == 200
    world.clock.forward(timedelta(days=32))
    assert client.get(f"/granted/{grant}").status_code == 404
    assert page(world, grant).line.stand is Stand.EXPIRED
    assert act(world, "focal_xaa", grant, "change", **terms(world, seen="1")).status_code == 303
    assert client.get(f"/granted/{grant}").status_code == 200


def test_a_grant_that_runs_can_be_put_off_to_a_day_that_is_still_to_come(world: World) -> None:
    stays_signed_in(world)
    grant = granted(world)
    pledged(world, grant)
    client, begun = browser(world, "reader_xff"), ahead(world, 0)
    world.clock.forward(timedelta(days=2))
    kept = act(world, "focal_xaa", grant, "change", **terms(world, first=begun, seen="1"))
    assert kept.status_code == 303, kept.text  # the day on which it began is over: it goes on
    assert client.get(f"/granted/{grant}").status_code == 200
    later = act(world, "focal_xaa", grant, "change", **terms(world, first=ahead(world, 20), seen="2"))
    assert later.status_code == 303, later.text
    assert page(world, grant).line.stand is Stand.COMING
    assert client.get(f"/granted/{grant}").status_code == 404
    world.clock.forward(timedelta(days=20))
    assert client.get(f"/granted/{grant}").status_code == 200


@pytest.mark.parametrize(
    ("zone", "hours", "today"), [("Pacific/Auckland", 12, "2026-05-05"), ("America/Los_Angeles", 18, "2026-05-04")]
)
def test_the_days_in_the_form_are_those_of_whoever_fills_it_in(world: World, zone: str, hours: int, today: str) -> None:
    stays_signed_in(world)
    reports.agreed(world)
    reader(world)
    grant = asked(world)
    client = browser(world, "focal_xaa")
    assert press(client, "/account", language="en", zone=zone).status_code == 303
    world.clock.forward(timedelta(hours=hours))
    usual = str(date.fromisoformat(today) + timedelta(days=90))
    assert days_filled_in(client, grant) == [today, usual]
    given = act(world, "focal_xaa", grant, "decide", **terms(world, first=today, last=usual))
    assert given.status_code == 303, given.text
    assert days_filled_in(client, grant) == [today, usual]
    offer = client.get(f"/reviews/{world.files['xaa'].review}/offer").text
    assert re.findall(r'type="date"[^>]*value="([^"]*)"', offer) == [today, usual]


def days_filled_in(client: Browser, grant: UUID) -> list[str]:
    return re.findall(r'type="date"[^>]*value="([^"]*)"', client.get(f"/grants/{grant}").text)


def test_a_grant_is_refused_with_a_reason_that_the_other_state_reads(world: World) -> None:
    reader(world)
    grant = asked(world)
    assert act(world, "focal_xaa", grant, "refuse", refuse_reason=WHY).status_code == 303
    assert WHY in browser(world, "focal_xff").get(f"/grants/{grant}").text
    assert act(world, "focal_xaa", grant, "decide", **terms_without(world)).status_code == 403
    assert asked(world) != grant


def terms_without(world: World) -> dict[str, object]:
    return {"documents": [str(uuid4())], "languages": ["en"], "mode": "view", "last": ahead(world, 9), "seen": "0"}


def offer(world: World, **more: object) -> Response:
    given = {**terms(world), "state": "XFF", "purpose": PURPOSE, "readers": [], **more}
    return press(browser(world, "focal_xaa"), f"/reviews/{world.files['xaa'].review}/offer", **given)  # type: ignore[arg-type]  # several of one name


def offered(world: World, **more: object) -> UUID:
    """Have the State under review offer its report, once it is agreed on."""
    reports.agreed(world)
    reader(world)
    sent = offer(world, **more)
    assert sent.status_code == 303, sent.text
    return UUID(sent.headers["location"].removeprefix("/grants/"))


def accept(world: World, grant: UUID, **seen: str) -> Response:
    """Accept an offer as its first terms stand, or as others do."""
    readers = [str(world.members["reader_xff"].person)]
    return act(world, "focal_xff", grant, "answer", **{"readers": readers, "seen": "1", **seen})


def test_an_offer_of_somebody_who_is_suspended_by_now_waits(world: World) -> None:
    stays_signed_in(world)
    grant = offered(world)
    case = registered(world, person="focal_xaa")
    contained(world, case, "review", "focal_xaa")
    no = accept(world, grant)
    assert no.status_code == 409
    assert "can’t be accepted just now" in no.text
    assert browser(world, "reader_xff").get(f"/granted/{grant}").status_code == 404
    lifted(world, case)
    assert accept(world, grant).status_code == 303
    assert browser(world, "reader_xff").get(f"/granted/{grant}").status_code == 200


def test_an_offer_takes_effect_with_the_other_states_yes(world: World) -> None:
    grant = offered(world)
    assert offer(world).status_code == 409
    offers = [one["detail"]["terms"] for one in said_of(world, REGISTRY_STREAM) if one["action"] == "offerGrant"]
    assert offers == [1]
    assert browser(world, "reader_xff").get(f"/granted/{grant}").status_code == 404
    assert accept(world, grant).status_code == 303
    assert browser(world, "reader_xff").get(f"/granted/{grant}").status_code == 200
    assert accept(world, grant).status_code == 409


def test_an_offer_that_was_changed_since_is_answered_by_nobody_who_did_not_see_it(world: World) -> None:
    grant = offered(world, mode="copies")
    page = browser(world, "focal_xff").get(f"/grants/{grant}").text
    assert page.count('name="seen" value="1"') == 2, "to accept it, and to decline it"
    changed = {**terms(world, last=ahead(world, 2), seen="1"), "readers": []}
    assert act(world, "focal_xaa", grant, "change", **changed).status_code == 303
    old = accept(world, grant)
    assert old.status_code == 409
    assert "This offer was changed since you loaded this page." in old.text
    assert old.text.count('name="seen" value="2"') == 2
    assert re.search(rf'value="{world.members["reader_xff"].person}" checked', old.text), "what they ticked"
    assert accept(world, grant, seen="").status_code == 409
    declined = act(world, "focal_xff", grant, "answer", declines="yes", decline_reason="No need.", seen="1")
    assert declined.status_code == 409
    assert "No need." in declined.text
    assert accept(world, grant, seen="2").status_code == 303


def test_an_offer_whose_last_day_is_over_waits_for_nobody_until_it_is_given_another(world: World) -> None:
    stays_signed_in(world)
    grant = offered(world, last=ahead(world, 2))
    client, line = browser(world, "focal_xff"), f"/grants/{grant}"
    assert line in client.get("/work").text
    world.clock.forward(timedelta(days=10))
    assert line not in client.get("/work").text
    assert page(world, grant).line.stand is Stand.EXPIRED
    for who in ("focal_xff", "focal_xaa"):
        assert "The last day of this offer is over." in browser(world, who).get(line).text
    late = accept(world, grant)
    assert late.status_code == 409
    assert "The last day of this offer is over, so it can’t be accepted any more." in late.text
    assert act(world, "focal_xaa", grant, "change", **{**terms(world, seen="1"), "readers": []}).status_code == 303
    assert line in client.get("/work").text
    assert accept(world, grant, seen="2").status_code == 303


def test_an_offer_is_accepted_for_somebody_whom_their_state_named_before(world: World) -> None:
    grant = offered(world)
    named = str(world.members["reader_xff"].person)
    assert act(world, "focal_xff", grant, "readers", readers=[named]).status_code == 303
    assert act(world, "focal_xaa", grant, "change", **terms(world, seen="1")).status_code == 303  # for them, too
    assert f'name="readers" value="{named}"' in browser(world, "focal_xff").get(f"/grants/{grant}").text
    assert accept(world, grant, seen="2").status_code == 303
    assert [one.readers for one in page(world, grant).terms] == [("Reader_Xff Example",), ()]


def test_what_stands_in_a_form_twice_is_given_once(world: World) -> None:
    reader(world)
    reports.agreed(world)
    documents = terms(world)["documents"]
    twice = {"documents": [*documents, *documents], "languages": ["en"] * 60}  # type: ignore[misc]  # a list of ids
    assert act(world, "focal_xaa", first := asked(world), "decide", **terms(world, **twice)).status_code == 303
    assert act(world, "focal_xaa", first, "change", **terms(world, **twice, seen="1")).status_code == 303
    assert act(world, "focal_xaa", first, "revoke", revoke_reason=WHY).status_code == 303
    assert offer(world, **twice).status_code == 303
    with world.portal.database.read() as session:
        kept = session.scalars(select(GrantTerms.languages)).all()
        given = session.scalars(select(GrantDocument.document_id)).all()
    assert kept == ["en"] * 3
    assert sorted(map(str, given)) == sorted([*documents] * 3)  # type: ignore[misc]  # as above


def test_of_the_languages_in_a_form_those_are_kept_in_which_something_is_given(world: World) -> None:
    reader(world)
    reports.agreed(world)
    given = terms(world, languages=["en", "ru", "x" * 100])
    assert act(world, "focal_xaa", asked(world), "decide", **given).status_code == 303
    with world.portal.database.read() as session:
        assert session.scalars(select(GrantTerms.languages)).all() == ["en"]


def test_a_grant_is_given_in_no_more_languages_than_its_row_holds() -> None:
    codes = [f"x{number:02}" for number in range(LANGUAGES_MOST)]
    check_languages(codes)
    assert len(" ".join(codes)) <= GrantTerms.__table__.c.languages.type.length  # type: ignore[attr-defined]  # as SQLModel makes it
    with pytest.raises(RefusedError):
        check_languages([*codes, "en"])
