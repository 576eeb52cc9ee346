"""Whoever has the database and all keys writes history anew, so that it fits itself; who kept something finds it."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, select

from portal.audit.events import Entry
from portal.audit.packing import unpack
from portal.audit.reading import Said, read_event
from portal.audit.witnessing import GRAVE
from portal.audit.writer import write
from portal.cli import main
from portal.domain.ids import EventId, StreamId
from portal.usecases import bundles, tree
from portal.usecases.check_reports import ask
from portal.usecases.checks import check_records
from portal.usecases.witnesses import ask_witnesses
from storage.database import Session
from storage.fields import Place
from storage.keyring import Keyring
from storage.permits import ORIGINS, Permit
from storage.tables import Event
from storage.tree import TreeEntry, WaitingEvent
from tests.cast import World
from tests.databases import by_hand
from tests.portal.audit.files import look, put
from tests.portal.audit.test_sequencer import sequence_all
from tests.portal.usecases.test_witnesses import TABLES, running, troubles, trust
from tests.portal.web.test_bundles import check, keys, take, write_log
from tests.web_client import browser

READERS = ("expert_xbb", "expert_xcc", "focal_xbb", "officer", "expert_xaa", "focal_xaa")
UNTOUCHED = 2  # of these readings

Change = Callable[[list[Entry]], list[Entry]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What others have of the log: a State the checkpoints of two moments and a bundle; and what it is all about."""

    early: Path
    late: Path
    bundle: Path
    sizes: tuple[int, int]
    readings: list[Event]


