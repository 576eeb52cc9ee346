"""The trail searched by the number of a marked copy: a State types it off a found page, and sees who took it."""

from html import unescape

import pytest
from sqlmodel import select

from portal.domain import copies
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from portal.rendering.renderer import Renderer
from portal.usecases import granted_pages
from portal.usecases.granted_pages import Showing
from storage.grants import MarkedCopy
from tests.cast import World
from tests.granting import granted, page, pledged, reader
from tests.web_client import browser


def took(world: World, version: object, who: str = "reader_xff") -> str:
    """Have a reader begin to take a marked copy; gives its number."""
    with Confinement() as confinement, world.request():
        showing = Showing(Renderer(confinement), Office())
        return granted_pages.begin_copy(world.portal, world.caller(who), showing, version)[0].number  # type: ignore[arg-type]


def lines(world: World, number: str, who: str = "focal_xaa", **more: str) -> str:
    path = f"/reviews/{world.files['xaa'].review}/trail"
    answer = browser(world, who).get(path, params={"copy": number, **more})
    assert answer.status_code in {200, 422}
    return unescape(answer.text.split("<main")[1].split("<footer")[0])


def test_a_state_types_the_number_off_a_found_page_and_sees_who_took_that_copy(world: World) -> None:
    reader(world)
    reader(world, "second_xff")
    grant = granted(world, "reader_xff", "second_xff", mode="copies")
    for who in ("reader_xff", "second_xff"):
        pledged(world, grant, who)
    version = page(world, grant).given[0].version
    mine, other = took(world, version), took(world, version, "second_xff")  # at the same moment
    for typed in (mine, mine.lower().replace("-", " "), f" {mine.replace('-', '')} "):
        shown = lines(world, typed)
        assert "Reader_Xff Example" in shown
        assert "Second_Xff" not in shown
    assert "Second_Xff Example" in lines(world, other)
    assert "Second_Xff Example" not in lines(world, other, to="2020-01-01")  # other filters hold as well
    table = (
        browser(world, "focal_xaa").get(f"/reviews/{world.files['xaa'].review}/trail.csv", params={"copy": mine}).text
    )
    assert "Reader_Xff Example" in table
    assert "Second_Xff" not in table


@pytest.mark.parametrize("who", ["focal_xbb", "focal_xcc"])
def test_a_reviewing_state_finds_no_copy_and_one_that_there_is_looks_like_none(world: World, who: str) -> None:
    grant = granted(world, mode="copies")
    pledged(world, grant)
    number = took(world, page(world, grant).given[0].version)
    found, none = (lines(world, one, who).replace(one, "") for one in (number, copies.written(1)))
    assert "Reader_Xff" not in found
    assert found == none
    assert 'name="copy"' not in browser(world, who).get(f"/reviews/{world.files['xaa'].review}/trail").text


def test_what_is_no_number_is_said_and_left_out(world: World) -> None:
    grant = granted(world, mode="copies")
    pledged(world, grant)
    took(world, page(world, grant).given[0].version)
    with world.portal.database.read() as session:
        number = session.scalars(select(MarkedCopy.number)).one()
    typed = number[:-1] + ("0" if number[-1] != "0" else "1")
    shown = lines(world, typed)
    assert "This is no number of a copy" in shown
    assert typed in shown  # what was typed is still there
