"""The page on which a reviewing State is replaced, and what the States of the review see of it."""

import re

import pytest
from httpx2 import Response

from portal.domain.reviews import ReviewStage
from storage.tables import Review
from tests.cast import World, setting_up
from tests.filing import press, set_back
from tests.web_client import Browser, browser

NOTE = {"note": "NV/19/2026", "dated": "2026-05-02", "reason": "The draw was repeated:\nit had drawn <a> neighbour."}


@pytest.fixture
def registrar(world: World) -> Browser:
    return browser(world, "registrar")


def address(world: World) -> str:
    return f"/register/{world.files['xaa'].review}/parties"


def replacing(world: World, registrar: Browser, **fields: str) -> Response:
    """Fill the form in as it is loaded, with XFF in the place of XCC."""
    at = address(world)
    seen = re.search(r'name="seen" value="([^"]*)"', registrar.get(at).text)
    assert seen
    chosen = {"seen": seen[1], "reviewing_1": "XBB", "reviewing_2": "XFF", **NOTE}
    return registrar.form(at, at, **(chosen | fields))


def confirmed(world: World, registrar: Browser, **fields: str) -> Response:
    """Send the form, look at what it warns of, and send it again with the tick."""
    warned = replacing(world, registrar, **fields)
    assert warned.status_code == 422
    ticked = re.search(r'name="confirmed" value="([^"]+)"', warned.text)
    assert ticked, warned.text
    return replacing(world, registrar, confirmed=ticked[1], **fields)


def test_a_reviewing_state_is_replaced_and_the_entry_keeps_who_it_was(world: World, registrar: Browser) -> None:
    set_back(world)
    entry = registrar.get(address(world).removesuffix("/parties"))
    assert f'href="{address(world)}"' in entry.text
    form = registrar.get(address(world)).text
    assert re.search(r'value="XBB" selected', form)
    assert re.search(r'value="XCC" selected', form)
    done = confirmed(world, registrar)
    assert done.status_code == 303
    entry = registrar.get(done.headers["location"])
    assert "Fenmark" in entry.text
    former = entry.text.partition("<h3>Replaced")[2].partition("</table>")[0]
    for words in ("Corvane", "NV/19/2026", "The draw was repeated: it had drawn &lt;a&gt; neighbour."):
        assert words in former, words


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(world: World, registrar: Browser) -> None:
    set_back(world)
    answer = replacing(world, registrar, reason="", dated="2026-13-01")
    assert answer.status_code == 422
    assert "Say in a sentence why the reviewing States change" in answer.text
    assert "is no date" in answer.text
    assert 'value="NV/19/2026"' in answer.text
    assert re.search(r'value="XFF" selected', answer.text)
    assert 'name="seen" value="XBB XCC"' in answer.text
    twice = replacing(world, registrar, reviewing_2="XBB")
    assert twice.status_code == 422
    assert "Belmora stands there twice" in twice.text


def test_sent_twice_it_is_done_once(world: World, registrar: Browser) -> None:
    set_back(world)
    assert confirmed(world, registrar).status_code == 303
    again = replacing(world, registrar, seen="XBB XCC", confirmed="parties-not-known region-not-known")
    assert again.status_code == 409
    assert "before you" in again.text


@pytest.mark.parametrize("stage", [ReviewStage.DESK_REVIEW, ReviewStage.CLOSED])
def test_after_the_preparation_the_page_says_why_not_and_what_to_do(
    world: World, registrar: Browser, stage: ReviewStage
) -> None:
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Review, world.files["xaa"].review).stage = stage.value
    at = address(world)
    assert at not in registrar.get(at.removesuffix("/parties")).text
    form = registrar.get(at)
    assert form.status_code == 200
    assert "sets it back to that stage first" in form.text
    assert 'name="reviewing_1"' not in form.text
    answer = press(registrar, at, seen="XBB XCC", reviewing_1="XBB", reviewing_2="XFF", **NOTE)
    assert answer.status_code == 403
    assert "change only while the review is in preparation" in answer.text


def test_the_states_of_the_review_see_the_change_in_its_trail(world: World, registrar: Browser) -> None:
    set_back(world)
    assert confirmed(world, registrar).status_code == 303
    trail = f"/reviews/{world.files['xaa'].review}/trail"
    for who in ("focal_xaa", "focal_xbb"):
        page = browser(world, who).get(trail).text
        line = next(row for row in page.split("<tr>") if "changed the reviewing States" in row)
        assert re.search(r"left:.*Corvane.*joined:.*Fenmark", line)
        assert "Registrar Example" in line
        assert "changed the reviewing States" in browser(world, who).get(f"{trail}.csv").text
        listed = browser(world, who).get(trail, params={"group": "people"}).text
        assert "changed the reviewing States" in listed
    assert browser(world, "focal_xcc").get(trail).status_code == 404


def test_who_left_finds_at_the_next_page_that_there_is_nothing(world: World, registrar: Browser) -> None:
    set_back(world)
    review = world.files["xaa"].review
    pages = [f"/reviews/{review}", *(f"/rooms/{room}" for room in world.files["xaa"].rooms.values())]
    open_now = {who: browser(world, who) for who in ("focal_xcc", "expert_xcc", "observer_xcc")}
    for client in open_now.values():
        assert client.get(pages[0]).status_code == 200
    assert confirmed(world, registrar).status_code == 303
    for who, client in open_now.items():
        assert {client.get(page).status_code for page in pages} == {404}, who
        assert str(review) not in client.get("/reviews").text
        assert client.get("/account").status_code == 200  # the person stays signed in
    assert str(review) in browser(world, "focal_xff").get("/reviews").text
