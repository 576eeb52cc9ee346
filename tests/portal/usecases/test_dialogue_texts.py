"""What stands beside a question's way: attachments, corrections, translation."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal.access.principals import Who
from portal.domain.clarifications import ClarificationStage, EntryStage, Part
from portal.domain.ids import ReviewId
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, Invalid, NotFound
from portal.usecases import handling, moves, recipients, register, renderings, submissions
from portal.usecases.checks import check_records
from portal.usecases.questions import Saved
from portal.usecases.threads import Thread, view_thread
from portal.work import Work
from storage.notices import Notice
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document
from tests import dialogue
from tests.cast import World, add_member
from tests.contents import documents, objects, said, send
from tests.filing import circulated, newest, put, submitted
from tests.web_client import browser


def thread(world: World, who: str, clarification: UUID) -> Thread:
    with world.request():
        return view_thread(world.portal, world.caller(who), clarification)


def draft_with(world: World, *titles: str) -> tuple[UUID, Saved]:
    """Draft an answer with documents that go with it; gives the question, and the draft."""
    one = dialogue.question(world)
    draft = dialogue.draft_answer(world, one)
    laws = [newest(world, put(world, "focal_xaa", "national XAA", title)) for title in titles]
    dialogue.attach(world, draft.entry, *laws)
    return one, seen(world, draft)


def seen(world: World, draft: Saved) -> Saved:
    """Give a draft as whoever opens it now sees it."""
    return replace(draft, edition=dialogue.entry(world, draft.entry).edition)


def set_passing(world: World) -> None:
    """Let the registrar set the first review so that what is submitted passes at once."""
    with world.request():
        review = ReviewId(world.files["xaa"].review)
        before, after = (register.ReviewSettings(("en",), passes_at_once=passes) for passes in (False, True))
        register.set_review(world.portal, world.caller("registrar"), review, before, after)


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen once a document is sealed for the shared room, and before any record names it."""
    carry = moves.carry

    def carried(*given: Any) -> Any:
        monkeypatch.setattr(moves, "carry", carry)
        arrived = carry(*given)
        act()
        return arrived

    monkeypatch.setattr(moves, "carry", carried)


# --- documents that go with an answer


def test_documents_go_with_an_answer_as_far_as_it_goes(world: World) -> None:
    """ToR 23: answers come with what proves them."""
    one = dialogue.question(world)
    draft = dialogue.draft_answer(world, one)
    law = put(world, "focal_xaa", "national XAA", "Law")
    dialogue.attach(world, draft.entry, newest(world, law))
    sent = dialogue.submit(world, seen(world, draft), "focal_xaa")
    with_it = thread(world, "officer", one).entries[-1].attached
    assert [found.title for found in with_it] == ["Law"]
    assert with_it[0].document != law
    assert len(thread(world, "expert_xbb", one).entries) == 1
    dialogue.pass_on(world, sent)
    assert thread(world, "expert_xbb", one).entries[-1].attached == with_it
    with world.portal.database.read() as session:
        document = session.get(Document, with_it[0].document)
        assert document is not None
        assert document.stage == "circulated"
    assert check_records(world.portal).ok


def test_nothing_goes_ahead_of_an_answer_that_comes_too_late(world: World) -> None:
    one = dialogue.question(world)
    draft = dialogue.draft_answer(world, one)
    dialogue.attach(world, draft.entry, newest(world, put(world, "focal_xaa", "national XAA", "Law")))
    with world.request():
        handling.close(world.portal, world.caller("expert_xbb"), one)
    with pytest.raises(Conflict):
        dialogue.submit(world, draft, "focal_xaa")
    assert world.files["xaa"].rooms["shared"] not in {row.room_id for row in documents(world)}


def test_documents_go_with_their_answer_or_not_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its question is closed when they are sealed for the other room already, or the process ends."""
    one, draft = draft_with(world, "Law", "Ruling")
    kept, sealed = objects(world), []

    def close_meanwhile(*given: Any) -> Any:
        sealed.append(carry(*given))
        if len(sealed) == 2:
            handling.close(world.portal, world.caller("expert_xbb"), one)
        return sealed[-1]

    carry = moves.carry
    for ends, where, act, error in (
        ("killed", submissions, "_submit", KeyboardInterrupt),
        ("closed", moves, "carry", Conflict),
    ):
        with monkeypatch.context() as then:
            then.setattr(where, act, close_meanwhile if ends == "closed" else _killed)
            with pytest.raises(error):
                dialogue.submit(world, draft, "focal_xaa")
        assert world.files["xaa"].rooms["shared"] not in {row.room_id for row in documents(world)}, ends
        assert objects(world) == kept, ends
        assert check_records(world.portal).ok, ends
    assert len(sealed) == 2


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_an_answer_goes_with_the_documents_that_its_sender_saw_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Its focal point clears what a State submits: what an expert attached since is not sent under their word."""
    _, draft = draft_with(world, "Law")
    secret = newest(world, put(world, "focal_xaa", "national XAA", "Secret"))
    if when == "before":
        dialogue.attach(world, draft.entry, secret)
    else:
        meanwhile(monkeypatch, lambda: dialogue.attach(world, draft.entry))
    with pytest.raises(Conflict, match="Read it again, then send it"):
        dialogue.submit(world, draft, "focal_xaa")
    assert world.files["xaa"].rooms["shared"] not in {row.room_id for row in documents(world)}


