"""Bundles by the formulas of LOG.md, without the code that writes them; and what may be done to one.

`python -m tests.bundling` makes the vectors anew: then read what changed.
"""

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portal.audit.checkpoints import Checkpoint, cosign, log_keys, sign, witness_keys
from portal.audit.notes import Note, read_note
from storage.signatures import Scheme, Signer

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SIGNERS = (Signer(Scheme.ED25519, b"\1" * 32), Signer(Scheme.ML_DSA_44, b"\2" * 32))
WITNESS = (Signer(Scheme.ED25519, b"\3" * 32), Signer(Scheme.ML_DSA_44, b"\4" * 32))
ORIGIN = "portal.example/audit/log"
KEYS = log_keys(ORIGIN, SIGNERS)
THEIRS = witness_keys("witness.example/one", WITNESS)
REVIEW = "6f1c1f6e-3d0b-4f0e-9b51-0c9a5d1f7a10"
OTHER = "00000000-0000-4000-8000-00000000abcd"
ROOM = "ca1217f1-ca2a-402c-81fd-8f36854f936e"
SIZE = 21
VECTORS = Path(__file__).parent / "vectors" / "bundle.json"

Json = dict[str, Any]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sha(*parts: bytes | str) -> bytes:
    return hashlib.sha256(b"".join(one if isinstance(one, bytes) else one.encode() for one in parts)).digest()


def root(hashes: list[bytes]) -> bytes:
    """Compute a root by the words of RFC 6962, 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha(b"\1", root(hashes[:split]), root(hashes[split:]))


def path(index: int, hashes: list[bytes]) -> list[bytes]:
    """Prove an entry by the words of RFC 6962, 2.1.1."""
    if len(hashes) == 1:
        return []
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    if index < split:
        return [*path(index, hashes[:split]), root(hashes[split:])]
    return [*path(index - split, hashes[split:]), root(hashes[:split])]


def event(stream: str, number: int, review: str = REVIEW) -> Json:
    """Say something as an event does."""
    on = {"review": review} | ({"room": stream, "document": OTHER} if stream == ROOM else {})
    return {
        "schema": 1,
        "id": f"00000000-0000-4000-9000-{number:012}",
        "stream": stream,
        "number": number,
        "at": "2026-05-04T09:30:00.000000+00:00",
        "kind": 406 if stream == ROOM else 402,
        "action": "viewDocument" if stream == ROOM else "viewReview",
        "phase": "act",
        "who": {"person": OTHER, "role": "expert", "state": "XBB"},
        "on": on,
        "policies": ["documents.circulated-assigned"],
    }


def canonical(body: Json) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Making:
    """A log of which a bundle is made: entries of two streams, and of others in between."""

    def __init__(self, size: int = SIZE, review: str = REVIEW) -> None:
        self.entries: list[bytes] = []
        self.items: list[Json] = []
        self.keys = {ROOM: sha("key of the room's tags"), review: sha("key of the file's tags")}
        numbers = {ROOM: 0, review: 0}
        for at in range(size):
            if at % 3 == 2:
                self.entries.append(sha(f"leaf {at}") + sha(f"tag {at}"))
                continue
            stream = review if at % 7 == 0 else ROOM
            numbers[stream] += 1
            self.take(at, stream, numbers[stream], event(stream, numbers[stream], review))
        self.numbers = numbers
        hashes = [sha(b"\0", entry) for entry in self.entries]
        for item in self.items:
            item["proof"] = [b64(one) for one in path(item["index"], hashes)] if size < 1000 else []
        self.note = sign(Checkpoint(ORIGIN, size, root(hashes)), SIGNERS, AT)

    def take(self, at: int, stream: str, number: int, body: Json) -> None:
        salt, text = sha(f"salt {at}"), canonical(body)
        mark = hmac.digest(salt, text.encode(), "sha256")
        tag = hmac.digest(self.keys[stream], number.to_bytes(8, "big"), "sha256")
        self.entries.append(mark + tag)
        item = {"stream": stream, "number": number, "index": at, "proof": [], "tag": b64(tag)}
        if number % 4 == 3:
            item |= {"closed": "unseen", "leaf": b64(mark), "unproven": {"at": body["at"]}}
        else:
            item |= {"event": text, "salt": b64(salt), "unproven": {"who": "Alma Reyes", "document": 3}}
        self.items.append(item)


def made(size: int = SIZE, review: str = REVIEW) -> list[Json]:
    """Give the lines of a whole bundle as JSON values."""
    making = Making(size, review)
    streams = [
        {
            "id": stream,
            "room": "shared" if stream == ROOM else "review",
            "first": 1,
            "last": last,
            "waiting": 0,
            "tag_key": b64(making.keys[stream]),
        }
        for stream, last in making.numbers.items()
    ]
    head = {
        "bundle": "portal-bundle/1",
        "log": ORIGIN,
        "review": review,
        "reader": "XAA",
        "made": "2026-05-04T09:31:00+00:00",
        "asked": {},
        "streams": streams,
        "checkpoint": making.note,
    }
    return [head, *making.items, {"end": len(making.items)}]


def cosigned(note: str) -> str:
    """Let the witness sign a checkpoint, too."""
    found = read_note(note)
    return Note(found.text, (*found.signatures, *cosign(found, "witness.example/one", WITNESS, AT))).whole()


def written(lines: list[Json]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)


def _set(lines: list[Json], at: int, **said: Any) -> list[Json]:
    lines[at] |= said
    return lines


def _without(lines: list[Json], at: int, name: str) -> list[Json]:
    del lines[at][name]
    return lines


def _stream(lines: list[Json], **said: Any) -> list[Json]:
    lines[0]["streams"][0] |= said
    return lines


def _body(lines: list[Json], at: int, **said: Any) -> list[Json]:
    return _set(lines, at, event=canonical(json.loads(lines[at]["event"]) | said))


def _flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[5] ^= 1
    return b64(bytes(raw))


def _swapped(lines: list[Json], one: int, other: int) -> list[Json]:
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def _dropped(lines: list[Json], at: int) -> list[Json]:
    del lines[at]
    lines[-1]["end"] -= 1
    return lines


def _again(lines: list[Json], at: int) -> list[Json]:
    lines.insert(at, copy.deepcopy(lines[at]))
    lines[-1]["end"] += 1
    return lines


def _of_another_review(lines: list[Json]) -> list[Json]:
    """Take a bundle of another review, and write this one's name over it where nothing is proven."""
    theirs = made(review=OTHER)
    return [theirs[0] | {"review": lines[0]["review"]}, *theirs[1:]]


