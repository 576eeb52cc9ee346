"""Ids of another file in every position of every request: always the answer of what is nowhere, and nothing changes.

The requests come from the table of routes, so that a new route is asked too. What a form holds besides is filled in as
a page would, so that the answer is about the ids and not about a field that is missing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import text
from sqlmodel import SQLModel, col, select

from portal.domain.documents import DocumentKind
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.web.routes import WAYS
from portal.web.ways import Way
from storage.authenticators import Passkey
from storage.cases import BreachCase, Concern, Containment, Exhibit
from storage.dialogue import Clarification, Entry, EntryTask
from storage.grants import Grant
from storage.handovers import Handover
from storage.issuers import Issuer
from storage.publications import Publication
from storage.reports import DraftComment, Manifest, SummaryLanguage
from storage.repositories.notes import NoteRecords
from storage.tables import Appointment, Assignment, Event, Invitation, PortalSession, TranslationTask
from tests import breaches, dialogue, granting, noting, reports
from tests.cast import World, add_member
from tests.contents import form_token
from tests.filing import PDF, circulated, made, newest, press, put
from tests.office import ANSWER, QUESTION
from tests.publicity import prepared
from tests.signalled import raised
from tests.web_client import ORIGIN, browser

TERMS = {"note": "NV 12/2026", "dated": "2026-05-01", "first": "2026-05-02", "last": "2027-05-02"}
# what a refusal's event writes, with its stream's first key
MOVING = {"event", "waiting_event", "stream", "key_version", "key_holder"}
# the people of the first file alone; nothing of the second is theirs to know
# asked each time; the others, who are like one of these, with all that takes long
OFTEN = {"focal_xaa"}  # the others are like it; make faults walks all
OUTSIDERS = (
    "focal_xaa",
    "expert_xaa",
    "expert_xbb",
    "focal_xcc",
    "expert_xcc",
    "observer_xcc",
    "officer",
    "translator",
)


@dataclass(frozen=True, slots=True)
class Ids:
    """What a file holds, by the noun that stands before an id in an address."""

    reviews: tuple[UUID, ...]
    rooms: tuple[UUID, ...]
    documents: tuple[UUID, ...]
    versions: tuple[UUID, ...]
    translations: tuple[UUID, ...]
    people: tuple[UUID, ...]
    appointments: tuple[UUID, ...]
    assignments: tuple[UUID, ...]
    sessions: tuple[UUID, ...]
    links: tuple[UUID, ...]
    clarifications: tuple[UUID, ...]
    entries: tuple[UUID, ...]
    texts: tuple[UUID, ...]
    copies: tuple[UUID, ...]
    exhibits: tuple[UUID, ...]
    handovers: tuple[UUID, ...]
    issuers: tuple[UUID, ...]
    passkeys: tuple[UUID, ...]
    concerns: tuple[UUID, ...]
    cases: tuple[UUID, ...]
    signals: tuple[UUID, ...]
    containments: tuple[UUID, ...]
    grants: tuple[UUID, ...]
    publications: tuple[UUID, ...]
    manifests: tuple[UUID, ...]
    comments: tuple[UUID, ...]
    summaries: tuple[UUID, ...]

    @property
    def granted(self) -> tuple[UUID, ...]:
        return self.grants

    @property
    def hearings(self) -> tuple[UUID, ...]:
        return self.cases

    @property
    def submissions(self) -> tuple[UUID, ...]:
        return self.cases

    @property
    def register(self) -> tuple[UUID, ...]:
        return self.reviews

    @property
    def officers(self) -> tuple[UUID, ...]:
        return self.assignments

    def of(self, noun: str) -> tuple[UUID, ...]:
        return getattr(self, noun)  # type: ignore[no-any-return]  # each is a tuple of ids


@dataclass(slots=True)
class Files:
    """Two files with something in every room, and the ids of both."""

    world: World
    ids: dict[str, Ids] = field(default_factory=dict)

    @property
    def mine(self) -> Ids:
        return self.ids["xaa"]

    @property
    def other(self) -> Ids:
        return self.ids["xdd"]


@pytest.fixture
def files(world: World) -> Files:
    add_member(world, "translator_other", Role.TRANSLATOR)
    add_member(world, "officer_both", Role.OFFICER, reviews=("xaa", "xdd"))
    add_member(world, "expert_both", Role.EXPERT, "XBB", ("xaa", "xdd"))
    found = Files(world)
    for file, state, officer, translator in (
        ("xaa", "xaa", "officer", "translator"),
        ("xdd", "xdd", "officer_other", "translator_other"),
    ):
        held = [
            put(world, f"focal_{state}", f"national {state.upper()}", "Draft", file=file),
            put(world, "focal_xbb", "reviewers", "Finding", file=file),
            put(world, officer, "secretariat", "Note", file=file),
        ]
        sent = press(
            browser(world, f"focal_{state}"),
            f"/documents/{held[0]}/submit",
            version=str(newest(world, held[0])),
            target="shared",
        )
        held.append(made(sent))
        client = browser(world, officer)
        plan = {"seen": "0", "timetable": "resolution", "begins": "2026-05-04"}
        assert press(client, f"/reviews/{world.files[file].review}/schedule", **plan).status_code == 303
        assert press(client, f"/documents/{held[-1]}/circulate").status_code == 303
        answer = press(
            client,
            f"/documents/{held[-1]}/translations",
            version=str(newest(world, held[-1])),
            translator=str(world.members[translator].person),
            language="ar",
        )
        assert answer.status_code == 303
        invited, by = ("expert_xaa", "focal_xaa") if file == "xaa" else ("focal_xdd", "registrar")
        at = f"/people/{world.members[invited].person}/link"
        assert press(browser(world, by), at).status_code == 200
        talk(world, file, state, officer, translator)
        noting.copied(world, "registrar", f"focal_{state}")
        noting.copied(world, "registrar", officer, "assignments")
        noting.describe(world, f"focal_{state}", f"focal_{state}")
        replace(world, file, state)
        sign_in_ways(world, state)
        breached(world, file, state)
        prepared(world, held[-1], f"focal_{state}", file=file)
        reports.propose(world, reports.texts(world, file, officer), officer, file)
        draft = reports.circulated(world, DocumentKind.DRAFT_REPORT, "Draft of the report", file, officer)
        reports.comment(world, draft, f"focal_{state}", file)
        reports.set_stage(world, ReviewStage.DESK_REVIEW, file)  # as everything else here takes it to be
        granting.asked(world, "focal_xff", "focal_xff", file=file)
        found.ids[file] = gathered(world, file, held, translator)
    return found


def talk(world: World, file: str, state: str, officer: str, translator: str) -> None:
    """Have a question drafted, another submitted, a third passed on, sent for translation, and answered in a draft."""
    asker = "focal_xbb"
    dialogue.draft_question(world, asker, file=file)
    dialogue.submit(world, dialogue.draft_question(world, asker, file=file), asker)
    saved = dialogue.draft_question(world, asker, file=file)
    sent = dialogue.submit(world, saved, asker)
    dialogue.pass_on(world, sent, officer)
    dialogue.send_text(world, sent, to=translator, who=officer)
    dialogue.draft_answer(world, saved.clarification, f"focal_{state}")


def replace(world: World, file: str, state: str) -> None:
    """Have one expert of the State under review succeed another."""
    left = add_member(world, f"left_{state}", Role.EXPERT, state.upper(), (file,))
    successor = add_member(world, f"successor_{state}", Role.EXPERT, state.upper()).appointment
    path = f"/people/{left.person}/appointments/{left.appointment}/hand-over"
    said = {"note": "NV 1/2026", "dated": "2026-05-01"}
    assert press(browser(world, f"focal_{state}"), path, successor=str(successor), **said).status_code == 303


def sign_in_ways(world: World, state: str) -> None:
    """Have an identity provider of the State that nobody confirmed yet, and a passkey of its focal point."""
    person, now = world.members[f"focal_{state}"].person, world.clock.now
    added = {"added_by": world.members["administrator"].person, "added_at": now}
    with world.portal.database.begin() as session:
        provider = {"id": uuid4(), "url": f"https://id.{state}.example", "name": state, "client_id": "a"}
        session.add(Issuer(**provider, client_secret=b"sealed", state_code=state.upper(), **added))
        key = {"id": uuid4(), "credential_id": state.encode(), "public_key": b"key", "sign_count": 0}
        session.add(Passkey(**key, person_id=person, aaguid="", name=b"sealed", added_at=now))


def breached(world: World, file: str, state: str) -> None:
    """Have a concern filed, and a case registered that it led to."""
    filed = breaches.concern(world, f"focal_{state}", file=file)
    case = breaches.registered(world, on=filed, person=f"left_{state}", file=file)
    breaches.contained(world, case, whom=f"left_{state}")
    breaches.exhibited(world, case)


def gathered(world: World, file: str, held: list[UUID], translator: str) -> Ids:
    own = world.files[file]
    home = "XAA" if file == "xaa" else "XDD"
    with world.portal.database.read() as session:
        people = session.scalars(select(Appointment).where(Appointment.state_code == home)).all()
        members = {one.person_id for one in people}
        assigned = session.scalars(select(Assignment).where(Assignment.review_id == own.review)).all()
        signed = session.scalars(select(PortalSession)).all()
        links = session.scalars(select(Invitation).where(col(Invitation.person_id).in_(members))).all()
        tasks = session.scalars(select(TranslationTask).where(TranslationTask.review_id == own.review)).all()
        asked = session.scalars(select(Clarification.id).where(Clarification.review_id == own.review)).all()
        entries = session.scalars(select(Entry.id).where(Entry.review_id == own.review)).all()
        noted = [*(one.id for one in people), *(one.id for one in assigned)]
        copies = NoteRecords(session).of(noted)
        handed = session.scalars(
            select(Handover.id).where(col(Handover.appointment_id).in_([one.id for one in people]))
        ).all()
        issuers = session.scalars(select(Issuer.id).where(Issuer.state_code == home)).all()
        passkeys = session.scalars(select(Passkey.id).where(col(Passkey.person_id).in_(members))).all()
        cases = session.scalars(select(BreachCase.id).where(BreachCase.review_id == own.review)).all()
        exhibits = session.scalars(select(Exhibit.id).where(col(Exhibit.case_id).in_(cases))).all()
        held_back = session.scalars(select(Containment.id).where(Containment.review_id == own.review)).all()
        concerns = session.scalars(select(Concern.id).where(Concern.review_id == own.review)).all()
        grants = session.scalars(select(Grant.id).where(Grant.review_id == own.review)).all()
        planned = session.scalars(select(Publication.id).where(Publication.review_id == own.review)).all()
        manifests = session.scalars(select(Manifest.id).where(Manifest.review_id == own.review)).all()
        comments = session.scalars(select(DraftComment.id).where(DraftComment.review_id == own.review)).all()
        texts = session.scalars(select(EntryTask.id).where(EntryTask.review_id == own.review)).all()
    return Ids(
        reviews=(own.review,),
        rooms=tuple(own.rooms.values()),
        documents=tuple(held),
        versions=tuple(newest(world, document) for document in held),
        translations=tuple(task.id for task in tasks),
        people=(*members, world.members[translator].person),
        appointments=tuple(one.id for one in people),
        assignments=tuple(one.id for one in assigned),
        sessions=tuple(one.id for one in signed if one.person_id in members),
        links=tuple(one.id for one in links),
        clarifications=tuple(asked),
        entries=tuple(entries),
        texts=tuple(texts),
        copies=tuple(one.id for one in copies),
        exhibits=tuple(exhibits),
        handovers=tuple(handed),
        issuers=tuple(issuers),
        passkeys=tuple(passkeys),
        concerns=tuple(concerns),
        cases=tuple(cases),
        containments=tuple(held_back),
        grants=tuple(grants),
        publications=tuple(planned),
        manifests=tuple(manifests),
        comments=tuple(comments),
        summaries=(summarized(world, manifests[0]),),
        signals=(raised(world, f"focal_{home.lower()}", review=file),),
    )


def summarized(world: World, manifest_id: UUID) -> UUID:
    """Have a language version confirmed that nobody was given yet; its content is no matter here."""
    summary = uuid4()
    with world.portal.database.begin() as session:
        manifest = session.get_one(Manifest, manifest_id)
        session.add(
            SummaryLanguage(
                id=summary,
                review_id=manifest.review_id,
                manifest_id=manifest.id,
                version_id=manifest.summary_version_id,
                language="en",
                object_name=summary.hex,
                size=1,
                wrapped_key=b"wrapped",
                particulars=b"sealed",
                confirmed_by=manifest.proposed_by,
                confirmed_at=world.clock.now,
            )
        )
    return summary


def nowhere() -> Ids:
    return Ids(**{name: (uuid4(),) for name in Ids.__dataclass_fields__})


def fields_of(way: Way, ids: Ids, mine: Ids) -> dict[str, str]:
    """Fill the form of a way in, with ids where it takes any."""
    version = ids.versions[0]
    filled: dict[str, Mapping[str, str]] = {
        "/reviews/{id}/undertaking": {"accepted": "yes", "wording": "1"},
        "/reviews/{id}/stage": {"seen": "desk_review", "stage": "dialogue"},
        "/reviews/{id}/help": {"wanted": "yes"},
        "/signals/{id}/aside": {"reason": "They travelled."},
        "/reviews/{id}/report": {"report": str(ids.documents[0]), "summary": str(ids.documents[0]), "seen": "1"},
        "/reviews/{id}/report/comments": {"draft": str(ids.documents[0]), "page": "3", "text": "A line."},
        "/reviews/{id}/report/comments/taken": {"taking": str(ids.documents[0]), "taken": str(ids.comments[0])},
        "/comments/{id}/replies": {"text": "A line."},
        "/comments/{id}/disposition": {"becomes": "accepted"},
        "/manifests/{id}/disagree": {"reason": "No."},
        "/reviews/{id}/schedule": {"seen": "0", "timetable": "resolution", "begins": "2026-05-04"},
        "/reviews/{id}/schedule/steps": {
            "step": "response",
            "seen": "0",
            "agreed": "2026-07-01",
            "reason": "As all agreed.",
        },
        "/reviews/{id}/concerns": breaches.CONCERN,
        "/reviews/{id}/publications": {"version": str(version), "pages": "", "title": "A", "language": "en"},
        "/concerns/{id}/aside": {"reason": "No."},
        "/cases/{id}/containments": {"hold": "downloads", "hold_reason": "A", "review_on": "2026-06-01"},
        "/containments/{id}/lift": {"lift_reason": "No."},
        "/cases/{id}/exhibits": breaches.EXHIBIT,
        "/cases/{id}/entries": {"entry": "fact", "entry_text": "A"},
        "/cases/{id}/person": {"concerned": str(ids.people[0])},
        "/cases/{id}/grants": {"about_grant": str(ids.grants[0])},
        "/granted/{id}/concerns": breaches.CONCERN,
        "/cases/{id}/hearing": {"allegation": "A", "last_day": "2026-05-20"},
        "/cases/{id}/finding": {"finding": "no_breach", "finding_reasons": "A", "seen": "1"},
        "/hearings/{id}": {"answer": "A"},
        "/grants/{id}/refuse": {"refuse_reason": "A"},
        "/grants/{id}/revoke": {"revoke_reason": "A"},
        "/granted/{id}/undertaking": {"wording": "reader-1", "accepted": "yes"},
        "/cases/{id}/submission": {"full": "A", "bare": "B"},
        "/cases/{id}/closing": {"closing": "A"},
        "/submissions/{id}": {"decision": "none", "decision_text": "A", "seen": "1"},
        "/rooms/{id}/find": {"words": "draft"},
        "/documents/{id}/describe": {"title": "Altered", "kind": "law", "language": "en", "tags": "", "seen": "0"},
        "/documents/{id}/submit": {"version": str(version), "target": "shared"},
        "/documents/{id}/withdraw": {"reason": "It was sent by mistake."},
        "/documents/{id}/translations": {
            "version": str(version),
            "translator": str(mine.people[-1]),
            "language": "ru",
        },
        "/reviews/{id}/clarifications": dict(QUESTION),
        "/reviews/{id}/clarifications/find": {"words": "a"},
        "/reviews/{id}/clarifications/batch": {"chosen": f"{ids.entries[0]} 1"},
        "/reviews/{id}/clearance": {"clears": "yes"},
        "/reviews/{id}/contacts": {"kind": "call", "room": str(ids.rooms[0]), "text": "A line."},
        "/clarifications/{id}/drafts": {"part": "question", "language": "en"},
        "/clarifications/{id}/comments": {"room": str(ids.rooms[0]), "text": "A line."},
        "/clarifications/{id}/merge": {"into": str(ids.clarifications[0])},
        "/clarifications/{id}/route": {"people": str(ids.people[0])},
        "/entries/{id}": {**ANSWER, "seen": "1", "documents": "1", "attached": str(version)},
        "/entries/{id}/autosave": {**QUESTION, "seen": "1"},
        "/entries/{id}/clear": {"seen": "1"},
        "/entries/{id}/submit": {"seen": "1"},
        "/entries/{id}/translations": {"translator": str(mine.people[-1]), "language": "ru"},
        "/texts/{id}/delivery": {"text": "A translation."},
        "/people/{id}/appoint": {"role": "observer", **TERMS},
        "/people/{id}/profile": {**noting.PROFILE, "seen": "0"},
        "/people/{id}/appointments/{appointment}/assign": {"review": str(ids.reviews[0]), **TERMS},
        "/people/{id}/appointments/{appointment}/hand-over": {
            "successor": str(ids.appointments[0]),
            "note": "NV 12/2026",
            "dated": "2026-05-01",
        },
        "/register/{id}/officers": {"officer": str(ids.appointments[0]), **TERMS},
        "/register/{id}/settings": {"languages": "fr", "seen_languages": "en"},
        "/register/{id}/parties": {
            "seen": "XBB XEE",
            "reviewing_1": "XBB",
            "reviewing_2": "XFF",
            "reason": "The draw was repeated.",
            "confirmed": "parties-not-known region-not-known",
            **TERMS,
        },
    }
    return dict(filled.get(way.path, {}))


def addresses(way: Way, ids: Ids) -> Iterator[str]:
    """Fill the address of a way in: with every id of its nouns in turn."""
    parts = way.path.split("/")
    places = [at for at, part in enumerate(parts) if part.startswith("{")]
    choices = [ids.of(parts[at - 1]) for at in places]
    for turn in range(max(len(choice) for choice in choices)):
        for at, choice in zip(places, choices, strict=True):
            parts[at] = str(choice[turn % len(choice)])
        yield "/".join(parts)


def ask(world: World, who: str, way: Way, path: str, fields: Mapping[str, str]) -> Response:
    client = browser(world, who)
    if way.method == "GET":
        return client.get(path, follow_redirects=False)
    sent: dict[str, Any] = {"data": {"csrf": form_token(world.members[who].token), **fields}}
    if way.upload:
        sent["files"] = [("file", ("law.pdf", b"%PDF-1.7 other", PDF))]
        sent["data"] |= {"kind": "law", "language": "en"}
    return client.post(path, **sent, headers={"Origin": ORIGIN}, follow_redirects=False)


def rows(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of every table, MACs and sealed values included, but for those that a refusal writes."""
    with world.portal.database.read() as session:
        return {
            name: [tuple(row) for row in session.execute(text(f'SELECT * FROM "{name}" ORDER BY 1, 2'))]  # noqa: S608
            for name in SQLModel.metadata.tables
            if name not in MOVING
        }