def test_each_document_that_goes_with_an_answer_stands_in_the_log_by_its_own_act(world: World) -> None:
    _, draft = draft_with(world, "Law", "Ruling")
    dialogue.submit(world, draft, "focal_xaa")
    shared = world.files["xaa"].rooms["shared"]
    there = {f"document/{row.id}": str(row.id) for row in documents(world) if row.room_id == shared}
    wrote = [(name, act["on"].get("document")) for act in said(world, shared) for name in act.get("rows", {})]
    assert len(there) == 2
    assert {name: document for name, document in wrote if name in there} == there
    drafts = [act["action"] for act in said(world, world.files["xaa"].rooms["national XAA"]) if "rows" in act]
    assert drafts[-1] == "submitEntry"


def test_people_are_asked_about_once_for_all_documents_that_go_with_an_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All others wait for this transaction, however many there are."""
    _, draft = draft_with(world, "One", "Two", "Three")
    asked, at_work = [], recipients._at_work

    def counted(work: Work, review: ReviewRecord) -> list[Who]:
        asked.append(review.review.id)
        return at_work(work, review)

    monkeypatch.setattr(recipients, "_at_work", counted)
    dialogue.submit(world, draft, "focal_xaa")
    assert len(asked) == 2, "for the documents, and for the answer"
    with world.portal.database.read() as session:
        told = session.scalars(select(Notice).where(col(Notice.person_id) == world.members["officer"].person)).all()
    shared = {row.id for row in documents(world) if row.room_id == world.files["xaa"].rooms["shared"]}
    assert {row.about for row in told if row.kind == NoticeKind.DOCUMENT_SUBMITTED} == shared
    assert len(shared) == 3


def test_who_sends_an_answer_a_second_time_is_told_that_it_was_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, draft = draft_with(world, "Law")
    caller = world.caller("focal_xaa")
    meanwhile(monkeypatch, lambda: submissions.submit_entry(world.portal, caller, draft.entry, draft.edition))
    with pytest.raises(Conflict, match="sent or discarded meanwhile"):
        dialogue.submit(world, draft, "focal_xaa")
    assert [len(entry.attached) for entry in thread(world, "officer", one).entries] == [0, 1]


def _killed(*_given: object) -> None:
    raise KeyboardInterrupt


def test_a_file_that_goes_twice_becomes_one_document(world: World) -> None:
    one = dialogue.question(world)
    draft = dialogue.draft_answer(world, one)
    room = f"/rooms/{world.files['xaa'].rooms['national XAA']}/documents"
    for name in ("law.pdf", "again.pdf"):
        send(browser(world, "focal_xaa"), room, (name, b"%PDF-1.7 the same", "application/pdf"), title=name)
    same = [row for row in documents(world) if row.room_id == world.files["xaa"].rooms["national XAA"]]
    dialogue.attach(world, draft.entry, *(newest(world, row.id) for row in same))
    kept = len(objects(world))
    dialogue.submit(world, seen(world, draft), "focal_xaa")
    assert len(same) == 2
    (shared,) = (row for row in documents(world) if row.room_id == world.files["xaa"].rooms["shared"])
    assert len(objects(world)) == kept + 1
    assert {found.document for found in thread(world, "officer", one).entries[-1].attached} == {shared.id}


def test_only_documents_of_the_same_room_and_state_go_with_a_draft(world: World) -> None:
    draft = dialogue.draft_answer(world, dialogue.question(world))
    gone = put(world, "focal_xaa", "national XAA", "Gone")
    wrong = [
        newest(world, circulated(world)),
        newest(world, submitted(world, "Submitted")),
        newest(world, put(world, "focal_xbb", "national XBB", "Theirs")),
        newest(world, put(world, "officer", "secretariat", "Note")),
        newest(world, put(world, "focal_xdd", "national XDD", "Foreign", file="xdd")),
        uuid4(),
    ]
    for version in wrong:
        with pytest.raises(Invalid, match="same room"):
            dialogue.attach(world, draft.entry, version)
    question = dialogue.draft_question(world)
    with pytest.raises(Invalid, match="Documents go with answers"):
        dialogue.attach(world, question.entry, newest(world, gone), who="expert_xbb")
    with pytest.raises(NotFound):
        dialogue.attach(world, draft.entry, newest(world, gone), who="expert_xbb")


def test_a_question_names_only_a_document_that_all_parties_see(world: World) -> None:
    saved = dialogue.draft_question(world, said=dialogue.asked(about=newest(world, circulated(world))))
    dialogue.pass_on(world, dialogue.submit(world, saved))
    about = thread(world, "focal_xaa", saved.clarification).about
    assert about
    assert about.title == "Response"
    for version in (
        newest(world, submitted(world, "Submitted")),
        newest(world, put(world, "focal_xbb", "reviewers", "Finding")),
        newest(world, put(world, "focal_xdd", "national XDD", "Foreign", file="xdd")),
        uuid4(),
    ):
        with pytest.raises(Invalid, match="Choose a document"):
            dialogue.draft_question(world, said=dialogue.asked(about=version))


# --- corrections


def test_a_correction_shows_what_it_corrects_and_changes_nothing_of_it(world: World) -> None:
    """GL 24 (d): what was sent is never edited."""
    one = dialogue.question(world)
    first = dialogue.answer(world, one)
    before = dialogue.entry(world, first)
    sent = dialogue.submit(world, dialogue.correct(world, one, first, "expert_xaa"), "focal_xaa")
    assert [entry.corrected for entry in thread(world, "expert_xbb", one).entries] == [False, False]
    dialogue.pass_on(world, sent)
    seen = thread(world, "expert_xbb", one)
    assert [(entry.id, entry.corrects, entry.corrected) for entry in seen.entries[1:]] == [
        (first, None, True),
        (sent, first, False),
    ]
    assert seen.stage is ClarificationStage.ANSWERED
    after = dialogue.entry(world, first)
    assert (after.text, after.mac) == (before.text, before.mac)


def test_only_what_ones_own_state_sent_here_is_corrected(world: World) -> None:
    one, other = dialogue.question(world), dialogue.question(world, "expert_xcc")
    mine = thread(world, "focal_xbb", one).entries[0].id
    answer = dialogue.answer(world, one)
    theirs = thread(world, "focal_xbb", other).entries[0].id
    draft = dialogue.draft_answer(world, one, "expert_xbb", "More?", Part.QUESTION)
    cases = [
        ("expert_xbb", one, theirs, Part.QUESTION),  # of another clarification
        ("expert_xcc", one, mine, Part.QUESTION),  # of another State
        ("expert_xbb", one, answer, Part.QUESTION),  # of the other side
        ("expert_xaa", one, mine, Part.ANSWER),
        ("expert_xbb", one, draft.entry, Part.QUESTION),  # not sent
        ("expert_xbb", one, uuid4(), Part.QUESTION),
    ]
    for who, clarification, entry, part in cases:
        with pytest.raises(Invalid, match="your own State sent"):
            dialogue.correct(world, clarification, entry, who, part)


def test_a_correction_is_not_passed_on_before_what_it_puts_right(world: World) -> None:
    """GL 21: it would tell of a question that isn't there yet."""
    saved = dialogue.draft_question(world)
    first = dialogue.submit(world, saved)
    second = dialogue.submit(world, dialogue.correct(world, saved.clarification, first, "expert_xbb", Part.QUESTION))
    with pytest.raises(Conflict, match="Pass on first"):
        dialogue.pass_on(world, second)
    set_passing(world)
    third = dialogue.submit(world, dialogue.correct(world, saved.clarification, first, "expert_xbb", Part.QUESTION))
    assert dialogue.entry(world, third).stage == EntryStage.SUBMITTED
    for sent in (first, second, third):
        dialogue.pass_on(world, sent)
    assert len(thread(world, "focal_xaa", saved.clarification).entries) == 3


