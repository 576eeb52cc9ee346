"""Who may open something, asked of the policies for people other than the one who acts.

1. Asked about are those at work on a review: who is assigned to it, its parties' focal points, translators with whom
   something of it is. Each is put to the policies as they would act themselves, under each appointment that runs now.
2. Whoever was told of something is asked about again whenever it is shown or goes out by mail: an appointment that
   ended, a suspension, a withdrawn document leave nothing of it.
3. A kind of notice that nothing here finds again is shown to nobody.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from portal import gate
from portal.access.actions import Action
from portal.access.matters import Matter
from portal.access.principals import Who
from portal.domain.notices import NoticeKind
from portal.work import Work
from storage.notices import Notice
from storage.repositories.notices import NoticeRecords
from storage.repositories.reports import ReportRecords
from storage.repositories.reviews import ReviewRecord
from storage.tables import Person

# finds the row that each notice's act is asked on, by the notice's id; what is not there any more is left out
Finder = Callable[[Work, Sequence[Notice]], Mapping[UUID, Any]]


def records_of(work: Work) -> NoticeRecords:
    """Give the notices, as this transaction reaches them."""
    return NoticeRecords(work.session, work.who.reach)


def who_may(work: Work, review: ReviewRecord, action: Action, row: Any) -> list[Person]:
    """Find those at work on a review who may do something to a row of it, each once."""
    return who_may_each(work, review, action, [row])[0]


def who_may_each(work: Work, review: ReviewRecord, action: Action, rows: Sequence[Any]) -> list[list[Person]]:
    """Find of each of some rows of a review those at work on it who may do something to it: each person is asked once.

    What is asked doesn't grow with the rows that the policies can't tell apart.
    """
    found: list[dict[UUID, Person]] = [{} for _ in rows]
    asked = _ask(work, action, rows)
    for who in _at_work(work, review):
        if (person := who.person) is None or all(person.id in people for people in found):
            continue
        for people, allowed in zip(found, _allowed(work, _standings(work, who), asked), strict=True):
            if allowed:
                people[person.id] = person
    return [list(people.values()) for people in found]


def open_to(work: Work, review: ReviewRecord, state: str, action: Action, rows: Sequence[Any]) -> list[Any]:
    """Choose the rows of a review on which somebody of a State who is at work on it may do something now."""
    whos = [who for who in _at_work(work, review) if who.person is not None and who.person.state_code == state]
    asked = _ask(work, action, rows)
    answers = [_allowed(work, _standings(work, who), asked) for who in whos]
    return [row for row, *each in zip(rows, *answers, strict=True) if any(each)]


def acting(work: Work, person: Person) -> list[Who]:
    """Put somebody as they can act now: once for each appointment that runs."""
    held = tuple(records_of(work).held([person.id], work.now)[person.id])
    return [Who(person=person, appointment=appointment, held=held) for appointment in held]


def openable(work: Work, whos: Sequence[Who], notices: Sequence[Notice]) -> list[Notice]:
    """Narrow notices to those about something that one of these may open now; they keep their order."""
    alike: dict[tuple[str, type], list[tuple[UUID, Any]]] = defaultdict(list)
    for notice_id, action, row in _found(work, notices):
        alike[action, type(row)].append((notice_id, row))
    open_to: set[UUID] = set()
    each = [_standings(work, who) for who in whos]
    for (action, _), pairs in alike.items():
        asked = _ask(work, Action(action), [row for _, row in pairs])
        for standings in each:
            answers = _allowed(work, standings, asked)
            open_to |= {notice_id for (notice_id, _), allowed in zip(pairs, answers, strict=True) if allowed}
    return [notice for notice in notices if notice.id in open_to]


def _at_work(work: Work, review: ReviewRecord) -> list[Who]:
    states = [party.state_code for party in review.parties if party.until is None]
    records = records_of(work)
    pairs = [(row[0], row[1]) for row in work.reviews.people(review.review.id, states, work.now)]
    pairs += records.translators(review.review.id, work.now)
    held = records.held([person.id for _, person in pairs], work.now)
    return [Who(person=person, appointment=appointment, held=tuple(held[person.id])) for appointment, person in pairs]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An act, and what it would be on: the same whoever is asked about."""

    action: Action
    matters: Sequence[Matter]
    reviews: frozenset[UUID | None]


def _ask(work: Work, action: Action, rows: Sequence[Any]) -> _Asked:
    matters = [gate.matter_of(work.lookups, _file(work, row), action, type(row), row) for row in rows]
    return _Asked(action, matters, frozenset(gate.review_of(row) for row in rows))


def _standings(work: Work, who: Who) -> gate.Standings:
    """Take who somebody is to each file: of whoever asks it is known by now."""
    return work.standings if who is work.who else gate.Standings(who, work.people, work.lookups, work.now)


