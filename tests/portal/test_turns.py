"""One place, taken in turn: nobody keeps it from the others, and nobody waits for who doesn't come."""

from collections.abc import Callable
from random import Random

import pytest

from portal.turns import KEPT_SECONDS, Taken, Turns


class Place:
    """The place, with a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns = Turns(lambda: self.now)

    def use(self, whose: str, meanwhile: Callable[[], None] = lambda: None, seconds: float = 60) -> bool:
        """Take the place for a minute, in which others come; False: it isn't theirs now."""
        try:
            with self.turns.take(whose):
                meanwhile()
                self.now += seconds
        except Taken:
            return False
        return True


def test_whoever_never_comes_back_keeps_nobody_waiting_for_good() -> None:
    now = [0.0]
    turns = Turns(lambda: now[0])
    with turns.take("XAA"), pytest.raises(Taken), turns.take("XBB"):
        pass
    now[0] += KEPT_SECONDS + 1
    for _ in range(3):  # each who had it takes it again, at once
        for whose in ("XAA", "XCC"):
            with turns.take(whose):
                now[0] += 1


def test_whoever_had_it_lets_those_first_who_found_it_taken() -> None:
    place, found = Place(), []
    assert place.use("XAA", lambda: found.extend(place.use(one) for one in ("XBB", "XCC")))
    assert found == [False, False]
    assert not place.use("XAA")
    assert place.use("XCC")  # of those who never had it, whoever comes first
    assert not place.use("XAA")
    assert not place.use("XCC")
    assert place.use("XBB")
    assert place.use("XAA")


def test_a_turn_is_kept_for_a_while_and_not_for_ever() -> None:
    place = Place()
    place.use("XAA", lambda: place.use("XBB") and None)
    place.now += KEPT_SECONDS - 1
    assert not place.use("XAA")
    place.now += 1
    assert place.use("XAA")


def test_alone_one_takes_it_again_at_once_and_an_error_frees_it() -> None:
    place = Place()
    with pytest.raises(ValueError, match="broke"), place.turns.take("XAA"):
        raise ValueError("broke")
    assert place.use("XAA")
    assert place.use("XAA")


def test_who_tries_without_end_gets_no_more_than_their_share() -> None:
    place, drawn, had = Place(), Random(7), {"XAA": 0, "XBB": 0, "XCC": 0}
    tries = {"XAA": 50, "XBB": 1, "XCC": 1}  # in a round, of twenty seconds each
    for _ in range(3000):
        for whose in drawn.sample(list(tries), counts=list(tries.values()), k=52):
            had[whose] += place.use(whose, lambda: [place.use(one) for one in tries] and None, seconds=30)
        place.now += 20
    assert max(had.values()) < 1.5 * min(had.values())
