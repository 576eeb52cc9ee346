"""The notice of the week: to the State whose file was opened, once, and to nobody by what they don't see."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM
from portal.domain.notices import NoticeKind
from portal.usecases.weeks import tell_week
from storage.notices import Notice
from storage.tables import PortalSession
from tests.cast import World
from tests.contents import said
from tests.granting import granted, pledged
from tests.portal.audit.files import Put, download, look, put
from tests.web_client import browser

MONDAY = datetime(2026, 5, 11, tzinfo=UTC)  # the one after the cast's


def to(world: World, moment: datetime) -> None:
    world.clock.forward(moment - world.clock.now)
    with world.portal.database.begin() as session:
        for one in session.scalars(select(PortalSession)):
            one.seen_at = world.clock.now


def told(world: World) -> list[Notice]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(Notice).where(Notice.kind == NoticeKind.FILE_OPENED)))


@pytest.fixture
def law(world: World) -> Put:
    return put(world, "officer", "shared", "Penal code, 2024")


def test_the_focal_points_of_the_state_under_review_are_told_once_when_the_week_is_over(world: World, law: Put) -> None:
    look(world, "expert_xbb", law)
    assert tell_week(world.portal) == 0, "the week isn't over"
    to(world, MONDAY + timedelta(hours=1))
    assert tell_week(world.portal) == 1
    assert tell_week(world.portal) == 0
    [notice] = told(world)
    assert notice.person_id == world.members["focal_xaa"].person
    assert (notice.review_id, notice.made_at) == (world.files["xaa"].review, MONDAY)
    event = said(world, MACHINERY_STREAM)[-1]
    assert (event["action"], event["detail"]) == (Action.TELL_WEEK.value, {"files": 1, "notices": 1})
    to(world, MONDAY + timedelta(days=7))
    assert tell_week(world.portal) == 0, "nothing was opened in this one"


def test_what_was_read_under_a_grant_counts(world: World) -> None:
    grant = granted(world, real=True)
    pledged(world, grant)
    to(world, MONDAY)
    tell_week(world.portal)  # whatever was opened until then
    before, client = len(told(world)), browser(world, "reader_xff")
    version = client.get(f"/granted/{grant}").text.split("/granted/versions/")[1][:36]
    assert client.get(f"/granted/versions/{version}").status_code == 200
    to(world, MONDAY + timedelta(days=7))
    assert tell_week(world.portal) == 1
    assert told(world)[before:][0].review_id == world.files["xaa"].review


def test_nothing_of_a_room_that_the_state_under_review_doesnt_see_tells_it(world: World) -> None:
    made = put(world, "expert_xbb", "reviewers", "Preliminary findings")
    look(world, "expert_xcc", made)
    download(world, "expert_xcc", made)
    to(world, MONDAY)
    assert tell_week(world.portal) == 0
    assert said(world, MACHINERY_STREAM)[-1]["action"] != Action.TELL_WEEK.value, "and leaves no event each hour"


def test_refusals_and_uploads_open_nothing(world: World, law: Put) -> None:
    assert browser(world, "focal_xdd").get(f"/documents/{law.document}").status_code == 404
    to(world, MONDAY)
    assert tell_week(world.portal) == 0


def test_the_notice_leads_to_the_trail_of_that_week_with_its_counts(world: World, law: Put) -> None:
    put(world, "officer", "shared", "Draft answer", stage="submitted")
    look(world, "expert_xbb", law)
    download(world, "expert_xbb", law, parts=5)
    download(world, "expert_xcc", law)
    look(world, "officer", law)
    to(world, MONDAY + timedelta(days=1))
    look(world, "expert_xcc", law)
    tell_week(world.portal)
    client = browser(world, "focal_xaa")
    page = client.get("/notices").text
    place = f"/reviews/{world.files['xaa'].review}/trail?from=2026-05-04&amp;to=2026-05-10"
    assert place in page
    assert "Your State’s file was opened in the week before" in page
    week = " ".join(client.get(place.replace("&amp;", "&")).text.split())
    short = week[week.index('aria-label="In short"') :]
    short = short[: short.index("</table>")]
    for state, people, opened, downloaded in (("Belmora", 1, 1, 1), ("Corvane", 1, 0, 1)):
        row = short[short.index(state) :]
        assert f'data-label="People">{people}<' in row
        assert row.index(f'data-label="Times opened">{opened}<') < row.index(f'data-label="Downloaded">{downloaded}<')
    assert "Secretariat and others" in short
    whole = client.get(place.split("?", maxsplit=1)[0]).text
    assert 'aria-label="In short"' not in whole, "without a time there is no count"


def test_whoever_is_no_focal_point_any_more_finds_no_such_notice(world: World, law: Put) -> None:
    look(world, "expert_xbb", law)
    to(world, MONDAY + timedelta(hours=1))
    tell_week(world.portal)
    with world.portal.database.begin() as session:
        [notice] = session.scalars(select(Notice).where(Notice.kind == NoticeKind.FILE_OPENED))
        notice.person_id = world.members["expert_xbb"].person
    assert "in the week before" not in browser(world, "expert_xbb").get("/notices").text
