"""The register's pages: forms that keep what was typed, warnings with a tick, no contents for those who keep it."""

import re

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.web.routes import WAYS
from storage.tables import Room
from tests.cast import World
from tests.portal.audit.files import put
from tests.web_client import ORIGIN, Browser, browser

NOTE = {"note": "NV/9/2026", "dated": "2026-05-01"}
# what shows contents, titles, or who opened them
CONTENTS = {
    Action.VIEW_REVIEW, Action.LIST_ROOM, Action.VIEW_DOCUMENT, Action.DOWNLOAD_VERSION, Action.DOWNLOAD_ROOM,
    Action.VIEW_DOCUMENT_TRAIL, Action.VIEW_ROOM_TRAIL, Action.VIEW_REVIEW_TRAIL, Action.EXPORT_REVIEW_TRAIL,
    Action.LIST_REVIEWS, Action.LIST_TRANSLATIONS, Action.VIEW_OWN_PEOPLE_TRAIL,
}  # fmt: skip


@pytest.fixture
def registrar(world: World) -> Browser:
    return browser(world, "registrar")


def opening(registrar: Browser, **fields: object):  # noqa: ANN201  # the client's own response
    registrar.form(
        "/cycles", "/cycles", name="Second", starts="2028-01-01", ends="", confirmed="cycle-before-completion"
    )
    found = re.search(r'value="([^"]+)"[^>]*>Second', registrar.get("/register").text)
    assert found
    chosen = {"cycle": found[1], "under_review": "XFF", "reviewing_1": "XBB", "reviewing_2": "XCC", "languages": "fr"}
    return registrar.form("/register/new", "/register/new", **(chosen | fields))


def test_refusals_stand_beside_the_form_which_keeps_what_was_typed(registrar: Browser) -> None:
    answer = opening(registrar, reviewing_2="XBB")
    assert answer.status_code == 422
    assert "Belmora stands there twice" in answer.text  # by its name, not by its code
    assert 'value="XFF" selected' in answer.text
    assert re.search(r'value="fr" checked', answer.text)


def test_warnings_are_shown_and_confirmed_by_a_tick(registrar: Browser) -> None:
    answer = opening(registrar)
    assert answer.status_code == 422
    ticked = re.search(r'name="confirmed" value="([^"]+)"', answer.text)
    assert ticked
    assert "paragraphs 18 bis and 57" in answer.text
    done = opening_again(registrar, answer.text, ticked[1])
    assert done.status_code == 303
    entry = registrar.get(done.headers["location"])
    assert "Fenmark" in entry.text
    assert "No officer is assigned yet" in entry.text


def opening_again(registrar: Browser, page: str, ticked: str):  # noqa: ANN201  # the client's own response
    cycle = re.search(r'<option value="([^"]+)" selected>Second', page)
    assert cycle
    return registrar.form(
        "/register/new", "/register/new", cycle=cycle[1], under_review="XFF", reviewing_1="XBB", reviewing_2="XCC",
        languages="fr", confirmed=ticked,
    )  # fmt: skip


def test_an_officer_is_assigned_and_leaves(world: World, registrar: Browser) -> None:
    at = f"/register/{world.files['xaa'].review}"
    officer = str(world.members["officer_other"].appointment)
    answer = registrar.form(f"{at}/officers", f"{at}/officers", officer=officer, **(NOTE | {"dated": "2026-13-01"}))
    assert answer.status_code == 422
    assert "is no date" in answer.text
    assert 'value="NV/9/2026"' in answer.text
    assert registrar.form(f"{at}/officers", f"{at}/officers", officer=officer, **NOTE).status_code == 303
    entry = registrar.get(at).text
    assert "NV/9/2026" in entry
    ends = re.findall(rf'href="({at}/officers/[^"]+/end)"', entry)
    assert len(ends) == 2
    assert registrar.form(ends[-1], ends[-1]).status_code == 303
    assert len(re.findall(rf'href="({at}/officers/[^"]+/end)"', registrar.get(at).text)) == 1