@pytest.fixture
def kept(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """Let six people read a document; a State keeps what it has of that, and a witness what the log was."""
    monkeypatch.setattr(bundles, "WAITS_SECONDS", 0)
    law = put(world, "officer", "shared", "Penal code")
    sequence_all(world)
    early, late, bundle = (tmp_path / name for name in ("early", "late", "bundle"))
    early.write_text(tree.checkpoint(world.portal), "utf-8")
    for who in READERS:
        world.clock.forward(timedelta(seconds=1))
        look(world, who, law)
    lines = take(world, "focal_xaa")
    bundle.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    sequence_all(world)
    late.write_text(tree.checkpoint(world.portal), "utf-8")
    with world.portal.database.read() as session:
        question = select(Event).where(Event.stream_id == world.files["xaa"].rooms["shared"])
        readings = list(session.scalars(question.order_by(col(Event.number))))[-len(READERS) :]
    with running(world, "XBB", tmp_path / "state") as here:
        trust(world, {"XBB": here})
        assert ask_witnesses(world.portal, "here") == 1
        sizes = (size_of(early), size_of(late))
        yield Kept(early, late, bundle, sizes, readings)


def size_of(checkpoint: Path) -> int:
    return int(checkpoint.read_text("utf-8").split("\n")[1])


def told(world: World, events: list[Event]) -> list[Entry]:
    """Open events, as whoever has the keys can."""
    with world.request():
        permit = ask(world.portal)
        with world.portal.database.read() as session:
            return [entry_of(session, world.portal.keyring, permit, event) for event in events]


def entry_of(session: Session, keyring: Keyring, permit: Permit, event: Event) -> Entry:
    said = read_event(session, keyring, permit, event)
    assert isinstance(said, Said)
    assert event.origin is not None
    assert not said.body.keys() & {"intent", "rows"}
    body, origin = said.body, keyring.open(permit, ORIGINS, Place("event", "origin", event.id), event.origin)
    return Entry(
        *(EventId(said.id), StreamId(said.stream), said.action, said.phase, said.at),
        *(body["who"], body["on"], tuple(body["policies"]), body.get("detail", {}), json.loads(unpack(origin))),
        about=said.on("document"),
        stamp=bytes.fromhex(body["permit"]),
    )


def rewrite(world: World, kept: Kept, change: Change, untouched: int = UNTOUCHED) -> None:
    """Write some of the readings anew, and the whole tree after them, with the portal's own code and keys."""
    readings = kept.readings[untouched:]
    entries, stream = change(told(world, readings)), kept.readings[0].stream_id
    with world.portal.database.read() as session:
        order = list(session.scalars(select(TreeEntry.event_id).order_by(col(TreeEntry.position))))
        # they fill the places of what is dropped
        since = list(session.scalars(select(WaitingEvent.event_id).order_by(col(WaitingEvent.id))))
    old = {event.id for event in readings}
    at = order.index(readings[0].id)
    order = [*order[:at], *(entry.id for entry in entries), *since, *(one for one in order[at:] if one not in old)]
    with by_hand(world.portal.database) as hand:
        hand.loosen()
        for table in (*TABLES, "month_count", "day_count"):
            hand(f"DELETE FROM {table}")  # noqa: S608 - names of tables
        hand("DELETE FROM event WHERE stream_id = ? AND number >= ?", (stream, readings[0].number))
        hand("UPDATE stream SET next_number = ? WHERE id = ?", (readings[0].number, stream))
    with world.portal.database.begin() as session:
        write(session, world.portal.keyring, entries)
    with by_hand(world.portal.database) as hand:
        hand("DELETE FROM waiting_event")
        for event in order:
            hand("INSERT INTO waiting_event (event_id) VALUES (?)", (event,))
    sequence_all(world)


def altered(entries: list[Entry]) -> list[Entry]:
    first, second, *rest = entries
    return [replace(first, who=second.who), second, *rest]


def dropped(entries: list[Entry]) -> list[Entry]:
    return entries[1:]


def inserted(entries: list[Entry]) -> list[Entry]:
    return [replace(entries[-1], id=EventId(uuid4()), at=entries[0].at), *entries]


def reordered(entries: list[Entry]) -> list[Entry]:
    first, second, *rest = entries
    return [second, first, *rest]


def signed_again(entries: list[Entry]) -> list[Entry]:
    """Say the same under other ids: leaves differ, and every checkpoint after them."""
    return [replace(entry, id=EventId(uuid4())) for entry in entries]


@pytest.mark.parametrize("change", [altered, dropped, inserted, reordered, signed_again])
def test_history_written_anew_with_all_keys_fits_itself_and_is_found_by_whoever_kept_something(
    *,
    world: World,
    kept: Kept,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    change: Change,
) -> None:
    rewrite(world, kept, change)
    assert check_records(world.portal).findings == [], "from inside nothing shows"
    sequence_all(world)
    log = ["verify", "--log", str(write_log(world, tmp_path / "log")), *keys(world)]
    assert main(log) == 0, "nor to whoever sees it for the first time"
    capsys.readouterr()

    early, late = kept.sizes
    assert main([*log, "--since", str(kept.late)]) == 1
    assert f"is one of those from 0 to {late - 1}\n" in capsys.readouterr().err
    assert main([*log, "--since", str(kept.late), "--since", str(kept.early)]) == 1
    assert f"is one of those from {early} to {late - 1}\n" in capsys.readouterr().err

    lines, first = take(world, "focal_xaa"), kept.readings[UNTOUCHED]
    assert check(world, tmp_path, lines) == 0
    capsys.readouterr()
    assert check(world, tmp_path, lines, "--since", str(kept.bundle)) == 1
    named = f"number {first.number} of the stream {first.stream_id} isn't what it was in the earlier bundle"
    assert named in capsys.readouterr().err

    assert ask_witnesses(world.portal, "here") == 0
    assert troubles(world)["XBB"] in GRAVE
    assert [one.levelno for one in caplog.records if "alarm" in one.getMessage()] == [logging.ERROR]


def test_the_last_readings_taken_away_are_missed_in_a_later_bundle(
    world: World, kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = browser(world, "expert_xaa")
    assert [client.get("/reviews").status_code for _ in range(3)] == [200] * 3
    rewrite(world, kept, lambda _entries: [], untouched=4)
    lines, first = take(world, "focal_xaa"), kept.readings[4]
    assert check(world, tmp_path, lines) == 0
    capsys.readouterr()
    assert check(world, tmp_path, lines, "--since", str(kept.bundle)) == 1
    said = capsys.readouterr().err
    assert f"number {first.number} of the stream {first.stream_id}, entry " in said
    assert "of the earlier bundle, is gone" in said
    earlier = [json.loads(line) for line in kept.bundle.read_text("utf-8").splitlines()]
    [place] = [
        one["index"]
        for one in earlier
        if (one.get("stream"), one.get("number")) == (str(first.stream_id), first.number)
    ]
    assert f", entry {place} of" in said
