"""The cast at work, and every form of the portal with a sound filling and somebody who may send it.

What is wrong in a request of a test is then the one thing that the test put into it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Self
from uuid import UUID, uuid4

from httpx2 import Response
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from portal.domain.documents import DocumentKind
from portal.domain.moves import next_stages
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.usecases.case_records import EntryKind
from portal.usecases.reports import Proposed
from portal.web.routes import WAYS
from portal.web.ways import Way
from storage.cases import CaseEntry
from storage.notes import Profile
from storage.notices import Notice
from storage.planning import ReviewSchedule, ScheduleStep
from storage.reports import Manifest
from storage.tables import Appointment, Assignment, Cycle, Review
from tests import breaches, dialogue, granting, publicity
from tests import reports as agreeing
from tests.breaches import CONCERN
from tests.cast import World, add_member
from tests.contents import documents, form_token
from tests.filing import PDF, circulated, newest, press, put, set_back
from tests.noting import copied
from tests.signalled import raised
from tests.web_client import ORIGIN, Browser, browser

UNGUESSABLE: Final = "Unguessable-Pangolin"  # in the title of each of its documents
VISITOR: Final = "a-visitor-with-a-cookie-of-some-length"
TERMS: Final = {"note": "NV 12/2026", "dated": "2026-05-01", "first": "2026-05-05", "last": "2027-05-02"}
CHOSEN: Final = {"passphrase": "four calm words here", "again": "four calm words here"}
ANSWER: Final = {"language": "en", "text": "By *up to* ten years."}
QUESTION: Final = {
    "kind": "clarification",
    "article": "UNTOC 5",
    "heading": "Participation",
    "page": "",
    "language": "en",
    "text": "How is *participation* punished?",
}
PROFILE: Final = {
    "position": "Public prosecutor",
    "background": "Taught at a university.\nHas prosecuted since 2011.",
    "expertise": "Trafficking in persons\nMutual legal assistance",
    "languages": "en",
    "other_languages": "Dari",
    "seen": "",
}
Filling = tuple[str | None, Mapping[str, str]]
GIVING: Final = {
    "documents": "",
    "languages": "en",
    "mode": "view",
    "first": "2026-05-05",
    "last": "2026-07-01",
}
FORMS: Final[Mapping[str, Filling]] = {
    "/sign-in": (None, {"mail": "a@example.org", "passphrase": "x" * 20, "next": "/reviews"}),
    "/trouble/link": (None, {"link": "http://localhost:8000/enter/" + "t" * 43}),
    "/trouble/help": (None, {"mail": "a@example.org"}),
    "/sign-in/passkey": (None, {"challenge": "-", "credential": "{}", "next": "/reviews"}),
    "/prove/passkey": ("focal_xaa", {"challenge": "-", "credential": "{}", "next": "/account"}),
    "/sign-out": ("observer_xcc", {}),
    "/prove": ("focal_xaa", {"passphrase": "not this one", "to": "", "next": "/"}),
    "/enter/{token}": (None, {"mail": "a@example.org", **CHOSEN}),
    "/sign-in/issuers/{id}/return": (None, {"mail": "a@example.org"}),
    "/sign-in/issuers/{id}/logout": (None, {"logout_token": "a.b.c"}),
    "/administration/issuers/new": (
        "administrator",
        {
            "url": "https://id.example",
            "name": "Ministry",
            "client_id": "portal",
            "client_secret": "a secret",
            "state": "XAA",
            "acr_values": "",
            "amr": "",
        },
    ),
    "/administration/issuers/{id}/confirm": ("administrator", {}),
    "/administration/issuers/{id}/end": ("administrator", {}),
    "/issuers/{id}/confirm": ("focal_xaa", {}),
    "/issuers/{id}/end": ("focal_xaa", {}),
    "/acting": ("focal_xaa", {"appointment": "", "next": "/"}),
    "/account": ("focal_xaa", {"language": "en", "zone": "UTC"}),
    "/account/notices": ("focal_xaa", {"often": "daily"}),
    "/notices/seen": ("expert_xaa", {"newest": ""}),
    "/account/profile": ("expert_xaa", PROFILE),
    "/notices/account/seen": ("expert_xaa", {"newest": ""}),
    "/account/passphrase": ("focal_xaa", {"present": "not this one", **CHOSEN}),
    "/account/passkeys": ("focal_xaa", {"challenge": "-", "credential": "{}", "name": "Key"}),
    "/account/passkeys/{id}/remove": ("focal_xaa", {}),
    "/account/codes": ("focal_xaa", {**CHOSEN, "app": "-", "code": "123456"}),
    "/account/recovery": ("focal_xaa", {}),
    "/account/sign-out": ("observer_xcc", {}),
    "/account/sessions/end": ("focal_xaa", {}),
    "/account/sessions/{id}/end": ("focal_xaa", {}),
    "/reviews/{id}/undertaking": ("expert_xaa", {"accepted": "yes", "wording": "1"}),
    "/reviews/{id}/stage": ("officer", {"seen": "", "stage": ""}),
    "/reviews/{id}/help": ("focal_xaa", {"wanted": "yes"}),
    "/reviews/{id}/schedule": (
        "officer",
        {"seen": "", "timetable": "resolution", "begins": "2026-05-04", "reason": "The draw was repeated."},
    ),
    "/reviews/{id}/schedule/steps": (
        "officer",
        {"step": "response", "seen": "", "agreed": "2026-07-01", "reason": "As all agreed."},
    ),
    "/reviews/{id}/concerns": ("expert_xaa", {**CONCERN, "documents": ""}),
    "/concerns/{id}/aside": ("confidentiality", {"reason": "It was a public law."}),
    "/cases": ("confidentiality", {"review": "", "concern": "", "person": "", "subject": "A", "grounds": "B"}),
    "/cases/{id}/confirm": ("focal_xbb", {}),
    "/cases/{id}/decline": ("focal_xaa", {}),
    "/cases/{id}/containments": (
        "confidentiality",
        {"hold": "review", "held": "", "hold_reason": "While it is looked into.", "review_on": "2026-06-01"},
    ),
    "/containments/{id}/lift": ("confidentiality", {"lift_reason": "Not needed any more.", "case": ""}),
    "/cases/{id}/entries": ("confidentiality", {"entry": "fact", "entry_text": "A fact."}),
    "/cases/{id}/person": ("confidentiality", {"concerned": ""}),
    "/cases/{id}/grants": ("confidentiality", {"about_grant": ""}),
    "/cases/{id}/exhibits": ("confidentiality", breaches.EXHIBIT),
    "/cases/{id}/hearing": ("confidentiality", {"allegation": "You gave it away.", "last_day": "2026-05-20"}),
    "/cases/{id}/finding": (
        "confidentiality",
        {"finding": "no_breach", "finding_reasons": "It was public.", "seen": ""},
    ),
    "/hearings/{id}": ("expert_xcc", {"answer": "I did not."}),
    "/cases/{id}/submission": ("focal_xaa", {"full": "All of it.", "bare": "Nothing of it."}),
    "/cases/{id}/disclosure": ("focal_xaa", {"full_version": ""}),
    "/cases/{id}/closing": ("confidentiality", {"closing": "There was no breach."}),
    "/submissions/{id}": ("oversight", {"decision": "none", "decision_text": "No measure is taken.", "seen": ""}),
    "/reviews/{id}/publications": (
        "focal_xaa",
        {"version": "", "pages": "1-2", "title": "Chapters one and two", "language": "en"},
    ),
    "/publications/{id}/confirm": ("focal_xaa", {}),
    "/publications/{id}/cancel": ("focal_xaa", {}),
    "/publications/{id}/withdraw": ("focal_xaa", {"reason": "A corrected one follows."}),
    "/calendar": ("focal_xaa", {}),
    "/calendar/end": ("focal_xaa", {}),
    "/rooms/{id}/find": ("focal_xaa", {"words": "a", "only_kind": "law", "only_language": "en", "only_tag": ""}),
    "/documents/{id}/describe": (
        "focal_xaa",
        {"title": "A", "kind": "law", "language": "en", "tags": "UNTOC 5", "seen": ""},
    ),
    "/documents/{id}/submit": ("focal_xaa", {"version": "", "target": "shared"}),
    "/documents/{id}/circulate": ("officer", {}),
    "/documents/{id}/withdraw": ("focal_xaa", {"reason": "A mistake."}),
    "/documents/{id}/translations": ("officer", {"version": "", "translator": "", "language": "ru"}),
    "/translations/{id}/recall": ("officer", {}),
    "/translations/{id}/delivery": ("translator", {"title": "A"}),
    "/rooms/{id}/documents": ("officer", {"kind": "law", "language": "en", "title": "A", "tags": "UNTOC 5"}),
    "/documents/{id}/versions": ("focal_xaa", {}),
    "/reviews/{id}/clarifications": ("expert_xbb", {**QUESTION, "about": ""}),
    "/reviews/{id}/clarifications/find": ("focal_xaa", {"words": "a", "page": "1"}),
    "/reviews/{id}/clarifications/batch": ("expert_xbb", {"chosen": ""}),
    "/reviews/{id}/clearance": ("focal_xcc", {"clears": "yes"}),
    "/reviews/{id}/contacts": (
        "focal_xaa",
        {"kind": "call", "room": "", "held_at": "2026-05-04T08:00", "text": "A line."},
    ),
    "/clarifications/{id}/drafts": ("expert_xaa", {"part": "answer", "language": "en", "corrects": ""}),
    "/clarifications/{id}/comments": ("focal_xaa", {"room": "", "text": "A *word* aside."}),
    "/clarifications/{id}/merge": ("expert_xbb", {"into": ""}),
    "/clarifications/{id}/route": ("focal_xaa", {"people": ""}),
    "/clarifications/{id}/close": ("expert_xbb", {}),
    "/entries/{id}": ("expert_xaa", {**ANSWER, "seen": "", "then": "", "documents": "1", "attached": ""}),
    "/entries/{id}/autosave": ("expert_xbb", {**QUESTION, "seen": ""}),
    "/entries/{id}/discard": ("expert_xbb", {}),
    "/entries/{id}/clear": ("focal_xbb", {"seen": ""}),
    "/entries/{id}/submit": ("expert_xbb", {"seen": ""}),
    "/entries/{id}/pass": ("officer", {"due_on": "2026-06-30"}),
    "/entries/{id}/translations": ("officer", {"translator": "", "language": "fr"}),
    "/texts/{id}/recall": ("officer", {}),
    "/texts/{id}/delivery": ("translator", {"text": "Une traduction."}),
    "/states/import": ("registrar", {"list": "code,name\n"}),
    "/states/shipped": ("registrar", {}),
    "/states/{code}": ("registrar", {"group": "asia_pacific", "name_en": "Arandia", "name_ar": "أ"}),
    "/cycles": ("registrar", {"name": "Second", "starts": "2028-01-01", "ends": "2029-12-31"}),
    "/register/new": (
        "registrar",
        {
            "cycle": "",
            "under_review": "XFF",
            "reviewing_1": "XAA",
            "reviewing_2": "XCC",
            "languages": "en",
            "passes_at_once": "yes",
            "confirmed": "parties-not-known region-not-known",
        },
    ),
    "/register/{id}/settings": ("registrar", {"languages": "en", "passes_at_once": "yes", "seen_languages": "en"}),
    "/register/{id}/parties": (
        "registrar",
        {
            "seen": "XBB XCC",
            "reviewing_1": "XBB",
            "reviewing_2": "XFF",
            "reason": "The draw was repeated.",
            "confirmed": "parties-not-known region-not-known",
            **TERMS,
        },
    ),
    "/register/{id}/officers": ("registrar", {"officer": "", **TERMS}),
    "/register/{id}/officers/{assignment}/end": ("registrar", TERMS),
    "/register/{id}/close": ("registrar", {}),
    "/people/new": (
        "focal_xaa",
        {"name": "Ana B", "mail": "ana@example.org", "role": "expert", "language": "en", "state": "XAA", **TERMS},
    ),
    "/signals/{id}/aside": ("confidentiality", {"reason": "They prepare for the visit."}),
    "/reviews/{id}/report": ("officer", {"report": "", "summary": "", "seen": ""}),
    "/reviews/{id}/report/comments": (
        "expert_xaa",
        {"draft": "", "article": "UNTOC 5", "page": "3", "paragraph": "", "text": "We said *otherwise*."},
    ),
    "/reviews/{id}/report/comments/taken": ("officer", {"taking": "", "taken": ""}),
    "/comments/{id}/replies": ("expert_xbb", {"text": "So it is."}),
    "/comments/{id}/disposition": ("focal_xbb", {"becomes": "accepted", "words": ""}),
    "/grants/new": ("focal_xcc", {"review": "", "purpose": "To learn.", "readers": ""}),
    "/reviews/{id}/offer": ("focal_xdd", {"state": "XAA", "purpose": "To read.", **GIVING}),
    "/grants/{id}/preview": ("focal_xdd", {**GIVING, "readers": ""}),
    "/grants/{id}/decide": ("focal_xdd", {**GIVING, "readers": "", "seen": ""}),
    "/grants/{id}/refuse": ("focal_xdd", {"refuse_reason": "Not now."}),
    "/grants/{id}/change": ("focal_xdd", {**GIVING, "readers": "", "seen": ""}),
    "/grants/{id}/revoke": ("focal_xdd", {"revoke_reason": "The law changed."}),
    "/grants/{id}/answer": ("focal_xff", {"readers": "", "seen": ""}),
    "/grants/{id}/readers": ("focal_xff", {"readers": ""}),
    "/granted/{id}/concerns": ("focal_xff", {**CONCERN, "documents": ""}),
    "/granted/{id}/undertaking": ("focal_xff", {"wording": "reader-1", "accepted": "yes"}),
    "/trace": ("confidentiality", {}),
    "/manifests/{id}/agree": ("focal_xaa", {}),
    "/manifests/{id}/disagree": ("focal_xbb", {"reason": "Page 3 is wrong."}),
    "/versions/{id}/summary": ("officer", {}),
    "/reviews/{id}/report/summary": ("officer", {"seen": ""}),
    "/people/{id}/link": ("focal_xaa", {}),
    "/people/{id}/links/{link}/confirm": ("registrar", {}),
    "/people/{id}/links/{link}/revoke": ("focal_xaa", {}),
    "/people/{id}/sessions/end": ("focal_xaa", {}),
    "/people/{id}/mail": ("focal_xaa", {"mail": "other@example.org"}),
    "/administration/sessions/end": ("administrator", {}),
    "/people/{id}/appoint": ("focal_xaa", {"role": "observer", **TERMS}),
    "/people/{id}/appointments/{appointment}/confirm": ("registrar", {}),
    "/people/{id}/appointments/{appointment}/end": ("focal_xaa", TERMS),
    "/people/{id}/appointments/{appointment}/assign": ("focal_xaa", {"review": "", **TERMS}),
    "/people/{id}/appointments/{appointment}/hand-over": (
        "focal_xaa",
        {"successor": "", "note": "NV 13/2026", "dated": "2026-05-01"},
    ),
    "/people/{id}/assignments/{assignment}/end": ("focal_xaa", TERMS),
    "/people/{id}/profile": ("focal_xaa", PROFILE),
    "/people/{id}/appointments/{appointment}/copies": ("focal_xaa", {"of_end": ""}),
    "/people/{id}/assignments/{assignment}/copies": ("focal_xaa", {"of_end": ""}),
}
# closing a review or ending an appointment would leave nothing for the next form to be about, signing out nobody
LAST: Final = (
    "/register/{id}/close",
    "/people/{id}/sessions/end",
    "/administration/sessions/end",
    "/people/{id}/appointments/{appointment}/hand-over",
    "/people/{id}/appointments/{appointment}/end",
    "/account/sign-out",
    "/sign-out",
)


def posts(ways: Sequence[Way] = WAYS) -> list[Way]:
    """Give the ways that take a form, those last after which there is nothing for the next to be about."""
    found = [way for way in ways if way.method != "GET"]
    return sorted(found, key=lambda way: LAST.index(way.path) if way.path in LAST else -1)


class Talk:
    """The dialogue of the first review: for each form of it a text or a clarification that it can be about.

    It is begun when a form or an address of it is first asked for: most tests need none.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def ids(self, path: str) -> dict[str, UUID]:
        """Name what an address is about."""
        if not path.startswith(("/clarifications", "/entries", "/texts")):
            return {}
        passed = self._begun
        clarification = self.merged.clarification if path.endswith("/merge") else passed
        entries = {
            "/entries/{id}": self.reply.entry,
            "/entries/{id}/discard": self.spare.entry,
            "/entries/{id}/clear": self.ready.entry,
            "/entries/{id}/submit": self.ready.entry,
            "/entries/{id}/pass": self.submitted,
            "/entries/{id}/translations": self.passed_on,
        }
        texts = {"/texts/{id}/recall": self.tasks[0]}
        return {
            "clarifications": clarification,
            "entries": entries.get(path, self.written.entry),
            "texts": texts.get(path, self.tasks[1]),
        }

    def fields(self, path: str) -> dict[str, str]:
        """Name what a form is about, and which saving of a draft whoever sends it has seen."""
        if path.endswith("/clarifications/batch"):
            return {"chosen": f"{self.batched} 1" if self._begun else ""}
        if not path.startswith(("/clarifications", "/entries")):
            return {}
        seen = dialogue.entry(self._world, self.ids(path)["entries"]).edition
        return {"into": str(self.written.clarification), "seen": str(seen)}

    @cached_property
    def _begun(self) -> UUID:
        """Have questions drafted, submitted and passed on, an answer drafted, and a text with its translator."""
        world = self._world
        self.written, self.spare, self.ready, self.merged, batched, sent = (
            dialogue.draft_question(world) for _ in range(6)
        )
        self.batched = batched.entry
        self.submitted = dialogue.submit(world, sent)
        first = dialogue.draft_question(world)
        self.passed_on = dialogue.submit(world, first)
        dialogue.pass_on(world, self.passed_on)
        self.reply = dialogue.draft_answer(world, first.clarification)
        self.tasks = [dialogue.send_text(world, self.passed_on, language) for language in ("ar", "ru")]
        return first.clarification