# --- passing at once


def test_where_it_is_set_so_what_is_submitted_passes_at_once(world: World) -> None:
    """GL 15, 21 (d)."""
    set_passing(world)
    saved = dialogue.draft_question(world)
    dialogue.submit(world, saved)
    asked = thread(world, "focal_xaa", saved.clarification)
    assert (asked.stage, asked.number) == (ClarificationStage.ASKED, 1)
    dialogue.submit(world, dialogue.draft_answer(world, saved.clarification), "focal_xaa")
    assert thread(world, "expert_xbb", saved.clarification).stage is ClarificationStage.ANSWERED


# --- translation


def deliver(world: World, task: UUID, text: str = "Une traduction.", who: str = "translator") -> None:
    with world.request():
        renderings.deliver_text(world.portal, world.caller(who), task, text)


def read(world: World, task: UUID, who: str = "translator") -> str:
    with world.request():
        return renderings.view_text(world.portal, world.caller(who), task).text


@pytest.fixture
def translating(world: World) -> World:
    add_member(world, "pledged", Role.TRANSLATOR, undertaken=("xaa",))
    add_member(world, "pledged_other", Role.TRANSLATOR, undertaken=("xaa",))
    return world


def test_a_translator_sees_just_that_text_until_it_is_delivered(translating: World) -> None:
    """(d) Exactly what was sent to them, until delivered."""
    world = translating
    sent = dialogue.submit(world, dialogue.draft_question(world))
    other = dialogue.submit(world, dialogue.draft_question(world))
    task = dialogue.send_text(world, sent, "fr", to="pledged")
    unsent = dialogue.send_text(world, other, "fr", to="pledged_other")
    assert read(world, task, "pledged") == dialogue.TEXT
    for who, one in (("pledged_other", task), ("pledged", unsent), ("translator", task), ("pledged", uuid4())):
        for act in (lambda w=who, o=one: read(world, o, w), lambda w=who, o=one: deliver(world, o, who=w)):
            with pytest.raises(NotFound):
                act()
    with pytest.raises(NotFound):
        thread(world, "pledged", dialogue.entry(world, sent).clarification_id)
    deliver(world, task, who="pledged")
    for act in (lambda: read(world, task, "pledged"), lambda: deliver(world, task, who="pledged")):
        with pytest.raises(NotFound):
            act()


