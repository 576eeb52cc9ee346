"""Keys for a State: what an envelope opens in a copy of the data, what stays closed, who learns of it."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest

from portal.access.actions import Action
from portal.cli import main
from portal.domain.notices import NoticeKind
from portal.errors import Conflict, Invalid, NotFound
from portal.usecases.escrow import seal_for_state
from portal.usecases.escrow_opening import BEYOND, LIST, name_of, open_copy
from portal.usecases.keys import renew_key
from portal.usecases.shredding import shred_version
from portal.usecases.weeks import tell_week
from storage.errors import Missing
from storage.recovery import escrow
from storage.recovery.folder import write_once
from storage.tables import Person
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.contents import said, send
from tests.databases import ONLY_SQLITE
from tests.filing import circulated, made, move, press, put, submitted
from tests.portal.usecases.test_weeks import told
from tests.web_client import browser

KEY = escrow.PrivateKey("XAA", bytes(range(32)))
GONE = "its sealed object isn't in this copy"


@pytest.fixture
def filled(world: World) -> World:
    """A file with something in every room, and in the shared one also what the State under review doesn't see."""
    put(world, "focal_xaa", "national XAA", "Own draft")
    circulated(world, "Response")
    made(move(world, "focal_xbb", put(world, "focal_xbb", "reviewers", "Desk review"), "shared"))
    put(world, "officer", "secretariat", "Handling note")
    put(world, "focal_xbb", "national XBB", "Their draft")
    return world


@pytest.fixture
def drafts(world: World) -> World:
    """Three documents in the State's own room."""
    for number in range(3):
        put(world, "focal_xaa", "national XAA", f"Draft {number}")
    return world


def sealed(world: World, public: escrow.PublicKey = KEY.public, file: str = "xaa") -> bytes:
    """Have an envelope made."""
    written: list[bytes] = []
    with world.request():
        seal_for_state(world.portal, world.files[file].review, public, written.append)
    (blob,) = written
    return blob


def copied(world: World, folder: Path) -> Path:
    """Copy the data of a portal that stands still, without its keys."""
    world.portal.database.close()
    return Path(shutil.copytree(world.portal.settings.data, folder / "copy", ignore=shutil.ignore_patterns("keys")))


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir() if path.name != LIST}


def test_the_envelope_alone_opens_what_the_state_could_read_and_nothing_else(filled: World, tmp_path: Path) -> None:
    envelope = escrow.unseal(sealed(filled), KEY)
    copy, out = copied(filled, tmp_path), tmp_path / "out"
    before = sorted(copy.rglob("*"))
    found = open_copy(envelope, copy, out)
    assert contents(out) == {
        "national 001 v1 Own draft.pdf": b"%PDF-1.7 Own draft Own draft.pdf",
        "national 002 v1 Response.pdf": b"%PDF-1.7 Response Response.pdf",
        "shared 001 v1 Response.pdf": b"%PDF-1.7 Response Response.pdf",
    }
    assert sorted(one.name for one in found.written) == sorted(contents(out))
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    listing = (out / LIST).read_text()
    assert all(f"{one.sha256}  {one.name}\n" in listing for one in found.written)
    assert sorted(copy.rglob("*")) == before, "nothing is written into the copy"


@ONLY_SQLITE  # a copy without a database names nothing beyond the envelope
def test_what_came_later_or_could_not_be_read_stays_closed_and_is_named(filled: World, tmp_path: Path) -> None:
    envelope = escrow.unseal(sealed(filled), KEY)
    rooms = filled.files["xaa"].rooms
    with filled.request():
        renew_key(filled.portal, str(rooms["national XAA"]))
    put(filled, "focal_xaa", "national XAA", "Under the new key")
    copy, out = copied(filled, tmp_path), tmp_path / "out"
    found = open_copy(envelope, copy, out)
    assert [(one.name, one.why) for one in found.closed] == [("national 003 v1", BEYOND), ("shared 002 v1", BEYOND)]
    assert len(contents(out)) == 3
    assert f"shared 002 v1: {BEYOND}" in (out / LIST).read_text()
    filled.portal.database.close()
    again = tmp_path / "again"
    later = escrow.unseal(sealed(filled), KEY)
    filled.portal.database.close()
    assert [one.name for one in open_copy(later, filled.portal.settings.data, again).closed] == ["shared 002 v1"]
    assert "national 003 v1 Under the new key.pdf" in contents(again)


