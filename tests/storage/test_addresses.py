"""A database on a server is spoken to on this machine, or by TLS with a server that proves its name; no standby."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from portal.demo.servers import free_port
from storage.addresses import read_address
from storage.database import Database
from storage.errors import DatabaseUnavailable, Unprotected
from tests.authorities import CERTIFIED, authority, speak_tls
from tests.databases import IN_POSTGRESQL, Server

HERE = [
    "postgresql://portal@/portal",
    "postgresql://portal@/portal?host=/run/postgresql",
    "postgresql://portal@/portal?host=/run/a,/run/b",
    "postgresql://portal@localhost/portal",
    "postgresql://portal@127.0.0.1:5433/portal",
    "postgresql://portal@[::1]/portal",
    "postgresql://portal@db.example.org/portal?hostaddr=127.0.0.1",
    "postgresql://portal@db.example.org/portal?sslmode=verify-full",
    "postgresql://portal@/portal?host=db1.example.org:5432&host=db2.example.org:5432&sslmode=verify-full",
]
AWAY = [
    "postgresql://portal@db.example.org/portal",
    "postgresql://portal@192.0.2.7/portal",
    "postgresql://portal@db.example.org/portal?sslmode=disable",
    "postgresql://portal@db.example.org/portal?sslmode=prefer",
    "postgresql://portal@db.example.org/portal?sslmode=require",
    "postgresql://portal@db.example.org/portal?sslmode=verify-ca",
    "postgresql://portal@db.example.org/portal?sslmode=VERIFY-FULL",
    "postgresql://portal@/portal?host=localhost,db.example.org",
    "postgresql://portal@/portal?host=/run/postgresql&host=db.example.org",
    "postgresql://portal@localhost/portal?hostaddr=192.0.2.7",
    "postgresql://portal@/portal?hostaddr=192.0.2.7",
    "postgresql://portal@/portal?host=localhost,localhost&hostaddr=127.0.0.1,192.0.2.7",
    "postgresql://portal@localhost.example.org/portal",
    "postgresql://portal@0.0.0.0/portal",
    "postgresql://portal@/portal?service=elsewhere",
]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("address", HERE)
def test_this_machine_or_a_server_that_proves_its_name_will_do(address: str) -> None:
    assert read_address(address).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("address", AWAY)
def test_anything_else_is_refused_before_a_byte_leaves(address: str) -> None:
    with pytest.raises(Unprotected) as refused:
        Database(address)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("PGHOST", "db.example.org"), ("PGHOSTADDR", "192.0.2.7"), ("PGSERVICE", "elsewhere")]
)
def test_the_environment_does_not_lead_it_elsewhere(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "services").write_text("[elsewhere]\nhost=localhost\nhostaddr=192.0.2.7\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv(name, value)
    with pytest.raises(Unprotected):
        read_address("postgresql://portal@/portal")


@pytest.mark.parametrize(
    "address", ["postgresql://portal@localhost:port/portal", "postgresql://portal@/portal?host=a:1&host=b:2&port=3"]
)
def test_what_is_no_address_is_said_without_its_password(address: str) -> None:
    with pytest.raises(Unprotected, match="isn't an address") as refused:
        read_address(address.replace("portal@", "portal:Quillwort@"))
    assert "Quillwort" not in str(refused.value)
    assert refused.value.__cause__ is None


# --- a server with TLS


def own_address() -> str:
    """Give an address of this machine that isn't loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the address of a server that takes nobody without TLS, and the folder of its authority."""
    folder, host, port = tmp_path_factory.mktemp("authority"), own_address(), free_port()
    authority(folder, host)
    server = Server(port=port)
    speak_tls(server, folder, host)
    server.execute("CREATE DATABASE portal")
    server.execute(f"CREATE ROLE {CERTIFIED} LOGIN")
    yield f"postgresql://portal@{host}:{port}/portal?sslmode=verify-full", folder
    server.end()


@IN_POSTGRESQL
def test_a_server_that_proves_its_name_is_spoken_to_by_tls(guarded: tuple[str, Path]) -> None:
    address, folder = guarded
    database = Database(f"{address}&sslrootcert={folder / 'ca.pem'}")
    database.create()
    with database.read() as session:
        ours = session.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    database.close()
    assert ours is True


@IN_POSTGRESQL
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_server_that_cannot_prove_it_is_away(guarded: tuple[str, Path], wrong: str, tmp_path: Path) -> None:
    address, folder = guarded
    if wrong == "authority":
        authority(tmp_path, "192.0.2.7")
        folder = tmp_path
    else:
        host = address.partition("@")[2].partition(":")[0]
        address = address.replace(f"@{host}", "@db.example.org") + f"&hostaddr={host}"
    database = Database(f"{address}&sslrootcert={folder / 'ca.pem'}")
    with pytest.raises(DatabaseUnavailable):
        database.create()
    database.close()


@IN_POSTGRESQL
def test_a_role_comes_in_by_a_certificate_without_a_password(guarded: tuple[str, Path]) -> None:
    address, folder = guarded
    address = address.replace("//portal@", f"//{CERTIFIED}@") + f"&sslrootcert={folder / 'ca.pem'}"
    database = Database(f"{address}&sslcert={folder / 'client.pem'}&sslkey={folder / 'client.key'}")
    with database.read() as session:
        assert session.scalar(text("SELECT current_user")) == CERTIFIED
    database.close()
    database = Database(address)
    with pytest.raises(DatabaseUnavailable), database.read() as session:
        session.scalar(text("SELECT 1"))
    database.close()


# --- a standby


@IN_POSTGRESQL
def test_a_standby_is_neither_written_nor_read_and_among_several_the_primary_is_found() -> None:
    primary = Server()
    primary.execute("CREATE DATABASE portal")
    standby = Server(of=primary)
    alone = Database(standby.address("portal"))
    with pytest.raises(DatabaseUnavailable), alone.read() as session:
        session.scalar(text("SELECT 1"))
    with pytest.raises(DatabaseUnavailable), alone.begin():
        pass
    several = Database(f"postgresql://portal@/portal?host={standby.folder},{primary.folder}")
    with several.begin() as session:
        assert session.scalar(text("SELECT pg_is_in_recovery()")) is False
    primary.stop()
    standby.promote()
    for database in (alone, several):
        with database.begin() as session:
            assert session.scalar(text("SELECT pg_is_in_recovery()")) is False
        database.close()
    primary.end()
    standby.end()


def test_a_portal_on_a_file_loads_nothing_of_a_server() -> None:
    asked = "import sys, portal.app, portal.doctor.stores; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
