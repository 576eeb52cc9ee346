"""Exhibits of breach cases: brought by whoever examines, in the chain of the record, opened by few."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.domain.exhibits import EXHIBIT_BYTES
from portal.usecases.checks import check_records
from portal.usecases.exhibits import begin_exhibit_download, find_exhibit
from portal.usecases.transfers import goes_on
from storage.cases import Exhibit
from storage.errors import NotPermitted
from storage.fields import Place
from storage.permits import REGISTRY, case_scope
from storage.tables import Assignment
from tests.breaches import PICTURE, act, disclosed, exhibit, exhibited, proposed, registered, submitted
from tests.cast import World, setting_up
from tests.contents import swept
from tests.filing import press
from tests.granting import granted
from tests.portal.web.test_cases_grantees import about
from tests.web_client import browser

HASH = hashlib.sha256(PICTURE).hexdigest()


def row(world: World, exhibit_id: UUID) -> Exhibit:
    with world.portal.database.read() as session:
        return session.get_one(Exhibit, exhibit_id)


def fetched(world: World, who: str, exhibit_id: UUID) -> tuple[int, bytes]:
    answer = browser(world, who).get(f"/exhibits/{exhibit_id}")
    return answer.status_code, answer.content


def test_an_exhibit_stands_in_the_chain_with_its_hash_from_whom_and_when(world: World) -> None:
    case = registered(world)
    brought = exhibited(world, case)
    page = browser(world, "confidentiality").get(f"/cases/{case}").text
    for said in (HASH, "A driver", "2026-05-03", "page 3.png", "A page, found in a taxi.", "Confidentiality Example"):
        assert said in page, said
    assert "its chain doesn’t fit" not in page
    sealed = world.portal.objects.get(row(world, brought).object_name)
    with sealed as blocks:
        assert PICTURE not in b"".join(blocks)
    assert check_records(world.portal).findings == []
    assert fetched(world, "confidentiality", brought) == (200, PICTURE)


def test_it_is_opened_by_who_examines_and_the_state_under_review_and_each_time_is_in_the_log(world: World) -> None:
    case = registered(world)
    brought = exhibited(world, case)
    assert fetched(world, "focal_xaa", brought) == (200, PICTURE)
    assert HASH in browser(world, "focal_xaa").get(f"/cases/{case}").text
    others = ("focal_xbb", "focal_xcc", "expert_xaa", "expert_xcc", "officer", "registrar", "administrator")
    for who in (*others, "oversight", "focal_xdd", "focal_xff"):
        status, content = fetched(world, who, brought)
        assert status in {403, 404}, who
        assert PICTURE not in content
        page = browser(world, who).get(f"/cases/{case}").text
        assert HASH not in page
        assert "A driver" not in page


def worked(world: World, who: str) -> None:
    """Let somebody have worked on the review before what they are now."""
    with setting_up(world.portal) as (work, permit):
        one, member = uuid4(), world.members[who]
        until = {"starts_at": work.now - timedelta(days=9), "ends_at": work.now - timedelta(days=2)}
        work.people.add(
            Assignment(
                id=one,
                review_id=world.files["xaa"].review,
                appointment_id=member.appointment,
                person_id=member.person,
                basis=work.seal(permit, REGISTRY, Place("assignment", "basis", one), "{}"),
                created_at=work.now,
                **until,
            )
        )


def test_who_of_the_secretariat_worked_on_the_review_opens_none_and_a_states_people_who_did_still_do(
    world: World,
) -> None:
    case = registered(world)
    brought = exhibited(world, case)
    caller = world.caller("confidentiality")
    with world.request():
        begin_exhibit_download(world.portal, caller, brought)
    for who in ("confidentiality", "focal_xaa"):
        worked(world, who)
    assert fetched(world, "confidentiality", brought)[0] == 404
    page = browser(world, "confidentiality").get(f"/cases/{case}").text
    assert f"/exhibits/{brought}" not in page
    assert "somebody else of the secretariat opens it" in page
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_EXHIBIT, brought, progress=False)
    for who in ("confidentiality_other", "focal_xaa"):
        assert fetched(world, who, brought) == (200, PICTURE), who
        assert f"/exhibits/{brought}" in browser(world, who).get(f"/cases/{case}").text


def test_somebody_else_brings_none_and_none_comes_before_registration_or_after_the_end(world: World) -> None:
    case = registered(world)
    for who in ("focal_xaa", "focal_xbb", "expert_xcc", "oversight", "administrator"):
        assert exhibit(world, case, who).status_code in {403, 404}, who
    assert exhibit(world, proposed(world)).status_code == 403
    with world.portal.database.read() as session:
        assert session.scalars(select(Exhibit)).all() == []


@pytest.mark.parametrize(
    ("content", "said", "words"),
    [
        (b"MZ a program", {}, "is a PDF or a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(EXHIBIT_BYTES), {}, "at most 20 MB"),
        (PICTURE, {"received_on": "2999-01-01"}, "still to come"),
        (PICTURE, {"received_on": "yesterday"}, ""),
        (PICTURE, {"received_from": ""}, ""),
        (PICTURE, {"exhibit_text": ""}, ""),
    ],
)
def test_what_is_none_is_refused_with_a_sentence_and_nothing_is_kept(
    world: World, content: bytes, said: dict[str, str], words: str
) -> None:
    case = registered(world)
    answer = exhibit(world, case, content=content, **said)
    assert answer.status_code in {413, 422}
    assert words in answer.text
    with world.portal.database.read() as session:
        assert session.scalars(select(Exhibit)).all() == []


def test_no_exhibit_is_swept_away(world: World) -> None:
    brought = exhibited(world, registered(world))
    swept(world)
    assert fetched(world, "confidentiality", brought) == (200, PICTURE)


def test_it_goes_to_the_group_with_the_full_version_alone_once_the_state_gives_that(world: World) -> None:
    case = registered(world)
    first = exhibited(world, case)
    submitted(world, case, "focal_xbb")
    later = exhibited(world, case)
    assert HASH in browser(world, "focal_xbb").get(f"/cases/{case}").text  # listed in the version in full
    assert HASH not in browser(world, "oversight").get(f"/submissions/{case}").text
    assert [fetched(world, "oversight", one)[0] for one in (first, later)] == [404, 404]
    assert disclosed(world, case).status_code == 303
    page = browser(world, "oversight").get(f"/submissions/{case}").text
    assert HASH in page
    assert f"/exhibits/{first}" in page
    assert "A driver" not in page
    assert fetched(world, "oversight", first) == (200, PICTURE)
    assert fetched(world, "oversight", later)[0] == 404, "it was not in the version that was given"
    assert fetched(world, "focal_xbb", first)[0] in {403, 404}


def test_no_permit_of_the_group_on_an_exhibit_opens_the_key_of_the_case(world: World) -> None:
    case = registered(world)
    brought = exhibited(world, case)
    submitted(world, case, "focal_xbb")
    assert disclosed(world, case).status_code == 303
    kept = row(world, brought)
    with world.request(), world.portal.work(world.caller("oversight")) as work:
        _, _, facts = find_exhibit(work, brought)
        permit = work.require_on(Action.DOWNLOAD_EXHIBIT, facts, asked=brought)
    with pytest.raises(NotPermitted):
        world.portal.keyring.open_content_key(permit, case_scope(case), brought, kept.wrapped_key)


def test_a_download_under_way_ends_with_the_access(world: World) -> None:
    case = registered(world)
    brought = exhibited(world, case)
    caller = world.caller("focal_xaa")
    with world.request():
        begin_exhibit_download(world.portal, caller, brought)
    assert goes_on(world.portal, caller, Action.DOWNLOAD_EXHIBIT, brought, progress=False)
    other = world.caller("focal_xbb")
    assert not goes_on(world.portal, other, Action.DOWNLOAD_EXHIBIT, brought, progress=False)
    assert goes_on(world.portal, world.caller("confidentiality"), Action.ADD_EXHIBIT, case, progress=False)


def test_a_grantee_is_told_of_no_exhibit(world: World) -> None:
    case = about(world, granted(world))
    act(world, "confidentiality_other", case, "confirm")
    brought = exhibited(world, case)
    assert fetched(world, "focal_xff", brought)[0] in {403, 404}
    client, said = browser(world, "focal_xff"), {"full": "All.", "bare": "Nothing."}
    sent = press(client, f"/cases/{case}/submission", **said, confirmed="unseen-beyond-the-grant")
    assert sent.status_code == 303
    page = client.get(f"/cases/{case}").text
    assert HASH not in page
    assert "xhibit" not in page.split("<main")[1]
