"""The log read for signals: what is found, once, whatever breaks in between, and what it costs."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from sqlmodel import func, select

from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM, Entry, Phase
from portal.domain.signals import Rule
from portal.settings import Settings
from portal.usecases import watching
from portal.usecases.account_notices import AccountEvent
from portal.usecases.appointments import end_appointment
from portal.usecases.checks import check_records
from portal.usecases.tree import sequence
from portal.usecases.watching import watch
from storage.accounts import AccountNotice
from storage.signals import SignalCounts, SignalReading
from storage.tables import Event, KeyHolder
from tests.cast import World, setting_up
from tests.contents import said
from tests.databases import by_hand
from tests.filing import newest, put
from tests.signalled import HERE, did, downloaded, look, opened, refused, signals, write_down
from tests.web_client import browser

TITLE = "Unguessable-Caracal"


def found(world: World) -> list[tuple[str, UUID, int]]:
    return [(one.rule, one.person_id, one.count) for one in signals(world)]


def person(world: World, who: str = "expert_xbb") -> UUID:
    return world.members[who].person


@pytest.fixture
def begun(world: World) -> World:
    """A log that was read before."""
    look(world)
    return world


MADE: dict[Rule, tuple[int, Callable[[World], Entry]]] = {
    Rule.MASS_DOWNLOAD: (50, downloaded),
    Rule.PACE: (30, opened),
    Rule.REFUSALS: (20, refused),
}


def test_pages_shown_one_by_one_count_each_and_one_page_looked_at_again_does_not(begun: World) -> None:
    on = {"review": begun.files["xaa"].review, "document": uuid4(), "version": uuid4()}

    def shown(page: int) -> Entry:
        return did(begun, "expert_xbb", Action.VIEW_GRANTED, on=on, detail={"page": page})

    assert look(begun, *[shown(1) for _ in range(40)]) == []
    look(begun, *[shown(page) for page in range(1, 31)])
    assert found(begun) == [(Rule.PACE, person(begun), 30)]


@pytest.mark.parametrize("rule", MADE)
def test_a_rule_of_the_settings_is_found_at_its_limit_and_once(begun: World, rule: Rule) -> None:
    limit, event = MADE[rule]
    assert look(begun, *[event(begun) for _ in range(limit - 1)]) == []
    look(begun, event(begun))
    assert found(begun) == [(rule, person(begun), limit)]
    look(begun, *[event(begun) for _ in range(limit)])
    assert len(signals(begun)) == 1, "what goes on in the same window is no second one"


def test_what_people_do_in_the_portal_is_what_is_counted(begun: World) -> None:
    begun.portal.settings = _with(begun, "pace:2:1", "mass_download:1:60", "refusals:2:10", "new_network:0:1")
    documents = [put(begun, "officer", "shared", TITLE), put(begun, "officer", "shared", f"{TITLE} again")]
    client, stranger = browser(begun, "officer"), browser(begun, "stranger_xff")
    look(begun)
    for document in documents:
        assert client.get(f"/documents/{document}").status_code == 200
        assert client.get(f"/documents/{document}").status_code == 200
        assert stranger.get(f"/documents/{document}").status_code == 404
    assert client.get(f"/versions/{newest(begun, documents[0])}/content").status_code == 200
    look(begun)
    assert {(one.rule, one.person_id, one.review_id) for one in signals(begun)} == {
        (Rule.PACE, person(begun, "officer"), begun.files["xaa"].review),
        (Rule.MASS_DOWNLOAD, person(begun, "officer"), begun.files["xaa"].review),
        (Rule.REFUSALS, person(begun, "stranger_xff"), begun.files["xaa"].review),
    }


def test_copies_that_a_grant_gives_are_downloads(begun: World) -> None:
    begun.portal.settings = _with(begun, "mass_download:3:60")
    copies = [did(begun, "expert_xbb", Action.DOWNLOAD_GRANTED, Phase.INTENT, on={"version": uuid4()}) for _ in "abc"]
    look(begun, *copies)
    assert found(begun) == [(Rule.MASS_DOWNLOAD, person(begun), 3)]


def test_a_head_or_a_range_beyond_the_end_is_no_download_and_one_version_counts_once(begun: World) -> None:
    begun.portal.settings = _with(begun, "mass_download:2:60")
    version = uuid4()
    head = did(begun, "expert_xbb", Action.DOWNLOAD_VERSION, on={"version": uuid4()}, detail={"head": True})
    assert look(begun, head, *[downloaded(begun, version=version) for _ in range(9)]) == []


def test_refusals_that_are_one_event_count_as_many(begun: World) -> None:
    look(begun, refused(begun, times=412))
    assert found(begun) == [(Rule.REFUSALS, person(begun), 412)]


def test_being_asked_to_prove_anew_who_one_is_is_no_refusal(begun: World) -> None:
    assert look(begun, *[refused(begun, policies=("guardrails.fresh",)) for _ in range(40)]) == []


# --- attempts after an end


def _end(world: World, who: str) -> None:
    with setting_up(world.portal) as (work, _):
        row = work.people.appointment(world.members[who].appointment)
        assert row
        row.ended_at = work.now


def tried(world: World, who: str, phase: Phase = Phase.REFUSAL) -> Entry:
    if phase is Phase.ACT:
        return did(world, who, Action.SIGN_IN, detail={"person": str(person(world, who)), "proof": "passkey"})
    return did(world, who, Action.SIGN_IN, phase, on={"asked": person(world, who)})


@pytest.mark.parametrize("phase", [Phase.REFUSAL, Phase.ACT])
def test_signing_in_after_the_end_is_found_and_before_it_is_not(begun: World, phase: Phase) -> None:
    assert look(begun, *[tried(begun, "expert_xbb", phase) for _ in range(5)]) == []
    begun.clock.forward(timedelta(minutes=1))
    _end(begun, "expert_xbb")
    assert look(begun, *[tried(begun, "expert_xbb", phase) for _ in range(2)]) == []
    look(begun, tried(begun, "expert_xbb", phase))
    assert found(begun) == [(Rule.AFTER_END, person(begun), 3)]


def test_asking_for_a_thing_of_a_review_whose_assignment_ended_is_found_by_the_id_that_was_asked_for(
    begun: World,
) -> None:
    document = put(begun, "officer", "shared", TITLE)
    with setting_up(begun.portal) as (work, _):
        (row,) = work.people.assignments_of(person(begun))
        row.ended_at = work.now
    client = browser(begun, "expert_xbb")
    for path in (f"/documents/{document}", f"/rooms/{begun.files['xaa'].rooms['shared']}", f"/documents/{uuid4()}"):
        assert client.get(path).status_code == 404
    assert look(begun) == [], "what never was is of no review"
    client.get(f"/reviews/{begun.files['xaa'].review}")
    look(begun)
    assert found(begun) == [(Rule.AFTER_END, person(begun), 3)]
    assert signals(begun)[0].review_id == begun.files["xaa"].review


def test_an_end_by_act_of_the_focal_point_counts_as_one(begun: World) -> None:
    member = begun.members["expert_xaa"]
    with begun.request():
        end_appointment(begun.portal, begun.caller("focal_xaa"), member.person, member.appointment, None)  # type: ignore[arg-type]  # ids are ids
    look(begun, *[tried(begun, "expert_xaa") for _ in range(3)])
    assert found(begun) == [(Rule.AFTER_END, member.person, 3)]


# --- from where


def test_another_network_or_browser_is_found_and_the_first_is_not(begun: World) -> None:
    look(begun, did(begun, "expert_xbb", Action.LIST_REVIEWS, origin=HERE))
    look(begun, did(begun, "expert_xbb", Action.LIST_REVIEWS, origin=HERE | {"address": "192.0.77.1"}))
    assert signals(begun) == []
    look(begun, did(begun, "expert_xbb", Action.LIST_REVIEWS, origin=HERE | {"address": "198.51.100.1"}))
    assert found(begun) == [(Rule.NEW_NETWORK, person(begun), 1)]
    other = HERE | {"client": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"}
    signing = {"person": str(person(begun)), "proof": "passkey"}
    look(begun, did(begun, "expert_xbb", Action.SIGN_IN, detail=signing, origin=other))
    assert {rule for rule, *_ in found(begun)} == {Rule.NEW_NETWORK, Rule.NEW_BROWSER}


# --- once


def test_what_breaks_before_the_commit_leaves_nothing_and_the_next_look_finds_it_once(begun: World) -> None:
    write_down(begun, refused(begun, times=30))
    broken = patch.object(watching.SignalRecords, "put_reading", side_effect=RuntimeError("killed"))
    with broken, pytest.raises(RuntimeError):
        watch(begun.portal, "here")
    assert signals(begun) == []
    for _ in range(3):
        watch(begun.portal, "here")
    assert found(begun) == [(Rule.REFUSALS, person(begun), 30)]


def test_what_breaks_after_it_was_counted_isnt_counted_again(begun: World) -> None:
    look(begun, refused(begun, times=19))
    with patch.object(watching, "_raise", side_effect=RuntimeError("killed")), pytest.raises(RuntimeError):
        look(begun, refused(begun))
    look(begun)
    assert found(begun) == [(Rule.REFUSALS, person(begun), 20)]


def test_two_at_once_count_nothing_twice(begun: World) -> None:
    write_down(begun, *[refused(begun) for _ in range(700)])
    begun.portal.settings = _with(begun, "refusals:701:10")
    with patch.object(watching, "hold", return_value=True):  # both believe that they are the one
        threads = [Thread(target=watch, args=(begun.portal, name)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert signals(begun) == []
    look(begun, refused(begun))
    assert found(begun) == [(Rule.REFUSALS, person(begun), 701)]


def test_while_one_process_looks_another_opens_nothing(begun: World) -> None:
    look(begun, refused(begun, times=30))
    write_down(begun, refused(begun, "expert_xcc", times=30))
    assert watch(begun.portal, "another") == 0
    assert len(signals(begun)) == 1
    begun.clock.forward(watching.LEASE)
    assert watch(begun.portal, "another") == 1, "unless the first one is gone"


def test_read_again_from_before_the_log_raises_nothing_anew(begun: World) -> None:
    look(begun, refused(begun, times=30))
    with by_hand(begun.portal.database) as hand:
        hand("DELETE FROM signal_counts")
        hand("DELETE FROM signal_reading")
    look(begun)
    assert len(signals(begun)) == 1


def test_read_again_by_a_place_that_was_put_back_counts_nothing_twice(begun: World) -> None:
    def place(sql: str, *values: object) -> tuple[int, bytes]:
        with by_hand(begun.portal.database) as hand:
            hand(sql, values)
            return hand("SELECT position, mark FROM signal_reading").fetchone()  # type: ignore[no-any-return]  # the one row

    before = place("SELECT 1")
    look(begun, *[refused(begun) for _ in range(15)])
    place("UPDATE signal_reading SET position = ?, mark = ?", *before)
    assert look(begun) == []
    look(begun, *[refused(begun) for _ in range(5)])
    assert found(begun) == [(Rule.REFUSALS, person(begun), 20)]


def test_where_it_stood_put_forward_by_hand_is_noticed_and_nothing_is_skipped(
    begun: World, caplog: pytest.LogCaptureFixture
) -> None:
    write_down(begun, refused(begun, times=30))
    with by_hand(begun.portal.database) as hand:
        hand("UPDATE signal_reading SET position = position + 1")
    watch(begun.portal, "here")
    assert found(begun) == [(Rule.REFUSALS, person(begun), 30)]
    assert "altered" in caplog.text


def test_an_old_log_is_not_read_from_its_beginning(world: World) -> None:
    write_down(world, refused(world, times=30))
    world.clock.forward(timedelta(days=2))
    assert look(world) == []
    look(world, refused(world, times=30))
    assert len(signals(world)) == 1


def test_a_clock_that_is_set_back_stops_nothing(begun: World) -> None:
    look(begun, *[refused(begun) for _ in range(10)])
    begun.clock.forward(-timedelta(minutes=5))
    look(begun, *[refused(begun) for _ in range(10)])
    assert found(begun) == [(Rule.REFUSALS, person(begun), 20)]


# --- what it opens, and what it costs


def events(world: World) -> int:
    with world.portal.database.read() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def test_a_log_in_which_nothing_happens_doesnt_grow_by_being_watched(begun: World) -> None:
    look(begun, refused(begun, times=30))
    before = events(begun)
    for _ in range(5):
        while sequence(begun.portal, "here"):
            pass
        begun.clock.forward(timedelta(minutes=5))
        assert watch(begun.portal, "here") == 0
    assert events(begun) == before


def test_a_look_is_one_event_and_what_it_raised_another_that_names_no_person(begun: World) -> None:
    before = len(said(begun, MACHINERY_STREAM))
    look(begun, refused(begun, times=30), refused(begun, "expert_xcc", times=30))
    new = said(begun, MACHINERY_STREAM)[before:]
    assert [event["action"] for event in new] == ["watchLog", "raiseSignals"]
    assert {row.partition("/")[0] for row in new[1]["rows"]} == {"signal"}
    assert str(person(begun)) not in str(new)


def test_what_is_counted_lies_sealed_and_names_nobody(begun: World) -> None:
    look(begun, downloaded(begun), did(begun, "expert_xbb", Action.LIST_REVIEWS, origin=HERE))
    with begun.portal.database.read() as session:
        (row,) = session.scalars(select(SignalCounts)).all()
    for known in (person(begun), begun.files["xaa"].review):
        assert known.bytes not in row.counts + row.id.bytes
        assert str(known).encode() not in row.counts
    assert b"mass_download" not in row.counts


def test_a_stream_whose_key_was_destroyed_holds_nothing_up(begun: World) -> None:
    write_down(begun, refused(begun, times=30))
    with begun.portal.database.begin() as session:
        scope = f"stream/{begun.files['xaa'].rooms['shared']}"
        session.delete(session.scalars(select(KeyHolder).where(KeyHolder.scope == scope)).one())
    begun.portal.keyring._kept.clear()
    assert look(begun) == []
    with begun.portal.database.read() as session:
        reading = session.scalars(select(SignalReading)).one()
    assert reading.position >= events(begun) - 1


def test_ten_thousand_events_are_read_in_bounded_time_and_memory(begun: World) -> None:
    for _ in range(10):
        write_down(begun, *[(refused, opened, downloaded)[at % 3](begun) for at in range(1000)])
    began, largest = time.monotonic(), 0
    read = watching._read

    def reads(*given: object) -> object:
        nonlocal largest
        part = read(*given)  # type: ignore[arg-type]  # what it was given
        largest = max(largest, len(part.told) if part else 0)
        return part

    with patch.object(watching, "_read", side_effect=reads):
        watch(begun.portal, "here")
    assert {rule for rule, *_ in found(begun)} == set(MADE)
    assert time.monotonic() - began < 60
    assert 0 < largest <= 2 * watching.BATCH


def test_the_check_of_all_records_finds_signals_as_the_log_has_them(begun: World) -> None:
    look(begun, refused(begun, times=30))
    assert check_records(begun.portal).findings == []
    with by_hand(begun.portal.database) as hand:
        hand.allow("signal_never_deleted")
        hand("DELETE FROM signal")
    assert [one.code for one in check_records(begun.portal).findings] == ["row-missing"]


# --- who is told


def told(world: World) -> list[UUID]:
    with world.portal.database.read() as session:
        kind = AccountNotice.kind == AccountEvent.SIGNALS_RAISED
        return sorted(session.scalars(select(AccountNotice.person_id).where(kind)))


def test_the_confidentiality_officers_are_told_once_a_day_and_nobody_else(begun: World) -> None:
    both = sorted([person(begun, "confidentiality"), person(begun, "confidentiality_other")])
    look(begun, refused(begun, times=30))
    assert told(begun) == both
    begun.clock.forward(timedelta(hours=1))
    look(begun, refused(begun, times=30))
    assert told(begun) == both
    begun.clock.forward(timedelta(days=1))
    look(begun, refused(begun, times=30))
    assert told(begun) == sorted(both * 2)


def test_of_a_signal_about_themselves_an_officer_is_told_nothing(begun: World) -> None:
    look(begun, refused(begun, "confidentiality", times=30))
    assert told(begun) == [person(begun, "confidentiality_other")]


def _with(world: World, *limits: str) -> Settings:
    return replace(world.portal.settings, signal_limits=limits)
