"""The databases of the tests: files of SQLite, or (PORTAL_TEST_DATABASE=postgresql) those of a server of their own.

A folder of a test has one database. The server is started when the first is asked for, keeps everything in memory,
and ends with the process.
"""

import atexit
import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest

from portal.settings import DATABASE
from storage.database import Database
from storage.engines import WRITER

KIND: Final = os.environ.get("PORTAL_TEST_DATABASE", "sqlite")
ON_SERVER: Final = KIND == "postgresql"
REFUSED: Final = (sqlite3.IntegrityError, psycopg.IntegrityError)
ONLY_SQLITE: Final = pytest.mark.skipif(ON_SERVER, reason="of SQLite alone")
ONLY_POSTGRESQL: Final = pytest.mark.skipif(not ON_SERVER, reason="of PostgreSQL alone")
BEGINNING: Final = ("BEGIN", "PRAGMA", "SET LOCAL")  # with which the database's own words of a transaction begin
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
NEEDED: Final = "needs Debian's postgresql (apt-get install postgresql)"
IN_POSTGRESQL: Final = pytest.mark.skipif(not _PROGRAMS, reason=NEEDED)
_MEMORY = "dynamic_shared_memory_type=mmap"  # in the server's folder, and gone with it
PORT: Final = 5432
FAST: Final = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200", "shared_buffers=64MB")
_NOBODY = 65534


class Server:
    """A PostgreSQL server of its own, on a socket in a folder of its own; trusts whoever can reach that."""

    def __init__(
        self, settings: Sequence[str] = FAST, port: int = PORT, of: "Server | None" = None, inside: Sequence[str] = ()
    ) -> None:
        """Make a server; `of` another one, as its standby; `inside`: what its programs are run by."""
        self.settings, self._port = settings, port
        memory = Path("/dev/shm")  # noqa: S108  # not for secrets
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir=memory if memory.is_dir() else None))
        self._as = [*inside]
        if os.getuid() == 0:  # which PostgreSQL refuses to be
            os.chown(self.folder, _NOBODY, _NOBODY)
            self._as += ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--pdeathsig=KILL"]
        self.data = self.folder / "data"
        if of is None:
            how = ["--no-sync", "--auth=trust", "--username=portal", "--encoding=UTF8", "--locale=C", "-D", self.data]
            self._run("initdb", *how)
        else:
            how = ["--no-sync", "--write-recovery-conf", "--checkpoint=fast", "--username=portal", "-D", self.data]
            self._run("pg_basebackup", *how, "--host", of.folder, "--port", str(of._port))
        self.start()

    def _run(self, program: str, *words: Path | str) -> None:
        subprocess.run([*self._as, _PROGRAMS[-1].with_name(program), *words], check=True, capture_output=True)

    def promote(self) -> None:
        """Let a standby be the primary, and wait until it is."""
        self._run("pg_ctl", "promote", "--wait", "-D", self.data)

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = (_MEMORY, "listen_addresses=", f"port={self._port}", *self.settings)
        options = [part for setting in settings for part in ("-c", setting)]
        listening = ["-k", self.folder, "-D", self.data]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, _PROGRAMS[-1], *options, *listening], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        end = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < end, (self.folder / "log").read_text("utf-8")
                time.sleep(0.05)
            else:
                return

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT ends connections and writes what is open, SIGQUIT leaves that to the next start."""
        if self._process.poll() is None:
            self._process.send_signal(sign)
        self._process.wait(30)

    def end(self) -> None:
        """Stop, and take everything away."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str) -> None:
        """Do something beside all databases."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def address(self, name: str, user: str = "portal") -> str:
        """Give the address of a database."""
        return f"postgresql://{user}@/{name}?host={self.folder}&port={self._port}"


def programs() -> Path:
    """Tell where the server's programs are."""
    return _PROGRAMS[-1].parent


@cache
def server() -> Server:
    """Start the server of this process."""
    if not _PROGRAMS:
        pytest.skip(NEEDED)
    started = Server()
    atexit.register(started.end)
    return started


@cache
def _made() -> set[str]:
    return set()


def place(folder: Path) -> Path | str:
    """Give the place of the database of a folder; on a server it is there, and empty at first."""
    if not ON_SERVER:
        return folder / DATABASE
    name = _name(folder)
    if name not in _made():
        server().execute(f"CREATE DATABASE {name}")
        _made().add(name)
    return server().address(name)


def copy(folder: Path, to: Path) -> None:
    """Copy the database of a folder, which nobody has open; a file was copied with its folder."""
    if ON_SERVER:
        server().execute(f"CREATE DATABASE {_name(to)} TEMPLATE {_name(folder)} STRATEGY FILE_COPY")
        _made().add(_name(to))


def drop(folder: Path) -> None:
    """Take the database of a folder away, whoever has it open."""
    if ON_SERVER and (name := _name(folder)) in _made():
        server().execute(f"DROP DATABASE {name} WITH (FORCE)")
        _made().remove(name)


