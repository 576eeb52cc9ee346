"""Passphrases: what is kept of them, how long it takes to be refused, who is slowed down."""

import random
import time
from contextlib import suppress
from datetime import timedelta
from threading import Event, Semaphore, Thread
from typing import Any

import pytest
from sqlmodel import select

from portal.access.caller import Caller
from portal.audit.events import REFUSALS_STREAM
from portal.audit.floods import ALONE_IN_A_MINUTE, MINUTE
from portal.domain.ids import PersonId
from portal.errors import NotFound, TooMany, Unavailable
from portal.identity import passphrases
from portal.identity.attempts import (
    ACCOUNT_ATTEMPTS,
    ADDRESS_ATTEMPTS,
    BROWSER_ATTEMPTS,
    LINK_ATTEMPTS,
    WINDOW,
    Attempts,
    keys_of,
    network,
)
from portal.identity.helpdesk import Helpdesk
from portal.identity.passphrases import COST, Cost, Passphrases
from portal.usecases.invitations import Shown, issue_link
from portal.usecases.people import mail_index
from storage.authenticators import Attempt
from storage.errors import StoreUnavailable
from storage.repositories.authenticators import CLOCKS_APART
from storage.tables import Passphrase
from tests.attempts import attempts_counted, forget_attempts, things_counted
from tests.cast import World, setting_up
from tests.contents import said
from tests.databases import by_hand

CHEAP = Cost(passes=1, kibibytes=64, lanes=1)
GOOD = "violet anchor seventeen lanterns"


def enrol(world: World, who: str, door: Passphrases) -> None:
    verifier = door.verifier(GOOD)
    with setting_up(world.portal) as (work, _):
        work.identity.add(Passphrase(person_id=world.members[who].person, verifier=verifier, created_at=work.now))


def test_what_is_kept_is_argon2id_at_full_cost_over_a_keyed_hash(world: World) -> None:
    door = Passphrases(world.portal)
    kept = door.verifier(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, section 4, second recommended option
    assert (COST.passes, COST.kibibytes, COST.lanes) == (3, 65536, 4)
    assert door.proves(kept, GOOD)
    assert not door.proves(kept, GOOD + "s")
    assert not door.proves(None, GOOD)
    with pytest.raises(Exception, match="match"):  # without the portal's key the passphrase itself proves nothing
        door._hasher.verify(kept, GOOD)


def test_one_passphrase_has_one_spelling(world: World) -> None:
    door = Passphrases(world.portal, CHEAP)
    kept = door.verifier("caf\u00e9 lantern\u00a0meadow river")
    assert door.proves(kept, "cafe\u0301 lantern meadow river")


def test_a_refusal_takes_as_long_whether_there_is_such_an_account_or_not(world: World) -> None:
    door = Passphrases(world.portal, Cost(passes=1, kibibytes=4096, lanes=1))
    enrol(world, "expert_xaa", door)
    here, nowhere = [], []
    for at in range(120):
        pair = [("expert_xaa@example.org", here), ("nobody_xaa@example.org", nowhere)]
        random.shuffle(pair)
        for mail, times in pair:
            caller = Caller(address=f"192.0.2.{at}")
            forget_attempts(world)
            with world.request():
                began = time.perf_counter()
                with pytest.raises(NotFound):
                    door.sign_in(caller, mail, "another passphrase")
                times.append(time.perf_counter() - began)
    slower = sum((a > b) + (a == b) / 2 for a in here for b in nowhere)
    assert 0.35 < slower / (len(here) * len(nowhere)) < 0.65


def test_whoever_comes_when_all_places_are_taken_is_told_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passphrases, "WAITING", 0)
    door = Passphrases(world.portal, CHEAP)
    inside, go = Event(), Event()

    def stay() -> None:
        with door._turn():
            inside.set()
            go.wait(5)

    threads = [Thread(target=stay) for _ in range(passphrases.AT_ONCE)]
    for thread in threads:
        thread.start()
    inside.wait(5)
    time.sleep(0.05)
    try:
        with pytest.raises(Unavailable), world.request():
            door.sign_in(Caller(address="192.0.2.1"), "expert_xaa@example.org", GOOD)
        assert attempts_counted(world) == 0
    finally:
        go.set()
        for thread in threads:
            thread.join()


