"""What readers of other States opened is in the bundle of the State under review, and in no other's."""

import json
import re
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from portal.cli import main
from portal.usecases import bundles
from storage.tables import Version
from tests.cast import World
from tests.granting import act, granted, pledged
from tests.portal.web.test_bundles import Json, check, keys, path, take
from tests.web_client import browser


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "WAITS_SECONDS", 0)  # nothing comes into the tree by itself here


def opened(world: World) -> tuple[UUID, str]:
    """Have a reader look at a page and take a copy; gives the grant and the version."""
    grant = granted(world, real=True, mode="copies")
    pledged(world, grant)
    client = browser(world, "reader_xff")
    version = client.get(f"/granted/{grant}").text.split("/granted/versions/")[1][:36]
    assert client.get(f"/granted/versions/{version}").status_code == 200
    assert client.get(f"/granted/versions/{version}/copy").status_code == 200
    return grant, version


def acts(lines: list[Json], grant: UUID) -> list[str]:
    """Name what the bundle gives of a grant, in order."""
    events = [json.loads(line["event"]) for line in lines if line.get("stream") == str(grant) and "event" in line]
    return [event["action"] for event in events if event["phase"] != "outcome"]


def test_the_state_under_review_takes_each_opening_home_and_checks_it(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grant, version = opened(world)
    lines = take(world, "focal_xaa")
    assert {one["id"]: one["room"] for one in lines[0]["streams"]}[str(grant)] == "grant"
    found = acts(lines, grant)
    assert {"openGranted", "acceptGranted", "viewGranted", "downloadGranted"} <= set(found)
    page = next(line for line in lines if "viewGranted" in line.get("event", ""))
    assert page["unproven"]["who"] == "Reader_Xff Example"
    assert json.loads(page["event"])["on"]["version"] == version
    assert check(world, tmp_path, lines) == 0
    text = capsys.readouterr().out
    assert f"a grant ({grant}): numbers 1 to" in text
    assert main(["verify", str(tmp_path / "trail.bundle"), *keys(world), "--json"]) == 0


def test_an_opening_that_is_taken_out_shows(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened(world)
    lines = [line for line in take(world, "focal_xaa") if "viewGranted" not in line.get("event", "")]
    lines[-1]["end"] = len(lines) - 2
    assert check(world, tmp_path, lines) == 1
    assert capsys.readouterr().err


@pytest.mark.parametrize("who", ["focal_xbb", "focal_xcc"])
def test_no_other_party_has_anything_of_it(world: World, who: str) -> None:
    grant, _ = opened(world)
    text = json.dumps(take(world, who))
    for word in (str(grant), "viewGranted", "Reader_Xff", str(world.members["reader_xff"].person)):
        assert word not in text


def test_a_search_for_a_reader_or_a_document_finds_what_they_opened(world: World) -> None:
    grant, version = opened(world)
    with world.portal.database.read() as session:
        document = session.scalars(select(Version.document_id).where(Version.id == UUID(version))).one()
    reader = str(world.members["reader_xff"].person)
    assert "viewGranted" in acts(take(world, "focal_xaa", person=reader), grant)
    assert acts(take(world, "focal_xaa", person=str(world.members["expert_xbb"].person)), grant) == []
    by_document = acts(take(world, "focal_xaa", document=str(document)), grant)
    assert {"viewGranted", "downloadGranted"} <= set(by_document)
    assert "acceptGranted" not in by_document


def test_what_a_decision_says_more_than_a_trail_shows_stays_closed(world: World) -> None:
    grant, _ = opened(world)
    closed = [line for line in take(world, "focal_xaa") if line.get("stream") == str(grant) and "closed" in line]
    assert {line["closed"] for line in closed} == {"fuller"}
    assert "decideGrant" in {line["unproven"]["action"] for line in closed}


@pytest.mark.parametrize("form", ["", "?group=granted", "?group=downloaded", ".csv"])
def test_the_trail_itself_shows_them_to_the_state_under_review_alone(world: World, form: str) -> None:
    opened(world)
    separator = "&" if "?" in form else "?"
    at = f"{path(world, 'trail')}{form}" + ("" if form == ".csv" else f"{separator}person=")
    own = browser(world, "focal_xaa").get(at)
    assert own.status_code == 200
    assert "Reader_Xff Example" in own.text
    for who in ("focal_xbb", "focal_xcc"):
        assert "Reader_Xff" not in browser(world, who).get(at).text


def test_in_its_counts_they_are_people_of_their_state(world: World) -> None:
    opened(world)
    day, name = world.clock.now.date().isoformat(), world.portal.state_names("en")["XFF"]
    page = browser(world, "focal_xaa").get(f"{path(world, 'trail')}?from={day}&to={day}").text
    row = next(row for row in page.split("<tr>") if name in row and 'data-label="People"' in row)
    assert re.findall(r'data-label="[^"]+">([^<]+)<', row) == ["1", "1", "1"]  # people, opened, downloaded


def test_a_grant_that_ended_stays_in_the_bundle(world: World) -> None:
    grant, _ = opened(world)
    assert act(world, "focal_xaa", grant, "revoke", revoke_reason="It is out of date by now.").status_code == 303
    assert "viewGranted" in acts(take(world, "focal_xaa"), grant)
