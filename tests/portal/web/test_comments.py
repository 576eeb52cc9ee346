"""Comments on a draft report by place, what becomes of them, and where they are taken up (GL 30, 34)."""

import re
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from portal.domain.documents import DocumentKind
from portal.domain.notices import NoticeKind
from storage.notices import Notice
from storage.reports import DraftComment
from tests.cast import World
from tests.contents import said
from tests.filing import press
from tests.reports import agreed, circulated, comment
from tests.web_client import browser

DRAFT = DocumentKind.DRAFT_REPORT
TEXT = "We said *otherwise*."


def rows(world: World) -> list[DraftComment]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(DraftComment).order_by(col(DraftComment.said_at))))


def listing(world: World, who: str = "observer_xcc") -> str:
    answer = browser(world, who).get(f"/reviews/{world.files['xaa'].review}/report/comments")
    assert answer.status_code == 200
    return answer.text


def send(world: World, who: str, draft: object, **fields: str) -> int:
    filled = {"draft": str(draft), "article": "", "page": "", "paragraph": "", "text": TEXT, **fields}
    path = f"/reviews/{world.files['xaa'].review}/report/comments"
    return press(browser(world, who), path, **filled).status_code


def test_a_party_comments_on_a_place_and_all_parties_read_it(world: World) -> None:
    draft = circulated(world, DRAFT, "First draft")
    assert send(world, "expert_xaa", draft, article="untoc 5", page="12", paragraph="3") == 303
    [row] = rows(world)
    assert (row.number, row.owner) == (1, "XAA")
    assert b"UNTOC" not in (row.place or b"")
    for who in ("focal_xaa", "expert_xbb", "observer_xcc", "officer"):
        assert "UNTOC 5" in listing(world, who)
        page = browser(world, who).get(f"/comments/{row.id}").text
        assert "We said <em>otherwise</em>." in page


@pytest.mark.parametrize(
    "fields",
    [{}, {"page": "3", "text": " "}, {"article": "UNTOC 99"}, {"page": "3" * 41}, {"page": "3", "text": "x" * 5001}],
)
def test_a_comment_without_a_place_or_a_text_is_refused_and_kept_in_the_form(
    world: World, fields: dict[str, str]
) -> None:
    draft = circulated(world, DRAFT, "First draft")
    assert send(world, "expert_xaa", draft, **fields) == 422
    assert rows(world) == []


def test_only_a_draft_in_circulation_is_commented_on(world: World) -> None:
    law = circulated(world, DocumentKind.LAW, "A law")
    gone = circulated(world, DRAFT, "Withdrawn")
    assert press(browser(world, "officer"), f"/documents/{gone}/withdraw", reason="An error").status_code == 303
    other = circulated(world, DRAFT, "Of another file", "xdd", "officer_other")
    for draft in (law, gone, other, uuid4(), "x", ""):
        assert send(world, "expert_xaa", draft, page="3") == 422, draft
    assert rows(world) == []


@pytest.mark.parametrize(
    ("who", "status"), [("observer_xcc", 403), ("translator", 404), ("focal_xdd", 404), ("registrar", 404)]
)
def test_who_does_not_write_in_the_shared_room_does_not_comment(world: World, who: str, status: int) -> None:
    draft = circulated(world, DRAFT, "First draft")
    made = comment(world, draft)
    assert send(world, who, draft, page="3") == status
    assert press(browser(world, who), f"/comments/{made}/replies", text="No").status_code == status
    assert press(browser(world, who), f"/comments/{made}/disposition", becomes="accepted").status_code == status
    assert len(rows(world)) == 1


def test_a_comment_that_is_not_there_or_is_a_reply_is_nowhere(world: World) -> None:
    made = comment(world, circulated(world, DRAFT, "First draft"))
    press(browser(world, "expert_xbb"), f"/comments/{made}/replies", text="So it is.")
    for missing in (uuid4(), rows(world)[-1].id):
        assert browser(world, "focal_xaa").get(f"/comments/{missing}").status_code == 404
        assert press(browser(world, "focal_xaa"), f"/comments/{missing}/replies", text="So.").status_code == 404


