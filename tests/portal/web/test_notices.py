"""The page of one's notices and the form that says how often they come by mail."""

import re
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.domain.notices import Often
from storage.notices import Notice, NoticeSetting
from tests.cast import World
from tests.contents import documents
from tests.filing import circulated, press
from tests.web_client import browser

TITLE = "Unguessable-Pangolin"


def settings(world: World) -> dict[str, str]:
    names = {member.person: name for name, member in world.members.items()}
    with world.portal.database.read() as session:
        return {names[row.person_id]: row.often for row in session.scalars(select(NoticeSetting))}


def test_the_page_says_what_happened_in_which_review_and_leads_there(world: World) -> None:
    document = circulated(world, TITLE)
    client = browser(world, "expert_xbb")
    page = client.get("/notices")
    assert page.status_code == 200
    assert "A document was circulated" in page.text
    assert "<bdi>Arandia</bdi>" in page.text
    assert f'href="/documents/{document}"' in page.text
    assert TITLE not in page.text
    assert TITLE in client.get(f"/documents/{document}").text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/notices"])
def test_the_address_in_a_mail_opens_nothing_without_signing_in(world: World, path: str) -> None:
    circulated(world, TITLE)
    assert "A document was circulated" in browser(world, "expert_xbb").get(path).text
    answer = browser(world).get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_new_ones_are_marked_until_all_are_marked_as_seen(world: World) -> None:
    circulated(world, TITLE)
    client = browser(world, "expert_xbb")
    page = client.get("/notices").text
    assert ">new<" in re.sub(r"</?bdi>", "", page)
    found = re.search(r'name="newest" value="([^"]+)"', page)
    assert found
    answer = press(client, "/notices/seen", newest=found[1])
    assert (answer.status_code, answer.headers["location"]) == (303, "/notices")
    page = client.get("/notices").text
    assert "A document was circulated" in page
    assert "/notices/seen" not in page
    assert press(client, "/notices/seen", newest=found[1]).status_code == 303, "twice changes nothing"


def test_looking_does_not_mark_anything(world: World) -> None:
    circulated(world, TITLE)
    client = browser(world, "expert_xbb")
    for _ in range(2):
        assert "/notices/seen" in client.get("/notices").text


@pytest.mark.parametrize("query", ["before=", "before=x", f"before={UUID(int=1)}", "before=%00"])
def test_a_notice_that_is_none_is_nowhere(world: World, query: str) -> None:
    assert browser(world, "expert_xbb").get(f"/notices?{query}").status_code == 404


def test_somebody_elses_notice_looks_absent(world: World) -> None:
    circulated(world, TITLE)
    with world.portal.database.read() as session:
        person = world.members["expert_xcc"].person
        theirs = session.scalars(select(Notice.id).where(Notice.person_id == person)).one()
    client = browser(world, "expert_xbb")
    pages = [client.get(f"/notices?before={notice}") for notice in (theirs, uuid4())]
    sent = [press(client, "/notices/seen", newest=str(notice)) for notice in (theirs, uuid4())]
    for here, nowhere in (pages, sent):
        assert here.status_code == nowhere.status_code == 404
        assert here.text == nowhere.text


def test_who_was_told_of_nothing_reads_why(world: World) -> None:
    assert "Nothing to tell" in browser(world, "expert_xbb").get("/notices").text


def test_one_sets_on_ones_account_how_often_mail_comes(world: World) -> None:
    client = browser(world, "expert_xbb")
    assert re.search(r'<option value="at_once" selected>At once', client.get("/account").text)
    for often in Often:
        answer = press(client, "/account/notices", often=often.value)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?kept=notices#notices")
        assert "Saved." in client.get("/account?kept=notices").text
        assert "Saved." not in client.get("/account").text
        assert settings(world) == {"expert_xbb": often.value}
        assert f'<option value="{often.value}" selected>' in client.get("/account").text


def test_another_wish_than_those_of_the_list_is_refused_with_a_sentence(world: World) -> None:
    answer = press(browser(world, "expert_xbb"), "/account/notices", often="hourly")
    assert answer.status_code == 422
    assert "Choose one of the list: how often you want to be told by mail." in answer.text
    assert settings(world) == {}


def test_another_time_zone_moves_the_mail_that_waits(world: World) -> None:
    client = browser(world, "expert_xbb")
    assert press(client, "/account/notices", often="daily").is_redirect
    circulated(world, TITLE)
    due = []
    for zone in ("UTC", "Asia/Tokyo"):
        assert press(client, "/account", language="en", zone=zone).is_redirect
        with world.portal.database.read() as session:
            person = world.members["expert_xbb"].person
            row = session.scalars(select(Notice).where(Notice.person_id == person)).one()
            due.append(row.due_at.isoformat() if row.due_at else "")
    assert due == ["2026-05-05T07:00:00+00:00", "2026-05-04T22:00:00+00:00"]


def test_the_head_leads_everybody_to_their_notices(world: World) -> None:
    for who in ("expert_xbb", "focal_xaa", "translator", "officer", "registrar", "oversight", "confidentiality"):
        assert 'href="/notices"' in browser(world, who).get("/account").text


def test_a_full_page_stays_small(world: World) -> None:
    for at in range(3):
        circulated(world, f"{TITLE} {at}")
    with world.portal.database.begin() as session:
        kept = session.scalars(select(Notice).where(Notice.person_id == world.members["expert_xbb"].person)).all()
        for at in range(60):
            copy = kept[at % 3].model_dump() | {"id": uuid4()}
            session.add(Notice(**copy))
    page = browser(world, "expert_xbb").get("/notices").text
    assert len(documents(world)) == 6
    lines = re.findall(r"A document was circulated</a>(?: \((\d+) times\))?", page)
    assert sum(int(times or 1) for times in lines) == 50  # those that follow each other about one document are one line
    assert "Older" in page
    assert len(page) < 60_000
