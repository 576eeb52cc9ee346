"""ToR 33: a report and its summary are final together, once all three parties agreed to one manifest of both."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.access.actions import Action
from portal.domain.documents import DocumentKind
from portal.domain.ids import ReviewId
from portal.domain.problems import RefusedError
from portal.domain.reports import Ending
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, NotFound, PortalError
from portal.usecases import documents, register, reviews
from portal.usecases.reports import Hashes, Proposed, open_hashes, open_reason
from storage.reports import Manifest
from storage.repositories.reports import ReportRecords
from storage.tables import Review
from tests.cast import World, add_member
from tests.contents import said
from tests.filing import newest, press, submitted
from tests.reports import PARTIES, agree, agreed, answers, circulated, disagree, propose, row, stage, texts
from tests.web_client import browser

pytestmark = pytest.mark.database


@contextmanager
def refused(guardrail: str) -> Iterator[None]:
    with pytest.raises(Forbidden) as caught:
        yield
    assert caught.value.policies == (f"guardrails.{guardrail}",)


def digest(name: str) -> str:
    return hashlib.sha256(f"%PDF-1.7 {name}".encode()).hexdigest()


def test_all_three_agree_and_both_texts_are_final_together(world: World) -> None:
    proposed = texts(world)
    manifest = propose(world, proposed)
    assert (agree(world, manifest, "focal_xcc"), stage(world)) == (False, "report")
    assert (agree(world, manifest, "focal_xaa"), stage(world)) == (False, "report")
    assert row(world, manifest).final_at is None
    assert (agree(world, manifest, "focal_xbb"), stage(world)) == (True, "agreed")
    kept = row(world, manifest)
    assert kept.final_at == world.clock.now
    assert [kept.report_version_id, kept.summary_version_id] == [
        newest(world, one) for one in (proposed.report, proposed.summary)
    ]
    assert [(one.state_code, one.agrees) for one in answers(world)] == [(code, True) for code in ("XCC", "XAA", "XBB")]


def test_what_is_final_is_known_from_the_file(world: World) -> None:
    kept = agreed(world)
    with world.request(), world.portal.work(world.caller("focal_xaa")) as work:
        record = work.file(world.files["xaa"].review)
        assert record is not None
        assert record.final is not None
        assert record.final.id == kept.id
        assert {one.state_code for one in record.answers} == {"XAA", "XBB", "XCC"}
        assert [one.final for one in work.reviews.all()] == [record.final]


def test_a_manifest_keeps_the_hashes_of_both_files_sealed(world: World) -> None:
    manifest = propose(world, texts(world))
    with world.request():
        with world.portal.work(world.caller("observer_xcc")) as work:
            record = work.file(world.files["xaa"].review)
            _, permit = work.require(Action.VIEW_REPORT, Review, record.review if record else None)
        kept = row(world, manifest)
        assert open_hashes(world.portal, permit, kept) == Hashes(report=digest("Report"), summary=digest("Summary"))
    assert digest("Report").encode() not in kept.hashes


def test_each_act_is_in_the_log_of_the_file_with_the_rows_that_it_wrote(world: World) -> None:
    kept = agreed(world)
    events = [one for one in said(world, world.files["xaa"].review) if one["on"].get("manifest") == str(kept.id)]
    assert [(one["action"], one["who"]["state"]) for one in events] == [
        ("agreeManifest", state) for state in ("XAA", "XBB", "XCC")
    ]
    assert [one.get("detail", {}) for one in events] == [{}, {}, {"final": True}]
    assert all(any(name.startswith("agreement/") for name in one["rows"]) for one in events)
    assert events[-1]["rows"][f"manifest/{kept.id}"] == kept.mac.hex()


def test_nobody_but_a_partys_focal_point_answers(world: World) -> None:
    manifest = propose(world, texts(world))
    seeing = ("expert_xaa", "expert_xbb", "observer_xcc", "officer")
    outside = ("focal_xdd", "focal_xff", "officer_other", "registrar", "administrator", "oversight")
    for who in (*seeing, *outside):
        for answer in (agree, disagree):
            with pytest.raises(Forbidden if who in seeing else NotFound):
                answer(world, manifest, who)
    for who in outside:
        with pytest.raises(NotFound):
            propose(world, Proposed(uuid4(), uuid4(), 1), who)
    assert answers(world) == []


def test_a_manifest_that_is_not_there_is_refused_alike(world: World) -> None:
    with pytest.raises(NotFound):
        agree(world, uuid4(), "focal_xaa")


def test_only_reviewing_focal_points_and_the_officer_propose(world: World) -> None:
    proposed = texts(world)
    for who in ("focal_xaa", "expert_xbb", "observer_xcc"):
        with pytest.raises(Forbidden):
            propose(world, proposed, who)
    assert propose(world, proposed, "officer")


def test_nothing_is_proposed_before_the_stage_of_the_report(world: World) -> None:
    proposed = Proposed(
        circulated(world, DocumentKind.REPORT, "Report"), circulated(world, DocumentKind.SUMMARY, "Summary"), 0
    )
    with refused("report-stage"):
        propose(world, proposed)


def test_only_a_circulated_report_and_a_circulated_summary_can_be_agreed_on(world: World) -> None:
    proposed = texts(world)
    waits = submitted(world, "Waits", kind="report")
    draft = circulated(world, DocumentKind.DRAFT_REPORT, "Draft")
    gone = circulated(world, DocumentKind.REPORT, "Gone")
    assert press(browser(world, "officer"), f"/documents/{gone}/withdraw", reason="An error").status_code == 303
    for wrong in (waits, draft, gone, proposed.summary, uuid4()):
        with pytest.raises(RefusedError):
            propose(world, replace(proposed, report=wrong))
    for wrong in (proposed.report, waits, uuid4()):
        with pytest.raises(RefusedError):
            propose(world, replace(proposed, summary=wrong))


def test_a_document_of_another_review_can_not_be_agreed_on(world: World) -> None:
    from tests.portal.audit.files import put

    other = put(world, "officer_other", "shared", "Other", file="xdd").document
    with pytest.raises(RefusedError):
        propose(world, replace(texts(world), report=other))


def test_a_state_answers_once_and_two_of_its_focal_points_are_one_state(world: World) -> None:
    manifest = propose(world, texts(world))
    add_member(world, "focal_xaa_two", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
    agree(world, manifest, "focal_xaa")
    for who in ("focal_xaa", "focal_xaa_two"):
        for answer in (agree, disagree):
            with refused("answered-once"):
                answer(world, manifest, who)
    assert agree(world, manifest, "focal_xbb") is False
    assert [one.state_code for one in answers(world)] == ["XAA", "XBB"]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do several things at the same time; gives what came of each."""
    begin, found = Barrier(len(acts)), [None] * len(acts)

    def one(at: int) -> None:
        begin.wait()
        try:
            found[at] = acts[at]()  # type: ignore[call-overload]
        except PortalError as error:
            found[at] = type(error)  # type: ignore[call-overload]

    threads = [Thread(target=one, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(found)


def test_two_focal_points_of_a_state_at_once_are_one_agreement(world: World) -> None:
    manifest = propose(world, texts(world))
    add_member(world, "focal_xaa_two", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
    both = at_once(lambda: agree(world, manifest, "focal_xaa"), lambda: agree(world, manifest, "focal_xaa_two"))
    assert sorted(both, key=str) == sorted([False, Forbidden], key=str)
    assert len(answers(world)) == 1


def test_the_last_two_parties_at_once_make_it_final_once(world: World) -> None:
    manifest = propose(world, texts(world))
    agree(world, manifest, "focal_xaa")
    both = at_once(lambda: agree(world, manifest, "focal_xbb"), lambda: agree(world, manifest, "focal_xcc"))
    assert sorted(both, key=str) == [False, True]
    assert stage(world) == "agreed"


def test_two_proposals_at_once_leave_one_open(world: World) -> None:
    proposed = texts(world)
    both = at_once(lambda: propose(world, proposed, "focal_xbb"), lambda: propose(world, proposed, "focal_xcc"))
    assert Conflict in both
    assert sum(isinstance(one, UUID) for one in both) == 1


def test_a_new_proposal_ends_the_one_before_and_its_agreements(world: World) -> None:
    proposed = texts(world)
    first = propose(world, proposed)
    agree(world, first, "focal_xaa")
    agree(world, first, "focal_xbb")
    with pytest.raises(Conflict):
        propose(world, proposed)  # as if the first one hadn't been seen
    second = propose(world, replace(proposed, seen=1), "focal_xcc")
    assert (row(world, first).ended_why, row(world, first).ended_by) == (
        Ending.REPLACED,
        world.members["focal_xcc"].person,
    )
    with refused("manifest-running"):
        agree(world, first, "focal_xcc")  # their page was open meanwhile
    assert agree(world, second, "focal_xcc") is False
    assert stage(world) == "report"
    assert [agree(world, second, who) for who in ("focal_xaa", "focal_xbb")] == [False, True]


def test_a_disagreement_has_a_reason_and_ends_the_manifest(world: World) -> None:
    proposed = texts(world)
    manifest = propose(world, proposed)
    agree(world, manifest, "focal_xbb")
    for empty in ("", "  \n", "x" * 5001):
        with pytest.raises(RefusedError):
            disagree(world, manifest, "focal_xaa", empty)
    disagree(world, manifest, "focal_xaa", "Page 3 names a case wrongly.")
    assert row(world, manifest).ended_why == Ending.DISAGREED
    with pytest.raises(Forbidden):
        agree(world, manifest, "focal_xcc")
    said_no = answers(world)[-1]
    assert b"Page 3" not in (said_no.reason or b"")
    with world.request():
        with world.portal.work(world.caller("expert_xbb")) as work:
            record = work.file(world.files["xaa"].review)
            _, permit = work.require(Action.VIEW_REPORT, Review, record.review if record else None)
        assert open_reason(world.portal, permit, said_no) == "Page 3 names a case wrongly."
    assert [agree(world, propose(world, replace(proposed, seen=1)), who) for who in PARTIES[:1]] == [False]


def test_what_happens_to_the_texts_or_the_review_ends_the_manifest(world: World) -> None:
    proposed = texts(world)
    ended: list[str | None] = []

    def runs() -> UUID:
        return propose(world, replace(proposed, seen=len(ended)))

    def end(manifest: UUID) -> None:
        ended.append(row(world, manifest).ended_why)

    first = runs()
    circulated(world, DocumentKind.DRAFT_REPORT, "Another draft")  # a draft of later talks takes the place of nothing
    assert row(world, first).ended_at is None
    proposed = replace(proposed, summary=circulated(world, DocumentKind.SUMMARY, "A better summary"))
    end(first)
    second = runs()
    assert press(browser(world, "officer"), f"/documents/{proposed.summary}/withdraw", reason="No").status_code == 303
    end(second)
    proposed = replace(proposed, summary=circulated(world, DocumentKind.SUMMARY, "The best summary"))
    third = runs()
    with world.request():
        file = world.files["xaa"].review
        reviews.advance_review(world.portal, world.caller("officer"), file, ReviewStage.REPORT, ReviewStage.DIALOGUE)
    end(third)
    with world.request():
        reviews.advance_review(world.portal, world.caller("officer"), file, ReviewStage.DIALOGUE, ReviewStage.REPORT)
    fourth = runs()
    with world.request():
        register.close_review(world.portal, world.caller("registrar"), ReviewId(file))
    end(fourth)
    assert ended == [Ending.NEW_TEXT, Ending.WITHDRAWN, Ending.STAGE, Ending.STAGE]
    for manifest in (first, second, third, fourth):
        with pytest.raises((Forbidden, NotFound)):
            agree(world, manifest, "focal_xaa")


def test_what_all_agreed_on_is_neither_withdrawn_nor_overtaken(world: World) -> None:
    kept = agreed(world)
    for document in kept.documents:
        with world.request(), refused("final"):
            documents.withdraw_document(world.portal, world.caller("officer"), document, "No")
    circulated(world, DocumentKind.REPORT, "Another report")
    with pytest.raises(Forbidden):
        propose(world, Proposed(kept.report_id, kept.summary_id, 1))
    with world.request(), pytest.raises(Conflict):
        reviews.advance_review(
            *(world.portal, world.caller("officer"), kept.review_id), ReviewStage.AGREED, ReviewStage.REPORT
        )
    with world.request():
        register.close_review(world.portal, world.caller("registrar"), ReviewId(kept.review_id))
    after = row(world, kept.id)
    assert (after.final_at, after.ended_at) == (kept.final_at, None)


def test_the_database_itself_keeps_what_was_agreed_on(world: World) -> None:
    kept = agreed(world)
    ids = {"document": kept.report_id.hex, "manifest": kept.id.hex}
    for statement in (
        "UPDATE document SET withdrawn_at = created_at WHERE id = :document",
        "UPDATE document SET kind = 'other' WHERE id = :document",
        "UPDATE manifest SET ended_at = final_at WHERE id = :manifest",
        "UPDATE manifest SET summary_version_id = report_version_id WHERE id = :manifest",
        "DELETE FROM agreement WHERE manifest_id = :manifest",
    ):
        named = {name: value for name, value in ids.items() if f":{name}" in statement}
        with pytest.raises(IntegrityError), world.portal.database.begin() as session:
            session.execute(text(statement), named)


def test_the_database_takes_one_open_manifest_and_one_answer_of_a_state(world: World) -> None:
    manifest = propose(world, texts(world))
    with world.portal.database.read() as session:
        found = session.get_one(Manifest, manifest)
        copy = found.model_dump(exclude={"id", "number", "mac"})
    with pytest.raises(Exception, match="somebody else wrote this first"), world.portal.database.begin() as session:
        ReportRecords(session, None).add(Manifest(**copy, id=uuid4(), number=2))  # type: ignore[arg-type]
