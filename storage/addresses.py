"""The address of a database on a server: it is spoken to on this machine, or by TLS with a server that proves its name.

What counts is what libpq makes of the address, the environment (PGHOST, PGHOSTADDR, PGSSLMODE) and a service file
together, so that is what is looked at. Whoever listens on a network would otherwise read sign-ins and who does what,
and whoever answers in the server's place would be believed.
"""

from itertools import zip_longest
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import Unprotected
from storage.hosts import is_loopback

ADDRESS: Final = "postgresql://"  # so begins the address of a database on a server
VERIFIED: Final = "verify-full"


def is_address(database: str) -> bool:
    """Tell whether this is the address of a database on a server."""
    return database.startswith(ADDRESS)


def read_address(address: str) -> URL:
    """Read an address, and see that nobody between here and the server can listen or answer in its place.

    Raises:
        Unprotected: Somebody could, or it isn't one.

    """
    from psycopg import pq  # here, so that a portal on a file doesn't load it

    try:
        url = make_url(address).set(drivername="postgresql+psycopg")
        given = url.get_dialect()().create_connect_args(url)[1]
    except (ArgumentError, ValueError):
        raise Unprotected(f"the setting database isn't an address such as {ADDRESS}role@host/name") from None
    defaults = {one.keyword.decode(): (one.val or b"").decode() for one in pq.Conninfo.get_defaults()}
    if given.get("service"):
        raise Unprotected("the setting database names a service, whose file could say anything: write the host itself")
    effective = {name: str(value) for name, value in {**defaults, **given}.items()}
    away = [host for host in _hosts(effective) if not _is_here(host)]
    if away and effective["sslmode"] != VERIFIED:
        raise Unprotected(
            f"the database at {away[0]} must be spoken to by TLS, and prove its name: add ?sslmode={VERIFIED} to the "
            "setting database, and sslrootcert= if an authority of your own signs; without it only a socket or this "
            "machine's loopback will do"
        )
    return url


def _hosts(effective: dict[str, str]) -> list[str]:
    """Name where libpq connects to: an address that stands beside a name is what counts."""
    names, addresses = effective["host"].split(","), effective["hostaddr"].split(",")
    return [address or name for name, address in zip_longest(names, addresses, fillvalue="")]


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine: its socket (nothing, or a path), or its loopback."""
    if not host or host.startswith(("/", "@")):
        return True
    return is_loopback(host)
