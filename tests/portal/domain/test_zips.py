"""Archives written while they are sent: other programs open them, and their size was known before."""

import io
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest

from portal.domain.zips import Member, archive_size, descriptor, directory, local_header

AT = datetime(2026, 5, 4, 9, 30, 10, tzinfo=UTC)
FILES = {"قانون.pdf": b"one", "法律.docx": b"", "закон (2).txt": b"three" * 1000}


def written(files: dict[str, bytes]) -> bytes:
    members = [Member(name, len(data), AT) for name, data in files.items()]
    sums = [zlib.crc32(data) for data in files.values()]
    parts = [
        local_header(member) + data + descriptor(member, checksum)
        for member, data, checksum in zip(members, files.values(), sums, strict=True)
    ]
    whole = b"".join(parts) + directory(members, sums)
    assert len(whole) == archive_size(members)
    return whole


def test_python_opens_the_archive_and_finds_every_name() -> None:
    with zipfile.ZipFile(io.BytesIO(written(FILES))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert archive.infolist()[0].date_time == (2026, 5, 4, 9, 30, 10)


def test_an_archive_of_nothing_is_an_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(written({}))) as archive:
        assert archive.namelist() == []


@pytest.mark.skipif(which("unzip") is None, reason="needs Debian's unzip (apt-get install unzip)")
def test_unzip_opens_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(written(FILES))
    subprocess.run(["unzip", "-tqq", path], check=True)


class _Holes(io.RawIOBase):
    """An archive with 5 GiB of zeros in it, of which only the ends exist."""

    def __init__(self, head: bytes, hole: int, tail: bytes) -> None:
        self._head, self._hole, self._tail = head, hole, tail
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        size = len(self._head) + self._hole + len(self._tail)
        self._at = offset + (0, self._at, size)[whence]
        return self._at

    def readinto(self, buffer) -> int:  # noqa: ANN001  # any writable buffer
        tail_at = len(self._head) + self._hole
        if self._at < len(self._head):
            data = self._head[self._at : self._at + len(buffer)]
        elif self._at < tail_at:
            data = bytes(min(len(buffer), tail_at - self._at))
        else:
            data = self._tail[self._at - tail_at :][: len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def test_what_is_larger_than_4_gib_is_told_in_zip64() -> None:
    large, small = Member("large.bin", 5 << 30, AT), Member("small.txt", 3, AT)
    tail = descriptor(large, 0) + local_header(small) + b"abc" + descriptor(small, zlib.crc32(b"abc"))
    tail += directory([large, small], [0, zlib.crc32(b"abc")])
    head = local_header(large)
    assert len(head) + large.size + len(tail) == archive_size([large, small])
    with zipfile.ZipFile(_Holes(head, large.size, tail)) as archive:  # type: ignore[arg-type]
        assert [info.file_size for info in archive.infolist()] == [5 << 30, 3]
        assert archive.read("small.txt") == b"abc"
