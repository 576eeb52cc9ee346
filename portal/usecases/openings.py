"""Everyone who could open a version of a document in a time, and everyone who did.

1. Rights are those of the histories that the records keep (`portal/access/past.py`), at each moment in that time at
   which somebody's may have changed; the policies of today decide, as when they are asked by the person.
2. Who did is what the log says; whoever did and couldn't stands there too.
3. Who may ask is who may see the document's trail, and the question is an entry of it.
4. (d) Whom a breach case holds back is told to those alone who learn it from the case: to others they could go on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from policies.engine import Decision, Engine
from portal.access.actions import Action
from portal.access.actors import Principal
from portal.access.caller import Caller
from portal.access.entities import NIL, CaseFacts, DocumentFacts, GrantedFacts
from portal.access.matters import Matter, bare_matter
from portal.access.past import Past
from portal.access.reasons import reasons
from portal.audit.events import Phase
from portal.audit.reading import Said, read_event
from portal.domain.ids import PersonId, StreamId, VersionId
from portal.domain.roles import Role
from portal.domain.texts import N_
from portal.errors import Invalid, NotFound
from portal.gate import decide_each
from portal.usecases.case_eyes import CaseEyes
from portal.usecases.case_facts import facts_of_case
from portal.usecases.grants_given import gave
from portal.usecases.people import name_of
from portal.usecases.trails import Search, Source, one_document, wanted
from portal.work import Portal, Work
from storage.cases import Containment
from storage.fields import Place
from storage.permits import Permit, room_scope
from storage.repositories.audit import AuditRecords, Wanted
from storage.repositories.cases import EVERYTHING, CaseRecords
from storage.repositories.people import PeopleRecords
from storage.tables import Document, Version

MOST_TIME: Final = timedelta(days=366)
MOST_MOMENTS: Final = 400
MOST_EVENTS: Final = 20_000
BATCH: Final = 500
ASKED: Final = (Action.VIEW_DOCUMENT, Action.DOWNLOAD_VERSION)
GRANTED: Final = (Action.VIEW_GRANTED, Action.DOWNLOAD_GRANTED)
DONE: Final = frozenset({Phase.ACT, Phase.INTENT})
BRINGING: Final = (Action.UPLOAD_DOCUMENT, Action.ADD_VERSION, Action.DELIVER_TRANSLATION)
OPENING: Final = frozenset((*ASKED, *GRANTED, *BRINGING))  # who looked at it, and who had it first
TOO_LONG: Final = N_("So much happened in this time that the answer isn’t made at once. Choose a shorter one.")
BACKWARDS: Final = N_("This time ends before it begins, or is longer than a year. Choose another one.")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody under one appointment, or in one role."""

    person: UUID
    role: Role
    state: str | None


@dataclass(slots=True)
class Opening:
    """What somebody could do, by which rules, and what they did.

    Attributes:
        sees: They could open the document's page.
        opens: They could open the version itself.
        since: From when on in the time that was asked about; None: never.
        until: Up to when, if it ended in that time.
        broken: Not all the time between these.
        did: How often they did what with it.

    """

    reader: Reader
    name: str = ""
    sees: bool = False
    opens: bool = False
    since: datetime | None = None
    until: datetime | None = None
    broken: bool = False
    rules: tuple[str, ...] = ()
    did: Counter[Action] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Openings:
    """Who could open a version of a document in a time, and who did; state: under review."""

    review: UUID
    state: str
    document: UUID
    number: int
    title: str
    version: int
    versions: tuple[int, ...]
    since: datetime
    until: datetime
    people: tuple[Opening, ...]


