"""The portal asks its log's witnesses: real ones, over HTTP, whoever of them is away, lost or set up wrongly."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from portal.app import object_store, open_portal
from portal.audit.checkpoints import log_keys, open_checkpoint
from portal.audit.notes import Key, Kind
from portal.audit.policy import read_policy
from portal.audit.witness import Witness, logs_of
from portal.audit.witness_files import StateFile, WitnessKey
from portal.audit.witnessing import Trouble
from portal.errors import Invalid
from portal.settings import Settings
from portal.usecases import tree
from portal.usecases.checks import check_records
from portal.usecases.restore_places import open_source
from portal.usecases.restores import restore_backup
from portal.usecases.witnesses import ask_witnesses, load_policy, witnesses_seen
from portal.witness_server import WitnessServer
from storage.signatures import Scheme, Signer
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.databases import by_hand
from tests.issuer import serving
from tests.web_client import browser

KEYS = {"XBB": WitnessKey("xbb.example", b"b" * 32), "XCC": WitnessKey("xcc.example", b"c" * 32)}


@contextmanager
def running(
    world: World, name: str, state: Path, keys: tuple[Key, ...] = (), at: Callable[[], datetime] | None = None
) -> Iterator[str]:
    """Run a witness; gives its address."""
    logs, key = logs_of(keys or tree.own_keys(world.portal)), KEYS[name]
    with StateFile.opened(state, key, new=not state.exists()) as file:
        witness = Witness(key.name, key.signers(), logs, file, lambda _told: None, at or world.clock)
        server = WitnessServer("127.0.0.1", 0, witness)
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


def look(world: World) -> None:
    """Make an event, and let it come into the tree."""
    world.clock.forward(timedelta(seconds=1))
    assert browser(world, "expert_xaa").get("/reviews").status_code == 200
    while tree.sequence(world.portal, "here"):
        pass


def trust(world: World, addresses: dict[str, str]) -> None:
    """Set a policy: all of these must agree, each with both keys."""
    lines, names = [], []
    for name, url in addresses.items():
        for at, key in enumerate(KEYS[name].public()):
            lines.append(f"witness {name}{at or ''} {key.text()} {url}")
            names.append(f"{name}{at or ''}")
    text = "\n".join([*lines, f"group all all {' '.join(names)}", "quorum all", ""])
    world.portal.witness_policy = read_policy(text.encode())


@pytest.fixture
def two(world: World, tmp_path: Path) -> Iterator[World]:
    """A portal with two witnesses who never saw its log."""
    look(world)
    with ExitStack() as stack:
        trust(world, {name: stack.enter_context(running(world, name, tmp_path / name)) for name in KEYS})
        yield world


def troubles(world: World) -> dict[str, Trouble | None]:
    return {one.name: one.trouble for one in witnesses_seen(world.portal) if one.name in KEYS}


def agreed(world: World) -> int | None:
    shown = tree.newest(world.portal)
    return shown.agreed if shown else None


def test_every_witness_signs_what_is_new_and_the_checkpoint_bears_it(two: World) -> None:
    for _ in range(3):
        look(two)
        assert ask_witnesses(two.portal, "here") == 2
        keys = [one.key for one in two.portal.witness_policy.witnesses]
        opened = open_checkpoint(tree.checkpoint(two.portal), [*keys, *tree.own_keys(two.portal)])
        assert len(opened.signed) == 6
        assert {one.size for one in witnesses_seen(two.portal)} == {opened.checkpoint.size}
    assert ask_witnesses(two.portal, "here") == 0, "nothing is new"
    assert check_records(two.portal).findings == []


def test_one_that_is_away_holds_nothing_up_is_shown_and_catches_up(two: World, tmp_path: Path) -> None:
    away = "http://127.0.0.1:9"
    with running(two, "XBB", tmp_path / "again") as here:
        trust(two, {"XBB": here, "XCC": away})
        for _ in range(2):
            look(two)
            assert ask_witnesses(two.portal, "here") == 1
        assert troubles(two) == {"XBB": None, "XCC": Trouble.SILENT}
        assert agreed(two) is None
        with running(two, "XCC", tmp_path / "back") as there:
            trust(two, {"XBB": here, "XCC": there})
            assert ask_witnesses(two.portal, "here") == 1
        assert troubles(two) == {"XBB": None, "XCC": None}
        assert agreed(two)


@pytest.mark.parametrize("by", [timedelta(days=2), -timedelta(days=2)])
def test_a_witness_whose_clock_is_far_off_is_not_taken(world: World, tmp_path: Path, by: timedelta) -> None:
    look(world)
    with running(world, "XBB", tmp_path / "state", at=lambda: world.clock() + by) as here:
        trust(world, {"XBB": here})
        assert ask_witnesses(world.portal, "here") == 0
    assert troubles(world) == {"XBB": Trouble.UNSIGNED}


def test_a_tree_that_is_damaged_for_one_witness_leaves_the_others_answers(world: World, tmp_path: Path) -> None:
    look(world)
    with running(world, "XBB", tmp_path / "b") as here, running(world, "XCC", tmp_path / "c") as there:
        trust(world, {"XBB": here})
        assert ask_witnesses(world.portal, "here") == 1
        for _ in range(3):
            look(world)
        trust(world, {"XBB": here, "XCC": there})  # the second is asked from the beginning, which needs no tile
        with by_hand(world.portal.database) as hand:
            hand.allow("tree_tile_never_deleted")
            hand("DELETE FROM tree_tile WHERE level = 0")
        assert ask_witnesses(world.portal, "here") == 1
    assert troubles(world) == {"XBB": Trouble.ODD, "XCC": None}


def test_whoever_does_not_hold_the_lease_asks_nobody(two: World) -> None:
    look(two)
    assert ask_witnesses(two.portal, "one") == 2
    look(two)
    assert ask_witnesses(two.portal, "another") == 0
    two.clock.forward(timedelta(minutes=1))
    assert ask_witnesses(two.portal, "another") == 2


@pytest.mark.parametrize("order", ["as before", "later"])
def test_a_history_written_anew_with_all_keys_is_caught(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, order: str
) -> None:
    for _ in range(5):
        look(world)
    with running(world, "XBB", tmp_path / "state") as here:
        trust(world, {"XBB": here})
        assert ask_witnesses(world.portal, "here") == 1
        forget(world)
        if order == "later":
            for _ in range(3):
                look(world)
        else:
            while tree.sequence(world.portal, "here"):
                pass
        assert ask_witnesses(world.portal, "here") == 0
    assert troubles(world) == {"XBB": Trouble.OTHER if order == "later" else Trouble.AHEAD}
    assert [one.levelno for one in caplog.records if "alarm" in one.getMessage()] == [logging.ERROR]
    assert agreed(world) is None


TABLES = ("cosignature", "tree_tile", "tree_head", "tree_entry", "waiting_event", "witness_asked", "lease")


def forget(world: World) -> None:
    """Take the first entry out of the log and build the tree anew, as the operator could, triggers and all."""
    with by_hand(world.portal.database) as hand:
        hand.loosen()
        for table in TABLES:
            hand(f"DELETE FROM {table}")  # noqa: S608 - names from above
        hand("INSERT INTO waiting_event (event_id) SELECT id FROM event ORDER BY at LIMIT 1000000 OFFSET 1")
    world.clock.forward(timedelta(minutes=5))


def test_a_witness_of_another_log_and_one_with_other_keys_say_so(world: World, tmp_path: Path) -> None:
    look(world)
    own = tree.own_keys(world.portal)[0]
    theirs = Key("elsewhere.example/log", own.kind, own.public)
    (other,) = log_keys(own.name, [Signer(Scheme.ED25519, b"o" * 32)])
    with ExitStack() as stack:
        one = stack.enter_context(running(world, "XBB", tmp_path / "b", (theirs,)))
        two = stack.enter_context(running(world, "XCC", tmp_path / "c", (other,)))
        trust(world, {"XBB": one, "XCC": two})
        assert ask_witnesses(world.portal, "here") == 0
    assert troubles(world) == {"XBB": Trouble.UNKNOWN_LOG, "XCC": Trouble.UNKNOWN_KEY}


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n\xff", b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"])
def test_whatever_answers_in_its_place_is_trouble(world: World, answer: bytes) -> None:
    look(world)
    with serving() as fake:
        fake.told["/add-checkpoint"] = [answer]
        trust(world, {"XBB": fake.url})
        assert ask_witnesses(world.portal, "here") == 0
    assert troubles(world)["XBB"] in {Trouble.SILENT, Trouble.UNSIGNED, Trouble.ODD}


def test_an_altered_signature_of_a_witness_is_found(two: World) -> None:
    assert ask_witnesses(two.portal, "here") == 2
    with by_hand(two.portal.database) as hand:
        hand.allow("cosignature_never_changes")
        hand("UPDATE cosignature SET value = zeroblob(length(value)) WHERE signer = 'xbb.example'")
    assert {one.code for one in check_records(two.portal).findings} == {"cosignature-altered"}


def test_a_portal_that_came_back_says_what_witnesses_signed_and_they_sign_its_new_log(
    two: World, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert ask_witnesses(two.portal, "here") == 2
    signed = int(tree.checkpoint(two.portal).split("\n")[1])
    look(two)
    words, folder = recoverable(two.portal), tmp_path_factory.mktemp("elsewhere") / "backups"
    backed_up(two.portal, folder)
    place, policy = tmp_path_factory.mktemp("new"), tmp_path / "policy"
    policy.write_bytes(two.portal.witness_policy.text())
    settings = Settings(data=place / "data", keys=place / "keys", witness_policy=str(policy))
    done = restore_backup(settings, open_source(folder, words, None), None, object_store, two.clock)
    assert signed == done.witnessed < done.entries
    portal = open_portal(settings, two.clock)
    assert check_records(portal).ok
    there = replace(two, portal=portal)
    with running(there, "XBB", tmp_path / "XBB-later") as one, running(there, "XCC", tmp_path / "XCC-later") as other:
        trust(there, {"XBB": one, "XCC": other})
        assert ask_witnesses(portal, "here") == 2
    with by_hand(portal.database) as hand:
        hand.allow("former_cosignature_never_changes")
        hand("UPDATE former_cosignature SET value = zeroblob(length(value)) WHERE signer = 'xbb.example'")
    assert {one.code for one in check_records(portal).findings} == {"former-cosignature"}
    portal.database.close()


WRONG: dict[str, Callable[[World], str]] = {
    "another log": lambda _: f"log {Key('elsewhere', Kind.NOTE_ED25519, bytes(32)).text()}\nquorum none\n",
    "no policy": lambda _: "quorum\n",
    "plain HTTP": lambda _: witness_line("http://w.example"),
    "no address": lambda _: witness_line("file:///etc/passwd"),
}


def witness_line(url: str) -> str:
    return f"witness XBB {KEYS['XBB'].public()[0].text()} {url}\nquorum XBB\n"


@pytest.mark.parametrize("name", WRONG)
def test_a_policy_that_cannot_be_meant_is_refused_at_the_start(world: World, tmp_path: Path, name: str) -> None:
    file = tmp_path / "policy"
    file.write_text(WRONG[name](world))
    with pytest.raises(Invalid, match="witness_policy"):
        load_policy(world.portal, file)


def test_a_policy_that_is_missing_is_refused_at_the_start(world: World, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="can't be read"):
        load_policy(world.portal, tmp_path / "none")


def test_the_portals_own_policy_is_taken(world: World, tmp_path: Path) -> None:
    file = tmp_path / "policy"
    logs = "".join(f"log {key.text()}\n" for key in tree.own_keys(world.portal))
    file.write_text(logs + witness_line("https://w.example"))
    assert [one.url for one in load_policy(world.portal, file).witnesses] == ["https://w.example"]