def test_settings_and_closing(world: World, registrar: Browser) -> None:
    at = f"/register/{world.files['xaa'].review}"
    assert registrar.form(f"{at}/settings", f"{at}/settings", passes_at_once="yes").status_code == 422
    shown = registrar.get(f"{at}/settings").text
    assert 'name="seen_languages" value="en"' in shown
    assert 'name="seen_passes_at_once" value=""' in shown
    changed = {"languages": "ru", "passes_at_once": "yes", "seen_languages": "en"}
    assert registrar.form(f"{at}/settings", f"{at}/settings", **changed).status_code == 303
    shown = registrar.get(f"{at}/settings").text
    assert 'name="seen_languages" value="ru"' in shown
    assert 'name="seen_passes_at_once" value="yes"' in shown
    assert "reach the other parties at once" in registrar.get(at).text
    assert registrar.form(f"{at}/close", f"{at}/close").status_code == 303
    assert "This review is closed" in registrar.get(at).text
    assert registrar.form("/cycles", f"{at}/close").status_code == 409


def send_list(client: Browser, text: str, file: str | None = None):  # noqa: ANN201  # the client's own response
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/states/import").text)
    assert found
    parts: list[tuple[str, tuple[str | None, str]]] = [("csrf", (None, found[1])), ("list", (None, text))]
    if file is not None:
        parts.append(("file", ("list.csv", file)))
    return client.post("/states/import", files=parts, headers={"Origin": ORIGIN}, follow_redirects=False)


def test_a_list_is_imported_pasted_or_as_a_file(registrar: Browser) -> None:
    done = send_list(registrar, "code,name,group\nXZZ,Zembla,african\n")
    assert (done.status_code, done.headers["location"]) == (303, "/states?imported=1")
    assert "Zembla" in registrar.get("/states?imported=1").text
    assert send_list(registrar, "", "code,name,group\nXZY,Yonder,\n").status_code == 303
    assert "Yonder" in registrar.get("/states/XZY").text


def test_a_wrong_list_is_named_line_by_line_and_kept_in_the_form(registrar: Browser) -> None:
    answer = send_list(registrar, "code,name,group\nXZZ,Zembla,african\nzz,Nowhere,\n")
    assert answer.status_code == 422
    assert "Line 3" in answer.text
    assert "XZZ,Zembla,african" in answer.text
    too_long = send_list(registrar, "", "code,name,group\n" + "x" * (1 << 20))
    assert too_long.status_code == 422
    assert "1 MiB" in too_long.text


def test_the_form_of_an_import_carries_its_token(registrar: Browser) -> None:
    parts = [("list", (None, "code,name,group\nXZZ,Zembla,african\n"))]
    answer = registrar.post("/states/import", files=parts, headers={"Origin": ORIGIN}, follow_redirects=False)
    assert answer.status_code == 403
    assert "Zembla" not in registrar.get("/states").text


@pytest.mark.parametrize("who", ["registrar", "administrator"])
def test_who_keeps_the_register_finds_no_contents_at_any_address(world: World, who: str) -> None:
    made = put(world, "officer", "shared", "Zephyrine statute")
    file = world.files["xaa"]
    client = browser(world, who)
    tried = 0
    for way in WAYS:
        if way.method != "GET" or way.action not in CONTENTS:
            continue
        for known in (file.review, file.rooms["shared"], made.document, made.version):
            path = re.sub(r"\{[^}]+\}", str(known), way.path)
            answer = client.get(path, follow_redirects=False)
            assert answer.status_code == 404, path
            assert "Zephyrine" not in answer.text
            tried += 1
    assert tried >= 12
    for path in (f"/register/{file.review}", "/register", "/people", "/administration", "/administration/health"):
        assert "Zephyrine" not in client.get(path).text


def test_the_register_shows_no_number_of_documents(world: World, registrar: Browser) -> None:
    before = registrar.get(f"/register/{world.files['xaa'].review}").text
    for at in range(3):
        put(world, "officer", "shared", f"Statute {at}")
    after = registrar.get(f"/register/{world.files['xaa'].review}").text
    token = re.compile(r'value="[^"]{40,}"')
    assert token.sub("", before) == token.sub("", after)
    with world.portal.database.read() as session:
        assert session.scalars(select(Room)).first() is not None
