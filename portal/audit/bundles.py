"""Bundles (LOG.md, "Bundles"): a trail as somebody takes it home, one JSON object on each line, read one by one.

1. A line has the members that the specification names, each of its kind, and no others.
2. No line is longer than a bound, whatever the file is: what reads a bundle needs no more memory for a longer one.
3. What `unproven` says stands in no leaf; nothing here makes use of it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, Final, TypeVar
from uuid import UUID

from portal.audit.notes import LARGEST, MOST_BYTES, Malformed, decode, encode
from portal.audit.proofs import read_hashes, written
from portal.domain.reviews import RoomKind
from portal.domain.strict import strict_json

T = TypeVar("T")

VERSION: Final = "portal-bundle/1"
MOST_LINE: Final = 2 * MOST_BYTES
MOST_STREAMS: Final = 512
THE_FILE: Final = "review"  # in place of a room's kind: acts on the file as a whole
OF_GRANT: Final = "grant"  # likewise: acts on a grant to another State, and under it
MARK_BYTES: Final = 32  # of salts, leaves, tags and keys of tags


class Closed(StrEnum):
    """Why a line gives no event: about what the reader doesn't see; says more than a trail shows; doesn't fit."""

    UNSEEN = "unseen"
    FULLER = "fuller"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Stream:
    """What a bundle says of a stream.

    Attributes:
        id: The stream.
        room: The kind of its room, or that it is of the file's own acts.
        run: The first and the last number, where each number between them is in the bundle.
        waiting: How many numbers after that came later than the checkpoint.
        tag_key: With what anybody computes the tags of its numbers; only for the State under review.

    """

    id: UUID
    room: str
    run: tuple[int, int] | None
    waiting: int = 0
    tag_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The first line: of which log and file, what was asked for, by which State and when, and the checkpoint."""

    log: str
    review: UUID
    reader: str
    made: datetime
    asked: Mapping[str, str]
    streams: tuple[Stream, ...]
    checkpoint: str

    @property
    def whole(self) -> bool:
        """Tell whether each stream is there without a gap, or only what a search found."""
        return all(stream.run for stream in self.streams)

    @property
    def to_the_end(self) -> bool:
        """Tell whether the last numbers are the last that there were, not those before a time that was asked for."""
        return self.whole and "before" not in self.asked


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the log: with its event and salt, or with its leaf and why no more; altered: with neither.

    Attributes:
        event: The canonical form, as it is.

    """

    stream: UUID
    number: int
    index: int
    proof: tuple[bytes, ...] = ()
    tag: bytes = b""
    event: str | None = None
    salt: bytes = b""
    leaf: bytes = b""
    closed: Closed | None = None
    unproven: Mapping[str, str | int] | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The last line: how many entries there were."""

    entries: int


# --- writing


def head_line(head: Head) -> bytes:
    """Write the first line."""
    return _line(
        {
            "bundle": VERSION,
            "log": head.log,
            "review": str(head.review),
            "reader": head.reader,
            "made": head.made.isoformat(),
            "asked": dict(head.asked),
            "streams": [_said(stream) for stream in head.streams],
            "checkpoint": head.checkpoint,
        }
    )


def item_line(item: Item) -> bytes:
    """Write the line of an entry."""
    said: dict[str, Any] = {"stream": str(item.stream), "number": item.number, "index": item.index}
    if item.closed is not Closed.ALTERED:
        said |= {"proof": written(item.proof), "tag": encode(item.tag)}
    if item.closed is None:
        said |= {"event": item.event, "salt": encode(item.salt)}
    else:
        said |= {"closed": item.closed.value} | ({"leaf": encode(item.leaf)} if item.leaf else {})
    return _line(said | ({"unproven": dict(item.unproven)} if item.unproven else {}))


def end_line(entries: int) -> bytes:
    """Write the last line."""
    return _line({"end": entries})


def _said(stream: Stream) -> dict[str, Any]:
    said: dict[str, Any] = {"id": str(stream.id), "room": stream.room}
    if stream.run:
        said |= {"first": stream.run[0], "last": stream.run[1], "waiting": stream.waiting}
    return said | ({"tag_key": encode(stream.tag_key)} if stream.tag_key else {})