_OF_BREACHES: Final = ("/concerns", "/cases/{id}", "/containments", "/hearings/{id}", "/submissions/{id}", "/exhibits")


class Breaches:
    """Concerns and cases of the first review, one for each form of them; begun when one is first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[str, UUID] = {}

    def ids(self, path: str) -> dict[str, UUID]:
        """Name what an address is about."""
        if not path.startswith(_OF_BREACHES):
            return {}
        if path not in self._made:
            self._made[path] = self._make(path)
        kinds = ("concerns", "cases", "containments", "hearings", "submissions", "exhibits")
        return dict.fromkeys(kinds, self._made[path])

    def fields(self, path: str) -> dict[str, str]:
        """Name which entry of a case was the newest on the page of a form."""
        if path not in {"/cases/{id}/finding", "/submissions/{id}"}:
            return {}
        page = path.removesuffix("/finding").replace("{id}", str(self.ids(path)["cases"]))
        return {"seen": breaches.newest_shown(self._world, str(FORMS[path][0]), page)}

    def _make(self, path: str) -> UUID:
        if path.startswith("/concerns"):
            return breaches.concern(self._world, "expert_xbb")
        if path.endswith(("/cases/{id}", "/confirm", "/decline")):
            return breaches.proposed(self._world)
        unnamed, of_grants = path.endswith(("/person", "/grants")), path.endswith("/grants")
        case = breaches.registered(
            self._world,
            person=None if unnamed else "expert_xcc",
            exercise=True,
            file="xdd" if of_grants else "xaa",  # grants are of the second review's report
        )
        if path.endswith(("/finding", "/closing")):
            breaches.heard(self._world, case)
        if path.endswith("/closing"):
            breaches.found(self._world, case)
        if path.endswith("/disclosure") or path.startswith("/submissions"):
            breaches.submitted(self._world, case)
        if path.startswith("/hearings"):
            breaches.asked(self._world, case)
        return self._of(path, case)

    def _of(self, path: str, case: UUID) -> UUID:
        """Give what of a case an address names: an exhibit, a containment, or the case itself."""
        if path.startswith("/exhibits"):
            return breaches.exhibited(self._world, case)
        if path.startswith("/containments"):
            breaches.contained(self._world, case)
            return breaches.holds(self._world, case)[0].id
        return case


class Agreements:
    """Texts that are circulated, and a proposal for each form of one; begun when one is first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world

    def ids(self, path: str) -> dict[str, UUID]:
        """Name what an address is about."""
        if path.startswith("/comments"):
            return {"comments": self.comment}
        return {"manifests": self._proposed} if path.startswith("/manifests") else {}

    def fields(self, path: str) -> dict[str, str]:
        """Name what a form is about."""
        if "/report/comments" in path:
            return {"draft": str(self.draft), "taking": str(self.draft), "taken": str(self.comment)}
        if path != "/reviews/{id}/report":
            return {}
        seen = len(self._rows())
        return {"report": str(self._texts.report), "summary": str(self._texts.summary), "seen": str(seen)}

    def _rows(self) -> Sequence[Manifest]:
        """Read what was proposed in the first review, in order."""
        mine = select(Manifest).where(Manifest.review_id == self._world.files["xaa"].review)
        with self._world.portal.database.read() as session:
            return session.scalars(mine.order_by(col(Manifest.number))).all()

    @cached_property
    def draft(self) -> UUID:
        """Have a draft in circulation that nobody agrees on."""
        return agreeing.circulated(self._world, DocumentKind.DRAFT_REPORT, "A draft of the report")

    @cached_property
    def comment(self) -> UUID:
        """Have it commented on."""
        return agreeing.comment(self._world, self.draft)

    @cached_property
    def _texts(self) -> Proposed:
        return agreeing.texts(self._world)

    @property
    def _proposed(self) -> UUID:
        """Propose anew, where what was proposed has ended."""
        world, texts = self._world, self._texts
        rows = self._rows()
        with world.portal.database.read() as session:
            over = session.get_one(Review, world.files["xaa"].review).closed_at is not None
        if rows and (over or rows[-1].ended_at is None):
            return rows[-1].id
        agreeing.to_report(world)
        return agreeing.propose(world, replace(texts, seen=len(rows)))


