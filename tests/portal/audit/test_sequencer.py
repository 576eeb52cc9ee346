"""The log's tree: every event comes in, once, and what was signed stays; after breakdowns and with two at once too."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import event, func
from sqlmodel import select

from portal.access.actions import Action
from portal.audit import sequencer
from portal.audit.checkpoints import Checkpoint
from portal.audit.kinds import KINDS
from portal.audit.tree import EMPTY, Tree, check_consistency, check_inclusion, entry_hash
from portal.background import Background
from portal.usecases import tree
from portal.usecases.check_reports import Report
from portal.usecases.checks import check_records
from storage.errors import Damaged, StorageError
from storage.repositories.tree import TreeRecords
from storage.tables import Event
from storage.tree import Lease, TreeEntry, TreeHead, TreeTile, WaitingEvent
from tests import databases
from tests.cast import World
from tests.web_client import browser

pytestmark = pytest.mark.database


def count(world: World, table: type) -> int:
    with world.portal.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def look(world: World, times: int = 1) -> None:
    """Make events: a page for each."""
    client = browser(world, "expert_xaa")
    for _ in range(times):
        assert client.get("/reviews").status_code == 200


def sequence_all(world: World, holder: str = "here") -> int:
    placed = 0
    while found := tree.sequence(world.portal, holder):
        placed += found
    return placed


def heads(world: World) -> list[TreeHead]:
    with world.portal.database.read() as session:
        return list(TreeRecords(session).heads())


def hashes(world: World) -> list[bytes]:
    with world.portal.database.read() as session:
        return [entry_hash(sequencer.entry(row.leaf, row.tag)) for row in TreeRecords(session).entries()]


def tree_of(world: World, size: int) -> Tree:
    return Tree(size, lambda level, number, width: tree.tile(world.portal, level, number, width))


def fsck(world: World) -> Report:
    return check_records(world.portal)


def codes(world: World) -> set[str]:
    return {one.code for one in fsck(world).findings}


def test_every_event_comes_into_the_tree_once_in_the_order_in_which_they_were_written(world: World) -> None:
    look(world, 3)
    assert sequence_all(world) == count(world, Event) == count(world, TreeEntry)
    assert count(world, WaitingEvent) == 0
    look(world)
    assert sequence_all(world) > 0
    with world.portal.database.read() as session:
        rows = session.execute(
            select(TreeEntry.position, Event.stream_id, Event.number)
            .join(Event, Event.id == TreeEntry.event_id)  # type: ignore[arg-type]  # a condition
            .order_by(TreeEntry.position)  # type: ignore[arg-type]  # a column
        ).all()
    assert [row.position for row in rows] == list(range(len(rows)))
    for stream in {row.stream_id for row in rows}:
        numbers = [row.number for row in rows if row.stream_id == stream]
        assert numbers == sorted(numbers)
    assert fsck(world).ok


def test_each_checkpoint_goes_on_from_the_one_before_and_every_entry_is_in_it(world: World) -> None:
    for _ in range(4):
        look(world)
        sequence_all(world)
    found, leaves = heads(world), hashes(world)
    assert [head.size for head in found] == sorted({head.size for head in found})
    before, root = 0, EMPTY
    for head in found:
        grown = tree_of(world, head.size)
        assert grown.root() == head.root
        check_consistency(before, root, head.size, head.root, grown.consistency(before))
        for index in range(head.size):
            check_inclusion(leaves[index], index, head.size, grown.inclusion(index), head.root)
        before, root = head.size, head.root
    assert before == len(leaves)


def test_a_checkpoint_is_signed_twice_and_names_the_portal(world: World) -> None:
    look(world)
    sequence_all(world)
    note, head = tree.checkpoint(world.portal), heads(world)[-1]
    origin, size, root, *_ = note.split("\n")
    assert origin == "localhost:8000/audit/log"
    assert int(size) == head.size
    assert Checkpoint(origin, head.size, head.root).body() == f"{origin}\n{size}\n{root}\n"
    assert note.count("\n— localhost:8000/audit/log ") == 2
    assert tree.is_signed(head, tree.own_keys(world.portal))


def test_what_comes_in_is_said_by_kind_with_the_root_and_nothing_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    sequence_all(world)
    caplog.set_level(logging.INFO, "portal.audit")
    caplog.clear()
    look(world, 2)
    browser(world, "focal_xdd").get(f"/reviews/{world.files['xaa'].review}")
    sequence_all(world)
    said, head = caplog.messages, heads(world)[-1]
    new = "listReviews act 2, viewReview refusal 1"
    assert said == [f"the log has {head.size} entries and the root {head.root.hex()}; new: {new}"]


def test_the_name_of_the_log_stays_when_the_portals_address_changes(world: World) -> None:
    look(world)
    sequence_all(world)
    object.__setattr__(world.portal.settings, "origin", "https://elsewhere.example")
    look_again = browser(world, "officer")
    look_again.get("/reviews")
    sequence_all(world)
    assert len({head.note.partition("\n")[0] for head in heads(world)}) == 1


@pytest.mark.parametrize("broken", ["tree_entry", "tree_tile", "tree_head", "waiting_event"])
def test_of_a_batch_that_breaks_off_nothing_is_there(world: World, broken: str) -> None:
    look(world)
    sequence_all(world)
    look(world, 2)
    before = {table: count(world, table) for table in (TreeEntry, TreeTile, TreeHead, WaitingEvent)}

    def cut(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("INSERT INTO", "DELETE FROM")) and broken in statement.split("(", maxsplit=1)[0]:
            raise RuntimeError("cut off")

    event.listen(world.portal.database.engine, "before_cursor_execute", cut)
    with pytest.raises(RuntimeError, match="cut off"):
        tree.sequence(world.portal, "here")
    event.remove(world.portal.database.engine, "before_cursor_execute", cut)
    assert {table: count(world, table) for table in before} == before
    assert sequence_all(world) == before[WaitingEvent]
    assert fsck(world).ok


def test_whoever_has_not_the_lease_does_nothing_until_it_is_over(world: World) -> None:
    look(world)
    assert tree.sequence(world.portal, "one") > 0
    look(world)
    assert tree.sequence(world.portal, "two") == 0
    assert count(world, WaitingEvent) > 0
    world.clock.forward(sequencer.LEASE)
    assert tree.sequence(world.portal, "two") > 0
    look(world)
    assert tree.sequence(world.portal, "one") == 0


def test_a_lease_of_a_clock_that_was_set_back_holds_nobody_up(world: World) -> None:
    look(world)
    assert tree.sequence(world.portal, "one") > 0
    world.clock.forward(-timedelta(hours=1))
    look(world)
    assert tree.sequence(world.portal, "two") > 0
    times = [head.at for head in heads(world)]
    assert times == sorted(times)
    assert codes(world) == {"key-to-come"}, "of the clock, not of the tree"


def test_two_that_both_believe_to_hold_the_lease_make_one_tree(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "hold", lambda *_: True)
    monkeypatch.setattr(sequencer, "BATCH", 3)
    look(world, 20)
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for _ in range(30):
                tree.sequence(world.portal, name)
        except StorageError:
            pass  # the other one has the database
        except BaseException as error:  # noqa: BLE001 - whatever it is fails the test
            failed.append(error)

    threads = [Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequence_all(world)
    assert failed == []
    assert count(world, TreeEntry) == count(world, Event)
    assert fsck(world).ok


@pytest.fixture
def by_hand(world: World) -> Iterator[World]:
    """The cast's portal with a tree, without what its database refuses: what whoever owns that can do."""
    look(world, 3)
    sequence_all(world)
    with databases.by_hand(world.portal.database) as hand:
        hand.allow()
    return world


