"""A review in which something of every kind has happened, for a walk through all pages."""

from collections import defaultdict
from itertools import cycle
from uuid import UUID, uuid4

from sqlmodel import select

from portal.demo.pdf import pdf
from portal.domain.documents import DocumentKind
from portal.domain.roles import Role
from portal.domain.signals import Rule
from portal.usecases.reports import Proposed
from storage.cases import BreachCase
from storage.dialogue import Entry
from storage.fields import Place
from storage.grants import Grant
from storage.permits import REGISTRY
from storage.publications import Publication, PublicFile
from storage.tables import Appointment
from tests import breaches, dialogue, granting, publicity, reports
from tests.cast import World, add_member, setting_up
from tests.filing import circulated, move, newest, press, put, set_back, submitted
from tests.noting import copied, describe
from tests.signalled import raised
from tests.web_client import browser as signed_in


def fill(world: World) -> None:
    """Let something of every kind happen."""
    document = circulated(world, "Response to the self-assessment checklist", kind="checklist_response")
    submitted(world, "قانون مكافحة الجريمة المنظمة العابرة للحدود الوطنية", kind="law", name="قانون رقم ١٢.pdf")
    put(world, "focal_xaa", "national XAA", "Draft for the ministry", kind="note")
    draft = put(world, "expert_xbb", "reviewers", "Findings on Постановление_Верховного_суда_№_5-124", kind="note")
    move(world, "focal_xbb", draft, "shared")
    press(
        signed_in(world, "officer"),
        f"/documents/{document}/translations",
        version=str(newest(world, document)),
        translator=str(world.members["translator"].person),
        language="fr",
    )
    schedule, officer = f"/reviews/{world.files['xaa'].review}/schedule", signed_in(world, "officer")
    press(officer, schedule, seen="0", timetable="resolution", begins="2026-01-12")
    for step, day in (("notify", "2026-02-02"), ("focal_point", "2026-03-20"), ("response", "2026-04-30")):
        press(officer, f"{schedule}/steps", seen="0", step=step, agreed=day, done=day, reason="As it took place.")
    press(officer, f"{schedule}/steps", seen="0", step="circulate", agreed="2026-06-06", reason="As all agreed.")
    set_back(world)
    replace(world)
    talk(world)
    copied(world)
    describe(world)
    breach(world)
    signal(world)
    publish(world, document)
    grant(world)


def breach(world: World) -> None:
    """Let concerns wait and be set aside, a case wait for its second person, and one be in the midst of everything."""
    breaches.concern(world, "focal_xaa")
    aside = breaches.concern(world, "observer_xcc", happened="نُشرت صفحتان من المسودة في صحيفة.", language="ar")
    press(signed_in(world, "confidentiality"), f"/concerns/{aside}/aside", reason="The pages were public.")
    breaches.proposed(world, person=None)
    named = breaches.concern(world, "expert_xbb", about="observer_xcc")
    case = breaches.registered(world, on=named, person="observer_xcc", exercise=True)
    breaches.contained(world, case, whom="observer_xcc")
    breaches.act(
        world, "confidentiality", case, "entries", entry="fact", entry_text="Постановление_Верховного_суда " * 9
    )
    breaches.heard(world, case, "observer_xcc")
    breaches.exhibited(world, case)
    breaches.found(world, case)
    breaches.submitted(world, case)
    assert breaches.disclosed(world, case).status_code == 303


def publish(world: World, document: UUID) -> None:
    """Let something be prepared for publication, something be public, and something be withdrawn."""
    publicity.prepared(world, document, pages="1-12, 15")
    publicity.published(world, publicity.prepared(world, document, title="التقرير القُطري لأرانديا", language="ar"))
    gone = publicity.published(world, publicity.prepared(world, document, title="Response", pages="1-3"))
    publicity.act(world, "focal_xaa", gone, "withdraw", reason="A corrected version follows.")
    outcome = reports.circulated(world, DocumentKind.DESK_REVIEW_OUTCOME, "Outcome of the desk review")
    together = publicity.prepared(world, outcome, title="Outcome of the desk review")
    for who in ("focal_xaa", "focal_xbb"):
        publicity.confirm(world, who, together)
    publicity.confirmed(world, publicity.prepared(world, document, title="Response, chapter four", pages="4"))


def signal(world: World) -> None:
    """Let there be a signal by each rule, of which one was set aside."""
    several = [raised(world, who, rule) for who, rule in zip(cycle(["expert_xbb", "officer"]), Rule, strict=False)]
    aside = f"/signals/{several[0]}/aside"
    assert press(signed_in(world, "confidentiality"), aside, reason="زيارة قُطرية (a visit).").status_code == 303