def test_what_the_state_withdrew_is_in_it_and_what_others_withdrew_is_not(world: World) -> None:
    desk = made(move(world, "focal_xbb", put(world, "focal_xbb", "reviewers", "Desk review"), "shared"))
    assert press(browser(world, "officer"), f"/documents/{desk}/circulate").status_code == 303
    own = submitted(world, "Response")
    held = escrow.unseal(sealed(world), KEY).versions
    assert {one.title for one in held if one.room == "shared"} == {"Desk review", "Response"}
    for who, document in (("focal_xbb", desk), ("focal_xaa", own)):
        assert press(browser(world, who), f"/documents/{document}/withdraw", reason="Wrong file").status_code == 303
    held = escrow.unseal(sealed(world), KEY).versions
    assert {one.title for one in held if one.room == "shared"} == {"Response"}


def test_every_version_of_a_document_is_in_it(world: World, tmp_path: Path) -> None:
    draft = put(world, "focal_xaa", "national XAA", "Draft")
    answer = send(browser(world, "focal_xaa"), f"/documents/{draft}/versions", ("two.txt", b"two", "text/plain"))
    assert answer.status_code == 303
    out = tmp_path / "out"
    open_copy(escrow.unseal(sealed(world), KEY), copied(world, tmp_path), out)
    assert contents(out) == {
        "national 001 v1 Draft.pdf": b"%PDF-1.7 Draft Draft.pdf",
        "national 001 v2 Draft.txt": b"two",
    }


def test_a_destroyed_version_is_in_no_envelope(drafts: World) -> None:
    gone, *_ = escrow.unseal(sealed(drafts), KEY).versions
    with drafts.request():
        shred_version(drafts.portal, gone.version)
    left = {one.version for one in escrow.unseal(sealed(drafts), KEY).versions}
    assert (len(left), gone.version in left) == (2, False)


def test_the_trail_says_it_before_a_key_is_opened_and_how_it_ended(filled: World) -> None:
    review, shared = filled.files["xaa"].review, filled.files["xaa"].rooms["shared"]
    blob = sealed(filled)
    held = escrow.unseal(blob, KEY).versions
    intent, outcome = (one for one in said(filled, review) if one["action"] == Action.ESCROW_KEYS)
    assert (intent["phase"], intent["who"]) == ("intent", {"machine": "operator"})
    assert intent["detail"] == {"key": KEY.public.fingerprint, "count": 3}
    assert outcome["detail"]["result"] == "complete"
    assert len(outcome["detail"]["sha256"]) == 64
    (each,) = (one for one in said(filled, shared) if one["action"] == Action.ESCROW_KEYS)
    assert UUID(each["on"]["version"]) in {one.version for one in held}
    client, mark = browser(filled, "focal_xaa"), KEY.public.fingerprint
    page = client.get(f"/reviews/{review}/trail").text
    assert "sealed keys of contents for the State under review to keep" in page
    assert f"key <bdi>{mark}</bdi>" in page, "the State holds it against its own"
    assert f"({mark})" in client.get(f"/reviews/{review}/trail.csv").text
    filled.clock.forward(timedelta(days=7))
    assert tell_week(filled.portal) > 0
    assert {one.kind for one in told(filled)} == {NoticeKind.FILE_OPENED}


def test_only_the_state_under_review_gets_keys_of_its_review(drafts: World) -> None:
    written: list[bytes] = []
    before = len(said(drafts, drafts.files["xaa"].review))
    for state, review, error in (
        ("XBB", drafts.files["xaa"].review, Conflict),
        ("XAA", drafts.files["xdd"].review, Conflict),
        ("XAA", uuid4(), Invalid),
        ("XDD", drafts.files["xdd"].review, Invalid),  # there is nothing in that file
    ):
        public = replace(KEY, state=state).public
        with drafts.request(), pytest.raises(error):
            seal_for_state(drafts.portal, review, public, written.append)
    assert not written
    assert len(said(drafts, drafts.files["xaa"].review)) == before


def test_it_takes_people_of_the_state_who_may_read_just_then(world: World) -> None:
    put(world, "focal_xdd", "national XDD", "Draft", file="xdd")
    public = replace(KEY, state="XDD").public
    assert len(escrow.unseal(sealed(world, public, "xdd"), replace(KEY, state="XDD")).versions) == 1
    with world.portal.database.begin() as session:
        session.get_one(Person, world.members["focal_xdd"].person).suspended_at = world.clock.now
    with pytest.raises(Invalid, match="undertaking"):
        sealed(world, public, "xdd")


