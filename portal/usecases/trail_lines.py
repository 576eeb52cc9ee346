"""Turns events of the log into lines that people read: who did what, on which document, and how it ended.

1. An outcome stands on the line of its intent; a stream without one ended in a way that nobody recorded.
2. The ranges of one reader on one version, each within an hour of the next, are one line with a count.
3. An event about a document, or a text of a clarification, that the reader's State doesn't see keeps its number and
   its time, and says no more; so does an intent whose outcome is about one, for an upload's intent names no document
   yet, and an outcome whose intent is. Each stands by itself, and no search but one by time finds it: who, what and
   together with what stay withheld.
4. An event that doesn't fit its leaf keeps its number and says that it was altered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from policies.engine import Engine
from portal import gate
from portal.access.actions import Action
from portal.access.actors import Actor
from portal.access.case_scopes import IN_THE_FILE
from portal.access.deeds import deed
from portal.access.file_matters import document_matter, entry_matter
from portal.audit.events import Phase
from portal.audit.reading import Said, Unfit
from portal.domain.roles import Role
from portal.domain.words import LANGUAGES, ROLES
from portal.usecases.people import name_of
from portal.work import Portal
from storage.dialogue import Entry
from storage.fields import Place
from storage.permits import Permit, room_scope
from storage.repositories.reviews import ReviewRecord
from storage.tables import Document, Person

TOGETHER: Final = timedelta(hours=1)
WORST_FIRST: Final = ("unknown", "failed", "stopped", "aborted", "refused")


@dataclass(frozen=True, slots=True)
class Who:
    """Who acted; without an id: the portal's machinery, or somebody who was not signed in."""

    id: UUID | None
    name: str
    state: str | None
    role: str | None  # in words


@dataclass(frozen=True, slots=True)
class What:
    """The document that an act was on."""

    id: UUID
    number: int
    title: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The clarification that an act was on; its subject is for its page."""

    id: UUID
    number: int | None  # None: it was not passed on, and is known by the number of its draft
    draft_number: int


@dataclass(frozen=True, slots=True)
class Sent:
    """To whom a text went for translation, and into which language, in words."""

    to: str
    language: str


@dataclass(slots=True)
class Line:
    """One line of a trail, as the page shows it."""

    stream: UUID
    numbers: list[int]
    at: datetime
    who: Who | None = None
    deed: str = ""  # in words, marked for the catalogues
    action: Action | None = None
    what: What | None = None
    asked: Asked | None = None
    sent: Sent | None = None
    refused: bool = False
    refusals: int = 0  # so many in one minute, counted together
    streamed: bool = False
    left: tuple[str, ...] = ()  # States that stopped reviewing by this act, and those that began
    joined: tuple[str, ...] = ()
    key: str = ""  # the fingerprint of the State's key to which keys were sealed
    result: str = ""  # complete, aborted, stopped, failed, unknown; nothing while no end is recorded
    size: int = 0
    times: int = 1
    began: datetime | None = None  # the first of several
    withheld: bool = False
    altered: bool = False
    event: Said | Unfit | None = field(default=None, repr=False)

    @property
    def spans(self) -> str:
        """Give the numbers in short: 12-14, 17."""
        return spans_of(self.numbers)


def spans_of(numbers: Iterable[int]) -> str:
    """Write numbers in short: 12-14, 17."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    return ", ".join("\u2013".join(str(end) for end in span) for span in spans)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What the reader of a trail may see of what is in it: decided by the policies, for all that are alike."""

    engine: Engine
    actor: Actor
    files: Mapping[UUID, ReviewRecord]

    def seen(self, documents: Sequence[Document]) -> set[UUID]:
        """Choose the documents whose trail the reader may see."""
        matters = [
            document_matter(one, None, self.files[one.review_id], Action.VIEW_DOCUMENT_TRAIL) for one in documents
        ]
        decisions = gate.decide_each(self.engine, self.actor, Action.VIEW_DOCUMENT_TRAIL, matters)
        return {one.id for one, decision in zip(documents, decisions, strict=True) if decision.allowed}

    def read(self, entries: Sequence[Entry]) -> set[UUID]:
        """Choose the texts of clarifications that the reader may see."""
        matters = [
            entry_matter(one, self.files[one.review_id], Action.VIEW_ENTRY, needs_clearance=False) for one in entries
        ]
        decisions = gate.decide_each(self.engine, self.actor, Action.VIEW_ENTRY, matters)
        return {one.id for one, decision in zip(entries, decisions, strict=True) if decision.allowed}