def replace(world: World) -> None:
    """Let somebody have been replaced, and somebody stand ready to succeed."""
    add_member(world, "next_xaa", Role.EXPERT, "XAA")
    left = add_member(world, "left_xbb", Role.EXPERT, "XBB", ("xaa",))
    dialogue.draft_question(world, "left_xbb", dialogue.asked("Begun by somebody who left"))
    path = f"/people/{left.person}/appointments/{left.appointment}/hand-over"
    said = {"note": "NV 1/2026", "dated": "2026-05-01"}
    successor = str(world.members["expert_xbb"].appointment)
    assert press(signed_in(world, "focal_xbb"), path, successor=successor, **said).status_code == 303


def talk(world: World) -> None:
    """Let the dialogue be under way: a draft, a question that waits, one with an answer, one being translated."""
    dialogue.draft_question(world, said=dialogue.asked("Penalties for legal persons"))
    waiting = dialogue.question(
        world, said=dialogue.asked("Participation", "Which *acts* does it cover?\n\n- one\n- two")
    )
    dialogue.draft_answer(world, waiting, text="تشمل المادة ١٢ (section 12) كل فعل.")
    dialogue.comment(world, "expert_xbb", waiting, "reviewers", "Compare with **article 10**.")
    answered = dialogue.question(world, "expert_xcc", dialogue.asked("Группы: постановление", "Просьба пояснить."))
    sent = dialogue.submit(world, dialogue.draft_answer(world, answered), "focal_xaa")
    dialogue.send_text(world, sent, "fr")
    file = f"/reviews/{world.files['xaa'].review}"
    press(signed_in(world, "translator"), f"{file}/undertaking", wording="1", accepted="yes")
    dialogue.log_call(world, "officer", "Call with the focal point about the visit.")


def grant(world: World) -> None:
    """Let a State be asked for its report, offer it, let it be read, opened and taken along, and end that."""
    add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE", undertaken=("xdd",))
    reports.to_report(world, "xdd", "officer_other")
    report, summary = (
        reports.circulated(world, kind, title, "xdd", "officer_other", pdf(title, [title, "\f", "Its second page."]))
        for kind, title in ((DocumentKind.REPORT, "Country review report"), (DocumentKind.SUMMARY, "Summary"))
    )
    reports.comment(world, report, "expert_xbb_other", "xdd")
    manifest = reports.propose(world, Proposed(report, summary, 0), "officer_other", "xdd")
    assert [reports.agree(world, manifest, who) for who in ("focal_xdd", "focal_xbb", "focal_xee")][-1]
    readers = ("reader_xff", "focal_xff")
    granting.reader(world)
    twice(world, "focal_xff", Role.READER)
    given = granting.asked(world, "focal_xff", *readers, file="xdd")
    terms = granting.terms(world, *readers, mode="copies")
    assert granting.act(world, "focal_xdd", given, "decide", **terms).status_code == 303
    for who in readers:
        granting.pledged(world, given, who)
    version = granting.page(world, given, "focal_xdd").given[0].version
    for path in ("", "?page=2", "/copy"):
        assert signed_in(world, "reader_xff").get(f"/granted/versions/{version}{path}").status_code == 200
    granting.reader(world, "reader_xaa", "XAA")
    granting.asked(world, "focal_xaa", "reader_xaa", file="xdd")
    offer = {"state": "XCC", "purpose": granting.PURPOSE, **granting.terms(world, *readers), "readers": []}
    assert (
        press(signed_in(world, "focal_xdd"), f"/reviews/{world.files['xdd'].review}/offer", **offer).status_code == 303
    )


def twice(world: World, who: str, role: Role) -> None:
    """Appoint somebody to something else besides."""
    member, one = world.members[who], uuid4()
    with setting_up(world.portal) as (work, permit):
        held = work.people.appointment(member.appointment)
        assert held
        basis = work.seal(permit, REGISTRY, Place("appointment", "basis", one), "{}")
        kept = {"person_id": member.person, "role": role.value, "state_code": held.state_code}
        work.people.add(Appointment(id=one, basis=basis, starts_at=work.now, created_at=work.now, **kept))


def behind(world: World) -> dict[str, list[str]]:
    """Give the pages that differ from the one of their kind to which links lead first, by who looks at them."""
    rooms = {world.files["xaa"].rooms["national XAA"]: "focal_xaa", world.files["xaa"].rooms["reviewers"]: "expert_xbb"}
    found: defaultdict[str, list[str]] = defaultdict(list)
    with world.portal.database.read() as session:
        for draft in session.scalars(select(Entry).where(Entry.stage == "draft")):
            found[rooms[draft.room_id]].append(f"/entries/{draft.id}")
        found["focal_xaa"] += [f"/publications/{one}" for one in session.scalars(select(Publication.id))]
        found["nobody"] += [f"/public/{one}" for one in session.scalars(select(PublicFile.id))]
        found["confidentiality"] += [f"/cases/{one}" for one in session.scalars(select(BreachCase.id))]
        found["focal_xdd"] += [f"/grants/{one}" for one in session.scalars(select(Grant.id))]
    found["confidentiality"].append(f"/cases/new?review={world.files['xaa'].review}")
    found["focal_xff"].append("/acting")
    return found
