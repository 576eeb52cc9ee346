"""A log as it is served, written into a folder without a portal: entries, tiles and a signed checkpoint."""

from datetime import UTC, datetime
from pathlib import Path

from portal.audit.checkpoints import Checkpoint, log_keys, sign
from portal.audit.tiles import tile_path
from portal.audit.tree import WIDTH, Growing, entry_hash, tile_width
from storage.signatures import Scheme, Signer

AT = datetime(2026, 5, 4, tzinfo=UTC)
SIGNERS = (Signer(Scheme.ED25519, b"\1" * 32), Signer(Scheme.ML_DSA_44, b"\2" * 32))
ORIGIN = "portal.example/audit/log"
KEYS = log_keys(ORIGIN, SIGNERS)


def entry(number: int) -> bytes:
    return number.to_bytes(64, "big")


def write(folder: Path, path: str, content: bytes) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def write_log(folder: Path, size: int) -> str:
    """Write a log as it is served, and give its checkpoint."""
    growing = Growing(0, [])
    tiles: dict[tuple[int, int], bytes] = {}
    for number in range((size + WIDTH - 1) // WIDTH):
        width = tile_width(0, number, size)
        entries = [entry(number * WIDTH + at) for at in range(width)]
        write(folder, f"tile/{tile_path('entries', number, width)}", b"".join(b"\0\x40" + one for one in entries))
        tiles |= growing.add([entry_hash(one) for one in entries])
    for (level, number), hashes in tiles.items():
        write(folder, f"tile/{tile_path(level, number, tile_width(level, number, size))}", hashes)
    note = sign(Checkpoint(ORIGIN, size, growing.root()), SIGNERS, AT)
    write(folder, "checkpoint", note.encode())
    return note
