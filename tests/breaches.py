"""A breach case, step by step through the application, for tests: each step as somebody of the cast."""

from uuid import UUID

from httpx2 import Response

from tests.cast import World
from tests.filing import press
from tests.web_client import browser

HAPPENED = "Two pages of the draft were in a newspaper of the capital, quoted at length."
SUBJECT = "A text of this review seems to have reached a newspaper."
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