def test_one_account_or_one_address_alone_never_takes_all_places(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Passphrases(world.portal, CHEAP)
    enrol(world, "expert_xaa", door)
    enrol(world, "expert_xbb", door)
    go, inside = Event(), Semaphore(0)
    proves = door.proves

    def slowly(verifier: str | None, passphrase: str) -> bool:
        if passphrase == "slow":
            inside.release()
            go.wait(10)
        return proves(verifier, passphrase)

    monkeypatch.setattr(door, "proves", slowly)

    def attack(mail: str, address: str) -> None:
        with world.request(), suppress(NotFound):
            door.sign_in(Caller(address=address), mail, "slow")

    tried = [("expert_xaa@example.org", "192.0.2.1")] * passphrases.SAME_ACCOUNT
    tried += [(f"nobody{at}@example.org", "192.0.2.9") for at in range(passphrases.SAME_ADDRESS)]
    threads = [Thread(target=attack, args=one) for one in tried]
    for thread in threads:
        thread.start()
    for _ in tried:
        assert inside.acquire(timeout=5)
    with world.request():
        for mail, address in (("expert_xaa@example.org", "192.0.2.2"), ("expert_xbb@example.org", "192.0.2.9")):
            with pytest.raises(Unavailable):
                door.sign_in(Caller(address=address), mail, GOOD)
        door.sign_in(Caller(address="192.0.2.3"), "expert_xbb@example.org", GOOD)
    go.set()
    for thread in threads:
        thread.join()
    assert door._crowd.inside == 0


# --- what is one attempt too many


def link_token(world: World, who: str) -> str:
    with world.request():
        link = issue_link(world.portal, world.caller("focal_xaa"), PersonId(world.members[who].person))
    return link.address.rpartition("/")[2]


def enter(world: World, door: Passphrases, caller: Caller, token: str, error: type[Exception]) -> None:
    with world.request(), pytest.raises(error):
        door.enter(caller, Shown(token), "guess@example.org", GOOD)


def told(event: dict[str, Any]) -> dict[str, Any]:
    """Give what an event says but for what differs between any two."""
    return {name: event[name] for name in event if name not in {"id", "number", "origin"}}


def test_a_link_tried_too_often_is_refused_in_the_log_alike_whether_it_was_issued_or_not(world: World) -> None:
    door, refused = Passphrases(world.portal, CHEAP), []
    for at, token in enumerate((link_token(world, "expert_xaa"), "x" * 43)):
        caller = Caller(address=f"192.0.2.{at}")
        for _ in range(LINK_ATTEMPTS):
            enter(world, door, caller, token, NotFound)
        before = len(said(world, REFUSALS_STREAM))
        enter(world, door, caller, token, TooMany)
        new = said(world, REFUSALS_STREAM)[before:]
        assert [(one["action"], one["phase"], one["on"]) for one in new] == [("useInvitation", "refusal", {})]
        refused += [told(one) for one in new]
    assert refused[0] == refused[1]


def test_refusals_of_a_link_tried_too_often_are_counted_together_in_a_flood(world: World) -> None:
    door, caller, token = Passphrases(world.portal, CHEAP), Caller(address="192.0.2.1"), "x" * 43
    for at in range(ALONE_IN_A_MINUTE + 5):
        enter(world, door, caller, token, NotFound if at < LINK_ATTEMPTS else TooMany)
    assert len(said(world, REFUSALS_STREAM)) == ALONE_IN_A_MINUTE
    world.clock.forward(MINUTE)
    enter(world, door, caller, token, TooMany)
    counted = said(world, REFUSALS_STREAM)[ALONE_IN_A_MINUTE]
    assert (counted["action"], counted["detail"]["refusals"]) == ("useInvitation", 5)


def test_a_present_passphrase_guessed_too_often_is_refused_in_the_log_under_ones_name(world: World) -> None:
    door, member = Passphrases(world.portal, CHEAP), world.members["expert_xaa"]
    enrol(world, "expert_xaa", door)
    for at in range(BROWSER_ATTEMPTS + 1):
        with world.request(), pytest.raises(NotFound if at < BROWSER_ATTEMPTS else TooMany):
            door.change(member.caller, "a guess", GOOD)
    refused = said(world, REFUSALS_STREAM)
    assert [one["action"] for one in refused] == ["changeOwnAccount"] * (BROWSER_ATTEMPTS + 1)
    assert {one["who"]["person"] for one in refused} == {str(member.person)}


# --- counting


def test_an_account_is_closed_to_strangers_for_a_window_and_opens_again(world: World) -> None:
    attempts, clock = Attempts(world.portal), world.clock
    for at in range(ACCOUNT_ATTEMPTS):
        assert attempts.begin(keys_of(b"account", f"192.0.2.{at}", None))
    assert not attempts.begin(keys_of(b"account", "198.51.100.1", None))
    assert attempts.begin(keys_of(b"account", "198.51.100.1", b"known browser"))
    assert attempts.begin(keys_of(b"another", "198.51.100.1", None))
    clock.forward(WINDOW - timedelta(seconds=1))
    assert not attempts.begin(keys_of(b"account", "198.51.100.1", None))
    clock.forward(timedelta(seconds=1))
    assert attempts.begin(keys_of(b"account", "198.51.100.1", None))


def test_an_address_is_counted_over_all_accounts_and_a_network_of_ipv6_as_one(world: World) -> None:
    attempts = Attempts(world.portal)
    for at in range(ADDRESS_ATTEMPTS):
        assert attempts.begin(keys_of(b"%d" % at, f"2001:db8::{at:x}", None))
    assert not attempts.begin(keys_of(b"other", "2001:db8::ffff:1", None))
    assert attempts.begin(keys_of(b"other", "2001:db8:0:1::1", None))


def test_what_succeeds_is_not_counted(world: World) -> None:
    attempts = Attempts(world.portal)
    for _ in range(2 * ACCOUNT_ATTEMPTS):
        counted = attempts.begin(keys_of(b"account", "192.0.2.1", None))
        assert counted
        attempts.take_back(counted)
    assert attempts_counted(world) == 0


def test_what_is_counted_names_nobody_and_no_address_and_is_forgotten(world: World) -> None:
    attempts, index = Attempts(world.portal), mail_index(world.portal, "expert_xaa@example.org")
    assert attempts.begin(keys_of(index, "192.0.2.1", None))
    with world.portal.database.read() as session:
        things = session.scalars(select(Attempt.counted_for)).all()
    assert {len(thing) for thing in things} == {32}
    assert not {index, network("192.0.2.1")} & set(things)
    world.clock.forward(WINDOW + CLOCKS_APART)
    assert attempts.begin(keys_of(b"another", "192.0.2.2", None))
    assert attempts_counted(world) == 2


def test_a_clock_that_was_ahead_closes_an_account_no_longer_than_a_window(world: World) -> None:
    attempts, keys = Attempts(world.portal), keys_of(b"account", "192.0.2.1", None)
    world.clock.forward(timedelta(days=400))
    while attempts.begin(keys):
        pass
    world.clock.forward(timedelta(days=-400))
    assert attempts.begin(keys)


def test_an_attempt_in_whose_middle_the_process_ends_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Passphrases(world.portal, CHEAP)
    enrol(world, "expert_xaa", door)

    def ends(*_: object) -> bool:
        raise SystemExit

    monkeypatch.setattr(door, "proves", ends)
    with world.request(), pytest.raises(SystemExit):
        door.sign_in(Caller(address="192.0.2.1"), "expert_xaa@example.org", GOOD)
    assert attempts_counted(world) == 2  # of the account, and of the address


def test_an_attempt_that_cannot_be_counted_is_not_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Passphrases(world.portal, CHEAP)
    monkeypatch.setattr(door, "proves", lambda *_: pytest.fail("it was tried"))
    with by_hand(world.portal.database) as other, world.request():
        other.lock()
        with pytest.raises(StoreUnavailable):
            door.sign_in(Caller(address="192.0.2.1"), "expert_xaa@example.org", GOOD)


def test_made_up_links_cost_one_count_for_all_and_hold_up_no_real_one(world: World) -> None:
    door, caller = Passphrases(world.portal, CHEAP), Caller(address="192.0.2.1")
    for at in range(LINK_ATTEMPTS):
        enter(world, door, caller, f"{at}" * 43, NotFound)
    enter(world, door, caller, "y" * 43, TooMany)
    assert things_counted(world) == 1
    enter(world, door, Caller(address="192.0.2.2"), "y" * 43, NotFound)
    enter(
        world, door, caller, link_token(world, "expert_xaa"), NotFound
    )  # the address was another one; no count held it


def test_looking_at_made_up_links_costs_one_count_for_all(world: World) -> None:
    helpdesk = Helpdesk(world.portal)
    for at in range(ADDRESS_ATTEMPTS):
        with world.request():
            helpdesk.look(Caller(address="192.0.2.1"), f"http://localhost:8000/enter/{at:043}")
    assert things_counted(world) == 1