def _of_another_portal(lines: list[Json]) -> list[Json]:
    return _set(lines, 0, log="other.example/audit/log")


def _signed_by_another(lines: list[Json]) -> list[Json]:
    signer = (Signer(Scheme.ED25519, b"\7" * 32), Signer(Scheme.ML_DSA_44, b"\10" * 32))
    making = Making()
    hashes = [sha(b"\0", entry) for entry in making.entries]
    return _set(lines, 0, checkpoint=sign(Checkpoint(ORIGIN, SIZE, root(hashes)), signer, AT))


# what is done to a whole bundle (line 1 is of the file itself, lines 2 to 4 of the room), and what must be said of it
BROKEN: list[tuple[str, Callable[[list[Json]], list[Json]], str]] = [
    ("of another review, under this one's name", _of_another_review, "another review"),
    ("of another portal, by its head", _of_another_portal, "another log"),
    ("a checkpoint that other keys signed", _signed_by_another, "isn't signed by"),
    ("an unknown form", lambda made: _set(made, 0, bundle="portal-bundle/2"), "line 1: it doesn't begin"),
    ("no checkpoint", lambda made: _without(made, 0, "checkpoint"), "line 1: it lacks something"),
    ("a member that isn't one", lambda made: _set(made, 2, more=1), "line 3: it lacks something"),
    ("the last line missing", lambda made: made[:-1], "breaks off"),
    ("the last entry missing", lambda made: _dropped(made, len(made) - 2), "is missing"),
    ("an entry missing in the middle", lambda made: _dropped(made, 3), "is missing"),
    ("an entry twice", lambda made: _again(made, 3), "stands in the log before"),
    ("two entries in each other's place", lambda made: _swapped(made, 3, 4), "is missing|stands in the log before"),
    ("a wrong count", lambda made: _set(made, -1, end=3), "it counts 3"),
    ("something after the end", lambda made: [*made, made[1]], "something follows the end"),
    ("two ends", lambda made: [*made, made[-1]], "something follows the end"),
    ("a word of an event altered", lambda made: _body(made, 2, phase="refusal"), "isn't proven"),
    ("an event's number altered", lambda made: _body(made, 2, number=2), "has another number"),
    ("an event's number true", lambda made: _body(made, 2, number=True), "has no number"),
    ("an event of another stream", lambda made: _body(made, 2, stream=OTHER), "of another stream"),
    ("an event of another schema", lambda made: _body(made, 2, schema=2), "of a schema"),
    ("an event of another kind than its act", lambda made: _body(made, 2, kind=407), "another kind"),
    ("an event whose act has another number", lambda made: _body(made, 2, action="signIn"), "another kind"),
    ("an act that has another's number", lambda made: _body(made, 2, action="viewAll"), "another kind"),
    ("an event with blanks", lambda made: _set(made, 2, event=made[2]["event"] + " "), "canonical form"),
    ("an event with a name twice", lambda made: _set(made, 2, event='{"a":1,"a":1}'), "isn't JSON"),
    ("an event that is none", lambda made: _set(made, 2, event="[]"), "canonical form"),
    ("a salt altered", lambda made: _set(made, 2, salt=_flipped(made[2]["salt"])), "isn't proven"),
    ("a salt too short", lambda made: _set(made, 2, salt="AAAA"), "another length"),
    ("a tag altered", lambda made: _set(made, 2, tag=_flipped(made[2]["tag"])), "tag isn't"),
    ("a leaf altered", lambda made: _set(made, _closed(made), leaf=b64(bytes(32))), "isn't proven"),
    ("a proof altered", lambda made: _set(made, 2, proof=[b64(bytes(32)), *made[2]["proof"][1:]]), "isn't proven"),
    ("a proof too short", lambda made: _set(made, 2, proof=made[2]["proof"][:-1]), "isn't proven"),
    ("a proof too long", lambda made: _set(made, 2, proof=made[2]["proof"] * 20), "too many hashes"),
    ("another place", lambda made: _set(made, 2, index=2), "isn't proven"),
    ("a place beyond the tree", lambda made: _set(made, 2, index=SIZE), "isn't proven"),
    ("an id in capitals", lambda made: _set(made, 2, stream=made[2]["stream"].upper()), "usual spelling"),
    ("a number that is a text", lambda made: _set(made, 2, number="1"), "should be a number"),
    ("a stream that isn't named", lambda made: _set(made, 2, stream=OTHER), "isn't one of those"),
    ("an entry that was altered in the portal", lambda made: _altered(made, 2), "was altered"),
    ("closed for no reason", lambda made: _set(made, _closed(made), closed="other"), "for no reason"),
    ("a stream cut short at its end", lambda made: _stream(made, last=2), "out of its order"),
    ("a stream with more than there is", lambda made: _stream(made, last=99), "is missing"),
    ("a stream cut short at its beginning", lambda made: _stream(made, first=2), "out of its order"),
    ("another key of tags", lambda made: _stream(made, tag_key=b64(bytes(32))), "tag isn't"),
    ("a stream twice", lambda made: _set(made, 0, streams=made[0]["streams"][:1] * 2), "names a stream twice"),
    ("no streams", lambda made: _set(made, 0, streams=[]), "names no streams"),
]


def _closed(lines: list[Json]) -> int:
    return next(at for at, line in enumerate(lines) if "closed" in line)


def _altered(lines: list[Json], at: int) -> list[Json]:
    lines[at] = {name: lines[at][name] for name in ("stream", "number", "index")} | {"closed": "altered"}
    return lines


def vectors() -> Json:
    """Give a whole bundle, and what is broken, each with what must be said of it."""
    whole = made()
    whole[0]["checkpoint"] = cosigned(whole[0]["checkpoint"])
    return {
        "about": "Bundles of portal/audit/LOG.md. Each broken one must be refused; failure: what is said matches it.",
        "keys": {"log": [key.text() for key in KEYS], "witness": [key.text() for key in THEIRS]},
        "review": REVIEW,
        "good": written(whole).decode().splitlines(),
        "broken": [
            {"name": name, "failure": failure, "lines": _differing(whole, change(copy.deepcopy(whole)))}
            for name, change, failure in BROKEN
        ],
    }


def _differing(whole: list[Json], broken: list[Json]) -> list[str | int]:
    """Write lines; those of the good bundle by their number, from 0."""
    good, lines = written(whole).decode().splitlines(), written(broken).decode().splitlines()
    return [good.index(line) if line in good else line for line in lines]


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
