"""The register of reviews: opening one with its parties, rooms and streams, its settings, its end. No contents.

What needs no draw of lots is enforced (portal/domain/parties.py): refusals stop, warnings are confirmed.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, CycleFacts, PortalFacts
from portal.domain.ids import CycleId, ReviewId
from portal.domain.notices import NoticeKind
from portal.domain.parties import Parties
from portal.domain.reports import Ending
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.texts import N_
from portal.errors import Conflict
from portal.usecases.manifests import end_manifest
from portal.usecases.notices import tell_of_review
from portal.usecases.parties import add_party, add_room, judge
from portal.usecases.people import name_of
from portal.work import Portal, Work
from storage.errors import Exists
from storage.repositories.register import RegisterRecords
from storage.tables import Person, Review, ReviewParty

PAGE: Final = 50
TAKEN = N_(
    "Somebody opened a review of this State in this cycle a moment ago. Nothing of yours was lost; look at theirs."
)
CLOSED = N_("Somebody closed this review before you. Nothing was changed.")
SET = N_("Somebody changed the settings of this review before you. Nothing was changed; look at them again.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A review that is to be opened."""

    cycle: CycleId
    parties: Parties
    languages: tuple[str, ...]
    passes_at_once: bool = False


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A review in the register."""

    id: UUID
    under_review: str
    reviewing: tuple[str, ...]
    stage: ReviewStage
    officers: tuple[str, ...]
    opened: datetime


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The register of one cycle; without cycles there is nothing to show yet."""

    cycle: UUID | None
    cycles: tuple[tuple[UUID, str], ...]
    reviews: tuple[ReviewLine, ...]
    any_states: bool
    number: int  # of this part of them
    pages: int


@dataclass(frozen=True, slots=True)
class OpeningForm:
    """What can be chosen when a review is opened."""

    cycles: tuple[tuple[UUID, str], ...]
    states: tuple[tuple[str, str], ...]


