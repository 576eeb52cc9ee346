"""What is done with a clarification as a whole: merged, given to somebody to answer, closed."""

from collections.abc import Collection
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import clarifications as path
from portal.domain.clarifications import ClarificationStage, EntryStage
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Invalid, NotFound
from portal.usecases.contents import author
from portal.usecases.questions import touch
from portal.usecases.telling import tell_given
from portal.work import Portal, Work
from storage.dialogue import Clarification, Routing
from storage.tables import Person

WHOM = N_("Choose people of your State who work on this review now, or nobody.")
INTO = N_("Choose the question that this draft goes into.")


def merge(portal: Portal, caller: Caller, clarification_id: UUID, into_id: UUID) -> UUID:
    """Merge a draft of one's State into another question, whose State then asks for both (GL 17); gives that one.

    Raises:
        NotFound: There is no such question, or the actor may not know of it.
        Forbidden: The actor sees it but it isn't of their State.
        Invalid: There is no question to merge it into.
        Conflict: One of the two has moved on.

    """
    with portal.work(caller) as work:
        found = work.clarifications.find(clarification_id)
        row, permit = work.require(Action.MERGE_CLARIFICATION, Clarification, found, asked=clarification_id)
        other = work.clarifications.find(into_id)
        if other is None or other.review_id != row.review_id:
            raise Invalid(INTO, {"into": INTO})
        if not work.allowed(Action.VIEW_CLARIFICATION, Clarification, [other]):
            raise Invalid(INTO, {"into": INTO})
        stages = ClarificationStage(row.stage), ClarificationStage(other.stage)
        path.check_merges(*stages, same=row.id == other.id)
        for entry in work.clarifications.entries([row.id]):
            if entry.stage == EntryStage.DRAFT:
                entry.stage = EntryStage.DISCARDED.value
        row.stage, row.merged_into = ClarificationStage.MERGED.value, other.id
        for one in (row, other):
            touch(one, RoomKind.REVIEWERS, work)
        work.note(permit, into=str(other.id))
        return other.id


def route(
    portal: Portal, caller: Caller, clarification_id: UUID, people: Collection[UUID], shown: Collection[UUID]
) -> None:
    """Give a clarification to some of one's own people to answer, and take it back from others (ToR 17, GL 13).

    Args:
        portal: The portal.
        caller: Who asks.
        clarification_id: The clarification.
        people: Who is to have it, of those whom the actor saw.
        shown: Who had it when the actor looked; it stays with whoever was given it meanwhile.

    Raises:
        NotFound: There is no such clarification, or the actor may not know of it.
        Forbidden: The actor sees it but doesn't speak for the State under review.
        Invalid: Somebody chosen doesn't work on this review for that State.
        Conflict: The clarification is over.

    """
    with portal.work(caller) as work:
        found = work.clarifications.find(clarification_id)
        row, permit = work.require(Action.ROUTE_CLARIFICATION, Clarification, found, asked=clarification_id)
        path.check_takes(ClarificationStage(row.stage), path.Part.ANSWER, passed=row.passed_at is not None)
        if not set(people) <= {person.id for person in answering(work, row.review_id)}:
            raise Invalid(WHOM, {"people": WHOM})
        now = {routing.person_id: routing for routing in work.clarifications.routings([row.id])}
        taken, given = (set(shown) - set(people)) & set(now), set(people) - set(shown) - set(now)
        for person in taken:
            now[person].ended_at = work.now
        tell_given(work, row, given)
        for person in given:
            work.clarifications.add(
                Routing(
                    id=uuid4(),
                    review_id=row.review_id,
                    clarification_id=row.id,
                    person_id=person,
                    routed_by=author(work),
                    routed_at=work.now,
                )
            )
        touch(row, RoomKind.NATIONAL, work)
        work.note(permit, to=sorted(str(person) for person in (set(now) - taken) | given))


def answering(work: Work, review_id: UUID) -> list[Person]:
    """List who can answer for the State under review: its focal points, and its experts who are assigned."""
    record = work.file(review_id)
    if record is None:
        raise NotFound
    state = record.review.state_code
    rows = work.reviews.people(review_id, [state], work.now)
    roles = {Role.FOCAL_POINT, Role.EXPERT}
    found = {
        person.id: person
        for appointment, person, _ in rows
        if appointment.state_code == state and Role(appointment.role) in roles
    }
    return list(found.values())


def close(portal: Portal, caller: Caller, clarification_id: UUID) -> None:
    """Close a clarification: nothing more is expected (GL 24).

    Raises:
        NotFound: There is no such clarification, or the actor may not know of it.
        Forbidden: The actor sees it but neither asked nor is the officer.
        Conflict: It was closed already, or something of it is with the secretariat.

    """
    with portal.work(caller) as work:
        found = work.clarifications.find(clarification_id)
        row, _ = work.require(Action.CLOSE_CLARIFICATION, Clarification, found, asked=clarification_id)
        path.check_closes(ClarificationStage(row.stage), follows=_follows(work, row))
        row.stage, row.closed_at, row.closed_by = ClarificationStage.CLOSED.value, work.now, author(work)
        row.due_on = None
        touch(row, RoomKind.SHARED, work)


def _follows(work: Work, row: Clarification) -> bool:
    """Tell whether a question is with the secretariat; of what the other side sent the asking State isn't to know."""
    waiting = [one for one in work.clarifications.entries([row.id]) if one.stage == EntryStage.SUBMITTED]
    return any(one.part == path.Part.QUESTION and one.translates_id is None for one in waiting)