def test_the_state_under_review_does_not_settle_its_own_comment(world: World) -> None:
    made = comment(world, circulated(world, DRAFT, "First draft"))
    sent = press(browser(world, "focal_xaa"), f"/comments/{made}/disposition", becomes="accepted")
    assert (sent.status_code, len(rows(world))) == (403, 1)
    assert "What becomes of it" not in browser(world, "focal_xaa").get(f"/comments/{made}").text


def test_what_is_said_last_of_a_comment_counts_and_open_ones_stand_first(world: World) -> None:
    draft = circulated(world, DRAFT, "First draft")
    first, second, third = (comment(world, draft, page=str(page)) for page in (1, 2, 3))
    for becomes in ("accepted", "discussed"):
        world.clock.forward(world.portal.settings.session_idle / 1000)
        assert press(browser(world, "expert_xbb"), f"/comments/{first}/disposition", becomes=becomes).status_code == 303
    sent = press(
        browser(world, "officer"), f"/comments/{second}/disposition", becomes="agreed_text", words="As *here*."
    )
    assert sent.status_code == 303
    page = listing(world)
    assert re.findall(r'href="/comments/([0-9a-f-]{36})"', page) == [str(third), str(first), str(second)]
    assert "2 of 3 are still open." in page
    assert "As <em>here</em>." in browser(world, "focal_xaa").get(f"/comments/{second}").text
    assert press(browser(world, "officer"), f"/comments/{first}/disposition", becomes="gone").status_code == 422


def test_a_later_draft_says_which_comments_it_takes_up_once(world: World) -> None:
    made = comment(world, circulated(world, DRAFT, "First draft"))
    left = comment(world, circulated(world, DRAFT, "Another draft"), page="7")
    later = circulated(world, DRAFT, "Second draft")
    path = f"/reviews/{world.files['xaa'].review}/report/comments/taken"
    for _ in range(2):
        assert press(browser(world, "expert_xbb"), path, taking=str(later), taken=str(made)).status_code == 303
    taken = [row for row in rows(world) if row.taken_up_in is not None]
    assert [row.under_id for row in taken] == [made]
    assert "Second draft" in browser(world, "focal_xaa").get(f"/comments/{made}").text
    assert "Second draft" not in browser(world, "focal_xaa").get(f"/comments/{left}").text
    other = comment(world, circulated(world, DRAFT, "Of another file", "xdd", "officer_other"), "focal_xdd", "xdd")
    for wrong in (str(other), "x", str(taken[0].id), ""):
        assert press(browser(world, "expert_xbb"), path, taking=str(later), taken=wrong).status_code == 422
    assert press(browser(world, "focal_xaa"), path, taking=str(later), taken=str(left)).status_code == 403
    assert len([row for row in rows(world) if row.taken_up_in is not None]) == 1


def test_nothing_is_commented_on_once_the_report_is_final(world: World) -> None:
    draft = circulated(world, DRAFT, "First draft")
    made = comment(world, draft)
    agreed(world)
    assert send(world, "expert_xaa", draft, page="3") == 409
    assert press(browser(world, "expert_xbb"), f"/comments/{made}/replies", text="No").status_code == 409
    assert press(browser(world, "expert_xbb"), f"/comments/{made}/disposition", becomes="accepted").status_code == 409
    assert (len(rows(world)), "<textarea" in listing(world, "expert_xaa")) == (1, False)


def test_the_room_is_told_and_the_log_names_the_comment(world: World) -> None:
    made = comment(world, circulated(world, DRAFT, "First draft"))
    names = {member.person: name for name, member in world.members.items()}
    with world.portal.database.read() as session:
        told = session.scalars(select(Notice).where(Notice.kind == NoticeKind.DRAFT_COMMENTED)).all()
    assert {"focal_xaa", "expert_xbb", "officer", "observer_xcc"} <= {names[one.person_id] for one in told}
    assert "expert_xaa" not in {names[one.person_id] for one in told}
    assert f'href="/comments/{made}"' in browser(world, "expert_xbb").get("/notices").text
    event = said(world, world.files["xaa"].rooms["shared"])[-1]
    assert (event["action"], event["detail"]["comment"]) == ("addRemark", str(made))
    assert "otherwise" not in str(event)
    assert isinstance(made, UUID)
