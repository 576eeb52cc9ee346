"""Carries a breach case, a report, a grant and a publication through a running portal, with planted words in all."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from portal.domain.documents import DocumentKind
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from storage.reports import Manifest
from tests import granting, reports, signalled
from tests.breaches import CONCERN, ahead, holds
from tests.cast import add_member
from tests.e2e.planting import Planting
from tests.e2e.wire import Answer


@dataclass(slots=True)
class Accounting:
    """The people of a breach case and of a report that others may read, who write planted words."""

    planting: Planting

    def play(self) -> None:
        """File, propose, contain, hear, find, submit; disagree, agree, grant, revoke, publish; export."""
        self.case()
        self.report()
        self.grant()
        self.publication()
        for form in ("csv", "pdf", "bundle"):
            token = self.planting.world.members["focal_xaa"].token
            assert self.planting.served.ask("GET", f"{self.review}/trail.{form}", token).status == 200, form

    @property
    def review(self) -> str:
        return f"/reviews/{self.planting.world.files['xaa'].review}"

    @property
    def second(self) -> str:
        return f"/reviews/{self.planting.world.files['xdd'].review}"

    def _new(self, label: str) -> str:
        return self.planting.words.new(label)

    def _post(self, path: str, who: str, **fields: str) -> str:
        """Send a form; gives the address that it leads to."""
        answer: Answer = self.planting.post(path, who, **fields)
        assert answer.status == 303, (path, answer)
        return answer.headers["location"]

    def case(self) -> None:
        world = self.planting.world
        said = {name: self._new(f"{name} of a concern") for name in ("happened", "when", "where", "damage")}
        concern = self._post(f"{self.review}/concerns", "expert_xbb", **{**CONCERN, **said}).removeprefix("/concerns/")
        person = str(world.members["expert_xcc"].person)
        case = self._post(
            *("/cases", "confidentiality"),
            review=self.review.removeprefix("/reviews/"),
            concern=concern,
            person=person,
            subject=self._new("what a case is about"),
            grounds=self._new("grounds of a case"),
        )
        self._post(f"{case}/confirm", "confidentiality_other")
        held = {"hold": "review", "held": person, "review_on": ahead(world, 9)}
        reason = self._new("reason of a containment")
        self._post(f"{case}/containments", "confidentiality", **held, hold_reason=reason)
        asked = self._new("allegation")
        self._post(f"{case}/hearing", "confidentiality", allegation=asked, last_day=ahead(world, 16))
        hearing = case.replace("/cases/", "/hearings/")
        self._post(hearing, "expert_xcc", answer=self._new("answer of the person concerned"), all="yes")
        finding = {"finding": "procedure", "finding_reasons": self._new("reasons of a finding")}
        seen = self.planting.seen(case, "confidentiality")
        self._post(f"{case}/finding", "confidentiality", **finding, seen=seen)
        versions = {"full": self._new("version in full"), "bare": self._new("version that discloses nothing")}
        self._submit(case, versions)
        decided = {"decision": "referral", "decision_text": self._new("decision of the Group")}
        submission = case.replace("/cases/", "/submissions/")
        self._post(submission, "oversight", **decided, seen=self.planting.seen(submission, "oversight"))
        (hold,) = holds(world, UUID(case.rpartition("/")[2]))
        lifted = self._new("why a containment was lifted")
        self._post(f"/containments/{hold.id}/lift", "confidentiality", lift_reason=lifted)
        signal = signalled.raised(world)
        self._post(f"/signals/{signal}/aside", "confidentiality", reason=self._new("why a signal was set aside"))

    def _submit(self, case: str, versions: dict[str, str]) -> None:
        answer = self.planting.post(f"{case}/submission", "focal_xbb", **versions)
        doubts = re.search(rb'name="confirmed" value="([^"]+)"', answer.body)
        assert doubts, "the cast's files can't be read as what they say to be"
        self._post(f"{case}/submission", "focal_xbb", **versions, confirmed=doubts[1].decode())

    def report(self) -> None:
        world = self.planting.world
        reports.set_stage(world, ReviewStage.REPORT, "xdd")
        add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE", undertaken=("xdd",))
        words = [self._new("first page of the report"), "\f", self._new("second page of the report")]
        kinds = (DocumentKind.REPORT, DocumentKind.SUMMARY)
        titles = [self._new(f"title of the {kind}") for kind in kinds]
        file = granting.pdf("Texts", words)
        report, summary = (
            reports.circulated(world, kind, title, "xdd", "officer_other", file)
            for kind, title in zip(kinds, titles, strict=True)
        )
        proposed = {"report": str(report), "summary": str(summary), "seen": "0"}
        self._post(f"{self.second}/report", "focal_xbb", **proposed)
        reason = self._new("reason of a disagreement")
        self._post(f"/manifests/{self._manifest().id}/disagree", "focal_xdd", reason=reason)
        self._post(f"{self.second}/report", "focal_xbb", **{**proposed, "seen": "1"})
        for who in ("focal_xdd", "focal_xbb", "focal_xee"):
            reports.agree(world, self._manifest().id, who)

    def _manifest(self) -> Manifest:
        with self.planting.world.portal.database.read() as session:
            return session.scalars(select(Manifest).order_by(Manifest.proposed_at.desc())).first()  # type: ignore[attr-defined,return-value]  # a column

    def grant(self) -> None:
        world = self.planting.world
        granting.reader(world)
        reader = str(world.members["reader_xff"].person)
        asked = {"review": self.second.removeprefix("/reviews/"), "purpose": self._new("purpose of a grant")}
        grant = self._post("/grants/new", "focal_xff", **asked, readers=reader)
        manifest = self._manifest()
        terms = {"documents": str(manifest.report_id), "languages": "en", "readers": reader, "mode": "copies"}
        self._post(f"{grant}/decide", "focal_xdd", **terms, first="", last=ahead(world, 90), seen="0")
        granting.pledged(world, grant.rpartition("/")[2], "reader_xff")  # type: ignore[arg-type]  # its id
        token, version = world.members["reader_xff"].token, manifest.report_version_id
        for path in (f"/granted/versions/{version}", f"/granted/versions/{version}/image?page=1"):
            assert self.planting.served.ask("GET", path, token).status == 200, path
        assert self.planting.served.ask("GET", f"/granted/versions/{version}/copy", token).status == 200
        self._post(f"{grant}/revoke", "focal_xdd", revoke_reason=self._new("reason of a revocation"))

    def publication(self) -> None:
        said = {"version": str(self._manifest().report_version_id), "pages": "1", "language": "en"}
        path = f"{self.second}/publications"
        self._post(path, "focal_xdd", **said, title=self._new("title of what is prepared for publication"))