def _line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# --- reading


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Read a file line by line, none longer than a line may be.

    Raises:
        Malformed: One is longer, or breaks off.

    """
    while raw := file.readline(MOST_LINE + 1):
        if len(raw) > MOST_LINE:
            raise Malformed("it is longer than a line may be")
        if not raw.endswith(b"\n"):
            raise Malformed("it breaks off")
        yield raw


def read_head(raw: bytes) -> Head:
    """Read the first line.

    Raises:
        Malformed: It isn't the first line of a bundle.

    """
    said = _object(raw)
    if said.get("bundle") != VERSION:
        raise Malformed(f"it doesn't begin a bundle of the form {VERSION}")
    _members(said, ("bundle", "log", "review", "reader", "made", "asked", "streams", "checkpoint"))
    streams, asked = said["streams"], said["asked"]
    if not isinstance(streams, list) or not 0 < len(streams) <= MOST_STREAMS:
        raise Malformed("it names no streams, or too many")
    if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
        raise Malformed("what was asked for isn't named by texts")
    found = tuple(_stream(one) for one in streams)
    if len({stream.id for stream in found}) < len(found) or len({stream.run is None for stream in found}) > 1:
        raise Malformed("it names a stream twice, or some with their numbers and some without")
    texts = {name: _text(said[name]) for name in ("log", "reader", "made", "checkpoint")}
    return Head(
        texts["log"], _id(said["review"]), texts["reader"], _time(texts["made"]), asked, found, texts["checkpoint"]
    )


def read_item(raw: bytes) -> Item | End:
    """Read a line after the first.

    Raises:
        Malformed: It is neither an entry nor the end.

    """
    said = _object(raw)
    if "end" in said:
        _members(said, ("end",))
        return End(_number(said["end"]))
    closed = _closed(said)
    _members(said, ("stream", "number", "index", *_MEMBERS[closed]), ("unproven",))
    proof = said.get("proof", [])
    if not isinstance(proof, list):
        raise Malformed("its proof is no list")
    return Item(
        _id(said["stream"]),
        _number(said["number"]),
        _number(said["index"]),
        read_hashes(_text(one) for one in proof),
        _mark(said, "tag"),
        _text(said["event"]) if "event" in said else None,
        _mark(said, "salt"),
        _mark(said, "leaf"),
        closed,
        _unproven(said.get("unproven")),
    )


_MEMBERS: Final[dict[Closed | None, tuple[str, ...]]] = {
    None: ("proof", "tag", "event", "salt"),
    Closed.UNSEEN: ("proof", "tag", "leaf", "closed"),
    Closed.FULLER: ("proof", "tag", "leaf", "closed"),
    Closed.ALTERED: ("closed",),
}


def read_marks(said: Any) -> tuple[str | None, bytes, bytes, bytes]:
    """Read what an entry is made of, where it stands by itself: event and salt, or leaf; and the tag.

    Raises:
        Malformed: It is neither.

    """
    if not isinstance(said, dict):
        raise Malformed("it is no object")
    _members(said, ("event", "salt", "tag") if "event" in said else ("leaf", "tag"))
    event = _text(said["event"]) if "event" in said else None
    return event, _mark(said, "salt"), _mark(said, "leaf"), _mark(said, "tag")


def read_json(text: str) -> Any:
    """Read JSON that can mean one thing alone.

    Raises:
        Malformed: It isn't.

    """
    try:
        return strict_json(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("it isn't JSON that a bundle may hold") from error


def _object(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Malformed("it isn't text in UTF-8") from error
    said = read_json(text)
    if not isinstance(said, dict):
        raise Malformed("it is no object")
    return said


def _members(said: Mapping[str, Any], needed: Iterable[str], may: Iterable[str] = ()) -> None:
    needed = set(needed)
    if not needed <= said.keys() <= needed | set(may):
        raise Malformed("it lacks something that it should say, or says something else")


def _stream(said: Any) -> Stream:
    if not isinstance(said, dict):
        raise Malformed("a stream is no object")
    run = ("first", "last", "waiting") if "first" in said else ()
    _members(said, ("id", "room", *run), ("tag_key",))
    room = _text(said["room"])
    if room not in {THE_FILE, OF_GRANT, *RoomKind}:
        raise Malformed("a stream is of no kind of room")
    numbers = tuple(_number(said[name]) for name in run)
    if numbers and not 0 < numbers[0] <= numbers[1] + 1:
        raise Malformed("a stream ends before it begins")
    key = _mark(said, "tag_key") or None
    return Stream(_id(said["id"]), room, numbers[:2] or None, numbers[2] if run else 0, key)  # type: ignore[arg-type]  # two


def _closed(said: Mapping[str, Any]) -> Closed | None:
    if "closed" not in said:
        return None
    return _made(Closed, _text(said["closed"]), "it is closed for no reason that there is")


def _unproven(said: Any) -> Mapping[str, str | int] | None:
    if said is None:
        return None
    if not isinstance(said, dict) or not all(type(value) in {str, int} for value in said.values()):
        raise Malformed("what it says beside isn't texts and numbers")
    return said


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise Malformed("something that should be a text is none")
    return said


def _number(said: Any) -> int:
    if type(said) is not int or not 0 <= said <= LARGEST:
        raise Malformed("something that should be a number is none")
    return said


def _mark(said: Mapping[str, Any], name: str) -> bytes:
    if name not in said:
        return b""
    raw = decode(_text(said[name]))
    if len(raw) != MARK_BYTES:
        raise Malformed(f"{name} has another length")
    return raw


def _id(said: Any) -> UUID:
    found = _made(UUID, _text(said), "an id isn't one")
    if str(found) != said:
        raise Malformed("an id isn't in its usual spelling")
    return found


def _time(said: str) -> datetime:
    return _made(datetime.fromisoformat, said, "a time isn't one")


def _made(make: Callable[[str], T], text: str, words: str) -> T:
    try:
        return make(text)
    except ValueError as error:
        raise Malformed(words) from error
