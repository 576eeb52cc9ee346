"""The servers of the scaled-out demonstration: PostgreSQL of Debian and SeaweedFS, each in a folder of its own.

Both listen to this machine alone, and everything of theirs is removed at the end.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from portal.errors import Invalid, Unavailable
from portal.settings import Settings

DATABASE: Final = "portal"
BUCKET: Final = "portal"
START_SECONDS: Final = 90
STOP_SECONDS: Final = 15
MADE: Final = {200, 201, 409}  # what the object store answers to the making of a bucket; 409: it is there
_NOBODY: Final = 65534


def check_programs() -> None:
    """Look whether both servers are installed.

    Raises:
        Invalid: One isn't; the sentence says how to get it.

    """
    if _postgresql() is None:
        raise Invalid(
            "the scaled-out demonstration needs PostgreSQL, and it isn't here: apt-get install postgresql, or run "
            "`make demo` without SCALED"
        )
    if _weed() is None:
        raise Invalid(
            "the scaled-out demonstration needs SeaweedFS (weed), and it isn't here: `make setup` brings it, or run "
            "`make demo` without SCALED"
        )


def free_port() -> int:
    """Find a port that nobody listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def database_and_store(settings: Settings) -> Iterator[tuple[Settings, tuple[Path, ...]]]:
    """Start both; gives the settings with their addresses, and the folders in which they write.

    Raises:
        Invalid: One isn't installed.
        Unavailable: One doesn't start.

    """
    check_programs()
    with _folder() as mine, _folder(_account()) as theirs, _database(theirs) as address, _store(mine) as store:
        yield replace(settings, database=address, objects="s3", **store), (mine, theirs)


# --- PostgreSQL


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    programs = _postgresql()
    assert programs is not None  # noqa: S101 - looked for before
    data, account = folder / "data", _account()
    kept = ["--auth=trust", "--username=portal", "--encoding=UTF8", "--locale=C", "--wal-segsize=1"]
    _run([str(programs / "initdb"), "--no-sync", *kept, f"--pgdata={data}"], account)
    listening = [f"-k{folder}", "-clisten_addresses=", "-cmax_wal_size=32MB", "-cmin_wal_size=8MB", f"-D{data}"]
    with _process([str(programs / "postgres"), *listening], folder, account, signal.SIGINT) as process:
        ready = [str(programs / "pg_isready"), "--quiet", f"--host={folder}", "--username=portal", "--dbname=postgres"]
        _wait("PostgreSQL", process, folder, lambda: not _run(ready, account, check=False))
        how = ["--template=template0", "--encoding=UTF8", "--locale=C", f"--host={folder}", "--username=portal"]
        _run([str(programs / "createdb"), *how, DATABASE], account)
        yield f"postgresql://portal@/{DATABASE}?host={folder}"


def _postgresql() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _account() -> tuple[int, int] | None:
    """Name the account for PostgreSQL, which doesn't run as root; None: one's own."""
    if os.getuid():
        return None
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        return _NOBODY, _NOBODY
    return found.pw_uid, found.pw_gid


# --- SeaweedFS


@contextmanager
def _store(folder: Path) -> Iterator[dict[str, Any]]:
    weed = _weed()
    assert weed is not None  # noqa: S101 - looked for before
    (folder / "data").mkdir()
    secret = secrets.token_hex(16)
    identity = {
        "name": "portal",
        "credentials": [{"accessKey": "portal", "secretKey": secret}],
        "actions": [f"{action}:{BUCKET}" for action in ("Read", "Write", "List")],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port.grpc", "s3.port.grpc")
    filer, s3 = free_port(), free_port()
    words = [
        *(
            str(weed),
            "server",
            f"-dir={folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
        ),
        *("-master.volumeSizeLimitMB=64", f"-filer.port={filer}", f"-filer.localSocket={folder / 'filer.sock'}"),
        *("-s3", f"-s3.port={s3}", "-s3.port.lance=0", "-s3.port.iceberg=0", f"-s3.config={folder / 's3.json'}"),
        *(f"-{name}={free_port()}" for name in names),
    ]
    with _process(words, folder, None, signal.SIGKILL) as process:  # a polite stop takes it half a minute
        _wait("SeaweedFS", process, folder, lambda: _answers(s3) and _makes_bucket(filer))
        yield {
            "s3_endpoint": f"http://127.0.0.1:{s3}",
            "s3_bucket": BUCKET,
            "s3_access_key": "portal",
            "s3_secret_key": secret,
        }


def _weed() -> Path | None:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    return Path(found) if found else None


def _answers(port: int) -> bool:
    return _status("GET", port, "/status") is not None


def _makes_bucket(filer: int) -> bool:
    return _status("POST", filer, f"/buckets/{BUCKET}/") in MADE


def _status(method: str, port: int, path: str) -> int | None:
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request(method, path)
        return line.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        line.close()


# --- both


@contextmanager
def _folder(account: tuple[int, int] | None = None) -> Iterator[Path]:
    """Make a folder that the account reaches, wherever the visitor's lie; its path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="portal-demo-"))
    try:
        if account:
            os.chown(folder, *account)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _process(
    words: Sequence[str], folder: Path, account: tuple[int, int] | None, stops: signal.Signals
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - programs of ours and their options, no words of strangers
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            **_as(account),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(stops)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(name: str, process: subprocess.Popen[bytes], folder: Path, is_ready: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > until:
            last = ((folder / "log").read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
            raise Unavailable(f"{name} didn't start: {last}")
        time.sleep(0.2)


def _run(words: Sequence[str], account: tuple[int, int] | None, *, check: bool = True) -> int:
    done = subprocess.run(  # noqa: S603 - likewise
        words, cwd="/", check=False, capture_output=True, **_as(account)
    )
    if check and done.returncode:
        raise Unavailable(f"{Path(words[0]).name} failed: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.returncode


def _as(account: tuple[int, int] | None) -> dict[str, Any]:
    return {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
