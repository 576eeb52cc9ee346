"""What a State keeps to open the contents of its own review without the portal (FORMAT.md, "Keys for a State").

1. The State makes a seed on a machine of its own. Its keys follow from the seed as those of a recovery key do.
2. People compare the fingerprint by telephone, so it is of 128 bits: whoever exchanges the public part would have to
   find another key with the same one. It covers the State as well.
3. An envelope is sealed to the public part by HPKE. Its `info` names the use, the installation, the review and the
   fingerprint: it opens for nothing else.
4. In it lie keys of contents, one for each version, and no key of a room: that would open what the rules keep from this
   State in the same room, and all that is sealed there later.
"""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import rfc8785

from storage.errors import Damaged, KeyUnavailable
from storage.objects.store import is_name
from storage.recovery import offline

PRIVATE: Final = "portal-escrow-key/1"
PUBLIC: Final = "portal-escrow-public/1"
ENVELOPE: Final = "portal-escrow/1"
_STATE: Final = re.compile("[A-Z]{3}")
_PLACE: Final = re.compile(r"[0-9A-Za-z.:\[\]-]{1,300}")  # a host, perhaps with a port
_DIGITS: Final = 32
_GROUP: Final = 4
_KEY: Final = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public part of a State's key."""

    state: str
    public: bytes

    @property
    def fingerprint(self) -> str:
        """Name it, as people compare it: 32 hex digits in groups of four."""
        text = hashlib.sha256(f"portal/v1/escrow-key/{self.state}/".encode() + self.public).hexdigest()[:_DIGITS]
        return " ".join(text[at : at + _GROUP] for at in range(0, _DIGITS, _GROUP))

    def is_called(self, heard: str) -> bool:
        """Tell whether somebody typed its fingerprint; blanks and case don't count."""
        return "".join(heard.lower().split()) == self.fingerprint.replace(" ", "")

    def text(self) -> bytes:
        """Write the public file."""
        return _text({"format": PUBLIC, "state": self.state, "fingerprint": self.fingerprint, "public": self.public})


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A State's key."""

    state: str
    seed: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """Give its public part."""
        return PublicKey(self.state, offline.Opener(self.seed).public)

    def text(self) -> bytes:
        """Write the private file."""
        fingerprint = self.public.fingerprint
        return _text({"format": PRIVATE, "state": self.state, "fingerprint": fingerprint, "seed": self.seed})