def phases(world: World) -> list[str]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(Event.phase)))


def asked_ways() -> list[Way]:
    """List the ways whose addresses hold ids of files or people.

    A State's code and a link's token are neither, nor are identity providers on the page of signing in, tiles, and
    what is public.
    """
    public = re.compile(r"\{(code|token)\}|^/sign-in/issuers/|^/audit/log/|^/public/")
    return [way for way in WAYS if "{" in way.path and not public.search(way.path)]


def test_every_id_in_an_address_is_known_to_this_test() -> None:
    for way in asked_ways():
        parts = way.path.split("/")
        nouns = {parts[at - 1] for at, part in enumerate(parts) if part.startswith("{")}
        assert all(hasattr(Ids, noun) for noun in nouns), way
    assert len(asked_ways()) > 35


@pytest.mark.parametrize(
    "who", [who if who in OFTEN else pytest.param(who, marks=pytest.mark.slow) for who in OUTSIDERS]
)
def test_ids_of_another_file_are_nowhere_and_change_nothing(world: World, files: Files, who: str) -> None:
    before, events = rows(world), phases(world)
    for way in asked_ways():
        absent = ask(world, who, way, next(addresses(way, nowhere())), fields_of(way, nowhere(), files.mine))
        for path in addresses(way, files.other):
            answer = ask(world, who, way, path, fields_of(way, files.other, files.mine))
            told = (answer.status_code, answer.text, sorted(answer.headers.items()))
            assert told == (absent.status_code, absent.text, sorted(absent.headers.items())), (way, path)
            assert answer.status_code == 404, (way.method, path, answer.status_code)
        world.clock.forward(world.portal.settings.session_idle / 200)
    assert rows(world) == before
    assert set(Counter(phases(world)) - Counter(events)) <= {"refusal"}
    assert not list((world.portal.settings.data / "objects" / "new").iterdir())


