"""A witness as a process of its own: of a portal's own log, and killed at any moment."""

import os
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock, Thread
from time import sleep

import pytest

from portal.audit import sequencer
from portal.audit.checkpoints import Checkpoint, open_checkpoint, sign
from portal.audit.notes import Key, read_key
from portal.audit.tree import Tree
from portal.audit.witness_files import StateFile, read_witness_key
from portal.cli import main
from portal.usecases import tree
from storage.repositories.tree import TreeRecords
from tests.cast import World
from tests.conftest import use
from tests.fault_report import found
from tests.web_client import browser
from tests.witnessed import AT, KEY, NAME, ORIGIN, SIGNERS, TRUE, request, tree_of

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("PORTAL_KILLS", "12"))
SEED = int(os.environ.get("PORTAL_SEED", str(secrets.randbits(32))))
STARTED = "The witness"


@contextmanager
def running(folder: Path, logs: Sequence[str], *more: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run `portal witness run`; gives its port and its process."""
    words = ["--key", str(folder / "key"), "--state", str(folder / "state"), "--listen", "127.0.0.1:0", *more]
    words += [word for log in logs for word in ("--log", log)]
    process = subprocess.Popen(
        [sys.executable, "-m", "portal", "witness", "run", *words],
        cwd=ROOT,
        env={**os.environ, "PORTAL_PORT": "nonsense that it doesn't read"},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heeds_interrupts,  # noqa: PLW1509  # takes no lock
    )
    assert process.stdout
    with process, process.stdout as said:
        try:
            line = said.readline()
            assert line.startswith(STARTED), line
            yield int(line.split(" and watches")[0].rpartition(":")[2]), process
        finally:
            process.kill()


def heeds_interrupts() -> None:
    """Undo what whoever runs the tests in the background has set for all their processes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def write_key(folder: Path) -> None:
    """Write the key file of the witness that all tests know."""
    (folder / "key").write_text(f"portal-witness-key/1\n{NAME}\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    (folder / "key").chmod(0o600)
    assert read_witness_key(folder / "key") == KEY


def post(port: int, body: bytes) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


# --- the log of a portal ------------------------------------------------------------------------------------------


def grow(world: World) -> tuple[str, Tree]:
    """Let people look at pages until the log has grown; gives its checkpoint and its tree."""
    client = browser(world, "expert_xaa")
    for _ in range(3):
        assert client.get("/reviews").status_code == 200
    while tree.sequence(world.portal, "here"):
        pass
    note = tree.checkpoint(world.portal)
    size = open_checkpoint(note, ()).checkpoint.size
    return note, Tree(size, lambda level, number, width: tree.tile(world.portal, level, number, width))


def test_a_portals_log_is_cosigned_as_it_grows_and_never_when_it_was_written_anew(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, world.portal.settings)
    first, before = grow(world)
    assert main(["log", "keys"]) == 0
    (tmp_path / "logs").write_text(capsys.readouterr().out)
    assert main(["witness", "keygen", NAME, str(tmp_path / "key")]) == 0
    theirs = [read_key(line) for line in capsys.readouterr().out.splitlines()]
    with running(tmp_path, [], "--logs", str(tmp_path / "logs"), "--new") as (port, _):
        status, lines = post(port, request(0, [], first))
        assert (status, signed_by(first + lines, theirs)) == (200, set(theirs))
        second, after = grow(world)
        assert after.size > before.size > 0
        assert post(port, request(0, [], second)) == (409, f"{before.size}\n")
        status, lines = post(port, request(before.size, after.consistency(before.size), second))
        assert (status, signed_by(second + lines, [*tree.own_keys(world.portal), *theirs])) == (
            200,
            {*tree.own_keys(world.portal), *theirs},
        )
    with running(tmp_path, [], "--logs", str(tmp_path / "logs")) as (port, _):
        false = false_history(world)
        note = sign(
            Checkpoint(first.partition("\n")[0], false.size, false.root()),
            tree.log_signers(world.portal),
            world.portal.clock(),
        )
        assert set(open_checkpoint(note, tree.own_keys(world.portal)).signed) == set(tree.own_keys(world.portal))
        assert post(port, request(after.size, false.consistency(after.size), note))[0] == 422
        third, last = grow(world)
        assert post(port, request(after.size, last.consistency(after.size), third))[0] == 200


def signed_by(note: str, keys: Sequence[Key]) -> set[Key]:
    """Give those of some keys that signed a checkpoint."""
    return set(open_checkpoint(note, keys).signed)


def false_history(world: World) -> Tree:
    """Write the log anew without its third event, and one entry longer."""
    with world.portal.database.read() as session:
        entries = [sequencer.entry(row.leaf, row.tag) for row in TreeRecords(session).entries()]
    del entries[2]
    return tree_of([*entries, bytes(64), bytes(64)])


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_when_it_is_told_to(tmp_path: Path, number: signal.Signals, status: int) -> None:
    write_key(tmp_path)
    with running(tmp_path, [key.text() for key in TRUE.keys], "--new") as (port, process):
        assert post(port, TRUE.request(0, 3))[0] == 200
        process.send_signal(number)
        assert process.wait(10) == status
    with running(tmp_path, [key.text() for key in TRUE.keys]) as (port, process):
        assert post(port, TRUE.request(3, 5))[0] == 200


# --- killed at any moment -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Seen:
    """What was sent to a witness, and what it signed."""

    longest: tuple[bytes, ...] = ()  # the entries of the largest tree that it is known to have
    sent: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)  # by root
    signed: dict[int, set[bytes]] = field(default_factory=dict)  # roots by size
    refused: int = 0
    cut: int = 0
    lock: Lock = field(default_factory=Lock)


def add_for_ever(port: int, seen: Seen, drawn: random.Random) -> None:
    """Go on from the largest tree that is known, each client otherwise than the others, until the witness is gone."""
    while True:
        with seen.lock:
            known = seen.longest
        entries = (*known, *(drawn.randbytes(8) for _ in range(drawn.choice((1, 1, 1, 2)))))
        grown = tree_of(entries)
        point = Checkpoint(ORIGIN, grown.size, grown.root())
        with seen.lock:
            seen.sent[point.root] = entries
        try:
            status, lines = post(port, request(len(known), grown.consistency(len(known)), sign(point, SIGNERS, AT)))
        except (OSError, HTTPException):
            seen.cut += 1
            return
        with seen.lock:
            if status == 200:
                assert signed_by(point.body() + "\n" + lines, KEY.public()) == set(KEY.public())
                seen.signed.setdefault(point.size, set()).add(point.root)
                seen.longest = max(seen.longest, entries, key=len)
            else:
                assert status == 409
                seen.refused += 1


@pytest.mark.parametrize("life", range(max(1, KILLS // 20)))
@pytest.mark.fault("a witness is killed at any moment")
def test_killed_at_any_moment_it_has_what_it_signed_and_never_signed_two_roots_for_one_size(
    tmp_path: Path, life: int
) -> None:
    drawn, seen, kills = random.Random(SEED + life), Seen(), min(KILLS, 20)
    write_key(tmp_path)
    for number in range(kills):
        with running(tmp_path, [key.text() for key in TRUE.keys], *(["--new"] * (not number))) as (port, process):
            clients = [
                Thread(target=add_for_ever, args=(port, seen, random.Random(drawn.random())), daemon=True)
                for _ in range(4)
            ]
            for client in clients:
                client.start()
            sleep(drawn.uniform(0.01, 0.5))
            process.kill()
            for client in clients:
                client.join(30)
        with StateFile.opened(tmp_path / "state", KEY, new=False) as state:
            held = state.held(ORIGIN)
        if held.size:
            assert len(seen.sent[held.root]) == held.size
            assert seen.sent[held.root][: len(seen.longest)] == seen.longest, f"seed {SEED}"
            seen.longest = seen.sent[held.root]
    assert all(len(roots) == 1 for roots in seen.signed.values()), f"seed {SEED}"
    for size, (root,) in seen.signed.items():
        assert tree_of(seen.longest[:size]).root() == root, "all of it is one history"
    found(kills=kills, acknowledged=sum(map(len, seen.signed.values())), lost=0)  # held, as seen above
    assert len(seen.signed) > kills
    assert seen.refused
    assert seen.cut
