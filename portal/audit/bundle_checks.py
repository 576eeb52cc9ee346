"""Checks a bundle with nothing but the bundle and keys (LOG.md, "Bundles"): no database, no network.

What must hold:
1. The checkpoint is signed by every key of the log that is given, each of which bears the log's name, by every key of
   a witness that is given, and by as many witnesses as a policy asks for that is given.
2. Each entry is in the tree of that checkpoint, in the place that it says; no place stands twice.
3. Each event is in its canonical form, gives its leaf with its salt, and says the stream, the number and the review
   that its line and the bundle say, and the kind that its act has.
4. Where a stream has a run, each of its numbers is there once, in order, and no other.
5. Where a stream has its key of tags, every tag is the one of its number.
6. The last line is there, and counts right.

Memory grows with the streams, not with the entries, unless a whole log is searched, too.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any, Final
from uuid import UUID

import rfc8785

from portal.audit.bundles import Closed, End, Head, Item, Stream, read_head, read_item, read_json
from portal.audit.checkpoints import Checkpoint, open_checkpoint
from portal.audit.events import Phase, leaf, tag_input
from portal.audit.kinds import KINDS, SCHEMA_VERSION
from portal.audit.notes import Key, Kind, Malformed
from portal.audit.policy import NO_WITNESSES, Policy
from portal.audit.proofs import check_proof
from portal.audit.sequencer import entry
from portal.audit.tree import entry_hash
from portal.audit.verify import Wrong

_NUMBERS: Final = {action.value: number for action, number in KINDS.items()}
_ACTIONS: Final = {number: action for action, number in _NUMBERS.items()}
_ENDLESS: Final = 2**62

See = Callable[[Item], None]


@dataclass(frozen=True, slots=True)
class Expected:
    """What whoever checks knows already; None: nothing."""

    keys: Sequence[Key]
    witnesses: Sequence[Key] = ()
    log: str | None = None
    review: UUID | None = None
    policy: Policy = NO_WITNESSES

    @property
    def all_witnesses(self) -> tuple[Key, ...]:
        """Give the keys of witnesses, asked for one by one or by the policy."""
        return (*self.witnesses, *(one.key for one in self.policy.witnesses))


@dataclass(slots=True)
class Counts:
    """What was found of one stream."""

    stream: Stream
    entries: int = 0
    unseen: int = 0
    fuller: int = 0
    last: int = 0  # the number that came last
    named: int = 0  # events that say themselves that they are of the review


@dataclass(slots=True)
class Checked:
    """A bundle that holds; cosigned: when each witness saw the checkpoint, by its name."""

    head: Head
    checkpoint: Checkpoint
    signed: tuple[str, ...]
    cosigned: Mapping[str, datetime]
    streams: dict[UUID, Counts]
    entries: int = 0
    place: int = -1  # of the entry that came last


def check_bundle(lines: Iterable[bytes], expected: Expected, see: See = lambda _item: None) -> Checked:
    """Check a bundle line by line.

    Args:
        lines: Its lines, each with its end.
        expected: The keys, and what else is known.
        see: Sees each entry that holds.

    Raises:
        Wrong: It doesn't hold.

    """
    numbered = _numbered(lines)
    first = next(numbered, None)
    if first is None:
        raise Wrong("the bundle is empty")
    with _at(1):
        checked = _begun(read_head(first[1]), expected)
    for line, raw in numbered:
        with _at(line):
            item = read_item(raw)
            if isinstance(item, End):
                _ended(checked, item)
                break
            _take(checked, item)
        see(item)
    else:
        raise Wrong("the bundle breaks off: its last line is missing")
    for line, _ in numbered:
        raise Wrong(f"line {line}: something follows the end of the bundle")
    return checked


def check_signatures(whole: str, expected: Expected) -> tuple[Checkpoint, dict[Key, int]]:
    """Read a checkpoint that every key signed which is given; gives the time that each signature bears, if any.

    Raises:
        Malformed: One didn't, or bears another log's name, or none is given.

    """
    if not expected.keys:
        raise Malformed("no key of the log was given")
    opened = open_checkpoint(whole, (*expected.keys, *expected.all_witnesses))
    checkpoint = opened.checkpoint
    if expected.log is not None and checkpoint.origin != expected.log:
        raise Malformed(f"the checkpoint is of another log: {shown(checkpoint.origin)}")
    _check_names(checkpoint.origin, expected)
    for key in (*expected.keys, *expected.witnesses):
        if key not in opened.signed:
            raise Malformed(f"the checkpoint isn't signed by {key.name} with the key {key.id.hex()}")
    if not expected.policy.agrees(opened.signed):
        raise Malformed("the checkpoint isn't signed by as many witnesses as the policy asks for")
    return checkpoint, dict(opened.signed)


def _check_names(origin: str, expected: Expected) -> None:
    for key in expected.keys:
        if key.name != origin:
            raise Malformed(f"the checkpoint is of another log than the key: {shown(origin)}")
    for key in expected.all_witnesses:
        if key.name == origin or key.kind is Kind.NOTE_ED25519:
            raise Malformed(
                f"the key {key.id.hex()} of {key.name} is no witness's: it is the log's own, or has no time"
            )


def seen_at(signed: Mapping[Key, int], witnesses: Sequence[Key]) -> dict[str, datetime]:
    """Tell when each witness signed that did; of its several keys, the earliest.

    Raises:
        Malformed: A time is none of the calendar.

    """
    found: dict[str, datetime] = {}
    for key in (one for one in witnesses if one in signed):
        try:
            at = datetime.fromtimestamp(signed[key], UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise Malformed(f"{key.name} signed at a time that is none") from error
        found[key.name] = min(at, found.get(key.name, at))
    return found


def shown(text: str) -> str:
    """Write a text of somebody else's so that it can't do anything to a screen."""
    return "".join(one if one.isprintable() else "?" for one in text[:300])


@contextmanager
def _at(line: int) -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Wrong(f"line {line}: {error}") from error


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    found = iter(lines)
    for line in count(1):
        with _at(line):
            raw = next(found, None)
        if raw is None:
            return
        yield line, raw


def _begun(head: Head, expected: Expected) -> Checked:
    checkpoint, signed = check_signatures(head.checkpoint, expected)
    if head.log != checkpoint.origin:
        raise Malformed("it names another log than its checkpoint does")
    if expected.review is not None and head.review != expected.review:
        raise Malformed(f"it is of another review: {head.review}")
    streams = {stream.id: Counts(stream, last=stream.run[0] - 1 if stream.run else 0) for stream in head.streams}
    names = tuple(dict.fromkeys(key.name for key in expected.keys))
    return Checked(head, checkpoint, names, seen_at(signed, expected.all_witnesses), streams)


def _take(checked: Checked, item: Item) -> None:
    if item.index <= checked.place:
        raise Malformed("its entry stands in the log before the one above")
    checked.place = item.index
    counts = checked.streams.get(item.stream)
    if counts is None:
        raise Malformed("its stream isn't one of those that the bundle names")
    _check_number(counts, item)
    if item.closed is Closed.ALTERED:
        raise Malformed(f"the portal says that its record of number {item.number} was altered")
    key = counts.stream.tag_key
    if key is not None and not hmac.compare_digest(item.tag, hmac.digest(key, tag_input(item.number), sha256)):
        raise Malformed(f"its tag isn't that of number {item.number}")
    body = body_of(item)
    if body is not None:
        counts.named += _check_said(item, body, checked.head.review)
    check_entry(item, checked.checkpoint)
    counts.entries, counts.last, checked.entries = counts.entries + 1, item.number, checked.entries + 1
    counts.unseen += item.closed is Closed.UNSEEN
    counts.fuller += item.closed is Closed.FULLER


def body_of(item: Item) -> dict[str, Any] | None:
    """Read what the event of an entry says, if that came with it.

    Raises:
        Malformed: It isn't in its canonical form, or no event.

    """
    return read_body(item.event) if item.event is not None else None


def check_entry(item: Item, checkpoint: Checkpoint) -> None:
    """Check that an entry is in the tree, with the leaf that its event and salt give.

    Raises:
        Malformed: It isn't.

    """
    mark = item.leaf if item.event is None else leaf(item.salt, item.event.encode())
    check_proof(entry_hash(entry(mark, item.tag)), item.index, item.proof, checkpoint)


def read_body(text: str) -> dict[str, Any]:
    """Read an event from its canonical form.

    Raises:
        Malformed: It isn't in its canonical form, or no event.

    """
    body = read_json(text)
    try:
        same = isinstance(body, dict) and rfc8785.dumps(body) == text.encode()
    except (ValueError, RecursionError) as error:
        raise Malformed("its event has no canonical form") from error
    if not same:
        raise Malformed("its event isn't in its canonical form")
    if _exact(body, "schema") != SCHEMA_VERSION:
        raise Malformed("its event is of a schema that this program doesn't know")
    kind, action = _exact(body, "kind"), body.get("action")
    if not isinstance(action, str) or _NUMBERS.get(action, kind) != kind or _ACTIONS.get(kind, action) != action:
        raise Malformed("its event is of another kind than its act")
    return dict(body)


def _exact(body: Mapping[str, Any], name: str) -> int:
    found = body.get(name)
    if type(found) is not int:
        raise Malformed(f"its event has no {name}")
    return found


def _check_number(counts: Counts, item: Item) -> None:
    first, last = counts.stream.run or (1, _ENDLESS)
    if counts.stream.run and item.number > counts.last + 1:
        raise Malformed(f"number {counts.last + 1} is missing before it")
    if not max(first, counts.last + 1) <= item.number <= last:
        raise Malformed(f"number {item.number} is out of its order, or comes twice")


def _check_said(item: Item, body: Mapping[str, Any], review: UUID) -> bool:
    """Hold what an event says against its line; tells whether it names the review itself."""
    if (body.get("stream"), _exact(body, "number")) != (str(item.stream), item.number):
        raise Malformed("its event is of another stream, or has another number")
    on = body.get("on")
    named = on.get("review") if isinstance(on, dict) else None
    if named is None and body.get("phase") == Phase.OUTCOME:
        return False  # closed after a breakdown: it names its beginning, which does
    if named != str(review):
        raise Malformed("its event is of another review than the bundle says")
    return True


def _ended(checked: Checked, end: End) -> None:
    for counts in checked.streams.values():
        run = counts.stream.run
        if run and counts.last != run[1]:
            raise Malformed(f"number {counts.last + 1} of the stream {counts.stream.id} is missing")
    if end.entries != checked.entries:
        raise Malformed(f"it counts {end.entries} entries, and there are {checked.entries}")
