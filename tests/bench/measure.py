"""Ratios against a floor in the same run: the two alternate, so a busy machine slows both; the median pair counts."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Figure:
    """One line of the table: `value` in `unit`, which is the ratio to the floor unless it says otherwise."""

    name: str
    value: float
    target: float
    unit: str
    floor: str
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.value <= self.target if self.at_most else self.value >= self.target

    def line(self) -> dict[str, object]:
        return {**asdict(self), "met": self.met}


def seconds(act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def speed_ratio(act: Callable[[], object], floor: Callable[[], object], rounds: int) -> float:
    """Give how fast an act is as a part of its floor's speed."""
    act(), floor()
    ratios = []
    for turn in range(rounds):
        first, second = (act, floor) if turn % 2 else (floor, act)
        spent = {first: seconds(first), second: seconds(second)}
        ratios.append(spent[floor] / spent[act])
    return median(ratios)
