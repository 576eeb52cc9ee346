"""A trail to take home: what it holds is what the reader may see, and anybody with the keys can check it offline."""

import base64
import csv
import hmac
import io
import json
import re
import socket
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from portal.audit.tiles import tile_path
from portal.audit.tree import WIDTH, tile_width
from portal.cli import main
from portal.domain.sheets import BOM
from portal.usecases import bundles, tree
from portal.usecases.trails import Search
from storage.tables import PortalSession
from storage.tree import TreeTile
from tests.cast import World
from tests.contents import said, send
from tests.databases import by_hand
from tests.filing import PDF
from tests.portal.audit.files import Put, download, look, put
from tests.portal.audit.test_sequencer import sequence_all
from tests.web_client import browser

Json = dict[str, Any]


happened = pytest.mark.usefixtures("law")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "WAITS_SECONDS", 0)  # nothing comes into the tree by itself here


@pytest.fixture
def law(world: World) -> Put:
    """Let some things happen in a file, on several days."""
    law = put(world, "officer", "shared", "Penal code, 2024")
    put(world, "officer", "shared", "Draft answer", stage="submitted")
    put(world, "focal_xaa", "national XAA", "Our notes")
    put(world, "expert_xbb", "reviewers", "Preliminary findings")
    next_day(world)
    look(world, "expert_xbb", law)
    download(world, "expert_xcc", law, parts=3)
    download(world, "expert_xbb", law, ends=False)
    next_day(world)
    send(
        browser(world, "officer"),
        f"/rooms/{world.files['xaa'].rooms['shared']}/documents",
        ("draft.pdf", b"%PDF-1.7 " + b"x" * 4321, PDF),
    )
    world.clock.forward(timedelta(minutes=10))
    return law


def next_day(world: World) -> None:
    """Let a day go by; the cast's sessions are in use meanwhile."""
    world.clock.forward(timedelta(days=1))
    with world.portal.database.begin() as session:
        for one in session.scalars(select(PortalSession)):
            one.seen_at = world.clock.now


def path(world: World, end: str = "trail.bundle") -> str:
    return f"/reviews/{world.files['xaa'].review}/{end}"


def take(world: World, who: str, **search: str) -> list[Json]:
    sequence_all(world)
    answer = browser(world, who).get(path(world), params=search)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def table(world: World, who: str, **search: str) -> list[dict[str, str]]:
    text = browser(world, who).get(path(world, "trail.csv"), params=search).text
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM))))


def keys(world: World) -> list[str]:
    return [word for key in tree.own_keys(world.portal) for word in ("--key", key.text())]


def check(world: World, folder: Path, lines: list[Json], *more: str) -> int:
    file = folder / "trail.bundle"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return main(["verify", str(file), *keys(world), *more])


def ids(lines: list[Json]) -> set[str]:
    return {json.loads(line["event"])["id"] for line in lines if "event" in line}


