"""Scanned copies and profiles through the application, for tests."""

from uuid import UUID

from httpx2 import Response
from sqlmodel import col, select

from storage.notes import NoteCopy
from storage.tables import Assignment
from tests.cast import World
from tests.contents import send
from tests.filing import PDF, press
from tests.web_client import browser

SCAN = b"%PDF-1.7 a scanned note"
PROFILE = {
    "position": "Public prosecutor",
    "background": "Taught at a university.\nHas prosecuted since 2011.",
    "expertise": "Trafficking in persons\n\nMutual legal assistance",
    "languages": "en",
    "other_languages": "Dari",
}


def place(world: World, whom: str, kind: str = "appointments") -> str:
    """Name what a copy can be of: somebody's appointment, or their first assignment."""
    member = world.members[whom]
    on = member.appointment if kind == "appointments" else assignment(world, whom)
    return f"/people/{member.person}/{kind}/{on}"


def assignment(world: World, whom: str) -> UUID:
    theirs = select(Assignment.id).where(Assignment.person_id == world.members[whom].person)
    with world.portal.database.read() as session:
        return session.scalars(theirs).one()


def send_copy(
    world: World,
    who: str = "focal_xaa",
    whom: str = "expert_xaa",
    kind: str = "appointments",
    *,
    file: tuple[str, bytes, str] = ("note.pdf", SCAN, PDF),
    **fields: str,
) -> Response:
    """Send the scanned copy of the note on which somebody is appointed or assigned."""
    return send(browser(world, who), f"{place(world, whom, kind)}/copies", file, **fields)


def copies(world: World) -> list[NoteCopy]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(NoteCopy).order_by(col(NoteCopy.added_at), col(NoteCopy.id))))


def copied(world: World, who: str = "focal_xaa", whom: str = "expert_xaa", kind: str = "appointments") -> UUID:
    """Add a copy, and give its id."""
    before = {row.id for row in copies(world)}
    answer = send_copy(world, who, whom, kind)
    assert answer.status_code == 303, answer.text
    return next(row.id for row in copies(world) if row.id not in before)


def describe(world: World, who: str = "focal_xaa", whom: str = "expert_xaa", seen: str = "0", **said: str) -> Response:
    """Set what the roster says of somebody."""
    path = f"/people/{world.members[whom].person}/profile"
    return press(browser(world, who), path, **{**PROFILE, **said, "seen": seen})
