"""What a reader gets under a grant: pages as marked images and marked copies, and never the original."""

import json
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import docx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from httpx2 import Response
from markupsafe import escape
from sqlmodel import select

from portal.access.actions import Action
from portal.cli import main
from portal.demo.pdf import pdf
from portal.domain import copies
from portal.errors import Invalid
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from portal.rendering.renderer import Renderer
from portal.usecases import granted_pages, tracing
from portal.usecases.checks import check_records
from portal.usecases.granted_pages import Showing
from portal.usecases.shredding import shred_version
from portal.usecases.transfers import goes_on
from portal.web.granted import HEADERS
from storage.grants import MarkedCopy
from storage.tables import Person
from tests.cast import World, setting_up
from tests.conftest import use
from tests.contents import said
from tests.granting import WHY, act, granted, page, pledged, terms
from tests.signalled import look, signals
from tests.web_client import ORIGIN, Browser, browser, within

MACRO = b"Sub AutoOpen() Quokka End Sub"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Confinement() as confinement:
        yield Renderer(confinement)


def reading(world: World, renderer: Renderer, who: str = "reader_xff") -> Browser:
    client = browser(world, who)
    within(client.app).state.renderer = renderer  # one for all: each keeps processes
    return client


def first(world: World, grant: UUID) -> UUID:
    return page(world, grant).given[0].version


def test_a_reader_reads_page_by_page_and_the_state_sees_which(world: World, renderer: Renderer) -> None:
    grant = granted(world, real=True)
    version, client = first(world, grant), reading(world, renderer)
    path = f"/granted/versions/{version}"
    assert client.get(path).status_code == 404  # the undertaking comes first
    pledged(world, grant)
    shown = client.get(path).text
    assert "Okapi is on page one" in shown
    assert "Quokka" not in shown
    assert "Page 1 of 2" in shown
    assert "Quokka is on page two" in client.get(f"{path}?page=2").text
    image = client.get(f"{path}/image?page=2")
    original = browser(world, "focal_xaa").get(f"/versions/{version}/content").content
    bare = [renderer.page(original, 2, None, dpi=110).content for _ in range(2)]
    assert bare[0] == bare[1] != image.content  # what leaves is marked
    assert image.headers["content-type"] == "image/webp"
    assert image.headers["cache-control"] == HEADERS["Cache-Control"] == "no-store"
    seen = browser(world, "focal_xaa").get(f"/grants/{grant}/openings").text
    assert "Reader_Xff Example" in seen
    assert "pages 1–2" in seen
    assert "Reader_Xff Example" in browser(world, "focal_xff").get(f"/grants/{grant}/openings").text
    assert 'name="page" type="text" value="1"' in shown
    for wrong in ("3", "0", "two", "99999999"):
        none = client.get(path, params={"page": wrong})
        assert none.status_code == client.get(f"{path}/image?page={wrong}").status_code == 404
        assert "There is no such page. This document has pages 1 to 2" in unescape(none.text)
        assert f'value="{wrong}"' in none.text
        assert "Okapi is on page one" in none.text
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Person, world.members["reader_xff"].person).language = "ar"
    assert "لا توجد صفحة كهذه" in client.get(path, params={"page": "3"}).text


def test_of_a_version_that_was_destroyed_a_reader_is_told_so(world: World, renderer: Renderer) -> None:
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    version, client = first(world, grant), reading(world, renderer)
    with world.request():
        shred_version(world.portal, version)
    for path in ("", "/image", "/copy"):
        answer = client.get(f"/granted/versions/{version}{path}")
        assert (answer.status_code, "was destroyed" in answer.text) == (410, True), path
    assert browser(world, "expert_xcc").get(f"/granted/versions/{version}").status_code == 404
    assert check_records(world.portal).ok


def test_the_state_may_give_pictures_without_their_words(world: World, renderer: Renderer) -> None:
    grant = granted(world, real=True, mode="images")
    pledged(world, grant)
    client, path = reading(world, renderer), f"/granted/versions/{first(world, grant)}"
    shown = client.get(path)
    assert shown.status_code == 200
    assert "Page 1 of 2" in shown.text
    assert "Okapi" not in shown.text
    assert "as pictures without their words" in unescape(shown.text)
    assert client.get(f"{path}/image").headers["content-type"] == "image/webp"
    assert client.get(f"{path}/copy").status_code == 403


