"""Acts on a file through the application, for tests: put a document somewhere, move it, press a button."""

from datetime import timedelta
from uuid import UUID

from httpx2 import Response
from sqlmodel import select

from portal.usecases.shredding import shred_version
from storage.permits import room_scope
from storage.tables import KeyVersion, Version
from tests.cast import World
from tests.contents import form_token, send, versions
from tests.web_client import ORIGIN, Browser, browser

PDF = "application/pdf"


def press(client: Browser, path: str, **fields: str) -> Response:
    """Send a form with the page's token."""
    data = {"csrf": form_token(client.cookies["portal-local"]), **fields}
    return client.post(path, data=data, headers={"Origin": ORIGIN}, follow_redirects=False)


def made(answer: Response) -> UUID:
    """Take the document's id from the answer of an act that leads to its page."""
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].removeprefix("/documents/"))


def put(
    world: World,
    who: str,
    room: str,
    text: str = "Draft",
    *,
    file: str = "xaa",
    content: bytes | None = None,
    **fields: str,
) -> UUID:
    """Put a document into a room; its content is its title and a little more, if none is given."""
    path = f"/rooms/{world.files[file].rooms[room]}/documents"
    name = fields.pop("name", f"{text}.pdf")
    content = content or f"%PDF-1.7 {text} {name}".encode()
    declared = PDF if content.startswith(b"%PDF-") else "application/octet-stream"
    return made(send(browser(world, who), path, (name, content, declared), title=text, **fields))


def newest(world: World, document: UUID) -> UUID:
    """Find the newest version of a document."""
    return max((row for row in versions(world) if row.document_id == document), key=lambda row: row.number).id


def shredded(world: World, who: str = "officer", room: str = "shared", text: str = "Penal code") -> Version:
    """Put a document into a room and destroy its version."""
    document = put(world, who, room, text)
    (version,) = [row for row in versions(world) if row.document_id == document]
    with world.request():
        shred_version(world.portal, version.id)
    return version


def move(world: World, who: str, document: UUID, target: str) -> Response:
    """Send the newest version of a document to another room."""
    return press(
        browser(world, who), f"/documents/{document}/submit", version=str(newest(world, document)), target=target
    )


def submitted(world: World, text: str = "Response", **fields: str) -> UUID:
    """Have the State under review submit a document."""
    return made(move(world, "focal_xaa", put(world, "focal_xaa", "national XAA", text, **fields), "shared"))


def circulated(world: World, text: str = "Response", **fields: str) -> UUID:
    """Have a submitted document circulated."""
    document = submitted(world, text, **fields)
    assert press(browser(world, "officer"), f"/documents/{document}/circulate").status_code == 303
    return document


def resealed(world: World, who: str, room: str, text: str) -> int:
    """Put another document into a room, a minute later; gives under how many versions of its key things lie there."""
    world.clock.forward(timedelta(minutes=1))
    put(world, who, room, text)
    scope = room_scope(world.files["xaa"].review, world.files["xaa"].rooms[room])
    with world.portal.database.read() as session:
        return len(session.scalars(select(KeyVersion).where(KeyVersion.scope == scope)).all())


def set_back(world: World) -> None:
    """Have the officer set the first review back to its preparation."""
    path = f"/reviews/{world.files['xaa'].review}/stage"
    answer = press(browser(world, "officer"), path, seen="desk_review", stage="preparation")
    assert answer.status_code == 303, answer.text
