"""What those who download over slow lines cost the others: pages of two servers, one of which serves such a crowd."""

import asyncio
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.filled import build, put_large
from tests.bench.measure import Figure, speed_ratio
from tests.bench.running import TURNS, pages, served
from tests.bench.wire import Wire

CLIENTS = 500
BYTES_A_SECOND = 8_000  # 64 kbit/s
BEGIN_A_SECOND = 10
RECEIVES = 16_384  # bytes that the system takes for a client beforehand
WAITS = 300.0


def figures(folder: Path) -> list[Figure]:
    small = folder / "small"
    small.mkdir(parents=True)
    world = build(small)
    large = put_large(world, small / "plain")
    world.portal.database.close()
    alike = folder / "alike"
    for part in ("data", "keys"):
        shutil.copytree(small / part, alike / part)
    room, token = f"/rooms/{world.files['xaa'].rooms['shared']}", world.members["officer"].token
    plan = {"token": token, "page": room, "file": str(small / "plain"), "folder": str(small)}
    with served(small, plan) as port, served(alike, plan) as other:
        alone = pages(Wire(other, token), room)
        with crowd(port, token, f"/versions/{large.hex}/content"):
            times = 1 / speed_ratio(pages(Wire(port, token), room), alone, TURNS)
    beside = "the page of a server without them"
    return [Figure(f"the page while {CLIENTS} download at 64 kbit/s", times, 1.5, "times", beside, at_most=True)]


@contextmanager
def crowd(port: int, token: str, path: str) -> Iterator[None]:
    """Let the crowd download, in a process of its own, from when the last of them receives."""
    command = [sys.executable, "-m", "tests.bench.crowds", str(port), token, path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "all receive\n"
        yield
        assert process.poll() is None, "somebody was cut off"
    finally:
        process.kill()
        process.wait()


async def download(number: int, port: int, request: bytes, begun: asyncio.Semaphore) -> None:
    """Take a content slowly, to its end."""
    await asyncio.sleep(number / BEGIN_A_SECOND)
    loop = asyncio.get_running_loop()
    while True:
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVES)
            line.setblocking(False)
            await loop.sock_connect(line, ("127.0.0.1", port))
            await loop.sock_sendall(line, request)
            head = await loop.sock_recv(line, BYTES_A_SECOND)
            if head.startswith(b"HTTP/1.1 503 "):  # too many begin in this moment: as the answer says, once more
                await asyncio.sleep(1)
                continue
            assert head.startswith(b"HTTP/1.1 200 "), head[:200]
            begun.release()
            while True:
                await asyncio.sleep(1)
                if not await loop.sock_recv(line, BYTES_A_SECOND):
                    raise ConnectionError("cut off")


async def main(port: int, token: str, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: portal-local={token}\r\n\r\n".encode()
    begun = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(download(number, port, request, begun))
        async with asyncio.timeout(WAITS):
            for _ in range(CLIENTS):
                await begun.acquire()
        sys.stdout.write("all receive\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
