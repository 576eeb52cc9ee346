"""What one State may take at a time of threads, processors and memory: drawings, marked copies, papers.

Each of them holds a thread while it waits for its place. The people of a State have a share together, whatever they use
it for, so that they keep nobody of other States waiting; whoever is turned away is told at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from portal.access.caller import Caller
from portal.domain.texts import N_
from portal.errors import Unavailable
from portal.work import Portal

AT_ONCE: Final = 24  # of forty threads for pages, and of those in which what is sent is made
OF_ONE_STATE: Final = 6
OF_ONE_PERSON: Final = 3  # of the secretariat or of a body of the Conference
_ALL: Final = b"all that is large"
BUSY: Final = N_(
    "Several papers or pages are in the making at this moment, for you, your colleagues or others. Wait a moment and "
    "try again; nothing was lost."
)


@contextmanager
def a_share(portal: Portal, caller: Caller) -> Iterator[None]:
    """Come in for something large, once the gate has let the caller do it.

    Raises:
        Unavailable: Their State has as many under way as it may, or all have.

    """
    with portal.crowd.one_of(_limits(caller), Unavailable(BUSY)):
        yield


def _limits(caller: Caller) -> dict[bytes, int]:
    """Give the limit of whom the gate let in last: of their State, or where they have none their own."""
    person = caller.met[-1][0].person if caller.met else None
    if person is None or person.state_code:
        return {_ALL: AT_ONCE, b"large" + (person.state_code if person else "").encode(): OF_ONE_STATE}
    return {_ALL: AT_ONCE, b"large" + person.id.bytes: OF_ONE_PERSON}