# --- one's own in the address, another file's in the form or further on


def own_with_foreign(files: Files) -> Iterator[tuple[str, str, str, dict[str, str], int]]:
    """Mix ids: who asks, method, address of one's own, fields with an id of the other file, and the answer."""
    mine, other = files.mine, files.other
    for version in other.versions:
        moved = {"version": str(version), "target": "shared"}
        yield "focal_xaa", "POST", f"/documents/{mine.documents[0]}/submit", moved, 404
        sent = {"version": str(version), "translator": str(mine.people[-1]), "language": "ru"}
        yield "officer", "POST", f"/documents/{mine.documents[3]}/translations", sent, 404
    for appointment in other.appointments:
        yield "focal_xaa", "POST", "/acting", {"appointment": str(appointment)}, 404
        acts = (("end", TERMS), ("confirm", {}), ("assign", {**TERMS, "review": str(mine.reviews[0])}))
        for act, form in (*acts, ("hand-over", {**TERMS, "successor": str(mine.appointments[0])})):
            yield "focal_xaa", "POST", f"/people/{mine.people[0]}/appointments/{appointment}/{act}", dict(form), 404
        yield "focal_xaa", "POST", f"/people/{mine.people[0]}/appointments/{appointment}/copies", {}, 404
    for assignment in other.assignments:
        yield "focal_xaa", "POST", f"/people/{mine.people[0]}/assignments/{assignment}/end", {}, 404
        yield "focal_xaa", "POST", f"/people/{mine.people[0]}/assignments/{assignment}/copies", {}, 404
        yield "registrar", "POST", f"/register/{mine.reviews[0]}/officers/{assignment}/end", {}, 404
    expert = files.world.members["expert_xaa"]
    assign = f"/people/{expert.person}/appointments/{expert.appointment}/assign"
    yield "focal_xaa", "POST", assign, {**TERMS, "review": str(other.reviews[0])}, 404