def test_the_gate_has_the_last_word(filled: World) -> None:
    """Were the rules asked wrongly for the State's people, the machine's own would still give it no other room."""
    written: list[bytes] = []
    with (
        filled.request(),
        patch("portal.usecases.escrow.open_to", lambda _work, _record, _state, _action, rows: list(rows)),
    ):
        seal_for_state(filled.portal, filled.files["xaa"].review, KEY.public, written.append)
    held = escrow.unseal(written[0], KEY).versions
    assert {one.title for one in held} == {"Own draft", "Response"}
    with (
        filled.request(),
        patch("portal.work.gate.verdict", side_effect=NotFound),
        pytest.raises(NotFound),
    ):
        seal_for_state(filled.portal, filled.files["xaa"].review, KEY.public, written.append)
    assert len(written) == 1


def test_what_could_not_be_written_is_told_as_failed_and_leaves_nothing(drafts: World, tmp_path: Path) -> None:
    review, path = drafts.files["xaa"].review, tmp_path / "envelope"
    with drafts.request(), patch("storage.recovery.folder.os.fsync", side_effect=OSError), pytest.raises(OSError):  # noqa: PT011 - the disk's own
        seal_for_state(drafts.portal, review, KEY.public, lambda blob: write_once(path, blob))
    assert not list(tmp_path.glob("envelope*"))
    assert said(drafts, review)[-1]["detail"]["result"] == "failed"


def test_a_copy_of_another_installation_gives_nothing(drafts: World, tmp_path: Path) -> None:
    envelope = escrow.unseal(sealed(drafts), KEY)
    copy = copied(drafts, tmp_path)
    other = replace(envelope, review=uuid4())
    if (copy / "portal.db").exists():
        with pytest.raises(Missing, match="another installation"):
            open_copy(other, copy, tmp_path / "out")
    shutil.rmtree(copy / "objects")
    with pytest.raises(Missing, match="no folder objects"):
        open_copy(envelope, copy, tmp_path / "out")
    (copy / "objects").mkdir()
    found = open_copy(envelope, copy, tmp_path / "out")
    assert not found.written
    assert {one.why for one in found.closed} >= {GONE}


def test_the_objects_of_backups_are_enough(drafts: World, tmp_path: Path) -> None:
    recoverable(drafts.portal)
    backed_up(drafts.portal, tmp_path / "backups")
    found = open_copy(escrow.unseal(sealed(drafts), KEY), tmp_path / "backups", tmp_path / "out")
    assert (len(found.written), found.closed) == (3, ())


def test_objects_that_were_changed_exchanged_or_are_links_are_named_and_not_written(
    drafts: World, tmp_path: Path
) -> None:
    envelope = escrow.unseal(sealed(drafts), KEY)
    copy, out, elsewhere = copied(drafts, tmp_path), tmp_path / "out", tmp_path / "elsewhere"
    another = replace(envelope.versions[0], sha256="0" * 64)
    found = open_copy(replace(envelope, versions=(another,)), copy, tmp_path / "digest")
    assert (found.written, contents(tmp_path / "digest")) == ((), {})
    first, second, third = (copy / "objects" / one.object[:2] / one.object for one in envelope.versions)
    whole = first.read_bytes()
    first.write_bytes(whole[:-1])  # cut: found out at its end alone
    second.write_bytes(third.read_bytes())
    shutil.move(third, elsewhere)
    third.symlink_to(elsewhere)
    found = open_copy(envelope, copy, out)
    assert not found.written
    assert contents(out) == {}
    assert sum(one.why == GONE for one in found.closed) == 1
    third.unlink()
    os.mkfifo(third)
    shutil.rmtree(second.parent)
    second.parent.symlink_to(tmp_path)
    found = open_copy(envelope, copy, tmp_path / "again")  # and doesn't wait for whoever writes into a pipe
    assert sum(one.why == GONE for one in found.closed) == 2


