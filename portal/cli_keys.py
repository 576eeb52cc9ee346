"""The commands about the key provider's keys; the portal may run meanwhile, and notices by itself."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from portal.errors import Invalid
from portal.settings import Settings

if TYPE_CHECKING:
    from portal.usecases.shredding import Doomed, Holding


def keys_list(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the key provider's keys and what each still wraps."""
    from portal.app import open_portal
    from portal.usecases.keys import keys_in_use

    portal = open_portal(settings)
    with closing(portal.database):
        used = keys_in_use(portal)
        states = portal.keyring.provider.states()
    rows = [{"key": key, "state": state.value, "wraps": used.get(key, 0)} for key, state in states.items()]
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{row['key']}  {row['state']:<8} wraps {row['wraps']}\n" for row in rows)
    return 0


def keys_rotate(settings: Settings, _arguments: argparse.Namespace) -> int:
    """Begin a new key and wrap everything under it."""
    from portal.app import open_portal
    from portal.usecases.keys import rotate_keys

    portal = open_portal(settings)
    with closing(portal.database):
        rotated = rotate_keys(portal, _progress)
    begun = "An interrupted rotation was finished" if rotated.finished else "A new key wraps from now on"
    copy = (
        "Bring the token's backup up to date now." if settings.token else "Copy the key folder to its safe place now."
    )
    sys.stdout.write(
        f"{begun}: {rotated.key}; {rotated.rewrapped} keys were wrapped anew, contents are as they were.\n"
        f"{copy} The old keys stay open for older copies of the data;\n"
        "when none is left that needs them: portal keys retire KEY\n"
    )
    return 0


def keys_renew(settings: Settings, arguments: argparse.Namespace) -> int:
    """Begin a new version of one key, or of all."""
    from portal.app import open_portal
    from portal.usecases.keys import renew_key, renew_keys

    portal = open_portal(settings)
    with closing(portal.database):
        if not arguments.all:
            version = renew_key(portal, arguments.name)
            sys.stdout.write(f"What is sealed from now on under {arguments.name} has key version {version}.\n")
            return 0
        before = (arguments.before or portal.clock()).astimezone(UTC)
        sys.stderr.write(f"If this is interrupted: portal keys renew --all --before {before:%Y-%m-%dT%H:%M:%SZ}\n")
        count = renew_keys(portal, before, _progress)
    sys.stdout.write(f"{count} keys have a new version, which seals what comes from now on.\n")
    return 0


def renew_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal keys renew`."""
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", help="the id in a room's address, or another key's name (storage/FORMAT.md)")
    which.add_argument("--all", action="store_true", help="all keys but those that have one version for good")
    one.add_argument("--before", type=_moment, metavar="TIME", help="with --all: only keys that are older than this")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write it like 2026-11-24T18:30:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def keys_retire(settings: Settings, arguments: argparse.Namespace) -> int:
    """Destroy an old key."""
    from portal.app import open_portal
    from portal.usecases.keys import retire_key

    if not arguments.yes:
        raise Invalid(
            f"copies of the data made while {arguments.key} was in use never open again without it, but by the shares "
            "of a recovery key that was in use then, as backups do; if none of them needs it, say so with --yes"
        )
    portal = open_portal(settings)
    with closing(portal.database):
        retire_key(portal, arguments.key)
    sys.stdout.write(f"The key {arguments.key} is destroyed here. Destroy its copies too.\n")
    return 0


def retire_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal keys retire`."""
    one.add_argument("key", help="the key's id, as `portal keys list` shows it")
    one.add_argument("--yes", action="store_true", help="no copy of the data that needs this key is needed any more")


def keys_shred(settings: Settings, arguments: argparse.Namespace) -> int:
    """Destroy the key of one version of a document; without --yes, say what that would do: status 1."""
    from portal.app import open_portal
    from portal.usecases.shredding import look_at_version, shred_version

    portal = open_portal(settings)
    with closing(portal.database):
        doomed = look_at_version(portal, arguments.version)
        if not arguments.yes:
            sys.stderr.write(_warning(doomed))
            return 1
        at_once = shred_version(portal, doomed.version)
    sys.stdout.write(
        f"The key of version {doomed.version} is destroyed: nobody opens it here any more.\n"
        + ("" if at_once else f"{_LATER}\n")
        + f"{_held(doomed.holding)}\n"
    )
    return 0


def shred_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal keys shred`."""
    one.add_argument("version", type=UUID, metavar="VERSION", help="the id in the address of the version's download")
    one.add_argument("--yes", action="store_true", help="nobody shall ever open it again")


def keys_shredded(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the versions whose key was destroyed, and which backups may still hold it."""
    from portal.app import open_portal
    from portal.usecases.shredding import list_shredded

    portal = open_portal(settings)
    with closing(portal.database):
        found = list_shredded(portal)
        if found:
            portal.database.forget_former()  # where somebody read just when a key was destroyed
    if arguments.json:
        rows = [
            {
                "version": str(one.version),
                "document": str(one.document),
                "number": one.number,
                "destroyed": one.at.isoformat(),
                "shredded": not one.holding,
                "backups": [held.number for held in one.holding],
            }
            for one in found
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    elif not found:
        sys.stdout.write("No version was destroyed.\n")
    for one in [] if arguments.json else found:
        sys.stdout.write(f"{one.version}  destroyed {one.at:%Y-%m-%d %H:%M} UTC\n  {_held(one.holding)}\n")
    return 0


_LATER = (
    "The database still holds what the row was before, beside its tables: a server until it is vacuumed and its "
    "write-ahead log is recycled, a file until nobody reads just then (portal keys shredded tries again)."
)


def _warning(doomed: "Doomed") -> str:
    what = (
        f"Version {doomed.number} of document {doomed.document_number} ({doomed.document}), in the file of "
        f"{doomed.state}, room {doomed.room}: {doomed.size} bytes, of {doomed.created:%d %B %Y, %H:%M} UTC."
    )
    lines = [
        what,
        "Nobody will ever open it again, by any key, and its object goes. Its entry stays, and the trail says so.",
        _held(doomed.holding),
    ]
    beside = (
        ("the same file in the same room, versions", doomed.beside.equal),
        ("translations of it, documents", doomed.beside.translations),
        ("made of it, public files and summaries", doomed.beside.made),
    )
    lines += [f"Not destroyed with it: {what} {', '.join(map(str, ids))}." for what, ids in beside if ids]
    lines += [
        "The same file in other rooms has keys of its own, and marked copies that left can't be recalled.",
        "If this is meant, say so with --yes.",
    ]
    return "\n".join(lines) + "\n"


def _held(holding: "Sequence[Holding]") -> str:
    if not holding:
        return "No backup is kept that may hold its key: it counts as shredded, once copies made by hand are gone, too."
    newest = max(one.made for one in holding)
    numbers = ", ".join(str(one.number) for one in holding)
    return (
        f"It doesn't count as shredded while one of these backups is kept: {numbers}; "
        f"the newest is of {newest:%d %B %Y, %H:%M} UTC (portal backup --keep removes old ones)."
    )


def _progress(done: int, known: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rkeys: {done} of {known} " + ("\n" if done == known else ""))