def list_register(portal: Portal, caller: Caller, cycle_id: CycleId | None = None, page: int = 1) -> RegisterPage:
    """Show the register of a cycle, in parts: of the newest one if none is named.

    Raises:
        NotFound: The register isn't the caller's to see.
    """
    with portal.work(caller) as work:
        permit = work.require_on(Action.LIST_REGISTER, PortalFacts())
        cycles = [(row.id, row.name) for row in work.reviews.cycles()]
        shown = next((id_ for id_, _ in cycles if id_ == cycle_id), cycles[0][0] if cycles else None)
        records = RegisterRecords(work.session, work.who.reach)
        pages = max(1, -(-records.count_of_cycle(shown) // PAGE)) if shown else 1
        number = min(max(page, 1), pages)
        rows = records.of_cycle(shown, (number - 1) * PAGE, PAGE) if shown else []
        reviews = {review.id: review for review, _ in rows}
        parties: defaultdict[UUID, list[ReviewParty]] = defaultdict(list)
        for review, party in rows:
            parties[review.id].append(party)
        officers: defaultdict[UUID, list[Person]] = defaultdict(list)
        for review_id, person in records.officers(list(reviews), work.now) if reviews else ():
            officers[review_id].append(person)
        any_states = work.states.some()
    return RegisterPage(
        shown,
        tuple(cycles),
        tuple(
            ReviewLine(
                review.id,
                review.state_code,
                tuple(party.state_code for party in parties[review.id] if party.part == "reviewing"),
                ReviewStage(review.stage),
                tuple(name_of(portal, permit, person) for person in officers[review.id]),
                review.opened_at,
            )
            for review in reviews.values()
        ),
        any_states,
        number,
        pages,
    )


def opening_form(portal: Portal, caller: Caller) -> OpeningForm:
    """Give what can be chosen when a review is opened.

    Raises:
        NotFound: Opening reviews isn't the caller's.
    """
    with portal.work(caller) as work:
        work.require_on(Action.LIST_REGISTER, PortalFacts())
        cycles = [(row.id, row.name) for row in work.reviews.cycles()]
        names = work.states.names(work.who.person.language if work.who.person else "en")
    return OpeningForm(tuple(cycles), tuple(sorted(names.items(), key=lambda pair: pair[1].casefold())))


def open_review(portal: Portal, caller: Caller, proposal: Proposal, confirmed: Collection[str] = ()) -> ReviewId:
    """Open a review: the file, its parties, its rooms and their logs, all at once.

    Args:
        portal: The portal.
        caller: Who opens it.
        proposal: The review.
        confirmed: The codes of the warnings that the caller has looked at.

    Raises:
        NotFound: There is no such cycle, or opening reviews isn't the caller's.
        RefusedError: The rules don't take these parties.
        UnconfirmedError: There is a warning that the caller hasn't looked at.
        Conflict: Somebody opened it a moment ago.
    """
    try:
        with portal.work(caller) as work:
            cycle = work.reviews.cycle(proposal.cycle)
            facts = CycleFacts(proposal.cycle) if cycle else Absent(CycleFacts)
            permit = work.require_on(Action.OPEN_REVIEW, facts, asked=proposal.cycle)
            verdict = judge(work, proposal.cycle, proposal.parties)
            verdict.check(confirmed)
            review = _write(work, proposal)
            work.note(permit, review=str(review), warned=[warning.code for warning in verdict.warnings])
            return review
    except Exists:
        raise Conflict(TAKEN) from None


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How a review is worked on: in which languages, and whether what is submitted passes at once."""

    languages: tuple[str, ...]
    passes_at_once: bool


def set_review(portal: Portal, caller: Caller, review_id: ReviewId, seen: ReviewSettings, to: ReviewSettings) -> None:
    """Set a review's working languages, and whether what is submitted passes at once.

    Args:
        portal: The portal.
        caller: Who asks.
        review_id: The review.
        seen: What was set when the actor looked.
        to: What is to be set.

    Raises:
        NotFound: There is no such review, or it isn't the caller's to see.
        Forbidden: It is closed.
        Conflict: Somebody set something else meanwhile.
    """
    with portal.work(caller) as work:
        record = work.file(review_id)
        review, permit = work.require(Action.SET_REVIEW, Review, record.review if record else None, asked=review_id)
        if ReviewSettings(tuple(review.languages.split()), review.passes_at_once) not in {seen, to}:
            raise Conflict(SET)
        review.languages, review.passes_at_once = " ".join(to.languages), to.passes_at_once
        work.note(permit, languages=list(to.languages), passes_at_once=to.passes_at_once)


def close_review(portal: Portal, caller: Caller, review_id: ReviewId) -> None:
    """Close a review: the reviewing States' access ends, translators lose what is with them, the file stays as it is.

    Raises:
        NotFound: There is no such review, or it isn't the caller's to see.
        Conflict: It is closed already.
    """
    with portal.work(caller) as work:
        record = work.file(review_id)
        review, permit = work.require(Action.CLOSE_REVIEW, Review, record.review if record else None, asked=review_id)
        if review.stage == ReviewStage.CLOSED:
            raise Conflict(CLOSED)
        end_manifest(work, permit, review.id, Ending.STAGE)
        review.stage, review.closed_at = ReviewStage.CLOSED.value, work.now
        review.help_asked = False  # or the officers would keep the State's room, and the State couldn't end it any more
        for task, version in work.documents.open_tasks(review.id):
            task.recalled_at = work.now
            on = {"document": str(version.document_id), "version": str(version.id)}
            work.arrives(permit, version.room_id, version.document_id, on, recalled=str(task.id))
        for text_task, entry in work.clarifications.open_tasks(review.id):
            text_task.recalled_at = work.now
            on = {"clarification": str(entry.clarification_id), "entry": str(entry.id)}
            work.arrives(permit, entry.room_id, entry.clarification_id, on, recalled=str(text_task.id))
        tell_of_review(work, NoticeKind.STAGE_CHANGED, Action.VIEW_REVIEW, review)


def _write(work: Work, proposal: Proposal) -> ReviewId:
    parties = proposal.parties
    review = Review(
        id=uuid4(),
        cycle_id=proposal.cycle,
        state_code=parties.under_review,
        stage=ReviewStage.PREPARATION.value,
        languages=" ".join(proposal.languages),
        passes_at_once=proposal.passes_at_once,
        opened_at=work.now,
    )
    work.reviews.add(review)
    work.audit.add_stream(review.id, "review", review=review.id)
    for kind in RoomKind:
        if kind is not RoomKind.NATIONAL:
            add_room(work, review.id, kind)
    for state in (parties.under_review, *parties.reviewing):
        add_party(work, review.id, state, "under_review" if state == parties.under_review else "reviewing")
    return ReviewId(review.id)
