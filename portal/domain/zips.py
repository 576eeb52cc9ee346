"""The bytes of a ZIP archive that is written while it is sent (PKWARE APPNOTE 6.3.10).

1. Members are stored, not compressed: their sizes are known before, so the archive's own size is announced and a
   broken-off download is seen as one.
2. The checksum of a member follows it in a data descriptor (flag 3); names are UTF-8 (flag 11).
3. Zip64 fields stand where a size, an offset or the number of members needs them, and nowhere else.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_FLAGS: Final = 0x0808
_MOST: Final = 0xFFFFFFFF
_MOST_MEMBERS: Final = 0xFFFF
_PLAIN: Final = 20  # version needed to extract: 2.0
_ZIP64: Final = 45  # 4.5
_UNIX: Final = 3 << 8
_FILE_MODE: Final = 0o100600 << 16
_FIRST_YEAR: Final = 1980
_LAST_YEAR: Final = 2107


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive; its name is clean and stands once."""

    name: str
    size: int
    at: datetime

    @property
    def large(self) -> bool:
        """Tell whether its size needs zip64."""
        return self.size >= _MOST


def local_header(member: Member) -> bytes:
    """Give what stands before a member's bytes."""
    name = member.name.encode()
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if member.large else b""
    size = _MOST if member.large else 0
    needed = _ZIP64 if member.large else _PLAIN
    fixed = (b"PK\3\4", needed, _FLAGS, 0, *_dos_time(member.at), 0, size, size, len(name), len(extra))
    return struct.pack("<4sHHHHHLLLHH", *fixed) + name + extra


def descriptor(member: Member, checksum: int) -> bytes:
    """Give what stands after a member's bytes."""
    sizes = "QQ" if member.large else "LL"
    return struct.pack(f"<4sL{sizes}", b"PK\7\x08", checksum, member.size, member.size)


def directory(members: Sequence[Member], checksums: Sequence[int]) -> bytes:
    """Give the archive's end: the list of its members."""
    entries = []
    offset = 0
    for member, checksum in zip(members, checksums, strict=True):
        entries.append(_entry(member, checksum, offset))
        offset += _span(member)
    listed = b"".join(entries)
    return listed + _end(len(members), len(listed), offset)


def archive_size(members: Sequence[Member]) -> int:
    """Compute how many bytes the whole archive will have."""
    return sum(_span(member) for member in members) + len(directory(members, [0] * len(members)))


def _span(member: Member) -> int:
    return len(local_header(member)) + member.size + len(descriptor(member, 0))


def _entry(member: Member, checksum: int, offset: int) -> bytes:
    name = member.name.encode()
    wide = [member.size, member.size] if member.large else []
    wide += [offset] if offset >= _MOST else []
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    size = min(member.size, _MOST)
    needed = _ZIP64 if wide else _PLAIN
    fixed = (b"PK\1\2", _UNIX | needed, needed, _FLAGS, 0, *_dos_time(member.at), checksum, size, size)
    rest = (len(name), len(extra), 0, 0, 0, _FILE_MODE, min(offset, _MOST))
    return struct.pack("<4sHHHHHHLLLHHHHHLL", *fixed, *rest) + name + extra


def _end(count: int, length: int, offset: int) -> bytes:
    wide = b""
    if count >= _MOST_MEMBERS or offset >= _MOST or length >= _MOST:
        fields = (b"PK\6\6", 44, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, length, offset)
        wide = struct.pack("<4sQHHLLQQQQ", *fields) + struct.pack("<4sLQL", b"PK\6\7", 0, offset + length, 1)
    shown = min(count, _MOST_MEMBERS)
    last = (b"PK\5\6", 0, 0, shown, shown, min(length, _MOST), min(offset, _MOST), 0)
    return wide + struct.pack("<4sHHHHLLH", *last)


def _dos_time(at: datetime) -> tuple[int, int]:
    """Give a moment as DOS wrote it, in UTC: time, date."""
    at = at.astimezone(UTC)
    year = min(max(at.year, _FIRST_YEAR), _LAST_YEAR)
    return (at.hour << 11) | (at.minute << 5) | (at.second // 2), ((year - _FIRST_YEAR) << 9) | (at.month << 5) | at.day
