"""Which logs and witnesses are trusted, and how many of them must agree (C2SP tlog-policy).

Names in the file are octets without a meaning of their own; keys are compared by what they are, not by their names.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.audit.notes import Key, Kind, Malformed, read_key

MOST_BYTES: Final = 1024 * 1024
NONE: Final = "none"
_LOG_KINDS: Final = {Kind.NOTE_ED25519, Kind.COSIGNATURE_ML_DSA_44}
_WITNESS_KINDS: Final = {Kind.COSIGNATURE_ED25519, Kind.COSIGNATURE_ML_DSA_44}


@dataclass(frozen=True, slots=True)
class Witness:
    """A key of a witness: what the policy calls it, and where it is asked, if that is said."""

    name: str
    key: Key
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these witnesses and groups must agree."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it was read.

    Args:
        logs: Keys of logs, any of which may have signed; empty: the log is known otherwise.
        witnesses: The witnesses, in the order of the file.
        groups: The groups, each after its members.
        quorum: The witness or group that must have agreed, or `none`.

    """

    logs: tuple[Key, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, Group]
    quorum: str

    def text(self) -> bytes:
        """Write the policy, without the addresses of witnesses."""
        lines = [f"log {key.text()}" for key in self.logs]
        lines += [f"witness {one.name} {one.key.text()}" for one in self.witnesses]
        lines += [f"group {name} {group.least} {' '.join(group.members)}" for name, group in self.groups.items()]
        return "".join(f"{line}\n" for line in [*lines, f"quorum {self.quorum}"]).encode("utf-8", "surrogateescape")

    def agrees(self, signed: Collection[Key]) -> bool:
        """Tell whether enough witnesses have signed, by the keys whose signatures were checked."""
        agreed = {witness.name for witness in self.witnesses if witness.key in signed}
        agreed |= {NONE}
        for name, group in self.groups.items():
            if sum(member in agreed for member in group.members) >= group.least:
                agreed.add(name)
        return self.quorum in agreed


NO_WITNESSES: Final = Policy((), (), {}, NONE)


def read_policy(raw: bytes) -> Policy:
    """Read a policy file.

    Raises:
        Malformed: It is none; the sentence names the line.

    """
    if len(raw) > MOST_BYTES:
        raise Malformed("the policy is too long")
    reading = _Reading()
    lines = raw.split(b"\n")
    if lines.pop():
        raise Malformed("the policy's last line doesn't end")
    for number, line in enumerate(lines, 1):
        try:
            reading.take(_words(line))
        except Malformed as error:
            raise Malformed(f"line {number} of the policy: {error}") from error
    if reading.quorum is None:
        raise Malformed("the policy has no quorum line")
    return Policy(tuple(reading.logs), tuple(reading.witnesses), reading.groups, reading.quorum)


class _Reading:
    def __init__(self) -> None:
        self.logs: list[Key] = []
        self.witnesses: list[Witness] = []
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._free: dict[str, bool] = {}  # each name; whether no group has it yet

    def take(self, words: Sequence[str]) -> None:
        match words:
            case []:
                return
            case ["log", key] | ["log", key, _]:
                self.logs.append(_new_key(key, _LOG_KINDS, self.logs))
            case ["witness", name, key, *url] if len(url) <= 1:
                known = [one.key for one in self.witnesses]
                self.witnesses.append(Witness(self._new(name), _new_key(key, _WITNESS_KINDS, known), "".join(url)))
            case ["group", name, least, *members] if members:
                self.groups[name] = Group(_least(least, len(members)), tuple(self._joined(members)))
                self._new(name)
            case ["quorum", name] if self.quorum is None:
                if name != NONE and name not in self._free:
                    raise Malformed("the quorum's name wasn't defined before")
                self.quorum = name
            case _:
                raise Malformed("this isn't a line of a policy, or it is there twice")

    def _new(self, name: str) -> str:
        if name == NONE or name in self._free:
            raise Malformed("a name that is taken")
        self._free[name] = True
        return name

    def _joined(self, members: Sequence[str]) -> Iterator[str]:
        for member in members:
            if not self._free.get(member):
                raise Malformed("a member that wasn't defined before, or is in a group already")
            self._free[member] = False
            yield member


def _words(line: bytes) -> list[str]:
    if any(byte < 0x20 and byte != 0x09 for byte in line) or 0x7F in line:  # noqa: PLR2004 - as the specification says
        raise Malformed("letters that a policy can't have")
    text = line.decode("utf-8", "surrogateescape").strip(" \t")
    return [] if text.startswith("#") else [word for word in text.replace("\t", " ").split(" ") if word]


def _new_key(text: str, kinds: Collection[Kind], known: Sequence[Key]) -> Key:
    key = read_key(text)
    if key.kind not in kinds:
        raise Malformed("a key of a kind that is for something else")
    if any(key.public == other.public for other in known):
        raise Malformed("a key that is there already")
    return key


def _least(text: str, members: int) -> int:
    if text in {"all", "any"}:
        return members if text == "all" else 1
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(members)) or not 1 <= int(text) <= members:
        raise Malformed("a number of members that the group can't have")
    return int(text)