@pytest.mark.parametrize(
    ("title", "file", "name"),
    [
        ("../../etc/passwd", "x.pdf", "shared 001 v1 .._.._etc_passwd.pdf"),
        ("/absolute", "x", "shared 001 v1 _absolute"),
        ("a\\..\\b", "x.pdf", "shared 001 v1 a_.._b.pdf"),
        ("line\nbreak\x00\x1b[31m", "x.pdf", "shared 001 v1 line break[31m.pdf"),
        ("\u202egnp.exe", "x.pdf", "shared 001 v1 gnp.exe.pdf"),
        ("..", "../..", "shared 001 v1"),
        (":*?", "a.p/df", "shared 001 v1 ___"),
        ("CON", ".hidden", "shared 001 v1 CON.hidden"),
    ],
)
def test_names_stay_in_the_folder(title: str, file: str, name: str) -> None:
    assert name_of(held(title=title, name=file)) == name


def held(**said: object) -> escrow.Held:
    bare = escrow.Held(uuid4(), "a" * 32, b"k" * 32, "shared", uuid4(), 1, 1, "Title", "x.pdf", 0, "")
    return replace(bare, **said)  # type: ignore[arg-type]  # what a test names


def test_a_hostile_envelope_writes_over_nothing_and_stays_in_its_folder(drafts: World, tmp_path: Path) -> None:
    """Anybody can seal to a public key."""
    envelope = escrow.unseal(sealed(drafts), KEY)
    copy, out = copied(drafts, tmp_path), tmp_path / "out"
    twice = [replace(one, room="../..", number=1, written=1, title="a" * 400) for one in envelope.versions]
    found = open_copy(replace(envelope, versions=tuple(twice)), copy, out)
    assert len({one.name for one in found.written}) == len(contents(out)) == 3
    assert all(path.parent == out for path in out.rglob("*"))
    with pytest.raises(Invalid, match="isn't empty"):
        open_copy(envelope, copy, out)
    link = tmp_path / "link"
    (tmp_path / "target").mkdir()
    link.symlink_to(tmp_path / "target")
    with pytest.raises(OSError):  # noqa: PT011 - the disk's own
        open_copy(envelope, copy, link)
    assert not list((tmp_path / "target").iterdir())


def test_the_commands_make_a_key_seal_to_it_and_open_with_it(
    drafts: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, review = drafts.portal.settings, str(drafts.files["xaa"].review)
    private, public, envelope = (str(tmp_path / name) for name in ("xaa.key", "xaa.key.public", "xaa.envelope"))
    assert main(["escrow", "new", private, "--state", "xaa"]) == 1
    assert main(["escrow", "new", private, "--state", "XAA"]) == 0
    assert Path(private).stat().st_mode & 0o777 == 0o600
    before = Path(private).read_bytes()
    assert main(["escrow", "new", private, "--state", "XAA"]) == 1
    assert Path(private).read_bytes() == before
    heard = escrow.read_public(Path(public).read_bytes()).fingerprint
    assert heard in capsys.readouterr().out
    monkeypatch.setenv("PORTAL_DATA", str(settings.data))
    monkeypatch.setenv("PORTAL_KEYS", str(settings.keys))
    monkeypatch.setenv("PORTAL_DATABASE", settings.database)
    monkeypatch.setenv("PORTAL_SECOND_FACTOR", "false")
    words = ["keys", "escrow", review, "--to", public, "--out", envelope]
    assert main(words) == 1
    assert heard not in capsys.readouterr().err, "it is heard, not copied from here"
    assert main([*words, "--fingerprint", heard[:-1]]) == 1
    assert not Path(envelope).exists()
    assert main([*words, "--fingerprint", heard.upper().replace(" ", "")]) == 0
    assert main([*words, "--fingerprint", heard]) == 1
    assert "already" in capsys.readouterr().err
    copy, out = str(tmp_path / "copy"), str(tmp_path / "out")
    for name in Path(f"{envelope}.objects").read_text().splitlines():
        (Path(copy) / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(settings.data / name, Path(copy) / name)
    assert main(["escrow", "open", public, "--key", private, "--data", copy, "--out", out]) == 1
    assert main(["escrow", "open", envelope, "--key", public, "--data", copy, "--out", out]) == 1
    assert not Path(out).exists()
    capsys.readouterr()
    status = main(["escrow", "open", envelope, "--key", private, "--data", copy, "--out", out])
    assert "3 of 3 contents" in capsys.readouterr().out
    assert (status, len(contents(Path(out)))) == (0, 3)
