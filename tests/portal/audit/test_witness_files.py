"""The files of a witness: keys that are made once, and a state that is whole, its own, and there before it signs."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.audit.checkpoints import open_checkpoint
from portal.audit.tree import EMPTY
from portal.audit.witness import Answer
from portal.audit.witness_files import StateFile, WitnessKey, make_key, read_witness_key
from portal.errors import Conflict, Invalid, PortalError, Unavailable
from storage.signatures import Signer
from tests.witnessed import AT, KEY, NAME, ORIGIN, TRUE, Log, request, witness_in

OTHER = Log(origin="portal.example/other")


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = make_key(path, NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_witness_key(path) == made
    assert made.seed.hex() not in repr(made)
    before = path.read_bytes()
    with pytest.raises(Conflict, match="left as it is"):
        make_key(path, NAME)
    assert path.read_bytes() == before
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    with pytest.raises(Conflict):
        make_key(link, NAME)
    assert not (tmp_path / "nothing").exists()
    assert make_key(tmp_path / "second", NAME).seed != made.seed


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\0b", "n" * 256, "\udcff"])
def test_a_name_that_no_note_can_bear_makes_no_key(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        make_key(tmp_path / "key", name)
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path / "key", NAME)
    (tmp_path / "key").chmod(mode)
    with pytest.raises(Invalid, match="chmod 0600"):
        read_witness_key(tmp_path / "key")


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"portal-witness-key/1\nn\nAAAA\n", b"portal-witness-key/2\nn\n{}\n", b"x" * 9999]
)
def test_what_is_no_key_is_said_in_a_sentence_without_what_it_holds(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content.replace(b"{}", b"A" * 43 + b"="))
    path.chmod(0o600)
    with pytest.raises(Invalid, match="isn't the key file of a witness") as refused:
        read_witness_key(path)
    assert "AAAA" not in str(refused.value)


def test_a_key_is_no_link_and_no_pipe(tmp_path: Path) -> None:
    make_key(tmp_path / "key", NAME)
    (tmp_path / "link").symlink_to(tmp_path / "key")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in ("link", "pipe", "nothing", "."):
        with pytest.raises((OSError, Invalid)):
            read_witness_key(tmp_path / path)


def add(folder: Path, old: int, size: int, log: Log = TRUE, *, new: bool = False) -> int:
    with witness_in(folder, [TRUE, OTHER], new=new) as (witness, _):
        return witness.add_checkpoint(log.request(old, size)).status


def held(folder: Path, key: WitnessKey = KEY) -> dict[str, int]:
    with StateFile.opened(folder / "state", key, new=False) as state:
        return {origin: state.held(origin).size for origin in (ORIGIN, OTHER.origin)}


def test_what_was_signed_is_there_at_the_next_start(tmp_path: Path) -> None:
    assert add(tmp_path, 0, 5, new=True) == 200
    assert add(tmp_path, 0, 7, OTHER) == 200
    assert add(tmp_path, 5, 9) == 200
    assert held(tmp_path) == {ORIGIN: 9, OTHER.origin: 7}
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600
    assert add(tmp_path, 0, 12) == 409
    with StateFile.opened(tmp_path / "state", KEY, new=False) as state:
        assert state.held(ORIGIN) == TRUE.point(9)
        assert state.held("never.seen").root == EMPTY
        assert state.seconds == int(AT.timestamp())


def test_a_log_that_is_watched_no_longer_is_not_forgotten(tmp_path: Path) -> None:
    assert add(tmp_path, 0, 7, OTHER, new=True) == 200
    with witness_in(tmp_path, [TRUE]) as (witness, _):
        assert witness.add_checkpoint(OTHER.request(7, 8)).status == 404
        assert witness.add_checkpoint(TRUE.request(0, 3)).status == 200
    assert held(tmp_path) == {ORIGIN: 3, OTHER.origin: 7}


def test_the_state_keeps_what_the_log_signed_and_nothing_that_others_added(tmp_path: Path) -> None:
    body = TRUE.request(0, 3) + "— stranger.example AAAAAAAA\n".encode() * 50
    with witness_in(tmp_path, new=True) as (witness, _):
        assert witness.add_checkpoint(body).status == 200
    assert "stranger" not in (tmp_path / "state").read_text("utf-8")
    note = json_of(tmp_path)["checkpoints"][0]
    assert set(open_checkpoint(note, TRUE.keys).signed) == set(TRUE.keys)


def json_of(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((folder / "state").read_text("utf-8").partition("\n")[2])
    return found


def test_without_its_state_it_does_not_start_unless_it_is_new(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no state"), witness_in(tmp_path):
        pass
    assert not (tmp_path / "state").exists()
    assert add(tmp_path, 0, 5, new=True) == 200
    with pytest.raises(Conflict, match="isn't new"):
        add(tmp_path, 5, 6, new=True)
    assert held(tmp_path)[ORIGIN] == 5
    (tmp_path / "state").rename(tmp_path / "away")
    (tmp_path / "state").symlink_to(tmp_path / "nothing")
    with pytest.raises(PortalError):
        add(tmp_path, 0, 5)


def test_a_new_state_is_on_the_disk_before_anything_is_asked(tmp_path: Path) -> None:
    with witness_in(tmp_path, new=True):
        pass
    assert held(tmp_path) == {ORIGIN: 0, OTHER.origin: 0}


def test_a_state_with_any_byte_changed_or_cut_is_refused(tmp_path: Path) -> None:
    assert add(tmp_path, 0, 5, new=True) == 200
    good = (tmp_path / "state").read_bytes()
    broken = [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(0, len(good), 37)]
    broken += [b"", good[:-1], good + b"\n", good[: len(good) // 2], good.replace(b'"seconds": 1', b'"seconds": 2')]
    for content in broken:
        (tmp_path / "state").write_bytes(content)
        with pytest.raises(Unavailable, match="damaged, or of another key"):
            held(tmp_path)
    (tmp_path / "state").write_bytes(good)
    assert held(tmp_path)[ORIGIN] == 5


def test_the_state_of_another_witness_is_refused(tmp_path: Path) -> None:
    assert add(tmp_path, 0, 5, new=True) == 200
    with pytest.raises(Unavailable, match="of another key"):
        held(tmp_path, WitnessKey(NAME, b"\x09" * 32))


def test_two_witnesses_never_have_one_state(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "state")
    with witness_in(tmp_path, new=True) as (witness, _):
        for path in (tmp_path / "state", tmp_path / "link", tmp_path / "." / "state"):
            for new in (True, False):
                with (
                    pytest.raises(Conflict, match="only one at a time"),
                    StateFile.opened(path, KEY, new=new),
                ):
                    pass
        assert witness.add_checkpoint(TRUE.request(0, 3)).status == 200
    assert (tmp_path / "link").is_symlink()
    with StateFile.opened(tmp_path / "link", KEY, new=False) as state:
        state.keep(TRUE.checkpoint(4), 1)
    assert (tmp_path / "link").is_symlink(), "what it points at was replaced, not the link"
    assert held(tmp_path)[ORIGIN] == 4


# each step of writing a state, by the call that fails and how often it went well before
STEPS = [("unlink", 0), ("open", 0), ("fsync", 0), ("replace", 0), ("open", 1), ("fsync", 1)]


@pytest.mark.parametrize(("call", "at"), STEPS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_state_that_cant_be_written_means_503_and_nothing_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, at: int, number: int
) -> None:
    """Whichever step fails; and what nobody was told of binds nobody."""
    other, body = Log(parts_at=3, salt=b"other"), TRUE.request(3, 8)
    with witness_in(tmp_path, new=True) as (witness, told):
        assert witness.add_checkpoint(TRUE.request(0, 3)).status == 200
        with monkeypatch.context() as patch:
            failing(patch, call, number, at)
            patch.setattr(Signer, "sign", None)
            assert witness.add_checkpoint(body) == Answer(503, "the witness can't keep what it would sign\n")
        assert os.strerror(number) in told[-1]
        assert witness.add_checkpoint(other.request(3, 8)).status == 200
        assert witness.add_checkpoint(TRUE.request(8, 8)).status == 409
    with witness_in(tmp_path) as (witness, _):
        assert witness.add_checkpoint(TRUE.request(8, 8)).status == 409
        assert witness.add_checkpoint(other.request(8, 9)).status == 200


def failing(patch: pytest.MonkeyPatch, call: str, number: int, at: int) -> None:
    """Let a call fail from a time on."""
    real, count = getattr(os, call), iter(range(99))

    def run(*given: object, **named: object) -> object:
        if next(count) >= at:
            raise OSError(number, os.strerror(number))
        return real(*given, **named)

    patch.setattr(os, call, run)


def test_what_is_signed_lies_on_the_disk_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill shows nothing of this: only a power failure does, so the order of the calls is looked at."""
    done: list[str] = []

    def noting(owner: object, name: str, what: Callable[..., str]) -> None:
        real = getattr(owner, name)

        def run(*given: object) -> object:
            done.append(what(*given))
            return real(*given)

        monkeypatch.setattr(owner, name, run)

    body = TRUE.request(0, 3)
    with witness_in(tmp_path, new=True) as (witness, _):
        noting(os, "fsync", lambda number: "flush " + Path(f"/proc/self/fd/{number}").readlink().name)
        noting(os, "replace", lambda old, new: f"{Path(old).name} to {Path(new).name}")
        noting(Signer, "sign", lambda signer, _message: f"sign {signer.scheme}")
        assert witness.add_checkpoint(body).status == 200
    written = ["flush state.new", "state.new to state", f"flush {tmp_path.name}"]
    assert done == [*written, "sign ed25519", "sign ml-dsa-44"]


def test_the_same_checkpoint_in_the_same_second_costs_no_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint is public: whoever sends it again and again keeps no disk busy."""
    with witness_in(tmp_path, new=True) as (witness, _):
        assert witness.add_checkpoint(TRUE.request(0, 3)).status == 200
        note = json_of(tmp_path)["checkpoints"][0]
        failing(monkeypatch, "fsync", errno.EIO, 0)
        assert witness.add_checkpoint(request(3, [], note)).status == 200
