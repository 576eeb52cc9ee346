"""What only grows is counted once, and then what came since: always as many as there are."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.tallies import LATE, OFTEN, Tally

BEGUN = datetime(2026, 5, 4, tzinfo=UTC)
STEPS = st.lists(st.tuples(st.integers(0, int(2 * OFTEN.total_seconds())), st.integers(0, 3)), max_size=12)


class Things:
    """Things that come, and how often a time was counted in which they came."""

    def __init__(self) -> None:
        self.came: list[datetime] = []
        self.looked_at = 0

    def count(self, since: datetime | None, until: datetime | None) -> Counter[str]:
        these = [at for at in self.came if (since is None or at >= since) and (until is None or at < until)]
        self.looked_at += len(these)
        return Counter(things=len(these))


@given(STEPS)
def test_a_tally_is_what_there_is_whenever_things_come_and_are_counted(steps: list[tuple[int, int]]) -> None:
    now, there, spent = BEGUN, Things(), [0.0]
    tally = Tally(lambda: spent[0])
    for seconds, many in steps:
        now += timedelta(seconds=seconds)
        spent[0] += seconds
        there.came += [now] * many
        assert tally.of(now, there.count)["things"] == len(there.came)


def test_what_was_counted_while_the_clock_was_wrong_is_counted_anew() -> None:
    spent, there = 0.0, Things()
    tally = Tally(lambda: spent)
    there.came = [BEGUN - timedelta(days=at) for at in range(1, 6)]
    assert tally.of(BEGUN + timedelta(days=365), there.count)["things"] == 5
    there.came += [BEGUN + timedelta(minutes=1)] * 7
    spent = 120.0
    assert tally.of(BEGUN + timedelta(seconds=spent), there.count)["things"] == 12


def test_what_a_slow_transaction_brings_late_is_counted_and_what_came_before_not_again() -> None:
    tally, there = Tally(), Things()
    there.came = [BEGUN - timedelta(days=at) for at in range(1, 1001)]
    assert tally.of(BEGUN, there.count)["things"] == 1000
    there.came.append(BEGUN - LATE)
    there.looked_at = 0
    assert tally.of(BEGUN, there.count)["things"] == 1001
    assert there.looked_at == 1
