"""What rests on an appointment ends with it, in the same transaction: nothing of it outlives the appointment.

| What | How it ends |
| --- | --- |
| assignments to reviews | `assignments.end_those_under`, with the same legal basis |
| sessions under the appointment | ended: the next request is refused, a transfer under way stops |
| sign-in links that the person issued, and their own if they hold nothing any more | revoked |
| the secret address of a calendar | ended, if it was made under this appointment |
| texts that are with a translator | taken back |
| questions that were given to them to answer | taken back, where nothing else lets them answer |
| notices that wait for the mail | stay in the portal, and aren't mailed, where nothing else opens what they are about |

Whatever else comes to rest on an appointment is ended in `end_what_rests_on` too.
"""

from portal.domain.ids import PersonId
from portal.domain.legal import LegalBasis
from portal.domain.roles import Role
from portal.usecases.bases import seal_basis
from portal.usecases.handling import answering
from portal.usecases.invitations import revoke_of_leaver
from portal.usecases.recipients import acting, openable, records_of
from portal.work import Work
from storage.dialogue import Clarification, Entry, EntryTask, Routing
from storage.permits import Permit
from storage.repositories.handovers import HandoverRecords
from storage.tables import Appointment, TranslationTask, Version


def end_now(work: Work, permit: Permit, row: Appointment, basis: LegalBasis | None) -> dict[str, int]:
    """End an appointment whose assignments were ended, with all else that rests on it; tells how much that was."""
    row.ended_at, row.ended_by = work.now, work.who.person_id
    if basis is not None:
        row.end_basis = seal_basis(work, permit, "appointment", row.id, basis, "end_basis")
    work.session.flush()
    return end_what_rests_on(work, permit, row)


def end_what_rests_on(work: Work, permit: Permit, row: Appointment) -> dict[str, int]:
    """End what rests on an appointment that was ended just now, but for its assignments: each is an act of its own."""
    sessions = [s for s in work.identity.live_sessions(row.person_id, work.now) if s.appointment_id == row.id]
    for session in sessions:
        session.ended_at = work.now
    feed = work.identity.feed_of(row.person_id)
    feeds = [feed] if feed is not None and feed.appointment_id == row.id else []
    for one in feeds:
        one.ended_at = work.now
    work.session.flush()
    return {
        "sessions_ended": len(sessions),
        "links_revoked": revoke_of_leaver(work, PersonId(row.person_id)),
        "calendars_ended": len(feeds),
        "texts_recalled": _recall(work, permit, row),
        "questions_taken_back": _take_back(work, permit, row),
        "mails_held_back": _hold_mail(work, row),
    }


def open_tasks(
    work: Work, row: Appointment
) -> tuple[list[tuple[TranslationTask, Version]], list[tuple[EntryTask, Entry]]]:
    """List what is with a translator under an appointment: versions of documents, and texts of clarifications."""
    if row.role != Role.TRANSLATOR:
        return [], []
    versions = [(found[0], found[2]) for found in work.documents.sent_to(row.person_id)]
    texts = [(task, work.clarifications.entry(task.entry_id)) for task in work.clarifications.tasks_of(row.person_id)]
    return versions, [(task, entry) for task, entry in texts if entry is not None]


def recall(work: Work, permit: Permit, task: TranslationTask | EntryTask, on: Version | Entry, **said: str) -> None:
    """Take a text back from its translator, with a line in the log of the room that it lies in."""
    task.recalled_at = work.now
    arrives(work, permit, on, recalled=str(task.id), **said)


def arrives(work: Work, permit: Permit, on: Version | Entry, **said: str) -> None:
    """Write what became of a text into the log of its room."""
    named = {"review": str(on.review_id)}
    if isinstance(on, Version):
        about = on.document_id
        named |= {"document": str(on.document_id), "version": str(on.id)}
    else:
        about = on.clarification_id
        named |= {"clarification": str(on.clarification_id), "entry": str(on.id)}
    work.arrives(permit, on.room_id, about, named, **said)


def take_back(work: Work, permit: Permit, routing: Routing, question: Clarification, **said: str) -> None:
    """Take a question back from somebody who was given it, with a line in the national room's log."""
    routing.ended_at = work.now
    record = work.file(question.review_id)
    room = record.room("national", record.review.state_code) if record else None
    if room is not None:
        on = {"review": str(question.review_id), "clarification": str(question.id)}
        work.arrives(permit, room.id, question.id, on, taken_from=str(routing.person_id), **said)


def _recall(work: Work, permit: Permit, row: Appointment) -> int:
    versions, texts = open_tasks(work, row)
    for task, version in versions:
        recall(work, permit, task, version)
    for text, entry in texts:
        recall(work, permit, text, entry)
    return len(versions) + len(texts)


def _take_back(work: Work, permit: Permit, row: Appointment) -> int:
    lost = [
        (routing, question)
        for routing, question in HandoverRecords(work.session).given(row.person_id)
        if work.file(question.review_id) is not None
        and row.person_id not in {person.id for person in answering(work, question.review_id)}
    ]
    for routing, question in lost:
        take_back(work, permit, routing, question)
    return len(lost)


def _hold_mail(work: Work, row: Appointment) -> int:
    person, waiting = work.people.find(row.person_id), records_of(work).waiting_for(row.person_id)
    still = {notice.id for notice in openable(work, acting(work, person), waiting)} if person else set()
    held = [notice for notice in waiting if notice.id not in still]
    for notice in held:
        notice.due_at = None
    return len(held)
