"""The house that a portal lives in: its settings, folders and their modes, space, clock, address, Debian's parts."""

import ctypes
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from portal.app import check_factor
from portal.doctor.findings import Finding, Mark
from portal.errors import Invalid
from portal.measures_server import check_measures
from portal.papers.fonts import FontsMissing, shelf
from portal.plainly import account_name
from portal.post import check_post
from portal.rendering.office import Office
from portal.server import check_exposure
from portal.settings import Settings, unknown_names
from portal.spans import check_spans
from portal.tls import SOON, check_tls
from portal.web.assets import has_asset

ENVIRONMENT: Final = Path("/etc/portal/env")  # where deploy/README.md puts the settings
RELEASED: Final = datetime(2026, 11, 1, tzinfo=UTC)  # no clock is right that says less
MEBIBYTE: Final = 1024 * 1024
LEAST_FREE: Final = 1024 * MEBIBYTE
LOW_SHARE: Final = 0.1
WIDE_ADDRESSES: Final = 65536  # proxies are a few machines, not a country
_UNSYNCHRONIZED: Final = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES: Final = 256  # struct timex, with room


def account(settings: Settings) -> Iterator[Finding]:
    """Look who asks: what another account than the portal's touches, the portal may not be able to touch again."""
    if not settings.data.exists():
        yield Finding("account", Mark.OK, f"{account_name(os.geteuid())} asks, and there is no data yet")
        return
    owner = settings.data.stat().st_uid
    if owner != os.geteuid():
        mend = f"run it as {account_name(owner)}, with the settings of the service (deploy/README.md, Install)"
        says = f"{account_name(os.geteuid())} asks, and {settings.data} is {account_name(owner)}'s"
        yield Finding("account", Mark.WRONG, says, mend)
    elif owner == 0:
        mend = "give the portal an account of its own without rights (deploy/README.md, Install)"
        yield Finding("account", Mark.ADVICE, "the portal's account is root", mend)
    else:
        yield Finding("account", Mark.OK, f"{account_name(owner)} owns the data, and asks")


def settings_fit(settings: Settings, files: tuple[Path, ...]) -> Iterator[Finding]:
    """Look whether the settings fit together, and whether others may read or write where they stand."""
    for check in (check_exposure, check_post, check_factor, check_measures, check_spans):
        try:
            check(settings)
        except Invalid as error:
            yield Finding("settings", Mark.WRONG, str(error), "change that setting and start the portal again")
            return
    loose = [path for path in files if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o027]
    for path in loose:
        mend = f"chmod 0640 {path}: it may hold secrets, and whoever writes settings has the portal"
        yield Finding("settings", Mark.WRONG, f"{path} can be read by everybody or written by its group", mend)
    for path in files:
        if path.exists() and path.resolve().is_relative_to(settings.data.resolve()):
            mend = "move it out of the data, and name its place in PORTAL_CONFIG"
            yield Finding("settings", Mark.WRONG, f"{path} lies in the data folder", mend)
    if not loose:
        yield Finding("settings", Mark.OK, "they can be read and fit together")