def test_a_translator_without_the_undertaking_reads_nothing(world: World) -> None:
    """ToR 30, GL 5."""
    task = dialogue.send_text(world, dialogue.submit(world, dialogue.draft_question(world)))
    for act in (lambda: read(world, task), lambda: deliver(world, task)):
        with pytest.raises((Forbidden, NotFound)):
            act()


def test_a_text_that_is_taken_back_is_gone_in_the_same_minute(translating: World) -> None:
    world = translating
    task = dialogue.send_text(world, dialogue.submit(world, dialogue.draft_question(world)), to="pledged")
    with world.request():
        renderings.recall_text(world.portal, world.caller("officer"), task)
    with pytest.raises(NotFound):
        read(world, task, "pledged")
    with world.request(), pytest.raises(Conflict):
        renderings.recall_text(world.portal, world.caller("officer"), task)


def test_language_versions_are_passed_on_with_their_text_and_never_before(translating: World) -> None:
    """GL 21, 23."""
    world = translating
    saved = dialogue.draft_question(world)
    sent = dialogue.submit(world, saved)
    deliver(world, dialogue.send_text(world, sent, "fr", to="pledged"), who="pledged")
    version = thread(world, "officer", saved.clarification).entries[0].versions[0]
    with pytest.raises(Conflict, match="Pass on first"):
        dialogue.pass_on(world, version.id)
    dialogue.pass_on(world, sent)
    shown = thread(world, "focal_xaa", saved.clarification).entries
    assert [(one.language, one.text) for one in shown[0].versions] == [("fr", "Une traduction.")]
    later = dialogue.send_text(world, sent, "ru", to="pledged")
    deliver(world, later, "Ещё одна.", who="pledged")
    assert len(thread(world, "focal_xaa", saved.clarification).entries[0].versions) == 1
    new = next(one for one in thread(world, "officer", saved.clarification).entries[0].versions if one.language == "ru")
    dialogue.pass_on(world, new.id)
    assert len(thread(world, "focal_xaa", saved.clarification).entries[0].versions) == 2
    assert thread(world, "focal_xaa", saved.clarification).stage is ClarificationStage.ASKED


def test_a_text_is_sent_once_for_one_language_and_to_translators_alone(translating: World) -> None:
    world = translating
    sent = dialogue.submit(world, dialogue.draft_question(world))
    dialogue.send_text(world, sent, "fr", to="pledged")
    with pytest.raises(Conflict):
        dialogue.send_text(world, sent, "fr", to="pledged")
    with pytest.raises(Invalid):
        dialogue.send_text(world, sent, "en", to="pledged")
    with pytest.raises(Invalid):
        dialogue.send_text(world, sent, "fr", to="expert_xaa")
    with pytest.raises(Forbidden):
        dialogue.send_text(world, sent, "ru", to="pledged", who="focal_xbb")