def test_an_id_of_another_file_beside_ones_own_is_nowhere(world: World, files: Files) -> None:
    before = rows(world)
    for who, method, path, fields, status in own_with_foreign(files):
        upload = path.endswith("/copies")
        way = Way(method, path, lambda _: Response(200), None, upload=upload)  # type: ignore[arg-type, return-value]  # never called
        answer = ask(world, who, way, path, fields)
        assert answer.status_code == status, (who, path, fields, answer.text)
    assert rows(world) == before


def test_a_filter_by_ids_of_another_file_shows_as_much_as_one_by_ids_of_nothing(world: World, files: Files) -> None:
    client = browser(world, "focal_xaa")

    def shown(page: str, name: str, id_: UUID) -> str:
        answer = client.get(page, params={name: str(id_)})
        assert answer.status_code == 200, page
        told = answer.text.replace(str(id_), "the id")
        return re.sub(r'(name="csrf" value|datetime|title)="[^"]*"', "", told)

    review = files.mine.reviews[0]
    for name, id_ in [("document", files.other.documents[0]), ("person", world.members["focal_xdd"].person)]:
        for page in (f"/reviews/{review}/trail", "/trail/people"):
            assert shown(page, name, id_) == shown(page, name, uuid4()), (page, name)
        table = client.get(f"/reviews/{review}/trail.csv", params={name: str(id_)})
        assert table.status_code == 200
        assert "Focal_Xdd" not in table.text
        assert str(id_) not in table.text