def by_prompt(world: World, statement: str) -> None:
    with databases.by_hand(world.portal.database) as hand:
        assert hand(statement).rowcount != 0


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE event SET leaf = zeroblob(32) WHERE id = (SELECT event_id FROM tree_entry WHERE position = 1)", None),
        ("UPDATE tree_tile SET hashes = zeroblob(length(hashes)) WHERE level = 0", "tile-altered"),
        ("DELETE FROM tree_tile WHERE level = 0", "tile-altered"),
        ("INSERT INTO tree_tile (level, number, hashes) VALUES (5, 7, zeroblob(32))", "tile-foreign"),
        ("UPDATE tree_head SET root = zeroblob(32)", "tree-altered"),
        ("UPDATE tree_head SET note = replace(note, 'localhost', 'elsewhere')", "checkpoint-foreign"),
        ("DELETE FROM tree_entry WHERE position = 1", "entry-missing"),
        ("DELETE FROM tree_entry WHERE position = 1", "tree-astray"),
        ("DELETE FROM tree_head WHERE size = (SELECT max(size) FROM tree_head)", "tree-beyond"),
        ("UPDATE tree_entry SET position = 100000 WHERE position = 2", "entry-missing"),
    ],
)
def test_what_is_altered_in_the_tree_is_named(by_hand: World, statement: str, code: str | None) -> None:
    assert fsck(by_hand).ok
    by_prompt(by_hand, statement)
    assert (code or "tree-altered") in codes(by_hand)