@dataclass(frozen=True, slots=True)
class Held:
    """One version that an envelope opens.

    Attributes:
        object: The name of its sealed object.
        room: The kind of its room.
        number: Its document's, in that room.
        written: Which version of the document it is.
        size: Bytes of its content.
        sha256: Of its content, in hexadecimal.
        name: The name of its file.

    """

    version: UUID
    object: str
    key: bytes = field(repr=False)
    room: str
    document: UUID
    number: int
    written: int
    title: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope says once it is open: what this State could read of a review, at one moment.

    Attributes:
        rooms: The rooms that it could look into.

    """

    installation: str
    review: UUID
    made: datetime
    rooms: tuple[UUID, ...]
    versions: tuple[Held, ...]


def new_key(state: str) -> PrivateKey:
    """Make a State's key.

    Raises:
        ValueError: That is no code of a State.

    """
    if not _STATE.fullmatch(state):
        raise ValueError("the code of a State has three capital letters")
    return PrivateKey(state, secrets.token_bytes(offline.SEED_BYTES))


def read_public(raw: bytes) -> PublicKey:
    """Read a public file.

    Raises:
        Damaged: It isn't one, or was changed.

    """
    said = _read(raw, PUBLIC, {"state", "fingerprint", "public"})
    key = PublicKey(_state(said), _bytes(said["public"], offline.PUBLIC_BYTES))
    if key.fingerprint != said["fingerprint"]:
        raise Damaged
    return key


def read_private(raw: bytes) -> PrivateKey:
    """Read a private file.

    Raises:
        Damaged: It isn't one, or was changed.

    """
    said = _read(raw, PRIVATE, {"state", "fingerprint", "seed"})
    key = PrivateKey(_state(said), _bytes(said["seed"], offline.SEED_BYTES))
    if key.public.fingerprint != said["fingerprint"]:
        raise Damaged
    return key


def seal(envelope: Envelope, public: PublicKey) -> bytes:
    """Seal an envelope to a State's key; gives the file.

    Raises:
        Damaged: The public part isn't one, or the installation has no name.

    """
    if not _PLACE.fullmatch(envelope.installation):
        raise Damaged
    info = _info(envelope.installation, envelope.review, public)
    said: dict[str, Any] = {
        "made": envelope.made.isoformat(),
        "rooms": list(map(str, envelope.rooms)),
        "versions": [_said(one) for one in envelope.versions],
    }
    return _text(
        {
            "format": ENVELOPE,
            "installation": envelope.installation,
            "review": str(envelope.review),
            "fingerprint": public.fingerprint,
            "sealed": offline.seal(public.public, rfc8785.dumps(said), info),
        }
    )


def unseal(raw: bytes, key: PrivateKey) -> Envelope:
    """Open an envelope.

    Raises:
        KeyUnavailable: It is sealed to another key.
        Damaged: It isn't one, or was changed.

    """
    said = _read(raw, ENVELOPE, {"installation", "review", "fingerprint", "sealed"})
    public = key.public
    if said["fingerprint"] != public.fingerprint:
        raise KeyUnavailable("This envelope is sealed to another key than this one: compare their fingerprints.")
    try:
        installation, review = str(said["installation"]), _uuid(said["review"])
        sealed = _bytes(said["sealed"])
        opened = offline.Opener(key.seed).open(sealed, _info(installation, review, public))
        inner = json.loads(opened)
        if set(inner) != {"made", "rooms", "versions"}:
            raise Damaged
        versions = tuple(_held(one) for one in inner["versions"])
        rooms = tuple(_uuid(one) for one in inner["rooms"])
        return Envelope(installation, review, _time(inner["made"]), rooms, versions)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise Damaged from cause


def _info(installation: str, review: UUID, public: PublicKey) -> bytes:
    return f"portal/v1/escrow/{installation}/{review}/{public.fingerprint.replace(' ', '')}".encode()


def _said(one: Held) -> dict[str, Any]:
    ids = {"version": str(one.version), "document": str(one.document)}
    return asdict(one) | ids | {"key": base64.b64encode(one.key).decode()}


def _held(said: dict[str, Any]) -> Held:
    ids = {"version": _uuid(said["version"]), "document": _uuid(said["document"])}
    one = Held(**(said | ids | {"key": _bytes(said["key"], _KEY)}))
    numbers, texts = (one.number, one.written, one.size), (one.room, one.title, one.name, one.sha256)
    if any(type(value) is not int or value < 0 for value in numbers) or not all(type(text) is str for text in texts):
        raise Damaged
    if type(one.object) is not str or not is_name(one.object):
        raise Damaged  # it becomes part of a path
    return one


def _read(raw: bytes, known: str, names: set[str]) -> dict[str, Any]:
    try:
        said = json.loads(raw)
        if type(said) is not dict or set(said) != {"format", *names} or said["format"] != known:
            raise Damaged
    except (ValueError, RecursionError) as cause:
        raise Damaged from cause
    return said


def _text(said: dict[str, Any]) -> bytes:
    shown = {name: base64.b64encode(one).decode() if isinstance(one, bytes) else one for name, one in said.items()}
    return (json.dumps(shown, indent=1) + "\n").encode()


def _bytes(value: object, size: int | None = None) -> bytes:
    try:
        raw = base64.b64decode(str(value), validate=True)
    except ValueError as cause:
        raise Damaged from cause
    if size is not None and len(raw) != size:
        raise Damaged
    return raw


def _state(said: dict[str, Any]) -> str:
    if not _STATE.fullmatch(str(said["state"])):
        raise Damaged
    return str(said["state"])


def _uuid(value: object) -> UUID:
    found = UUID(str(value))
    if str(found) != value:
        raise Damaged
    return found


def _time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise Damaged
    return moment