def view_openings(
    portal: Portal, caller: Caller, document_id: UUID, version: int | None, since: datetime, until: datetime
) -> Openings:
    """Tell who could open a version in a time, and who did.

    Args:
        portal: The portal.
        caller: Who asks.
        document_id: The document.
        version: The number of the version; None: the newest.
        since: The time begins here.
        until: It ends before this.

    Raises:
        NotFound: There is no such document or version, or the reader may not know of it.
        Forbidden: The reader sees the document, but not its trail.
        Invalid: So much happened that it can't be told at once, or the time is none.

    """
    if not since < until <= since + MOST_TIME:
        raise Invalid(BACKWARDS)
    with portal.work(caller) as work:
        source, document = one_document(work, document_id)
        versions = work.documents.versions(document.id)
        chosen = next((one for one in versions if one.number == (version or versions[-1].number)), None)
        if chosen is None:
            raise NotFound
        past, permits = _past(work, document, chosen, since, until)
        work.note(source.permit, version=chosen.number, since=since.isoformat(), until=until.isoformat())
    found = _could(portal.policies, past, since, until)
    _did(_events(source, Search(since=since, until=until)), chosen, found)
    for grant, permit in permits.items():
        _did(_granted_events(portal, permit, grant, (since, until)), chosen, found)
    names = _names(portal, source, found)
    scope = room_scope(document.review_id, document.room_id)
    title = portal.open_text(source.permit, scope, Place("document", "title", document.id), document.title)
    for one in found.values():
        one.name = names[one.reader.person]
    ordered = sorted(found.values(), key=lambda one: (one.reader.state or "", one.reader.role, one.name.casefold()))
    return Openings(
        document.review_id,
        past.record.review.state_code,
        document.id,
        document.number,
        title,
        chosen.number,
        tuple(one.number for one in versions),
        since,
        until,
        tuple(ordered),
    )


def _names(portal: Portal, source: Source, found: Iterable[Reader]) -> dict[UUID, str]:
    with portal.database.read() as session:
        rows = PeopleRecords(session).named(list({one.person for one in found}))
    return {person: name_of(portal, source.permit, row) for person, row in rows.items()}


def _past(
    work: Work, document: Document, version: Version, since: datetime, until: datetime
) -> tuple[Past, dict[UUID, Permit]]:
    record = work.file(document.review_id)
    assert record is not None  # noqa: S101  # its document was found within the same reach
    assignments, tasks = work.people.assignments(document.review_id), work.documents.tasks_for(document.id)
    parties = {party.state_code for party in record.parties}
    focal = work.people.held_since([Role.FOCAL_POINT], since, until, parties)
    grants, permits = gave(work, record, version.id)
    ids = {one.person_id for one in assignments} | {one.person_id for one in tasks} | {one.person_id for one in focal}
    ids |= {person for one in grants for people in one.readers.values() for person in people}
    past = Past(
        record,
        document,
        version,
        work.people.appointments_of(list(ids)),
        assignments,
        {PersonId(person): at for person, at in work.people.undertakings(document.review_id).items()},
        tasks,
        _known(work, work.people.containments(document.review_id, list(ids))),
        grants,
    )
    return past, permits


def _known(work: Work, rows: Sequence[Containment]) -> list[Containment]:
    """Choose the containments of everybody, and those of which the asker learns whom they hold back."""
    records = CaseRecords(work.session)
    people = work.people.named([row.person_id for row in rows if row.person_id])
    found = []
    for row in rows:
        facts = facts_of_case(work, records.case(row.case_id, EVERYTHING)) if row.person_id else None
        eyes = CaseEyes.of(work, facts) if isinstance(facts, CaseFacts) else None
        if row.person_id is None or (eyes and eyes.names_held(row.person_id, people[row.person_id].state_code)):
            found.append(row)
    return found