def names(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look for variables that are meant for settings, and are none, and for a file of settings that isn't there."""
    if (file := environment.get("PORTAL_CONFIG")) and not Path(file).exists():
        mend = "make it if settings are to come from a file, or see that this is its name: it counts as empty"
        yield Finding("settings", Mark.ADVICE, f"PORTAL_CONFIG names {file}, which isn't there", mend)
    if unknown := unknown_names(environment):
        mend = "write it as in the table of deploy/README.md, Settings: what no setting is called changes nothing"
        yield Finding("settings", Mark.ADVICE, f"no setting is called {', '.join(unknown)}", mend)


def certificates(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at the certificates by which proxy and portal know each other."""
    try:
        ends = check_tls(settings, now)
    except Invalid as error:
        mend = "mend that, and start the portal again (deploy/README.md, Certificates for portal and proxy)"
        yield Finding("tls", Mark.WRONG, str(error), mend)
        return
    if ends is None:
        yield Finding("tls", Mark.UNUSED, "the portal serves this machine alone, in the clear")
    elif ends - now < SOON:
        mend = "portal tls make --renew (deploy/README.md, Certificates for portal and proxy)"
        yield Finding("tls", Mark.ADVICE, f"the certificates for portal and proxy end on {ends:%d %B %Y}", mend)
    else:
        yield Finding("tls", Mark.OK, f"portal and proxy know each other by certificates, until {ends:%d %B %Y}")


def folders(settings: Settings) -> Iterator[Finding]:
    """Look at the data's mode, and whether the keys lie apart from them."""
    data, keys = settings.data.resolve(), settings.keys.resolve()
    if not data.is_dir():
        yield Finding("data", Mark.WRONG, f"there is no folder {data}", "portal init, or set PORTAL_DATA")
        return
    if stat.S_IMODE(data.stat().st_mode) & 0o077:
        yield Finding("data", Mark.WRONG, f"others can look into {data}", f"chmod 0700 {data}")
    else:
        yield Finding("data", Mark.OK, f"{data} is its account's alone")
    if not keys.exists():
        return  # the look at the keys says so
    if keys.is_relative_to(data):
        mend = "move the folder out of the data (PORTAL_KEYS), and destroy copies of the data that hold it"
        yield Finding("key place", Mark.WRONG, f"the keys lie in the data folder: {keys}", mend)
    elif keys.stat().st_dev == data.stat().st_dev:
        mend = "mount a small encrypted device at the key folder: whoever takes this one device has both"
        yield Finding("key place", Mark.ADVICE, f"{keys} and the data lie on one device", mend)
    else:
        yield Finding("key place", Mark.OK, f"{keys} lies on another device than the data")


def space(settings: Settings) -> Iterator[Finding]:
    """Look how much room is left for data: a full disk stops even looking."""
    if not settings.data.is_dir():
        return
    disk = shutil.disk_usage(settings.data)
    says = f"{disk.free // MEBIBYTE} MiB of {disk.total // MEBIBYTE} MiB are free"
    mend = "make room, or give the data a larger disk; nothing may be deleted from the data folder"
    if disk.free < LEAST_FREE:
        yield Finding("space", Mark.WRONG, says, mend)
    else:
        low = disk.free < max(settings.upload_bytes, disk.total * LOW_SHARE)
        yield Finding("space", Mark.ADVICE if low else Mark.OK, says, mend if low else "")


def clock(now: datetime) -> Iterator[Finding]:
    """Look whether the clock can be right: ends of appointments and the log hang on it."""
    mend = "set the clock, and keep it right with systemd-timesyncd or chrony"
    if now < RELEASED:
        yield Finding("clock", Mark.WRONG, f"it says {now:%Y-%m-%d}, which is before this release was made", mend)
    elif _unsynchronized():
        yield Finding("clock", Mark.ADVICE, f"{now:%Y-%m-%d %H:%M} UTC, held against no other clock", mend)
    else:
        yield Finding("clock", Mark.OK, f"{now:%Y-%m-%d %H:%M} UTC")


def _unsynchronized() -> bool:
    """Ask the kernel whether anybody keeps its clock; reading takes no right."""
    try:
        return bool(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) == _UNSYNCHRONIZED)
    except (OSError, AttributeError):
        return False


def address(settings: Settings) -> Iterator[Finding]:
    """Look whether the address that people type fits where the portal listens and whom it believes."""
    at = urlsplit(settings.origin)
    if settings.on_this_machine:
        yield Finding("address", Mark.OK, f"{settings.origin}, for this machine alone")
        return
    wide = [one for one in settings.proxies if ip_network(one).num_addresses > WIDE_ADDRESSES]
    if at.scheme != "https" or not at.hostname or at.path not in {"", "/"}:
        mend = "set PORTAL_ORIGIN to https:// and the name that people type, without a path"
        yield Finding("address", Mark.WRONG, f"{settings.origin} isn't an https address", mend)
    elif not settings.proxies:
        mend = "set PORTAL_PROXIES to the address of the proxy that ends TLS, such as 127.0.0.1"
        yield Finding("address", Mark.WRONG, "no proxy is believed, so that every request is refused as insecure", mend)
    elif wide:
        mend = "name the proxy alone: whoever else is in that network can claim any address and HTTPS"
        yield Finding("address", Mark.WRONG, f"proxies are believed from all of {wide[0]}", mend)
    else:
        yield Finding("address", Mark.OK, f"{settings.origin}, through {' '.join(settings.proxies)}")


def parts() -> Iterator[Finding]:
    """Look which parts of Debian and npm are here, for what needs them."""
    try:
        shelf()
        yield Finding("fonts", Mark.OK, "every language of the reviews can be set in papers")
    except FontsMissing as error:
        mend = f"apt-get install --no-install-recommends {' '.join(error.packages)}, and start the portal again"
        yield Finding("fonts", Mark.ADVICE, "papers in PDF can't be made", mend)
    if missing := [kind for kind in ("docx", "xlsx", "pptx") if not Office().takes(kind)]:
        yield Finding("office", Mark.UNUSED, f"without LibreOffice's part for them {', '.join(missing)} aren't shown")
    else:
        yield Finding("office", Mark.OK, "LibreOffice is here, for text, tables and slides")
    if has_asset("vendor/htmx.min.js"):
        yield Finding("scripts", Mark.OK, "pages have their script")
    else:
        yield Finding("scripts", Mark.ADVICE, "pages work without their script", "build the wheel where npm is")
