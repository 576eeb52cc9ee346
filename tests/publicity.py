"""Publication, step by step through the application, for tests: each step as somebody of the cast."""

from contextlib import AbstractContextManager
from dataclasses import replace
from unittest.mock import patch
from uuid import UUID

from portal.publishing.findings import Finding, Kind
from portal.usecases import publications
from portal.usecases.making import Made
from portal.usecases.making_public import publish_due
from storage.publications import Publication, PublicFile
from tests.cast import World
from tests.filing import circulated, newest, press
from tests.web_client import browser

TITLE = "Report of the country review, chapters one to three"


FILE = b"%PDF-1.7 exactly this file"
REMOVED = (Finding(Kind.COMMENTS, 2, ("Ask <i>okapi</i>",), (1, 2)), Finding(Kind.SCRIPTS, 1))


def make(_source: bytes, pages: tuple[int, ...], _title: str, _language: str) -> Made:
    """Stand in for the engine, which has tests of its own."""
    return Made(FILE, pages or (1, 2, 3), tuple({1, 2, 3} - set(pages)) if pages else (), REMOVED, ())


def stood_in() -> AbstractContextManager[object]:
    """Have the stand-in for the engine while this lasts."""
    return patch.object(publications, "make_anew", make)


def prepared(
    world: World, document: UUID | None = None, who: str = "focal_xaa", *, file: str = "xaa", **fields: str
) -> UUID:
    """Have a publication prepared."""
    document = document or circulated(world, "Our response")
    said = {"version": str(newest(world, document)), "pages": "", "title": TITLE, "language": "en", **fields}
    with stood_in():
        answer = press(browser(world, who), f"/reviews/{world.files[file].review}/publications", **said)
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].removeprefix("/publications/"))


def opened(world: World, who: str, publication: UUID) -> None:
    """Have somebody read the file."""
    assert browser(world, who).get(f"/publications/{publication}/file").status_code == 200


def confirm(world: World, who: str, publication: UUID) -> None:
    """Have somebody read the file and confirm it."""
    opened(world, who, publication)
    act(world, who, publication, "confirm")


def act(world: World, who: str, publication: UUID, step: str, **fields: str) -> None:
    """Have somebody take a step of a publication."""
    answer = press(browser(world, who), f"/publications/{publication}/{step}", **fields)
    assert answer.status_code == 303, answer.text


def confirmed(world: World, publication: UUID | None = None, who: str = "focal_xaa") -> UUID:
    """Have a publication confirmed by two people."""
    publication = publication or prepared(world)
    confirm(world, who, publication)
    confirm(world, "expert_xaa", publication)
    return publication


def published(world: World, publication: UUID | None = None, who: str = "focal_xaa") -> UUID:
    """Have something made public at once."""
    usual = world.portal.settings
    world.portal.settings = replace(usual, publication_hours=0)
    publication = confirmed(world, publication, who)
    world.portal.settings = usual
    publish_due(world.portal)
    assert row(world, publication).published_at is not None
    return publication


def row(world: World, publication: UUID) -> Publication:
    """Read the row of a publication."""
    with world.portal.database.read() as session:
        return session.get_one(Publication, publication)


def public(world: World, publication: UUID) -> PublicFile | None:
    """Read what is public of it."""
    with world.portal.database.read() as session:
        return session.get(PublicFile, publication)
