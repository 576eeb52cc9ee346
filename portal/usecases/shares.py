"""What one State may take at a time of threads, processors and memory: drawings, marked copies, papers.

Each of them holds a thread while it waits for its place. The people of a State have a share together, whatever they use
it for, so that they keep nobody of other States waiting; whoever is turned away is told at once.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from portal.access.caller import Caller
from portal.domain.texts import N_
from portal.errors import Unavailable
from portal.turns import Taken
from portal.work import Portal

OF_ONE_STATE: Final = 6  # at a time; a server has forty threads
OF_ONE_PERSON: Final = 3  # of the secretariat or of a body of the Conference
BUSY: Final = N_(
    "Several papers or pages are in the making for you and your colleagues at this moment. Wait a moment and try "
    "again; nothing was lost."
)


@contextmanager
def a_share(portal: Portal, caller: Caller) -> Iterator[None]:
    """Come in for something large, once the gate has let the caller do it.

    Raises:
        Unavailable: Their State has as many under way as it may.

    """
    with ExitStack() as inside:
        try:
            inside.enter_context(portal.crowd.one_of(_limits(caller)))
        except Taken:
            raise Unavailable(BUSY) from None
        yield


def _limits(caller: Caller) -> dict[bytes, int]:
    """Give the limit of whom the gate let in last: of their State, or where they have none their own."""
    person = caller.met[-1][0].person if caller.met else None
    if person is None or person.state_code:
        return {b"large" + (person.state_code if person else "").encode(): OF_ONE_STATE}
    return {b"large" + person.id.bytes: OF_ONE_PERSON}
