"""Holds a bundle against more than itself: the whole log, and an earlier bundle of the same file.

Both keep where entries of a bundle stand, some hundred bytes for each.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from portal.audit.bundle_checks import Checked
from portal.audit.bundles import MARK_BYTES, Item, Stream
from portal.audit.events import leaf, tag_input
from portal.audit.verify import Wrong


class Search:
    """Looks through a whole log for what a bundle left out: numbers of its streams in other places than it says."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}
        self._next: dict[bytes, Stream] = {}
        self._size = 0

    def keep(self, item: Item) -> None:
        """Keep where an entry of the bundle stands."""
        self._places[item.tag] = item.index

    def begin(self, checked: Checked) -> tuple[UUID, ...]:
        """Begin, once the bundle holds; gives the streams that can be looked for: those with a key of tags."""
        self._size = checked.checkpoint.size
        for counts in checked.streams.values():
            key, run = counts.stream.tag_key, counts.stream.run
            if key is not None and run is not None and checked.head.to_the_end:
                self._next[hmac.digest(key, tag_input(run[1] + 1), sha256)] = counts.stream
        return tuple(stream.id for stream in self._next.values())

    def look(self, first: int, entries: Sequence[bytes]) -> None:
        """Look at entries of the log from a place on.

        Raises:
            Wrong: One of them should be in the bundle.

        """
        for at, one in enumerate(entries, first):
            if at >= self._size:
                return
            tag = one[-MARK_BYTES:]
            if self._places.get(tag, at) != at:
                raise Wrong(f"entry {at} of the log has the stream and number of another one, which the bundle has")
            if (stream := self._next.get(tag)) is not None and stream.run is not None:
                raise Wrong(f"number {stream.run[1] + 1} of the stream {stream.id} is entry {at}; the bundle lacks it")


class Earlier:
    """A bundle that somebody kept: what a later one of the same file must go on from."""

    def __init__(self) -> None:
        self._entries: dict[tuple[UUID, int], tuple[int, bytes]] = {}
        self._checked: Checked | None = None

    def keep(self, item: Item) -> None:
        """Keep an entry of the earlier bundle."""
        self._entries[item.stream, item.number] = item.index, _marks(item)

    def begin(self, checked: Checked) -> None:
        """Begin, once the earlier bundle holds."""
        self._checked = checked

    def hold(self, item: Item) -> None:
        """Hold an entry of the later bundle against the earlier one.

        Raises:
            Wrong: It is another one there, or was left out there.

        """
        if self._checked is None:
            return
        name = f"number {item.number} of the stream {item.stream}"
        there = self._entries.get((item.stream, item.number))
        if there is not None and there != (item.index, _marks(item)):
            raise Wrong(f"{name} isn't what it was in the earlier bundle")
        counts = self._checked.streams.get(item.stream)
        run = counts.stream.run if counts else None
        size = self._checked.checkpoint.size
        ends = run is not None and item.number > run[1] and self._checked.head.to_the_end
        if there is None and ends and item.index < size:
            raise Wrong(f"{name} is entry {item.index}: the earlier bundle, of {size} entries, left it out")

    def check(self, later: Checked) -> None:
        """Check that two bundles can be compared, and that the later one lacks nothing at its end.

        Raises:
            Wrong: They are of two reviews, the later one is the earlier, or it ends before what the earlier one has.

        """
        if self._checked is None:
            return
        if self._checked.head.review != later.head.review:
            raise Wrong("the earlier bundle is of another review")
        if self._checked.checkpoint.size > later.checkpoint.size:
            raise Wrong("the earlier bundle is the later one")
        for (stream, number), (index, _) in self._entries.items():  # in the order of the log
            counts = later.streams.get(stream)
            run = counts.stream.run if counts and later.head.to_the_end else None
            if run is not None and number > run[1]:
                raise Wrong(f"number {number} of the stream {stream}, entry {index} of the earlier bundle, is gone")


def _marks(item: Item) -> bytes:
    return (item.leaf if item.event is None else leaf(item.salt, item.event.encode())) + item.tag