def test_who_may_only_look_takes_no_copy(world: World, renderer: Renderer) -> None:
    grant = granted(world, real=True)
    pledged(world, grant)
    version, client = first(world, grant), reading(world, renderer)
    assert client.get(f"/granted/versions/{version}/copy").status_code == 403
    assert "Take a marked copy" not in client.get(f"/granted/versions/{version}").text
    assert client.get(f"/versions/{version}/content").status_code == 404


def test_a_copy_bears_its_number_and_is_traced_to_its_reader(world: World, renderer: Renderer) -> None:
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    version, client = first(world, grant), reading(world, renderer)
    taken = client.get(f"/granted/versions/{version}/copy")
    assert taken.status_code == 200
    assert taken.content.startswith(b"%PDF-")
    with world.portal.database.read() as session:
        copy = session.scalars(select(MarkedCopy)).one()
    assert (copy.person_id, copy.version_id) == (world.members["reader_xff"].person, version)
    assert copy.number in taken.headers["content-disposition"]
    last = said(world, grant)[-2:]
    assert [one["phase"] for one in last] == ["intent", "outcome"]
    assert (last[0]["id"], last[0]["detail"]["copy"]) == (str(copy.event_id), copy.number)
    assert copy.number in browser(world, "focal_xaa").get(f"/grants/{grant}/openings").text
    sent = traced(world, renderer, taken.content)
    assert sent.status_code == 200, sent.text
    assert copy.number in sent.text
    assert "Reader_Xff Example" in sent.text
    assert str(copy.event_id) in sent.text
    look(world)
    assert [(one.rule, one.person_id, one.review_id) for one in signals(world)] == [
        ("copy_found", copy.person_id, copy.review_id)
    ]
    assert browser(world, "administrator").get("/trace").status_code == 404
    typed = traced(world, renderer, b"", copy.number.lower().replace("-", " "))  # as somebody read it off a photograph
    assert "Reader_Xff Example" in typed.text
    assert "its number, as it was typed" in typed.text


def traced(world: World, renderer: Renderer, found: bytes, number: str = "") -> Response:
    officer = reading(world, renderer, "confidentiality")
    token = officer.get("/trace").text.partition('name="csrf" value="')[2].partition('"')[0]
    files = {"file": ("found.pdf" if found else "", found)}
    said = {"csrf": token, "number": number}
    return officer.post("/trace", data=said, files=files, headers={"Origin": ORIGIN})


@pytest.mark.parametrize("number", ["", "7K3M-92QX", "'; DROP TABLE marked_copy", "0" * 16])
def test_what_is_no_number_is_told_and_stays_in_the_form(world: World, renderer: Renderer, number: str) -> None:
    answer = traced(world, renderer, b"", number)
    assert answer.status_code == 422
    assert "type the number as it stands in the mark" in answer.text
    assert f'value="{escape(number)}"' in answer.text or not number


def test_a_sound_number_of_no_copy_is_told_to_be_none(world: World, renderer: Renderer) -> None:
    answer = traced(world, renderer, b"", copies.written(copies.drawn()))
    assert answer.status_code == 200
    assert "No copy with this number ever left this portal." in answer.text