# --- somebody who is in both files


def mixed(files: Files) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Mix ids of two files that are both one's own."""
    one, two = files.mine, files.other
    for here, there in ((one, two), (two, one)):
        for at, version in enumerate(there.versions):
            moved = {"version": str(version), "target": "shared"}
            for who in ("focal_xbb", "expert_both", "officer_both"):
                yield who, f"/documents/{here.documents[at]}/submit", moved
            sent = {"version": str(version), "translator": str(one.people[-1]), "language": "ru"}
            yield "officer_both", f"/documents/{here.documents[at]}/translations", sent


def test_somebody_in_both_files_cannot_mix_them(world: World, files: Files) -> None:
    before = rows(world)
    for who, path, fields in mixed(files):
        assert press(browser(world, who), path, **fields).status_code in {403, 404}, (who, path, fields)
    assert rows(world) == before


def test_a_version_of_another_document_of_the_same_file_is_not_this_ones(world: World, files: Files) -> None:
    before = rows(world)
    client = browser(world, "focal_xaa")
    shown = circulated(world, "Another")
    before = rows(world)
    for version in (newest(world, shown), files.mine.versions[3]):
        answer = press(client, f"/documents/{files.mine.documents[0]}/submit", version=str(version), target="shared")
        assert answer.status_code == 404
    assert rows(world) == before
