"""The effective settings: defaults, then `portal.toml`, then `PORTAL_*` variables."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from portal.domain.reach import Reach
from portal.domain.roles import Role
from portal.domain.signals import Limit, Rule, read_limit
from portal.errors import Invalid
from portal.plainly import in_a_line
from storage.keys.token_uri import EXAMPLE, Token, read_uri

# from how many on, and within how many minutes, a rule gives a signal: rule:count:minutes; 0 switches it off
SIGNAL_LIMITS: Final = (
    "mass_download:50:60",
    "pace:30:1",
    "refusals:20:10",
    "after_end:3:1440",
    "new_network:1:129600",
    "new_browser:1:129600",
    "copy_found:1:1440",
)
# where the portal's records and objects lie
PLACES: Final = frozenset(
    {
        *("data", "database", "objects"),
        *("s3_endpoint", "s3_bucket", "s3_region", "s3_access_key", "s3_secret_key", "s3_credentials"),
    }
)
DATABASE: Final = "portal.db"  # of SQLite, in the folder data
LOG_FORMATS: Final = ("text", "json")
# whose downloads of PDF files bear a mark: of all who are no party to the file, or of everybody
MARKED_FOR: Final = ("outside", "everybody")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set; each is `PORTAL_<NAME>` in the environment."""

    data: Path = Path("data")  # objects, and the database where it is a file
    # postgresql://…, the address of a database on a server; empty: SQLite in `data`
    database: str = field(default="", repr=False)
    keys: Path = Path("keys")  # the key file: outside `data`, best on another device
    pkcs11: str = ""  # the token (HSM) that holds the keys instead, as an RFC 7512 URI with the file of its PIN
    host: str = "127.0.0.1"
    port: int = 8000
    tls_folder: str = ""  # the certificate by which the proxy knows the portal, and whom it lets in (`portal tls make`)
    origin: str = "http://localhost:8000"  # the address that people type
    proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-* headers are believed
    objects: str = "folder"  # or s3
    s3_endpoint: str = ""
    s3_bucket: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: str = field(default="", repr=False)
    s3_secret_key: str = field(default="", repr=False)
    s3_credentials: str = ""  # a file with these two instead, as AWS writes it, that may change at any time
    upload_bytes: int = 5 * 1024**3
    session_idle_minutes: int = 60
    session_hours: int = 12
    # the same for those who hold a role, whichever they act in: role:minutes:hours
    session_limits: tuple[str, ...] = ("administrator:20:8", "registrar:30:10", "confidentiality_officer:20:8")
    fresh_minutes: int = 15  # so long after a proof of who one is, one may clear, appoint, export without another
    second_factor: bool = True  # a passphrase lets in with a code alone; off only where the portal serves this machine
    issuer_networks: tuple[str, ...] = ()  # where identity providers may be besides global addresses
    invitation_days: int = 7
    log_public: bool = (
        False  # everybody may read the tree of the log: hashes, by which nobody learns what an event says
    )
    witness_policy: str = ""  # a file: the log's witnesses, and how many must agree (C2SP tlog-policy)
    signal_limits: tuple[str, ...] = SIGNAL_LIMITS
    publication_hours: int = 24  # so long what two people confirmed for publication is thought over
    group_observers: bool = False  # the Oversight Group has observers here (ToR 38); else such an appointment is none
    confirm_appointments: bool = False  # the registrar confirms what focal points appoint
    mark_downloads: str = "outside"  # PDF files are marked for who is no party to the file; or for everybody
    smtp_host: str = ""  # the server that takes our mail; none: mail waits
    smtp_port: int = 587
    smtp_security: str = "starttls"  # or tls; none only to this machine
    smtp_ca_file: str = ""  # the certificates by which the server is known, if not the system's
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""  # the address that mail comes from
    ending_seconds: int = 30  # so long what runs may go on once the portal is told to end; then it is cut
    log_format: str = "text"  # of what the service says of itself: text or json
    traces_endpoint: str = ""  # where traces are sent (OTLP over HTTP); none: nowhere
    metrics_port: int = 0  # where numbers for Prometheus are given out; 0: nowhere
    metrics_token: str = field(default="", repr=False)  # whoever asks for them must send it

    def __post_init__(self) -> None:
        """Read the limits and networks once, so that a wrong one is found at the start."""
        _read_limits(self.session_limits)
        _read_signal_limits(self.signal_limits)
        _ = self.issuer_reach, self.token
        if self.mark_downloads not in MARKED_FOR:
            raise Invalid(f"the setting mark_downloads can be {' or '.join(MARKED_FOR)}, not {self.mark_downloads!r}")
        if self.log_format not in LOG_FORMATS:
            raise Invalid(f"the setting log_format can be {' or '.join(LOG_FORMATS)}, not {self.log_format!r}")

    def session_bounds(self, roles: Iterable[Role]) -> tuple[timedelta, timedelta]:
        """Tell how long a session lives without a request, and at the most, for whoever holds these roles."""
        limits, usual = _read_limits(self.session_limits), (self.session_idle, self.session_life)
        bounds = [limits.get(role, usual) for role in roles] or [usual]
        return min(idle for idle, _ in bounds), min(life for _, life in bounds)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that an appointment can give here."""
        return tuple(role for role in Role if role is not Role.GROUP_OBSERVER or self.group_observers)

    @property
    def database_file(self) -> Path:
        """Where SQLite keeps the portal, if no server does."""
        return self.data / DATABASE

    @property
    def database_place(self) -> Path | str:
        """Where the database is: the address of a server, or the file."""
        return self.database or self.database_file

    @property
    def place(self) -> str:
        """Where the portal is, in a message: an address can hold a password."""
        return "the database that is set" if self.database else str(self.data)

    @property
    def session_idle(self) -> timedelta:
        """How long a session lives without a request, but for the roles that have a limit of their own."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_life(self) -> timedelta:
        """How long a session lives at the most, likewise."""
        return timedelta(hours=self.session_hours)

    @property
    def fresh(self) -> timedelta:
        """How long a proof of who one is stays fresh."""
        return timedelta(minutes=self.fresh_minutes)

    @property
    def signal_rules(self) -> Mapping[Rule, Limit]:
        """What rules there are, and their limits; one that isn't named has that of the defaults."""
        return _read_signal_limits(SIGNAL_LIMITS) | _read_signal_limits(self.signal_limits)

    @property
    def token(self) -> Token | None:
        """The token that holds the keys, if one does.

        Raises:
            Invalid: It can't be read; the sentence doesn't quote it, since somebody may have put the PIN there.
        """
        try:
            return read_uri(self.pkcs11) if self.pkcs11 else None
        except ValueError as error:
            raise Invalid(f"the setting pkcs11 can't be read: {error}. Write it like {EXAMPLE}") from None

    @property
    def on_this_machine(self) -> bool:
        """Whether the portal serves this machine alone: its address is plain HTTP on loopback."""
        at = urlsplit(self.origin)
        return at.scheme == "http" and at.hostname in {"localhost", "127.0.0.1", "::1"}

    @property
    def issuer_reach(self) -> Reach:
        """Where identity providers are asked.

        Raises:
            Invalid: A network is none.
        """
        try:
            networks = tuple(ip_network(network) for network in self.issuer_networks)
        except ValueError as error:
            raise Invalid(f"the setting issuer_networks can't be read: {error}") from None
        return Reach(networks, self.on_this_machine)

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ, file: Path | None = None) -> Self:
        """Read the settings.

        Raises:
            Invalid: A name is unknown or a value can't be read; the sentence says which.
        """
        file = file or Path(environment.get("PORTAL_CONFIG", "portal.toml"))
        given = _given(file) if file.exists() else {}
        known = {f.name: f for f in fields(cls)}
        if unknown := set(given) - set(known):
            raise Invalid(f"{file}: no setting is called {', '.join(sorted(unknown))}")
        given |= {
            name: environment[f"PORTAL_{name.upper()}"] for name in known if f"PORTAL_{name.upper()}" in environment
        }
        return cls(**{name: _read(name, known[name].type, value) for name, value in given.items()})

    def moved_to(self, file: Path) -> Self:
        """Give these settings with another place for database and objects, which a file of the same form names.

        Raises:
            Invalid: It can't be read, or names anything else.
        """
        given = _given(file)
        if others := sorted(set(given) - PLACES):
            raise Invalid(f"{file} can name the new place alone ({', '.join(sorted(PLACES))}), not {', '.join(others)}")
        known = {f.name: f.type for f in fields(self)}
        return replace(self, **{name: _read(name, known[name], value) for name, value in given.items()})

    def shown(self) -> dict[str, str]:
        """Give all settings as text, without secrets."""
        secret = {f.name for f in fields(self) if not f.repr}
        return {
            f.name: ("(set)" if getattr(self, f.name) else "") if f.name in secret else _text(getattr(self, f.name))
            for f in fields(self)
        }


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Name the variables that look like settings and are none, but for those of the tests."""
    known = {f"PORTAL_{f.name.upper()}" for f in fields(Settings)} | {"PORTAL_CONFIG"}
    ours = (name for name in environment if name.startswith("PORTAL_") and not name.startswith("PORTAL_TEST"))
    return sorted(name for name in ours if name not in known)


def _given(file: Path) -> dict[str, Any]:
    """Read a file of settings.

    Raises:
        Invalid: It can't be read; the sentence says where, and quotes nothing: secrets stand in it.
    """
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise Invalid(f"settings can't be read: {in_a_line(error)}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{file} can't be read as settings: it isn't text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^()]*\)$", str(error))
        raise Invalid(
            f"{file} can't be read as settings{f' {place[0]}' if place else ''}: write each as name = value, as in "
            'port = 8000 or origin = "https://portal.example.org"'
        ) from None


@cache
def _read_limits(limits: tuple[str, ...]) -> Mapping[Role, tuple[timedelta, timedelta]]:
    """Read the limits of roles; kept, since every request asks for them.

    Raises:
        Invalid: A limit is none of a role's.
    """
    found: dict[Role, tuple[timedelta, timedelta]] = {}
    for limit in limits:
        named, _, rest = limit.partition(":")
        minutes, _, hours = rest.partition(":")
        if named not in set(Role) or not (minutes.isdecimal() and hours.isdecimal()):
            raise Invalid(f"the setting session_limits can't be {limit!r}: write role:minutes:hours")
        found.setdefault(Role(named), (timedelta(minutes=int(minutes)), timedelta(hours=int(hours))))
    return found


@cache
def _read_signal_limits(limits: tuple[str, ...]) -> dict[Rule, Limit]:
    """Read the limits of rules.

    Raises:
        Invalid: A limit is none of a rule's.
    """
    found: dict[Rule, Limit] = {}
    for limit in limits:
        try:
            rule, read = read_limit(limit)
        except ValueError:
            raise Invalid(f"the setting signal_limits can't be {limit!r}: write rule:count:minutes") from None
        found.setdefault(rule, read)
    return found


def _text(value: Any) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _read(name: str, kind: Any, value: Any) -> Any:
    try:
        match kind:
            case _ if kind is Path:
                return Path(str(value)).expanduser()
            case _ if kind is int:
                return int(value)
            case _ if kind is bool:
                return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
            case _ if kind is str:
                return str(value)
            case _:
                return tuple(value.split()) if isinstance(value, str) else tuple(str(part) for part in value)
    except (ValueError, KeyError):
        raise Invalid(f"the setting {name} can't be {value!r}") from None