@dataclass(frozen=True, slots=True)
class Known:
    """What events speak of: rows, sealed, the permit that opens what the reader may see of them, and other events."""

    portal: Portal
    permit: Permit
    people: Mapping[UUID, Person] = field(default_factory=dict)
    documents: Mapping[UUID, Document] = field(default_factory=dict)
    versions: Mapping[UUID, int] = field(default_factory=dict)
    clarifications: Mapping[UUID, Asked] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    pairs: Mapping[UUID, Said] = field(
        default_factory=dict
    )  # the outcome of an intent, the intent of an outcome that names nothing
    untitled: bool = False  # the reader learns who did what and when in a file, and of no document which it was

    def more(self, other: "Known") -> "Known":
        """Know what another one knows, too."""
        return replace(
            self,
            people={**self.people, **other.people},
            documents={**self.documents, **other.documents},
            versions={**self.versions, **other.versions},
            clarifications={**self.clarifications, **other.clarifications},
            seen=self.seen | other.seen,
            pairs={**self.pairs, **other.pairs},
        )

    def who(self, event: Said) -> Who:
        """Tell who acted."""
        said = event.body["who"]
        person = self.people.get(event.person) if event.person else None
        name = name_of(self.portal, self.permit, person) if person else ""
        role = ROLES[Role(said["role"])] if "role" in said else None
        return Who(event.person, name, said.get("state"), role)

    def sent(self, event: Said) -> Sent | None:
        """Tell to whom a text was sent for translation."""
        person = self.people.get(translator) if (translator := translator_of(event)) else None
        language = str(event.body.get("detail", {}).get("language", ""))
        name = name_of(self.portal, self.permit, person) if person else ""
        return Sent(name, LANGUAGES.get(language, language)) if name else None

    def hides(self, event: Said) -> bool:
        """Tell whether the event, its outcome or its intent is about what the reader's State doesn't see."""
        if self.untitled:
            return False
        other = self.pairs.get(event.id)
        if any(self._is_on_reader(one) for one in (event, other)):
            return True
        spoken = spoken_of(event) | texts_of(event) | (spoken_of(other) if other else set())
        return not spoken <= self.seen

    def _is_on_reader(self, event: Said | None) -> bool:
        """Tell whether somebody looked into the file for a case on the reader, who learns of it when they are asked."""
        return event is not None and event.action in IN_THE_FILE and event.on("person") == self.permit.person

    def what(self, event: Said) -> What | None:
        """Tell which document the act was on."""
        asked, version = event.on("document"), event.on("version")
        document = self.documents.get(asked) if asked else None
        if document is None or self.untitled:
            return None
        scope = room_scope(document.review_id, document.room_id)
        title = self.portal.open_text(self.permit, scope, Place("document", "title", document.id), document.title)
        return What(document.id, document.number, title, self.versions.get(version) if version else None)


def spoken_of(event: Said) -> set[UUID]:
    """Name the documents that an event speaks of: what the act was on, and the language version that it delivered."""
    made = event.body.get("detail", {}).get("became") if event.action is Action.DELIVER_TRANSLATION else None
    return {document for document in (event.on("document"), UUID(made) if made else None) if document}


def texts_of(event: Said) -> set[UUID]:
    """Name the texts of clarifications that an event speaks of; delivered language versions are such texts, too."""
    made = event.body.get("detail", {}).get("became") if event.action is Action.DELIVER_ENTRY else None
    return {text for text in (event.on("entry"), UUID(made) if made else None) if text}


def translator_of(event: Said) -> UUID | None:
    """Name the person to whom a text was sent for translation."""
    found = event.body.get("detail", {}).get("translator")
    return UUID(found) if found else None


def key_of(event: Said) -> str:
    """Give the fingerprint of the State's key to which keys of contents were sealed."""
    return str(event.body.get("detail", {}).get("key", "")) if event.action is Action.ESCROW_KEYS else ""


class Grouping:
    """Puts the ranges of one reader on one version together; everything else, and what is withheld, stays by itself."""

    def __init__(self) -> None:
        self.groups: list[list[Said | Unfit]] = []
        self._ranges: dict[tuple[object, ...], list[Said | Unfit]] = {}

    def joins(self, event: Said | Unfit) -> bool:
        """Tell whether an event belongs to a group that is there; events come newest first."""
        key = _of_ranges(event)
        group = self._ranges.get(key) if key else None
        return group is not None and group[-1].at - event.at <= TOGETHER

    def add(self, event: Said | Unfit, *, alone: bool) -> None:
        """Take the next older event."""
        key = None if alone else _of_ranges(event)
        if key and self.joins(event):
            self._ranges[key].append(event)
            return
        self.groups.append([event])
        if key:
            self._ranges[key] = self.groups[-1]


def _of_ranges(event: Said | Unfit) -> tuple[object, ...] | None:
    if isinstance(event, Unfit) or event.action is not Action.DOWNLOAD_VERSION or event.phase is not Phase.INTENT:
        return None
    who = event.body["who"]
    return (who.get("person"), who.get("appointment"), event.on("version"))


def line_of(group: Sequence[Said | Unfit], known: Known) -> Line:
    """Write the line of one event, or of several that belong together; they come newest first."""
    newest = group[0]
    line = Line(newest.stream, [event.number for event in group], newest.at, event=newest)
    if isinstance(newest, Unfit):
        line.altered = True
        return line
    if known.hides(newest):
        line.withheld = True
        return line
    line.who, line.what = known.who(newest), known.what(newest)
    asked = newest.on("clarification")
    line.asked = known.clarifications.get(asked) if asked and not known.untitled else None
    line.sent = known.sent(newest)
    line.action, line.deed = newest.action, deed(newest.action, newest.phase)
    line.refused = newest.phase is Phase.REFUSAL
    detail = newest.body.get("detail", {})
    line.refusals = detail.get("refusals", 0)
    line.left, line.joined = tuple(detail.get("left", ())), tuple(detail.get("joined", ()))
    line.times, line.began = len(group), group[-1].at if len(group) > 1 else None
    line.key = key_of(newest)
    ends = [known.pairs.get(event.id) for event in group if isinstance(event, Said) and event.phase is Phase.INTENT]
    if ends:
        line.streamed = True
        _end(line, ends)
    return line


def _end(line: Line, ends: Sequence[Said | None]) -> None:
    details = [end.body.get("detail", {}) for end in ends if end is not None]
    line.numbers += [end.number for end in ends if end is not None]
    line.numbers.sort(reverse=True)
    line.size = sum(detail["bytes"] for detail in details if isinstance(detail.get("bytes"), int))
    results = {str(detail.get("result", "unknown")) for detail in details}
    if len(details) == len(ends):
        line.result = next((worst for worst in WORST_FIRST if worst in results), "complete")
