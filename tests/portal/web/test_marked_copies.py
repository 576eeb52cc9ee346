"""Downloads as marked copies alone: of whoever is no party to a file and, by setting, of everybody."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from html import unescape

import pytest
from httpx2 import Response
from sqlmodel import select

from portal.access.actions import Action
from portal.demo.pdf import pdf
from portal.domain.media import PDF
from portal.domain.words import ROLES
from portal.errors import Invalid
from portal.papers.fonts import FontsMissing
from portal.rendering.confinement import Confinement
from portal.rendering.renderer import Renderer
from portal.settings import Settings
from portal.usecases import marked_copies
from portal.usecases.downloads import begin_download
from portal.usecases.marked_copies import Marking
from portal.usecases.shares import OF_ONE_STATE
from portal.usecases.transfers import goes_on
from storage.grants import MarkedCopy
from storage.tables import TranslationTask, Version
from tests.cast import World
from tests.contents import said, send, versions
from tests.filing import press
from tests.granting import granted, page, pledged
from tests.web_client import ORIGIN, Browser, browser, within

OKAPI = pdf("Found", ["Okapi is here."])
FAKE = b"%PDF-1.7 which is none"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Confinement() as confinement:
        yield Renderer(confinement)


def put(world: World, content: bytes = OKAPI, name: str = "law.pdf", kind: str = PDF) -> Version:
    room = world.files["xaa"].rooms["shared"]
    assert send(browser(world, "officer"), f"/rooms/{room}/documents", (name, content, kind), script=True).json()["ok"]
    return versions(world)[-1]


def translating(world: World, content: bytes = OKAPI) -> tuple[Version, TranslationTask]:
    """Have somebody who is no party given a text."""
    version = put(world, content)
    press(browser(world, "officer"), f"/documents/{version.document_id}/circulate")
    given = {"version": str(version.id), "translator": str(world.members["translator"].person), "language": "fr"}
    press(browser(world, "officer"), f"/documents/{version.document_id}/translations", **given)
    undertaking = f"/reviews/{world.files['xaa'].review}/undertaking"
    press(browser(world, "translator"), undertaking, wording="1", accepted="yes")
    with world.portal.database.read() as session:
        return version, session.scalars(select(TranslationTask)).one()


def reading(world: World, renderer: Renderer, who: str = "translator") -> Browser:
    client = browser(world, who)
    within(client.app).state.renderer = renderer
    return client


def content(version: Version) -> str:
    return f"/versions/{version.id}/content"


def copy(world: World) -> MarkedCopy:
    with world.portal.database.read() as session:
        return session.scalars(select(MarkedCopy)).one()


def traced(world: World, renderer: Renderer, found: bytes) -> str:
    officer = reading(world, renderer, "confidentiality")
    token = officer.get("/trace").text.partition('name="csrf" value="')[2].partition('"')[0]
    files = {"file": ("found.pdf", found)}
    answer: Response = officer.post("/trace", data={"csrf": token}, files=files, headers={"Origin": ORIGIN})
    return answer.text


def everybody(world: World) -> None:
    world.portal.settings = replace(world.portal.settings, mark_downloads="everybody")


def test_who_is_no_party_takes_a_marked_copy_which_is_traced_to_them(world: World, renderer: Renderer) -> None:
    version, task = translating(world)
    client = reading(world, renderer)
    assert "comes as a marked copy" in client.get(f"/translations/{task.id}").text
    taken = client.get(content(version))
    assert taken.status_code == 200, taken.text
    row, intent, outcome = copy(world), *said(world, version.room_id)[-2:]
    assert (row.person_id, row.version_id, row.grant_id) == (world.members["translator"].person, version.id, None)
    assert (intent["id"], intent["detail"]["copy"], intent["phase"]) == (str(row.event_id), row.number, "intent")
    assert outcome["detail"] == {"result": "complete", "bytes": len(taken.content)}
    assert f'filename="law {row.number}.pdf"' in taken.headers["content-disposition"]
    found = traced(world, renderer, taken.content)
    assert row.number in found
    assert "Translator Example" in found
    assert str(row.event_id) in found
    trail = f"/reviews/{world.files['xaa'].review}/trail"
    lines = browser(world, "focal_xaa").get(trail, params={"copy": row.number}).text.split("<main")[1]
    assert "downloaded the document" in unescape(lines)


def test_no_range_and_no_validator_gives_a_part_of_the_original(world: World, renderer: Renderer) -> None:
    version, _ = translating(world)
    client, tag = reading(world, renderer), f'"{version.id.hex}"'
    head = client.head(content(version))
    for asked in ({"Range": "bytes=0-20", "If-Range": tag}, {"If-None-Match": tag}, {"Range": "bytes=999999999-"}):
        answer = client.get(content(version), headers=asked)
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-"), asked
        assert b"Okapi" not in answer.content[:21]
        for one in (head, answer):
            assert one.headers["accept-ranges"] == "none"
            assert not {"etag", "content-range", "content-length", "last-modified"} & one.headers.keys()
    assert client.get(content(version), headers={"If-Match": '"other"'}).status_code == 412


def test_what_can_not_be_marked_does_not_leave(world: World, renderer: Renderer) -> None:
    version, _ = translating(world, FAKE)
    answer = reading(world, renderer).get(content(version))
    assert answer.status_code == 422
    assert "This file is damaged" in answer.text
    assert b"%PDF" not in answer.content
    assert said(world, version.room_id)[-1]["detail"]["result"] == "failed"


def test_without_the_fonts_of_the_mark_nothing_leaves(
    world: World, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, _ = translating(world)
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    given = f"/granted/versions/{page(world, grant).given[0].version}"

    def bare() -> None:
        raise FontsMissing(("fonts-noto-core",))

    monkeypatch.setattr(marked_copies, "shelf", bare)
    for who, path in (
        ("translator", content(version)),
        *(("reader_xff", path) for path in (given, f"{given}/image", f"{given}/copy")),
    ):
        answer = reading(world, renderer, who).get(path)
        assert answer.status_code == 503, path
        assert "lacks the fonts in which pages are marked" in answer.text
        assert b"%PDF" not in answer.content
        assert b"Okapi" not in answer.content


def test_a_copy_under_way_ends_with_the_access(world: World, renderer: Renderer) -> None:
    version, task = translating(world)
    caller, marking = world.caller("translator"), Marking(renderer, lambda role, _: ROLES[role])
    with world.request():
        found = begin_download(world.portal, caller, version.id, marking=marking)
    holds = partial(goes_on, world.portal, caller, Action.DOWNLOAD_VERSION, version.id, progress=False)
    assert holds()
    press(browser(world, "officer"), f"/translations/{task.id}/recall")
    assert found.copying is not None
    assert found.copying.mark.state == "Translator"  # who acts for no State
    with pytest.raises(Invalid):
        next(found.copying.blocks(holds))
    with pytest.raises(Invalid):
        found.blocks()


def test_copies_of_one_state_wait_for_each_other(world: World, renderer: Renderer) -> None:
    everybody(world)
    version = put(world)
    press(browser(world, "officer"), f"/documents/{version.document_id}/circulate")
    with ExitStack() as inside:
        for _ in range(OF_ONE_STATE):
            inside.enter_context(world.portal.crowd.one_of({b"largeXAA": 100}))
        turned_away = reading(world, renderer, "focal_xaa").get(content(version))
        assert turned_away.status_code == 422
        assert "try again in a minute" in turned_away.text
        assert reading(world, renderer, "focal_xbb").get(content(version)).status_code == 200


def test_nothing_that_marks_means_that_no_pdf_leaves(world: World) -> None:
    version, _ = translating(world)
    with world.request(), pytest.raises(Invalid):
        begin_download(world.portal, world.caller("translator"), version.id)


@pytest.mark.usefixtures("stamped")
@pytest.mark.parametrize("who", ["officer", "focal_xaa", "expert_xbb"])
def test_parties_take_the_original_and_by_setting_a_marked_copy(world: World, who: str) -> None:
    version = put(world)
    press(browser(world, "officer"), f"/documents/{version.document_id}/circulate")
    path = f"/documents/{version.document_id}"
    assert browser(world, who).get(content(version)).content == OKAPI
    assert "made anew each time" not in browser(world, who).get(path).text
    everybody(world)
    taken = browser(world, who).get(content(version), headers={"Range": "bytes=0-9"})
    assert (taken.status_code, taken.content) == (200, b"%PDF-1.7 marked: " + OKAPI)
    assert copy(world).person_id == world.members[who].person
    shown = browser(world, who).get(path).text
    assert "made anew each time" in shown


@pytest.mark.usefixtures("stamped")
def test_where_all_copies_are_marked_an_archive_holds_no_pdf(world: World) -> None:
    everybody(world)
    note, officer = put(world, b"A note.", "note.txt", "text/plain"), browser(world, "officer")
    archive = f"/rooms/{note.room_id}/archive"
    with zipfile.ZipFile(io.BytesIO(officer.get(archive).content)) as made:
        assert [made.read(name) for name in made.namelist()] == [b"A note."]
    whole = officer.get(content(note))
    assert (whole.content, whole.headers["accept-ranges"], "etag" in whole.headers) == (b"A note.", "none", False)
    put(world)
    answer = officer.get(archive)
    assert answer.status_code == 422
    assert "Take the files one by one." in answer.text


@pytest.mark.parametrize(("name", "kind"), [("law.pdf", "text/plain"), ("law", "application/pdf; x=y")])
def test_what_passes_for_a_pdf_is_one(world: World, renderer: Renderer, name: str, kind: str) -> None:
    everybody(world)
    version = put(world, b"Okapi", name, kind)
    assert reading(world, renderer, "officer").get(content(version)).status_code == 422


def test_the_setting_is_one_of_two_words() -> None:
    with pytest.raises(Invalid, match="outside or everybody"):
        Settings(mark_downloads="nobody")