class Grants:
    """Grants of the second review's report to a State that is no party to it: one for each form, the last one open."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[str, UUID] = {}

    def ids(self, path: str) -> dict[str, UUID]:
        """Name what an address is about."""
        if path == "/reviews/{id}/offer":
            return {"reviews": self._world.files["xdd"].review} if self._agreed else {}
        if not path.startswith(("/grants/{id}", "/granted/")):
            return {}
        if path not in self._made:
            self._made[path] = self._make(path)
        return {"grants": self._made[path], "granted": self._made[path], "versions": self._agreed.report_version_id}

    def fields(self, path: str) -> dict[str, str]:
        """Name what a form is about."""
        if not path.startswith(("/grants", "/granted")) and path != "/reviews/{id}/offer":
            return {}
        reader = {"/grants/new": "focal_xcc", "/grants/{id}/readers": "stranger_xff"}.get(path, "focal_xff")
        given = str(self._agreed.report_id) if "/new" not in path else ""
        seen = "1" if path.endswith(("/change", "/answer")) else "0"
        return {
            "documents": given,
            "readers": str(self._world.members[reader].person),
            "seen": seen,
            "review": str(self._world.files["xdd"].review),
        }

    def renew(self, path: str) -> None:
        """Have a grant made anew for a form: those of the other forms ended it."""
        self._made.pop(path, None)

    @cached_property
    def _agreed(self) -> Manifest:
        return granting.agreed_second(self._world)

    def _make(self, path: str) -> UUID:
        world, agreed = self._world, self._agreed
        granting.close(world, "xdd")
        given = {**GIVING, "documents": str(agreed.report_id)}
        if path.endswith("/answer"):
            return granting.offered(world, "xdd", **given)
        grant = granting.asked(world, "focal_xff", "focal_xff", file="xdd")
        if path.endswith(("/decide", "/refuse", "/preview", "/grants/{id}")):
            return grant
        given |= {"readers": str(world.members["focal_xff"].person), "mode": "copies", "seen": "0", "first": ""}
        answer = granting.act(world, "focal_xdd", grant, "decide", **given)
        assert answer.status_code == 303, answer.text
        if path.startswith("/granted/versions"):
            granting.pledged(world, grant, "focal_xff")
        return grant


class Office:
    """The cast at work, with something for every form to be about."""

    def __init__(self, world: World) -> None:
        title = UNGUESSABLE
        self.world = world
        add_member(world, "second_focal", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
        self.clients: dict[str | None, Browser] = {}
        self.draft = put(world, "focal_xaa", "national XAA", f"{title}, a draft")
        self.shown = circulated(world, title)
        set_back(world)
        sent = press(
            self.client("officer"),
            f"/documents/{self.shown}/translations",
            version=str(newest(world, self.shown)),
            translator=str(world.members["translator"].person),
            language="ar",
        )
        assert sent.status_code == 303
        page = self.client("officer").get(f"/documents/{self.shown}/translations").text
        found = re.search(r"/translations/([\w-]{36})/recall", page)
        assert found
        self.task = found[1]
        file = f"/reviews/{world.files['xaa'].review}"
        accepted = press(self.client("translator"), f"{file}/undertaking", wording="1", accepted="yes")
        assert accepted.status_code == 303
        plan = {"seen": "0", "timetable": "resolution", "begins": "2026-05-04"}
        assert press(self.client("officer"), f"{file}/schedule", **plan).status_code == 303
        self.waiting = self._waiting()
        self.handover = self._handed_over()
        self.copy = copied(world)
        self.signal = raised(world)
        self.talk = Talk(world)
        self.breaches = Breaches(world)
        self.grants = Grants(world)
        self.planned: dict[str, UUID] = {}
        self.agreements = Agreements(world)

    def at(self, world: World) -> Self:
        """Give this office at a copy of its world."""
        moved = copy(self)
        moved.world, moved.clients, moved.planned = world, {}, dict(self.planned)
        for name in ("talk", "breaches", "grants", "agreements"):
            part = copy(getattr(self, name))
            part.__dict__.update({key: dict(made) for key, made in vars(part).items() if key == "_made"})
            part.__dict__["_world"] = world
            setattr(moved, name, part)
        return moved

    def begin(self) -> Self:
        """Have all there that addresses and forms can be about: one sent before may end what the next would need."""
        for way in WAYS:
            self.address(way)
        for way in posts():
            self.sound(way)
        return self

    def _waiting(self) -> UUID:
        """Make an appointment that somebody else has to confirm."""
        portal, person = self.world.portal, self.world.members["expert_xaa"].person
        usual = portal.settings
        portal.settings = replace(usual, confirm_appointments=True)
        sent = press(self.client("focal_xaa"), f"/people/{person}/appoint", role="observer", **TERMS)
        portal.settings = usual
        assert sent.status_code == 303
        return self._known(select(Appointment.id).where(Appointment.needs_confirmation))

    def _handed_over(self) -> UUID:
        """Have somebody replaced; the successor is there for the next one too."""
        left = add_member(self.world, "left_xaa", Role.EXPERT, "XAA", ("xaa",))
        successor = add_member(self.world, "second_expert", Role.EXPERT, "XAA").appointment
        path = f"/people/{left.person}/appointments/{left.appointment}/hand-over"
        said = {"note": "NV 1/2026", "dated": "2026-05-01"}
        sent = press(self.client("focal_xaa"), path, successor=str(successor), **said)
        assert sent.status_code == 303, sent.text
        return UUID(sent.headers["location"].removeprefix("/handovers/"))

    def _known(self, question: SelectOfScalar[UUID]) -> UUID:
        with self.world.portal.database.read() as session:
            return session.scalars(question).one()

    def _stage(self) -> ReviewStage:
        self.agreements.ids("/manifests")  # what is proposed is, at the stage of the report, from here on
        with self.world.portal.database.read() as session:
            stage = ReviewStage(session.get_one(Review, self.world.files["xaa"].review).stage)
        return stage if next_stages(stage) else ReviewStage.PREPARATION

    def _seen(self, way: Way) -> str:
        """Tell what a page showed that is to be changed: when a document was, or how often a schedule."""
        if way.path.endswith("/stage"):
            return self._stage().value
        if way.path.endswith("/report/summary"):
            return agreeing.confirmed(self.world)
        if way.path.endswith("/profile"):
            mine = Profile.person_id == self.world.members["expert_xaa"].person
            with self.world.portal.database.read() as session:
                return str(len(session.scalars(select(Profile.id).where(mine)).all()))
        table = {"/reviews/{id}/schedule": ReviewSchedule, "/reviews/{id}/schedule/steps": ScheduleStep}.get(way.path)
        if table is None:
            return next(row.changed_at.isoformat() for row in documents(self.world) if row.id == self.draft)
        with self.world.portal.database.read() as session:
            return str(len(session.scalars(select(table.id)).all()))

    def _assigned(self, who: str) -> UUID:
        """Find somebody's newest assignment: a form sent before may have ended one and made another."""
        theirs = select(Assignment.id).where(Assignment.person_id == self.world.members[who].person)
        return self._known(theirs.order_by(col(Assignment.created_at).desc(), col(Assignment.id)).limit(1))

    def _told(self, who: str) -> UUID:
        told = select(Notice.id).where(Notice.person_id == self.world.members[who].person)
        return self._known(told.order_by(col(Notice.made_at).desc()).limit(1))

    def client(self, who: str | None) -> Browser:
        if who not in self.clients:
            self.clients[who] = browser(self.world, who)
            self.clients[who].cookies.clear()  # and set as if the portal had: else its next one comes beside it
            name, value = ("portal-local", self.world.members[who].token) if who else ("portal-visitor-local", VISITOR)
            self.clients[who].cookies.set(name, value, domain="localhost.local", path="/")
        return self.clients[who]

    def token(self, who: str | None) -> str:
        """Make the token of a page that is open now; choosing an appointment gives the session a new cookie."""
        return form_token(self.client(who).cookies.get("portal-local", VISITOR) if who else VISITOR)

    def address(self, way: Way) -> str:
        """Fill in the address of a way with what is there."""
        world, expert = self.world, self.world.members["expert_xaa"]
        document = self.draft if way.path.endswith(("/describe", "/submit", "/versions")) else self.shown
        ids = {
            "reviews": world.files["xaa"].review,
            "register": world.files["xaa"].review,
            "rooms": world.files["xaa"].rooms["shared"],
            "documents": document,
            "versions": newest(world, self.shown),
            "translations": self.task,
            "people": expert.person,
            "appointments": self.waiting if way.path.endswith("/confirm") else expert.appointment,
            "assignments": self._assigned("expert_xaa"),
            "handovers": self.handover,
            "officers": self._assigned("officer"),
            "enter": "t" * 43,
            "copies": self.copy,
            "signals": self.signal,
            "calendar": "t" * 43 + ".ics",
            "states": "XAA",
            **self.talk.ids(way.path),
            **self.breaches.ids(way.path),
            **self._planned(way.path),
            **self.agreements.ids(way.path),
            **self.grants.ids(way.path),
        }
        parts = way.path.split("/")
        filled = [str(ids.get(parts[at - 1], uuid4())) if part[:1] == "{" else part for at, part in enumerate(parts)]
        return "/".join(filled)

    def _planned(self, path: str) -> dict[str, UUID]:
        """Have a publication for each way of one."""
        if not path.startswith(("/publications", "/public/")):
            return {}
        if path not in self.planned:
            self.planned[path] = publicity.prepared(self.world, self.shown, "second_focal")
            if path.endswith("/withdraw") or path.startswith("/public/"):
                publicity.published(self.world, self.planned[path], "second_focal")
        return dict.fromkeys(("publications", "public"), self.planned[path])

    def send(self, way: Way, fields: Mapping[str, str], path: str | None = None) -> Response:
        """Send a form as whoever may."""
        who, _ = FORMS[way.path]
        data = {"csrf": self.token(who), **self.sound(way), **fields}
        return self.post(who, path or self.address(way), data, upload=way.upload)

    def post(self, who: str | None, path: str, data: Mapping[str, str], *, upload: bool = False) -> Response:
        more: dict[str, Any] = {"files": [("file", ("law.pdf", b"%PDF-1.7 law", PDF))]} if upload else {}
        with publicity.stood_in():
            return self.client(who).post(path, data=data, headers={"Origin": ORIGIN}, follow_redirects=False, **more)

    def _full_version(self) -> UUID:
        case = self.breaches.ids("/cases/{id}/disclosure")["cases"]
        return self._known(select(CaseEntry.id).where(CaseEntry.case_id == case, CaseEntry.kind == EntryKind.FULL))

    def sound(self, way: Way) -> dict[str, str]:
        """Fill in what a form says: what is in its filling, and what of it the world knows."""
        world = self.world
        ids: dict[str, Callable[[], object]] = {
            "version": lambda: newest(world, self.draft if way.path.endswith("submit") else self.shown),
            "seen": lambda: self._seen(way),
            "stage": lambda: next_stages(self._stage())[0].value,
            "translator": lambda: world.members["translator"].person,
            "review": lambda: world.files["xaa"].review,
            "cycle": lambda: self._known(select(Cycle.id).order_by(col(Cycle.created_at), col(Cycle.id)).limit(1)),
            "officer": lambda: world.members["officer_other"].appointment,
            "appointment": lambda: world.members["focal_xaa"].appointment,
            "successor": lambda: world.members["second_expert"].appointment,
            "newest": lambda: self._told("expert_xaa"),
            "room": lambda: world.files["xaa"].rooms["shared"],
            "people": lambda: world.members["expert_xaa"].person,
            "full_version": self._full_version,
            "attached": lambda: newest(world, self.draft),
            "held": lambda: world.members["expert_xcc"].person,
            "about_grant": lambda: self.grants.ids("/granted/{id}")["granted"],
            "concerned": lambda: world.members["expert_xcc"].person,
        }
        parts = (self.talk, self.breaches, self.agreements, self.grants)
        about = {name: value for part in parts for name, value in part.fields(way.path).items()}
        return {
            name: value or about.get(name) or (str(ids[name]()) if name in ids else "")
            for name, value in FORMS[way.path][1].items()
        }