def test_a_file_that_is_too_large_is_refused_and_not_traced_in_part(
    world: World, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pdf("Found", ["Okapi."])
    monkeypatch.setattr(tracing, "MOST_BYTES", len(found))
    assert traced(world, renderer, found).status_code == 200
    larger = traced(world, renderer, found + b"\n")
    assert larger.status_code == 422
    assert "takes more memory than the portal gives to one file" in larger.text


def test_a_revoked_grant_is_closed_at_the_next_request_and_stops_a_copy_under_way(
    world: World, renderer: Renderer
) -> None:
    """The web asks every three seconds whether a transfer may go on (portal/web/sending.py)."""
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    version, client, caller = first(world, grant), reading(world, renderer), world.caller("reader_xff")
    path = f"/granted/versions/{version}"
    assert client.get(path).status_code == 200
    with world.request():
        copying, _, _ = granted_pages.begin_copy(world.portal, caller, Showing(renderer, Office()), version)
    assert goes_on(world.portal, caller, Action.DOWNLOAD_GRANTED, version, progress=False)
    assert act(world, "focal_xaa", grant, "revoke", revoke_reason=WHY).status_code == 303
    assert not goes_on(world.portal, caller, Action.DOWNLOAD_GRANTED, version, progress=True)
    with pytest.raises(Invalid):
        next(copying.blocks(lambda: goes_on(world.portal, caller, Action.DOWNLOAD_GRANTED, version, progress=False)))
    for place in (path, f"{path}/image", f"{path}/copy", f"/granted/{grant}"):
        assert client.get(place).status_code == 404, place
    assert client.get("/granted").status_code == 200


def test_changed_terms_hold_at_the_next_request(world: World, renderer: Renderer) -> None:
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    summary, client = page(world, grant).given[1], reading(world, renderer)
    assert client.get(f"/granted/versions/{summary.version}").status_code == 200
    report = [str(page(world, grant).given[0].document)]
    assert act(world, "focal_xaa", grant, "change", **terms(world, documents=report, seen="1")).status_code == 303
    assert client.get(f"/granted/versions/{summary.version}").status_code == 404
    assert client.get(f"/granted/versions/{first(world, grant)}/copy").status_code == 403


def test_what_is_no_pdf_is_not_shown_and_no_byte_of_it_leaves(world: World, renderer: Renderer) -> None:
    grant = granted(world, mode="copies")  # the usual fakes: their first bytes are a PDF's, and nothing else is
    pledged(world, grant)
    version, client = first(world, grant), reading(world, renderer)
    shown = client.get(f"/granted/versions/{version}")
    assert shown.status_code == 422
    assert "%PDF" not in shown.text
    assert client.get(f"/granted/versions/{version}/image").status_code == 404
    taken = client.get(f"/granted/versions/{version}/copy")
    assert taken.status_code == 422
    assert b"%PDF" not in taken.content
    assert said(world, grant)[-1]["detail"]["result"] == "failed"


@pytest.mark.skipif(not Office().takes("docx"), reason="needs Debian's libreoffice-writer-nogui")
def test_an_office_file_is_shown_as_what_it_prints_and_leaves_as_a_marked_pdf(world: World, renderer: Renderer) -> None:
    """Without its macros, which run nowhere."""
    letter, written = docx.Document(), BytesIO()
    letter.add_paragraph("Okapi is in this letter.")
    macros = Part(PackURI("/word/vbaProject.bin"), "application/vnd.ms-office.vbaProject", MACRO, letter.part.package)
    letter.part.relate_to(macros, "http://schemas.microsoft.com/office/2006/relationships/vbaProject")
    letter.save(written)
    assert MACRO in ZipFile(BytesIO(written.getvalue())).read("word/vbaProject.bin")
    grant = granted(world, real=True, office=written.getvalue(), mode="copies")
    pledged(world, grant)
    client, path = reading(world, renderer), f"/granted/versions/{first(world, grant)}"
    assert "Okapi is in this letter." in client.get(path).text
    assert client.get(f"{path}/image").status_code == 200
    copy = client.get(f"{path}/copy").content
    assert copy.startswith(b"%PDF-")
    assert not [word for word in (MACRO, b"vba", b"/JavaScript", b"/EmbeddedFile") if word in copy]


def test_at_the_command_line_a_copy_is_traced_without_a_name(
    world: World,
    renderer: Renderer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    found, version = tmp_path / "found.pdf", first(world, grant)
    found.write_bytes(reading(world, renderer).get(f"/granted/versions/{version}/copy").content)
    use(monkeypatch, world.portal.settings)
    monkeypatch.setenv("PORTAL_SECOND_FACTOR", "false")
    assert main(["trace", str(found), "--json"]) == 0
    [one] = json.loads(capsys.readouterr().out)
    assert (one["person"], one["version"], one["state"]) == (
        str(world.members["reader_xff"].person),
        str(version),
        "XFF",
    )
    assert main(["trace", str(found)]) == 0
    told = capsys.readouterr().out
    assert one["copy"] in told
    assert "Reader_Xff" not in told
    assert main(["trace", "--number", one["copy"]]) == 0
    assert one["copy"] in capsys.readouterr().out
    assert main(["trace", "--number", "7K3M"]) == 1
    assert "type the number" in capsys.readouterr().err
    found.write_bytes(pdf("Another", ["Nothing is marked here."]))
    assert main(["trace", str(found)]) == 1
