"""A breach case, step by step through the application, for tests: each step as somebody of the cast."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from httpx2 import Response
from sqlmodel import select

from storage.cases import Containment, Exhibit
from tests.cast import World
from tests.contents import send
from tests.filing import press
from tests.web_client import browser

HAPPENED = "Two pages of the draft were in a newspaper of the capital, quoted at length."
SUBJECT = "A text of this review seems to have reached a newspaper."
ALLEGATION = "You gave two pages of the draft to a journalist on 2 May."
ANSWER = "I was on leave that week, and have not met a journalist."
REASONS = "The pages bear the mark of the copy that was downloaded under this account."
FULL = "Expert_Xcc Example passed the draft on; the mark of the copy shows it."
BARE = "A person of a reviewing State passed a paper of a review to somebody outside."
DECIDED = "The Conference is informed."
GROUNDS = "The newspaper of 3 May quotes what only five people had open on 2 May."
CONCERN = {
    "nature": "disclosed",
    "language": "en",
    "happened": HAPPENED,
    "when": "3 May 2026",
    "where": "Arandia Daily",
    "damage": "Witnesses may be found.",
    "about": "",
}


def led(answer: Response, noun: str) -> UUID:
    """Take the id from the answer of an act that leads to a page of a concern or a case."""
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].removeprefix(f"/{noun}/"))


def concern(world: World, who: str = "expert_xbb", *, file: str = "xaa", about: str | None = None, **more: str) -> UUID:
    """Have somebody file a concern."""
    fields = {**CONCERN, "about": str(world.members[about].person) if about else "", **more}
    return led(press(browser(world, who), f"/reviews/{world.files[file].review}/concerns", **fields), "concerns")


def proposed(
    world: World,
    on: UUID | None = None,
    *,
    person: str | None = "expert_xcc",
    by: str = "confidentiality",
    file: str = "xaa",
    exercise: bool = False,
) -> UUID:
    """Have the confidentiality officer propose a case."""
    fields = {
        "review": str(world.files[file].review),
        "concern": str(on or ""),
        "person": str(world.members[person].person) if person else "",
        "subject": SUBJECT,
        "grounds": GROUNDS,
        **({"exercise": "yes"} if exercise else {}),
    }
    return led(press(browser(world, by), "/cases", **fields), "cases")


def registered(world: World, *, second: str = "confidentiality_other", **more: object) -> UUID:
    """Have a case proposed and confirmed."""
    case = proposed(world, **more)  # type: ignore[arg-type]  # handed on as they are
    act(world, second, case, "confirm")
    return case


def act(world: World, who: str, case: UUID, step: str, **fields: str) -> None:
    """Have somebody take a step of a case."""
    answer = press(browser(world, who), f"/cases/{case}/{step}", **fields)
    assert answer.status_code == 303, answer.text


def ahead(world: World, days: int) -> str:
    """Name a day that lies so many ahead."""
    return (world.portal.clock().date() + timedelta(days=days)).isoformat()


def contained(world: World, case: UUID, hold: str = "review", whom: str | None = "expert_xcc", days: int = 28) -> None:
    """Have the confidentiality officer hold somebody back."""
    held = str(world.members[whom].person) if whom else ""
    said = {"hold": hold, "held": held, "hold_reason": "While it is looked into.", "review_on": ahead(world, days)}
    act(world, "confidentiality", case, "containments", **said)


def holds(world: World, case: UUID) -> list[Containment]:
    """List the containments of a case."""
    with world.portal.database.read() as session:
        return list(session.scalars(select(Containment).where(Containment.case_id == case)))


def lifted(world: World, case: UUID) -> None:
    """Have all containments of a case lifted."""
    for one in holds(world, case):
        answer = press(browser(world, "confidentiality"), f"/containments/{one.id}/lift", lift_reason="Not needed.")
        assert answer.status_code == 303, answer.text


def asked(world: World, case: UUID) -> None:
    """Have the person concerned asked to be heard."""
    act(world, "confidentiality", case, "hearing", allegation=ALLEGATION, last_day=ahead(world, 16))


def heard(world: World, case: UUID, who: str = "expert_xcc") -> None:
    """Have the person concerned asked, and answer."""
    asked(world, case)
    answer = press(browser(world, who), f"/hearings/{case}", answer=ANSWER, all="yes")
    assert answer.status_code == 303, answer.text


PICTURE = b"\x89PNG\r\n\x1a\n of a page that was found"
EXHIBIT = {"exhibit_text": "A page, found in a taxi.", "received_from": "A driver", "received_on": "2026-05-03"}


def exhibit(world: World, case: UUID, who: str = "confidentiality", content: bytes = PICTURE, **said: str) -> Response:
    """Send an exhibit."""
    fields = {**EXHIBIT, **said}
    return send(browser(world, who), f"/cases/{case}/exhibits", ("page 3.png", content, "image/png"), **fields)


def exhibited(world: World, case: UUID) -> UUID:
    """Have an exhibit brought into a case; gives the newest one's id."""
    answer = exhibit(world, case)
    assert answer.status_code == 303, answer.text
    with world.portal.database.read() as session:
        rows = session.scalars(select(Exhibit).where(Exhibit.case_id == case)).all()
        return max(rows, key=lambda one: one.number).id


def newest_shown(world: World, who: str, path: str) -> str:
    """Take the number of the newest entry that a page with the form of a finding or a decision shows."""
    shown = re.search(r'name="seen" value="(\d+)"', browser(world, who).get(path).text)
    return shown[1] if shown else ""


def found(world: World, case: UUID, finding: str = "confidentiality", who: str = "confidentiality") -> None:
    """Have the finding recorded."""
    seen = newest_shown(world, who, f"/cases/{case}")
    act(world, who, case, "finding", finding=finding, finding_reasons=REASONS, seen=seen)


def stays_signed_in(world: World) -> None:
    """Let the cast lie idle for weeks."""
    world.portal.settings = replace(world.portal.settings, session_idle_minutes=100_000)


def submitted(world: World, case: UUID, who: str = "focal_xbb", bare: str = BARE) -> None:
    """Have a case submitted to the Oversight Group; whoever does says that they looked into what can't be read."""
    path, said = f"/cases/{case}/submission", {"full": FULL, "bare": bare}
    answer = press(browser(world, who), path, **said)
    doubts = re.search(r'name="confirmed" value="([^"]+)"', answer.text)
    if doubts:
        answer = press(browser(world, who), path, **said, confirmed=doubts[1])
    assert answer.status_code == 303, answer.text


def disclosed(world: World, case: UUID) -> Response:
    """Give the Group the newest version in full that the page shows."""
    client = browser(world, "focal_xaa")
    shown = re.search(r'name="full_version" value="([^"]*)"', client.get(f"/cases/{case}").text)
    return press(client, f"/cases/{case}/disclosure", full_version=shown[1] if shown else "")


def decided(world: World, case: UUID, decision: str = "referral") -> None:
    """Have the Group's decision recorded."""
    path = f"/submissions/{case}"
    said = {"decision": decision, "decision_text": DECIDED, "seen": newest_shown(world, "oversight", path)}
    answer = press(browser(world, "oversight"), path, **said)
    assert answer.status_code == 303, answer.text
