"""Two processes of one portal on PostgreSQL: what two people do at the same moment comes out as one after the other."""

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic, sleep
from uuid import UUID

import pytest
from sqlmodel import col, func, select

from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden
from portal.usecases.checks import check_records
from storage.errors import DatabaseUnavailable
from storage.publications import Consent
from storage.tables import Event, Stream
from storage.tree import TreeEntry, WaitingEvent
from tests import databases
from tests.cast import World, add_member
from tests.publicity import confirm, opened, prepared
from tests.replicas import (
    HEAD_START,
    Replica,
    at_once,
    held,
    looked,
    looked_and_sequenced,
    pressed,
    sequenced,
)
from tests.reports import agree, answers, propose, stage, texts

pytestmark = [pytest.mark.database, pytest.mark.e2e, databases.ONLY_POSTGRESQL]


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Replica]]:
    started = [Replica(), Replica()]
    yield started
    for one in started:
        one.close()


@pytest.fixture
def two(world: World, processes: list[Replica]) -> list[Replica]:
    serve(world, processes)
    return processes


def serve(world: World, processes: list[Replica]) -> None:
    for one in processes:
        one.serve(world)
        assert one.do(looked, "expert_xaa", "/reviews", 1) == [200]  # what is read once is read


def fits(world: World) -> bool:
    with world.request():
        return check_records(world.portal).ok


def test_one_of_two_who_confirm_at_once_does(world: World, two: list[Replica]) -> None:
    publication = prepared(world)
    confirm(world, "focal_xaa", publication)
    opened(world, "expert_xaa", publication)
    path = f"/publications/{publication}/confirm"
    assert sorted(at_once([(one, pressed, ("expert_xaa", path, {})) for one in two])) == [303, 403]
    with world.portal.database.read() as session:
        assert len(session.scalars(select(Consent)).all()) == 2
    assert fits(world)


def test_the_last_two_parties_at_once_make_a_report_final_once(world: World, two: list[Replica]) -> None:
    manifest = propose(world, texts(world))
    agree(world, manifest, "focal_xaa")
    both = [(one, agree, (manifest, who)) for one, who in zip(two, ("focal_xbb", "focal_xcc"), strict=True)]
    assert sorted(at_once(both)) == [False, True]
    assert stage(world) == "agreed"
    assert fits(world)


def test_two_focal_points_of_a_state_at_once_are_one_agreement(world: World, processes: list[Replica]) -> None:
    manifest = propose(world, texts(world))
    add_member(world, "focal_xaa_two", Role.FOCAL_POINT, "XAA", undertaken=("xaa",))
    serve(world, processes)
    both = [(one, agree, (manifest, who)) for one, who in zip(processes, ("focal_xaa", "focal_xaa_two"), strict=True)]
    assert sorted(at_once(both), key=str) == sorted([False, Forbidden], key=str)
    assert len(answers(world)) == 1


def test_two_proposals_at_once_leave_one_open(world: World, two: list[Replica]) -> None:
    proposed = texts(world)
    both = at_once([(one, propose, (proposed, who)) for one, who in zip(two, ("focal_xbb", "focal_xcc"), strict=True)])
    assert Conflict in both
    assert sum(isinstance(one, UUID) for one in both) == 1


def test_a_session_that_ends_in_one_process_is_ended_in_the_other(two: list[Replica]) -> None:
    for one in two:
        assert one.do(looked, "expert_xcc", "/reviews", 1) == [200]
    assert two[0].do(pressed, "expert_xcc", "/sign-out", {}) == 303
    for one in two:
        assert one.do(looked, "expert_xcc", "/reviews", 1) == [303]


def test_numbers_have_no_gap_and_every_event_comes_into_the_tree_once(world: World, two: list[Replica]) -> None:
    placed = at_once([(one, looked_and_sequenced, (f"replica {n}", "expert_xaa", 15)) for n, one in enumerate(two)])
    two[0].do(sequenced, "replica 0", timedelta(seconds=5))
    assert max(placed) > 0
    with world.portal.database.read() as session:
        counted = select(col(Event.stream_id), func.count(), func.min(Event.number), func.max(Event.number))
        numbers = session.execute(counted.group_by(col(Event.stream_id))).all()
        following = dict(session.execute(select(Stream.id, Stream.next_number)).all())
        positions = session.scalars(select(TreeEntry.position).order_by(col(TreeEntry.position))).all()
        assert session.scalar(select(func.count()).select_from(WaitingEvent)) == 0
    assert all((least, most) == (1, count) and following[stream] == count + 1 for stream, count, least, most in numbers)
    assert list(positions) == list(range(sum(count for _, count, _, _ in numbers)))
    assert fits(world)


def test_one_process_moves_events_into_the_tree_until_it_falls_silent(world: World, two: list[Replica]) -> None:
    both = at_once([(one, sequenced, (f"replica {n}",)) for n, one in enumerate(two)])
    assert min(both) == 0 < max(both)
    first, other = (0, 1) if both[0] else (1, 0)
    looked(world, "expert_xaa", "/reviews", 1)
    assert two[other].do(sequenced, f"replica {other}") == 0
    assert two[other].do(sequenced, f"replica {other}", timedelta(seconds=3)) > 0
    looked(world, "expert_xaa", "/reviews", 1)
    assert two[first].do(sequenced, f"replica {first}", timedelta(seconds=3)) == 0
    assert fits(world)


def test_who_waits_for_another_process_too_long_is_told_so_within_two_seconds(two: list[Replica]) -> None:
    at = monotonic() + HEAD_START
    writing = two[0].begin(at, held, 3.0)
    asked = two[1].begin(at + 0.3, held, 0.0)
    assert asked.result(10) is DatabaseUnavailable
    assert monotonic() - at < 2.3
    assert writing.result(10) is None
    assert two[1].do(held, 0.0) is None


@pytest.mark.fault("a replica is killed while it writes")
def test_a_process_that_is_killed_while_it_writes_holds_up_nobody(world: World, two: list[Replica]) -> None:
    third = Replica()
    third.serve(world)
    third.begin(0.0, held, 60.0)
    sleep(HEAD_START)
    third.kill()
    assert two[1].do(looked, "expert_xaa", "/reviews", 3) == [200] * 3
    assert fits(world)