@pytest.mark.parametrize("who", ["focal_xaa", "focal_xbb", "focal_xcc"])
@happened
def test_a_bundle_holds_offline_with_no_database(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    who: str,
) -> None:
    lines = take(world, who)
    given = keys(world)
    monkeypatch.setattr("portal.app.open_portal", None)
    monkeypatch.setattr(socket, "socket", None)
    file = tmp_path / "trail.bundle"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["verify", str(file), *given, "--review", str(world.files["xaa"].review)]) == 0
    text = capsys.readouterr().out
    assert "each once, and none is missing" in text
    assert "What it doesn't prove:" in text
    assert main(["verify", str(file), *given, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["entries"] == len(lines) - 2
    assert all(one["entries"] == one["last"] for one in told["streams"]), "each number from 1 on"
    assert main(["verify", str(file), *given, "--review", str(world.files["xdd"].review)]) == 1
    assert "another review" in capsys.readouterr().err


@pytest.mark.parametrize("who", ["focal_xaa", "focal_xbb"])
def test_a_bundle_finds_what_the_table_finds_by_the_same_search(world: World, law: Put, who: str) -> None:
    searches = [
        {"person": str(world.members["expert_xcc"].person)},
        {"person": str(world.members["officer"].person)},
        {"document": str(law.document)},
        {"document": str(UUID(int=5))},
        {"group": "downloaded"},
        {"group": "uploaded"},
        {"group": "downloaded", "from": "2026-05-05", "to": "2026-05-05", "person": str(law.document)},
        {"group": "downloaded", "from": "2026-05-05", "to": "2026-05-05"},
        {"group": "downloaded", "from": "2026-05-06"},
    ]
    found = 0
    for search in searches:
        lines = take(world, who, **search)
        rows = table(world, who, **search)
        assert ids(lines) == {row["Event"] for row in rows}, search
        assert not [line for line in lines if line.get("closed") == "unseen"], "a search finds nothing withheld"
        assert lines[0]["asked"]
        assert not [stream for stream in lines[0]["streams"] if "first" in stream or "tag_key" in stream]
        found += len(lines) - 2
    assert found > 15


@happened
def test_a_search_that_finds_nothing_goes_on_in_steps_that_somebody_can_leave(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "BATCH", 2)
    sequence_all(world)
    with world.request():
        search = Search(person=UUID(int=5))
        bundle = bundles.begin_bundle(world.portal, world.caller("focal_xaa"), world.files["xaa"].review, search)
    pieces = list(bundles.bundle_blocks(bundle))
    assert len(pieces) > 5
    assert b"".join(pieces).count(b"\n") == 2
    places = [line["index"] for line in take(world, "focal_xaa")[1:-1]]
    assert len(places) > 10, "and with small steps a whole one is as whole"
    assert places == sorted(places)


@pytest.mark.parametrize("who", ["focal_xaa", "focal_xbb"])
@happened
def test_a_whole_bundle_has_each_entry_of_the_table_and_a_search_by_time_its_numbers(
    world: World, tmp_path: Path, who: str
) -> None:
    sequence_all(world)
    rows = table(world, who)
    lines = take(world, who)
    leaves = {(row["Number"], row["Leaf"]) for row in rows}
    mine = {(str(line["number"]), leaf(line).hex()) for line in lines[1:-1]}
    assert leaves <= mine
    assert len(mine) - len(leaves) <= 2, "the exports themselves"
    lines = take(world, who, **{"from": "2026-05-05", "to": "2026-05-05"})
    days = {row["Leaf"] for row in rows if row["Time (UTC)"].startswith("2026-05-05")}
    assert {leaf(line).hex() for line in lines[1:-1]} == days
    assert len(days) == 8
    [shared] = [one for one in lines[0]["streams"] if one["room"] == "shared"]
    assert (shared["first"], shared["last"]) == (3, 10)
    assert check(world, tmp_path, lines) == 0


def leaf(line: Json) -> bytes:
    if "leaf" in line:
        return base64.b64decode(line["leaf"])
    return hmac.digest(base64.b64decode(line["salt"]), line["event"].encode(), "sha256")


def test_nothing_is_in_a_bundle_that_the_page_withholds(world: World, law: Put) -> None:
    hidden = [
        one for one in said(world, world.files["xaa"].rooms["shared"]) if one["on"].get("document") != str(law.document)
    ]
    ours, theirs = take(world, "focal_xaa"), take(world, "focal_xcc")
    for lines, foreign in ((ours, ("reviewers", "national XBB")), (theirs, ("national XAA", "national XBB"))):
        text = json.dumps(lines)
        for words in ("Draft answer", "Preliminary findings" if lines is ours else "Our notes", "draft.pdf"):
            assert words not in text
        assert not re.search(r"(?<![\w-])4330(?![\w-])", text), "the size of a file, which isn't a part of an id"
        for room in foreign:
            assert str(world.files["xaa"].rooms[room]) not in text
        unseen = [line for line in lines if line.get("closed") == "unseen"]
        assert len(unseen) == 3, "a document put there, an upload begun and ended"
        assert all(set(line["unproven"]) == {"at"} for line in unseen)
        for one in hidden:
            assert one["id"] not in text
            assert "document" not in one["on"] or one["on"]["document"] not in text
    assert "Preliminary findings" in json.dumps(theirs)


def test_the_note_on_which_somebody_was_assigned_stays_closed(world: World) -> None:
    roster, focal = world.members["roster_xcc"], browser(world, "focal_xcc")
    form = f"/people/{roster.person}/appointments/{roster.appointment}/assign"
    review = str(world.files["xaa"].review)
    assert focal.form(form, form, review=review, note="NV/9/2026", dated="2026-05-01").status_code == 303
    [assigned] = [line for line in take(world, "focal_xaa") if "assignPerson" in json.dumps(line)]
    assert assigned["closed"] == "fuller"
    assert assigned["unproven"]["who"] == "Focal_Xcc Example"
    assert "NV/9/2026" not in json.dumps(assigned)
    assert str(roster.person) not in json.dumps(assigned)


@happened
def test_the_keys_of_tags_are_given_to_the_state_under_review_alone(world: World) -> None:
    assert [one for one in take(world, "focal_xaa")[0]["streams"] if "tag_key" in one]
    for who in ("focal_xbb", "focal_xcc"):
        assert not [one for one in take(world, who)[0]["streams"] if "tag_key" in one]


def test_a_bundle_is_an_intent_before_and_an_outcome_after(world: World) -> None:
    sequence_all(world)
    client = browser(world, "focal_xaa")
    answer = client.get(path(world))
    begun, ended = said(world, world.files["xaa"].review)[-2:]
    assert (begun["action"], begun["phase"], begun["detail"]) == ("exportReviewTrail", "intent", {"form": "bundle"})
    assert ended["intent"] == begun["id"]
    assert ended["detail"] == {"result": "complete", "bytes": len(answer.content)}
    assert client.head(path(world)).status_code == 200
    assert said(world, world.files["xaa"].review)[-1]["detail"] == {"form": "bundle", "head": True}


def test_only_those_who_may_export_the_trail_get_a_bundle(world: World) -> None:
    sequence_all(world)
    for who, status in (("expert_xbb", 403), ("officer", 403), ("focal_xdd", 404), ("administrator", 404)):
        assert browser(world, who).get(path(world)).status_code == status, who


@happened
def test_what_isnt_in_the_tree_yet_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence_all(world)
    monkeypatch.setattr(bundles, "WAITS_SECONDS", 20)

    over = Event()

    def beside() -> None:
        while not over.wait(0.3):
            sequence_all(world)

    thread = Thread(target=beside)
    thread.start()
    answer = browser(world, "focal_xaa").get(path(world))
    over.set()
    thread.join()
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert json.loads(lines[-2]["event"])["action"] == "exportReviewTrail", "its own beginning is in it"
    assert all(one["waiting"] == 0 for one in lines[0]["streams"])


def test_what_doesnt_come_into_the_tree_in_time_is_counted(
    world: World, law: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert browser(world, "focal_xaa").get(path(world)).status_code == 503, "nothing is signed yet"
    sequence_all(world)
    look(world, "expert_xbb", law)
    lines = [json.loads(line) for line in browser(world, "focal_xaa").get(path(world)).text.splitlines()]
    [shared] = [one for one in lines[0]["streams"] if one["room"] == "shared"]
    assert shared["waiting"] == 1
    assert check(world, tmp_path, lines) == 0
    assert "1 entry that came later than the checkpoint" in capsys.readouterr().out


@happened
def test_an_event_altered_or_taken_away_in_the_database_is_named(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sequence_all(world)
    shared = world.files["xaa"].rooms["shared"]
    with by_hand(world.portal.database) as hand:
        hand.allow("event_never_changes")
        hand("UPDATE event SET leaf = zeroblob(32) WHERE number = 4 AND stream_id = ?", (shared,))
    assert check(world, tmp_path, take(world, "focal_xaa")) == 1
    assert "its record of number 4 was altered" in capsys.readouterr().err
    with by_hand(world.portal.database) as hand:
        hand.loosen()
        hand("DELETE FROM event WHERE number = 4 AND stream_id = ?", (shared,))
    assert check(world, tmp_path, take(world, "focal_xaa")) == 1
    assert "number 4 is missing" in capsys.readouterr().err


# --- with the whole log at hand


def write_log(world: World, folder: Path) -> Path:
    """Write the log as it is given out."""
    (folder / "tile").mkdir(parents=True)
    note = tree.checkpoint(world.portal)
    size = int(note.split("\n")[1])
    (folder / "checkpoint").write_text(note, "utf-8")
    with world.portal.database.read() as session:
        tiles = [(one.level, one.number) for one in session.scalars(select(TreeTile)).all()]
    for level, number in tiles:
        width = tile_width(level, number, size)
        if width:
            write(folder / "tile" / tile_path(level, number, width), tree.tile(world.portal, level, number, width))
    for number in range(-(-size // WIDTH)):
        width = tile_width(0, number, size)
        write(folder / "tile" / tile_path("entries", number, width), tree.entries(world.portal, number, width))
    return folder


def write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def test_with_the_whole_log_at_hand_an_end_that_was_left_out_is_found(
    world: World, law: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = take(world, "focal_xaa")
    look(world, "expert_xbb", law)
    sequence_all(world)
    log = write_log(world, tmp_path / "log")
    assert check(world, tmp_path, lines, "--log", str(log)) == 0
    assert "The whole log was searched" in capsys.readouterr().out
    [shared] = [one for one in lines[0]["streams"] if one["room"] == "shared"]
    shared["last"] -= 1
    last = max(at for at, line in enumerate(lines) if line.get("stream") == shared["id"])
    place = lines.pop(last)["index"]
    lines[-1]["end"] -= 1
    assert check(world, tmp_path, lines) == 0, "by itself it holds, and says what it doesn't prove"
    assert f"that nothing came after number {shared['last']}" in capsys.readouterr().out
    assert check(world, tmp_path, lines, "--log", str(log)) == 1
    assert f"number {shared['last'] + 1} of the stream {shared['id']} is entry {place}" in capsys.readouterr().err


def test_a_later_bundle_shows_what_an_earlier_one_left_out_or_had_otherwise(
    world: World, law: Put, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"

    def keep(lines: list[Json]) -> list[str]:
        kept.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        return ["--since", str(kept)]

    earlier = take(world, "focal_xbb")
    bounded = take(world, "focal_xbb", to="2026-05-05")
    look(world, "expert_xbb", law)
    later = take(world, "focal_xbb")
    assert check(world, tmp_path, later, *keep(earlier)) == 0
    assert "It goes on from the earlier bundle" in capsys.readouterr().out
    assert check(world, tmp_path, later, *keep(bounded)) == 0, "it was to end before"
    assert check(world, tmp_path, earlier, *keep(later)) == 1
    assert "the earlier bundle is the later one" in capsys.readouterr().err
    cut = json.loads(json.dumps(earlier))
    [shared] = [one for one in cut[0]["streams"] if one["room"] == "shared"]
    shared["last"] -= 1
    del cut[max(at for at, line in enumerate(cut) if line.get("stream") == shared["id"])]
    cut[-1]["end"] -= 1
    assert check(world, tmp_path, later, *keep(cut)) == 1
    assert f"number {shared['last'] + 1} of the stream {shared['id']} is entry" in capsys.readouterr().err
    assert check(world, tmp_path, later, *keep(earlier[:-1])) == 1
    assert "the earlier bundle: the bundle breaks off" in capsys.readouterr().err


@happened
def test_a_search_by_time_is_not_taken_for_one_that_left_out_its_end(world: World, tmp_path: Path) -> None:
    lines = take(world, "focal_xaa", to="2026-05-05")
    assert check(world, tmp_path, lines, "--log", str(write_log(world, tmp_path / "log"))) == 0


@happened
def test_one_entry_is_shown_by_itself(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = take(world, "focal_xaa")
    chosen = next(line for line in lines if "event" in line and "downloadVersion" in line["event"])
    assert check(world, tmp_path, lines, "--one", str(chosen["index"])) == 0
    proof = tmp_path / "one.tlog-proof"
    proof.write_text(capsys.readouterr().out, "utf-8")
    assert main(["verify", str(proof), *keys(world), "--review", str(world.files["xaa"].review)]) == 0
    text = capsys.readouterr().out
    assert '"action": "downloadVersion"' in text
    assert "Penal code" not in proof.read_text(), "nothing but ids"
    assert main(["verify", str(proof), *keys(world), "--review", str(world.files["xdd"].review)]) == 1
    proof.write_text(proof.read_text().replace(f"index {chosen['index']}", f"index {chosen['index'] + 1}"))
    assert main(["verify", str(proof), *keys(world)]) == 1
    assert "isn't proven" in capsys.readouterr().err
    assert check(world, tmp_path, lines, "--one", "0") == 1
    proof.write_bytes(b"c2sp.org/tlog-proof@v1\n\xff")
    assert main(["verify", str(proof), *keys(world)]) == 1


def test_a_bundle_needs_a_key_and_a_file_or_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as asked:
        main(["verify", str(tmp_path / "none")])
    assert asked.value.code == 2
    assert main(["verify", "--key", "x"]) == 1
    assert main(["verify", str(tmp_path / "none"), "--key", "x"]) == 1
    for more in (["--json"], ["--one", "3"], ["--review", str(UUID(int=1))], ["--witness", "x"]):
        assert main(["verify", "--log", str(tmp_path), "--key", "x", *more]) == 1
        assert "is for checking a FILE" in capsys.readouterr().err
    key = "portal.example/audit/log+42ac415e+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "none"), "--key", key]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["verify", str(tmp_path), "--key", key]) == 1, "a folder"
    capsys.readouterr()
    (tmp_path / "some").write_text("a line\n")
    twice = ["--since", str(tmp_path / "some")] * 2
    assert main(["verify", str(tmp_path / "some"), "--key", key, *twice]) == 1
    assert "one earlier bundle" in capsys.readouterr().err


def test_the_page_of_the_trail_offers_the_bundle_with_the_same_search(world: World) -> None:
    page = browser(world, "focal_xaa").get(path(world, "trail"), params={"group": "downloaded"}).text
    assert "/trail.bundle?group=downloaded" in page
