"""Who asks, and from where: what a request knows before the gate looks everything up for itself."""

from dataclasses import dataclass, field
from typing import Any

from portal.access.actors import Machine


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person (by the keyed hash of the session's token), nobody yet, or one of the portal's machines.

    Or somebody's calendar, by the keyed hash of its secret address (`feed`); whatever else is given then counts for
    nothing.
    """

    token: bytes | None = None
    machine: Machine | None = None
    feed: bytes | None = None
    address: str = ""
    client: str = ""
    idle: bool = False  # a page asked by itself: it doesn't keep the session awake
    mark: str = ""  # that somebody signed in with this browser before, as it says; checked where it counts
    # what acts find out, of this caller alone: the same browser as somebody else begins with nothing
    met: list[Any] = field(default_factory=list, init=False, compare=False, repr=False)  # whom the last one found
    languages: list[str] = field(default_factory=list, init=False, compare=False, repr=False)  # theirs, if refused, too
