"""The dialogue, carried by the cast: what a test needs to have happened before its own step."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from portal.domain.clarifications import ClarificationKind, Part, RemarkKind
from portal.usecases import questions, remarks, renderings, submissions
from portal.usecases.questions import Asked, Saved
from portal.usecases.subjects import Subject
from storage.database import Session
from storage.dialogue import Clarification, Entry, EntryTask
from tests.cast import World

TEXT = "How is participation in an organized criminal group punished?"


def asked(heading: str = "Participation", text: str = TEXT, about: UUID | None = None) -> Asked:
    return Asked(ClarificationKind.CLARIFICATION, Subject("UNTOC 5", heading), "en", text, about)


def draft_question(world: World, who: str = "expert_xbb", said: Asked | None = None, file: str = "xaa") -> Saved:
    with world.request():
        return questions.ask(world.portal, world.caller(who), world.files[file].review, said or asked())


def submit(world: World, saved: Saved, who: str = "expert_xbb") -> UUID:
    """Submit a draft; gives the entry in the shared room."""
    world.clock.forward(timedelta(seconds=1))
    with world.request():
        submissions.submit_entry(world.portal, world.caller(who), saved.entry, saved.edition)
    sent = entry(world, saved.entry).sent_as
    assert sent is not None
    return sent


def pass_on(world: World, entry_id: UUID, who: str = "officer") -> None:
    world.clock.forward(timedelta(seconds=1))  # no two steps of a clarification bear the same time
    with world.request():
        submissions.pass_on(world.portal, world.caller(who), entry_id, None)


def question(world: World, who: str = "expert_xbb", said: Asked | None = None, file: str = "xaa") -> UUID:
    """Have a question drafted, submitted and passed on; gives the clarification."""
    saved = draft_question(world, who, said, file)
    pass_on(world, submit(world, saved, who))
    return saved.clarification


def draft_answer(
    world: World,
    clarification: UUID,
    who: str = "expert_xaa",
    text: str = "By up to ten years.",
    part: Part = Part.ANSWER,
) -> Saved:
    with world.request():
        return questions.begin_draft(world.portal, world.caller(who), clarification, part, "en", text)


def attach(world: World, entry_id: UUID, *versions: UUID, who: str = "expert_xaa") -> Saved:
    """Let exactly these versions of documents go with the draft of an answer."""
    with world.request():
        seen = entry(world, entry_id).edition
        return questions.save_draft(
            world.portal, world.caller(who), entry_id, seen, "en", "By up to ten years.", going=frozenset(versions)
        )


def correct(world: World, clarification: UUID, entry: UUID, who: str, part: Part = Part.ANSWER) -> Saved:
    with world.request():
        return questions.begin_draft(
            world.portal, world.caller(who), clarification, part, "en", "Put right.", corrects=entry
        )


def answer(world: World, clarification: UUID, text: str = "By up to ten years.") -> UUID:
    """Have a question answered and the answer passed on; gives the answer's entry."""
    sent = submit(world, draft_answer(world, clarification, text=text), "focal_xaa")
    pass_on(world, sent)
    return sent


def comment(world: World, who: str, clarification_id: UUID, room: str, text: str) -> None:
    with world.request():
        rooms = world.files["xaa"].rooms
        remarks.comment(world.portal, world.caller(who), clarification_id, rooms[room], text)


def log_call(world: World, who: str, text: str) -> None:
    with world.request():
        file = world.files["xaa"]
        room = file.rooms["shared"]
        remarks.log_contact(world.portal, world.caller(who), file.review, room, RemarkKind.CALL, None, text)


def send_text(world: World, entry_id: UUID, language: str = "ar", to: str = "translator", who: str = "officer") -> UUID:
    """Send a text for translation; gives the task."""
    with world.request():
        person = world.members[to].person
        renderings.send_text(world.portal, world.caller(who), entry_id, person, language)
    with world.portal.database.read() as session:
        which = EntryTask.entry_id == entry_id, EntryTask.language == language, col(EntryTask.recalled_at).is_(None)
        return session.scalars(select(EntryTask.id).where(*which)).one()


def first_question(session: Session, clarification_id: UUID) -> UUID:
    return _sent(session, clarification_id, "question")[0]


def last_answer(session: Session, clarification_id: UUID) -> UUID:
    return _sent(session, clarification_id, "answer")[-1]


def _sent(session: Session, clarification_id: UUID, part: str) -> list[UUID]:
    sent = col(Entry.stage).in_(("submitted", "circulated"))
    question = select(Entry.id).where(Entry.clarification_id == clarification_id, Entry.part == part, sent)
    return list(session.scalars(question.order_by(col(Entry.created_at))))


def entry(world: World, entry_id: UUID) -> Entry:
    with world.portal.database.read() as session:
        found = session.get(Entry, entry_id)
        assert found is not None
        session.expunge(found)
        return found


def clarification(world: World, clarification_id: UUID) -> Clarification:
    with world.portal.database.read() as session:
        found = session.get(Clarification, clarification_id)
        assert found is not None
        session.expunge(found)
        return found