def _could(engine: Engine, past: Past, since: datetime, until: datetime) -> dict[Reader, Opening]:
    moments = past.moments(since, until)
    if len(moments) > MOST_MOMENTS:
        raise Invalid(TOO_LONG)
    asking, found = _Asking(engine, VersionId(past.version.id)), dict[Reader, Opening]()
    for at, following in zip(moments, [*moments[1:], None], strict=True):
        facts = past.facts(at)
        if facts is None:
            continue
        granted = past.granted(at, facts)
        for one in past.principals(at):
            sees, opens = _either(asking, one, [facts, *granted])
            if not sees.allowed or one.role is None:
                continue
            reader = Reader(one.person, one.role, one.state)
            opening = found.setdefault(reader, Opening(reader))
            opening.broken = opening.broken or (opening.since is not None and opening.until != at)
            opening.sees, opening.opens = True, opening.opens or opens.allowed
            opening.since, opening.until = opening.since or at, following
            told = reasons(opens.policies if opens.allowed else sees.policies)
            opening.rules = tuple(dict.fromkeys([*opening.rules, *told]))
    return found


def _either(
    asking: "_Asking", one: Principal, ways: Sequence[DocumentFacts | GrantedFacts]
) -> tuple[Decision, Decision]:
    """Ask about each way to a version, as one of the review's people or under a grant; the first that opens counts."""
    answers = [
        asking(one, facts) for facts in ways if isinstance(facts, DocumentFacts) or one.state == facts.grant.state
    ]
    return next((answer for answer in answers if answer[0].allowed), answers[0])


class _Asking:
    """Asks the policies, once for all who are alike."""

    def __init__(self, engine: Engine, version: VersionId) -> None:
        self._engine = engine
        self._version = version
        self._known: dict[tuple[Principal, DocumentFacts], tuple[Decision, Decision]] = {}

    def __call__(self, one: Principal, facts: DocumentFacts | GrantedFacts) -> tuple[Decision, Decision]:
        """Ask whether somebody sees the document's page, and opens the version; under a grant: reads and takes it."""
        if isinstance(facts, GrantedFacts):
            return self._asked(one, bare_matter(facts, Action.VIEW_GRANTED), GRANTED)
        key = (replace(one, person=NIL, appointment=None), facts)
        if key not in self._known:
            matter = Matter(facts, {}, StreamId(NIL), version=self._version)
            self._known[key] = self._asked(one, matter, ASKED)
        return self._known[key]

    def _asked(self, one: Principal, matter: Matter, acts: tuple[Action, Action]) -> tuple[Decision, Decision]:
        sees, opens = (decide_each(self._engine, one, act, [matter])[0] for act in acts)
        return sees, opens


def _did(events: Iterable[Said], version: Version, found: dict[Reader, Opening]) -> None:
    """Add what the log says that was done with the version, or its document's page."""
    for said in events:
        about = said.on("version")
        if said.person is None or said.action not in OPENING or said.phase not in DONE:
            continue
        if about is not None and about != version.id:
            continue
        who = said.body["who"]
        reader = Reader(said.person, Role(who["role"]), who.get("state"))
        found.setdefault(reader, Opening(reader)).did[said.action] += 1


def _granted_events(portal: Portal, permit: Permit, grant: UUID, time: tuple[datetime, datetime]) -> Iterator[Said]:
    """Read what was opened under a grant, from its own part of the log."""
    with portal.database.read() as session:
        asked, records = Wanted((grant,), None, None, *time), AuditRecords(session)
        rows = records.page(asked, MOST_EVENTS + 1)
        if len(rows) > MOST_EVENTS:
            raise Invalid(TOO_LONG)
        events = [read_event(session, portal.keyring, permit, row) for row in rows]
    yield from (event for event in events if isinstance(event, Said))


def _events(source: Source, search: Search) -> Iterator[Said]:
    with source.portal.database.read() as session:
        records, asked, read = AuditRecords(session), wanted(session, source, search), 0
        while asked.streams:
            rows = records.page(asked, BATCH)
            for row in rows:
                event = read_event(session, source.portal.keyring, source.permit, row)
                if isinstance(event, Said):
                    yield event
            read += len(rows)
            if len(rows) < BATCH:
                return
            if read > MOST_EVENTS:
                raise Invalid(TOO_LONG)
            asked = replace(asked, after=(rows[-1].at, rows[-1].number, rows[-1].stream_id))