def _allowed(work: Work, standings: gate.Standings, asked: _Asked) -> list[bool]:
    actor = standings.actor(*asked.reviews) if len(asked.reviews) == 1 else standings.everywhere()
    decisions = gate.decide_each(work.portal.policies, actor, asked.action, asked.matters)
    return [decision.allowed for decision in decisions]


def _file(work: Work, row: Any) -> ReviewRecord | None:
    review = gate.review_of(row)
    return work.file(review) if review else None


# --- what a notice is about, found again


def _found(work: Work, notices: Sequence[Notice]) -> list[tuple[UUID, str, Any]]:
    kinds: dict[NoticeKind, list[Notice]] = defaultdict(list)
    for notice in notices:
        if notice.kind in FINDERS:  # a kind and its word are alike
            kinds[NoticeKind(notice.kind)].append(notice)
    found: list[tuple[UUID, str, Any]] = []
    for kind, alike in kinds.items():
        rows = FINDERS[kind](work, alike)
        found += [(notice.id, notice.action, rows[notice.id]) for notice in alike if notice.id in rows]
    return found


def _documents(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    rows = records_of(work).documents({notice.about for notice in notices})
    return {
        notice.id: rows[notice.about]
        for notice in notices
        if notice.about in rows and rows[notice.about].review_id == notice.review_id
    }


def _reviews(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    files = {notice.id: work.file(notice.review_id) for notice in notices}
    return {notice: record.review for notice, record in files.items() if record is not None}


def _rooms(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    files = {notice.id: (work.file(notice.review_id), notice.about) for notice in notices}
    return {
        notice: room
        for notice, (record, about) in files.items()
        if record is not None
        for room in record.rooms
        if room.id == about
    }


def _sent(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    """Find the reviews of texts that are still with the translator who was told of them."""
    with_whom = records_of(work).open_tasks({notice.about for notice in notices})
    return _reviews(work, [notice for notice in notices if with_whom.get(notice.about) == notice.person_id])


def _entries(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    rows = {notice.id: work.clarifications.entry(notice.about) for notice in notices}
    return {notice.id: row for notice in notices if (row := rows[notice.id]) and row.review_id == notice.review_id}


def _clarifications(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    rows = {notice.id: work.clarifications.find(notice.about) for notice in notices}
    return {notice.id: row for notice in notices if (row := rows[notice.id]) and row.review_id == notice.review_id}


def _manifests(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    records = ReportRecords(work.session, work.who.reach)
    rows = {notice.id: records.find(notice.about) for notice in notices}
    return {notice.id: row for notice in notices if (row := rows[notice.id]) and row.review_id == notice.review_id}


def _rooms_of(work: Work, notices: Sequence[Notice]) -> Mapping[UUID, Any]:
    """Find the rooms that comments lie in."""
    files = {notice.id: (work.file(notice.review_id), notice.room_id) for notice in notices}
    return {
        notice: room
        for notice, (record, room_id) in files.items()
        if record is not None
        for room in record.rooms
        if room.id == room_id
    }


FINDERS: Final[dict[NoticeKind, Finder]] = {
    NoticeKind.DOCUMENT_SUBMITTED: _documents,
    NoticeKind.DOCUMENT_CIRCULATED: _documents,
    NoticeKind.VERSION_DESTROYED: _documents,
    NoticeKind.TRANSLATION_SENT: _sent,
    NoticeKind.TRANSLATION_DELIVERED: _documents,
    NoticeKind.HELP_ASKED: _rooms,
    NoticeKind.STAGE_CHANGED: _reviews,
    NoticeKind.ASSIGNED: _reviews,
    NoticeKind.OFFICER_ASSIGNED: _reviews,
    NoticeKind.SCHEDULE_CHANGED: _reviews,
    NoticeKind.FILE_OPENED: _reviews,
    NoticeKind.PUBLICATION_WAITS: _reviews,
    NoticeKind.PUBLICATION_CONFIRMED: _reviews,
    NoticeKind.PUBLICATION_ENDED: _reviews,
    NoticeKind.REPORT_PUBLISHED: _reviews,
    NoticeKind.REPORT_PROPOSED: _manifests,
    NoticeKind.REPORT_REFUSED: _manifests,
    NoticeKind.REPORT_AGREED: _manifests,
    NoticeKind.DRAFT_COMMENTED: _rooms_of,
    NoticeKind.SUMMARY_TRANSMITTED: _reviews,
    NoticeKind.SUMMARY_HELD_BACK: _reviews,
    NoticeKind.QUESTION_SUBMITTED: _entries,
    NoticeKind.QUESTION_PASSED_ON: _entries,
    NoticeKind.ANSWER_SUBMITTED: _entries,
    NoticeKind.ANSWER_PASSED_ON: _entries,
    NoticeKind.CLEARANCE_ASKED: _entries,
    NoticeKind.ROUTED_TO_YOU: _clarifications,
    NoticeKind.COMMENT_ADDED: _rooms_of,
}