def save(folder: Path, to: Path) -> None:
    """Keep the database of a folder as it is, which nobody has open."""
    if ON_SERVER:
        copy(folder, to)
    else:
        to.mkdir()
        shutil.copy(folder / DATABASE, to)


def bring_back(kept: Path, folder: Path) -> None:
    """Set the database of a folder, which nobody has open, back to what was kept."""
    if ON_SERVER:
        drop(folder)
        copy(kept, folder)
    else:
        shutil.copy(kept / DATABASE, folder)


def raw(database: Database) -> bytes:
    """Give all bytes of a database that lie on the disk."""
    if not isinstance(database.place, Path):
        return raw_at(database.place)
    return b"".join(file.read_bytes() for file in database.place.parent.glob(f"{database.place.name}*"))


def raw_at(address: str) -> bytes:
    """Give all bytes of a server's database, and of what is written of all of them in turn."""
    server().execute("CHECKPOINT")
    with closing(Hand(address)) as hand:
        (number,) = hand("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    files = [*server().folder.glob(f"data/base/{number}/*"), *server().folder.glob("data/pg_wal/0*")]
    return b"".join(file.read_bytes() for file in files)


def _name(folder: Path) -> str:
    return "t" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:20]


class Hand:
    """Somebody at the database's own prompt, past the portal and its foreign keys; each statement counts at once."""

    def __init__(self, at: Path | str) -> None:
        self._sqlite = isinstance(at, Path)
        self._connection: Any = (
            sqlite3.connect(at, isolation_level=None) if isinstance(at, Path) else psycopg.connect(at, autocommit=True)
        )
        if self._sqlite:
            self("PRAGMA recursive_triggers=ON")

    def __call__(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """Do something, said as SQLite understands it; parameters stand as question marks."""
        if self._sqlite:
            values = [value.hex if isinstance(value, UUID) else value for value in parameters]
            return self._connection.execute(statement, values)
        for pattern, ours in _SPOKEN.items():
            statement = re.sub(pattern, ours, statement)
        return self._connection.execute(statement, parameters or None)

    def columns(self, table: str) -> list[str]:
        """Name the columns of a table."""
        return [column[0] for column in self(f"SELECT * FROM {table} LIMIT 0").description]  # noqa: S608 - its own name

    def triggers(self) -> dict[str, str]:
        """Name the triggers, each with its table."""
        found = self(_TRIGGERS_SQLITE if self._sqlite else _TRIGGERS_POSTGRESQL)
        return dict(found.fetchall())

    def allow(self, *triggers: str) -> None:
        """Switch off what the database refuses: these triggers, or all but the one that doesn't refuse."""
        there = self.triggers()
        for trigger in triggers or set(there) - {"event_waits_for_the_tree"}:
            self(f"DROP TRIGGER {trigger}" + ("" if self._sqlite else f" ON {there[trigger]}"))

    def loosen(self) -> None:
        """Switch off whatever a superuser can, for this hand alone where that is enough."""
        self.allow()
        if not self._sqlite:
            self("ALTER TABLE event ENABLE ALWAYS TRIGGER event_waits_for_the_tree")
            self("SET session_replication_role = replica")  # which foreign keys don't mind

    def unlink(self, table: str) -> None:
        """Let a table's rows name rows that aren't there."""
        if not self._sqlite:
            links = self("SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = ?::regclass", (table,))
            for (name,) in links.fetchall():
                self(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def refuse(self, table: str, condition: str = "", code: str = "integrity_constraint_violation") -> None:
        """Let a table take no more rows, until `no` is allowed."""
        when = f"WHEN ({condition})" if condition else ""
        moment = f"CREATE TRIGGER no BEFORE INSERT ON {table}"
        if self._sqlite:
            self(f"{moment} {when} BEGIN SELECT RAISE(ABORT, 'no'); END")
            return
        raises = f"BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END"
        self(f"CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ {raises} $$")
        self(f"{moment} FOR EACH ROW {when} EXECUTE FUNCTION no()")

    def lock(self) -> None:
        """Take the lock of all who write, until this hand leaves."""
        self("BEGIN IMMEDIATE" if self._sqlite else f"SELECT pg_advisory_lock({WRITER})")

    def close(self) -> None:
        """Leave."""
        with suppress(psycopg.Error):
            self._connection.close()


_TRIGGERS_SQLITE = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
_TRIGGERS_POSTGRESQL = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
_SPOKEN = {
    r"\?": "%s",
    r"zeroblob\((\d+|length\(\w+\))\)": r"decode(repeat('00', \1), 'hex')",
    r"[xX]'([0-9a-fA-F]*)'": r"'\\x\1'::bytea",
}


@contextmanager
def by_hand(database: Database) -> Iterator[Hand]:
    """Sit down at a database's own prompt."""
    with closing(Hand(database.place)) as hand:
        yield hand