def test_an_event_that_was_kept_out_of_the_tree_is_named(by_hand: World) -> None:
    look(by_hand)
    by_prompt(by_hand, "DELETE FROM waiting_event")
    assert "tree-astray" in codes(by_hand)


def test_a_tree_that_was_altered_is_not_signed_again(by_hand: World) -> None:
    by_prompt(by_hand, "UPDATE tree_tile SET hashes = zeroblob(length(hashes)) WHERE level = 0")
    by_prompt(by_hand, "INSERT INTO waiting_event (event_id) SELECT id FROM event LIMIT 1")
    before = count(by_hand, TreeHead)
    with pytest.raises(Damaged):
        tree.sequence(by_hand.portal, "here")
    assert count(by_hand, TreeHead) == before
    assert count(by_hand, Lease) == 1


def test_while_the_portal_runs_events_come_into_the_tree_by_themselves(world: World) -> None:
    with Background(world.portal):
        look(world)
        until = monotonic() + 20
        while count(world, TreeEntry) < count(world, Event):
            assert monotonic() < until, "nothing moves events into the tree"
            sleep(0.05)
        look(world)
    assert count(world, WaitingEvent) == 0, "what was written last is in the tree when the portal has stopped"


def test_an_altered_tree_is_an_alarm_and_stops_nothing_else(by_hand: World, caplog: pytest.LogCaptureFixture) -> None:
    by_prompt(by_hand, "UPDATE tree_tile SET hashes = zeroblob(length(hashes)) WHERE level = 0")
    by_hand.clock.forward(sequencer.LEASE)
    with Background(by_hand.portal):
        look(by_hand)
    assert "alarm: the log's tree isn't the one that was signed last" in caplog.text
    assert count(by_hand, WaitingEvent) > 0


# --- what is counted by month


def by_month(world: World) -> dict[tuple[str, int, str], int]:
    with world.portal.database.read() as session:
        return {(row.month, row.kind, row.phase): row.count for row in TreeRecords(session).months()}


def test_every_entry_is_counted_in_its_month_once(world: World) -> None:
    look(world, 3)
    sequence_all(world)
    before = by_month(world)
    world.clock.forward(timedelta(days=31))
    world.portal.settings = replace(world.portal.settings, session_idle_minutes=100_000)
    look(world, 2)
    while tree.sequence(world.portal, "here"):
        pass
    after = by_month(world)
    assert after["2026-06", KINDS[Action.LIST_REVIEWS], "act"] == 2
    assert {key: count for key, count in after.items() if key[0] == "2026-05"} == before
    assert sum(after.values()) == count(world, Event)
    assert codes(world) == set()


def test_a_count_that_somebody_altered_is_found(world: World) -> None:
    look(world)
    sequence_all(world)
    with world.portal.database.begin() as session:
        TreeRecords(session).months()[0].count += 1
    assert codes(world) == {"months-differ"}
