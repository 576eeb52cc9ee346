"""A log as a witness meets it, with trees that part where its keeper lies; and a witness in a folder."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from portal.audit.checkpoints import Checkpoint, log_keys, sign
from portal.audit.notes import Key, encode
from portal.audit.tree import WIDTH, Tree, entry_hash, perfect_root
from portal.audit.witness import Witness, logs_of
from portal.audit.witness_files import StateFile, WitnessKey
from storage.signatures import Scheme, Signer

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
ORIGIN = "portal.example/audit/log"
NAME = "witness.example/one"
KEY = WitnessKey(NAME, bytes(range(32)))
SIGNERS = (Signer(Scheme.ED25519, b"\1" * 32), Signer(Scheme.ML_DSA_44, b"\2" * 32))


@dataclass(frozen=True, slots=True)
class Log:
    """A log of as many entries as are asked for; those from `parts_at` on are others than those of the true one."""

    parts_at: int = 2**62
    salt: bytes = b""
    origin: str = ORIGIN
    signers: Sequence[Signer] = field(default=SIGNERS, repr=False)

    @property
    def keys(self) -> tuple[Key, ...]:
        return log_keys(self.origin, self.signers)

    def tree(self, size: int) -> Tree:
        salts = (self.salt if number >= self.parts_at else b"" for number in range(size))
        return tree_of([number.to_bytes(8, "big") + salt for number, salt in enumerate(salts)])

    def point(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, self.tree(size).root())

    def checkpoint(self, size: int) -> str:
        return sign(self.point(size), self.signers, AT)

    def request(self, old: int, size: int) -> bytes:
        return request(old, self.tree(size).consistency(old), self.checkpoint(size))


def tree_of(entries: Sequence[bytes]) -> Tree:
    leaves = [entry_hash(entry) for entry in entries]

    def tiles(level: int, number: int, width: int) -> bytes:
        row = leaves
        for _ in range(level):
            row = [perfect_root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)]
        return b"".join(row[number * WIDTH :][:width])

    return Tree(len(leaves), tiles)


def request(old: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    lines = [f"old {old}", *(encode(one) for one in proof)]
    return ("\n".join(lines) + "\n\n" + checkpoint).encode()


TRUE = Log()


@contextmanager
def witness_in(
    folder: Path, logs: Sequence[Log] = (TRUE,), clock: Callable[[], datetime] = lambda: AT, *, new: bool = False
) -> Iterator[tuple[Witness, list[str]]]:
    """Start a witness; gives it with what it told."""
    told: list[str] = []
    keys = logs_of(key for log in logs for key in log.keys)
    with StateFile.opened(folder / "state", KEY, new=new) as state:
        yield Witness(NAME, KEY.signers(), keys, state, told.append, clock), told
