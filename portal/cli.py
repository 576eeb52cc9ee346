"""The command line: `portal COMMAND`. Exit status 0: done; 1: it could not be done; 2: it was asked wrongly."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from policies.engine import PolicyError
from policies.validating import Validating
from portal import cli_backup, cli_escrow, cli_move, cli_recovery
from portal.cli_doctor import doctor, doctor_options
from portal.cli_keys import (
    keys_list,
    keys_renew,
    keys_retire,
    keys_rotate,
    keys_shred,
    keys_shredded,
    renew_options,
    retire_options,
    shred_options,
)
from portal.cli_log import show_log_keys
from portal.cli_people import administrator, administrator_options
from portal.cli_tls import make, make_options
from portal.cli_trace import trace, trace_options
from portal.cli_verify import verify, verify_options
from portal.cli_witness import keygen, keygen_options, run, run_options, show_keys, show_options
from portal.domain.people import mail_address, person_name
from portal.domain.problems import RefusedError
from portal.errors import PortalError
from portal.importing import importing
from portal.plainly import in_a_line
from portal.ready import SAYS, ready, ready_options
from portal.settings import Settings
from portal.work import Portal
from storage import permits
from storage.errors import StorageError

Arguments = argparse.Namespace


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, what it does, its options, and the function that carries it out.

    One that stands alone needs no portal: it reads no settings, and gets those that nobody changed.
    """

    words: tuple[str, ...]
    says: str
    run: Callable[[Settings, Arguments], int]
    options: Callable[[argparse.ArgumentParser], None] = lambda _parser: None
    alone: bool = False


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; errors are one line on stderr that says what to do."""
    arguments = parser().parse_args(words)
    try:
        with permits.request(uuid4()):
            return int(arguments.run(Settings() if arguments.alone else Settings.load(), arguments))
    except (PortalError, RefusedError, StorageError, PolicyError, OSError) as error:
        sys.stderr.write(f"portal: {in_a_line(error)}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    top = argparse.ArgumentParser(prog="portal", description="The review portal.")
    groups: dict[tuple[str, ...], Any] = {(): top.add_subparsers(metavar="COMMAND", required=True)}
    for command in COMMANDS:
        *before, last = command.words
        path: tuple[str, ...] = ()
        for word in before:
            if (*path, word) not in groups:
                group = groups[path].add_parser(word, help=f"{word}: see `portal {' '.join((*path, word))} --help`")
                groups[(*path, word)] = group.add_subparsers(metavar="COMMAND", required=True)
            path = (*path, word)
        one = groups[path].add_parser(last, help=command.says, description=command.says)
        command.options(one)
        one.set_defaults(run=command.run, alone=command.alone)
    return top


def say(*lines: str) -> None:
    """Write lines for people."""
    sys.stdout.write("\n".join(lines) + "\n")


# --- the commands -------------------------------------------------------------------------------------------------


def init(settings: Settings, arguments: Arguments) -> int:
    """Make a portal with its first administrator, and print the link by which they come in."""
    from portal.app import create_portal, has_portal, open_portal
    from portal.usecases.installation import make_first_administrator

    name = person_name(arguments.name or _asked("Name of the first administrator: "))
    mail = mail_address(arguments.mail or _asked("Their mail address: "))
    exists = has_portal(settings)
    portal = open_portal(settings) if exists else create_portal(settings)
    issued = make_first_administrator(portal, name, mail)
    portal.database.close()
    if arguments.json:
        say(json.dumps({"link": issued.address, "expires": issued.expires_at.isoformat()}))
        return 0
    say(
        "The portal is there." if not exists else "Nobody has signed in yet: the former link is replaced.",
        f"  data   {settings.data.resolve()}",
        f"  keys   {_keys_place(settings)}",
        "",
        f"Sign-in link for {name}; it works once, until {issued.expires_at:%d %B %Y, %H:%M} UTC:",
        "",
        f"  {issued.address}",
        "",
        "What to do next:",
        "  1. portal serve",
        "  2. Open the link, choose a passphrase.",
        "  3. Add the registrar under Administration and hand them their link.",
        "     The registrar then brings in the States (or you do: portal states import), opens a cycle and reviews,",
        "     and invites the focal points.",
        "  4. portal keys recovery make, then portal backup every night: deploy/README.md says how.",
    )
    return 0


def _keys_place(settings: Settings) -> str:
    if settings.token:
        return f"{settings.token.keys} on the token {settings.token.label}   (clone it now; without it nothing opens)"
    return f"{settings.keys.resolve()}   (copy them to a safe place now; without them nothing opens)"


def _init_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--name", help="name of the first administrator (asked for if missing)")
    one.add_argument("--mail", help="their mail address (asked for if missing)")
    one.add_argument("--json", action="store_true", help="print the link as JSON")


def serve(settings: Settings, _arguments: Arguments) -> int:
    """Serve the portal."""
    policies = Validating()  # begun before the libraries of the web are read
    with importing():
        from portal.server import serve_portal
    return serve_portal(settings, policies.engine)


def demo(settings: Settings, arguments: Arguments) -> int:
    """Show the portal at work on an invented cycle."""
    from portal.demo.run import run_demo

    return run_demo(settings, arguments.documents, once=arguments.once, scaled=arguments.scaled)


def _demo_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--once", action="store_true", help="stop after the report; exit status 0 only if all held")
    one.add_argument(
        "--scaled", action="store_true", help="two replicas on PostgreSQL and an S3 store, on this machine"
    )
    one.add_argument("--documents", type=Path, metavar="FOLDER", help="upload the files of this folder instead of ours")


def config_show(settings: Settings, arguments: Arguments) -> int:
    """Print the effective settings without secrets."""
    shown = settings.shown()
    if arguments.json:
        say(json.dumps(shown, indent=2))
    else:
        width = max(len(name) for name in shown)
        say(*(f"{name:<{width}}  {value}" for name, value in shown.items()))
    return 0


def fsck(settings: Settings, arguments: Arguments) -> int:
    """Compare records, objects, keys and log; 0: all fits, 1: something doesn't, 2: it could not be found out."""
    from portal.usecases.check_reports import as_json, as_text
    from portal.usecases.checks import check_records

    try:
        with _opened(settings) as portal:
            report = check_records(portal, _progress if sys.stderr.isatty() else lambda _what, _count: None)
    except (PortalError, StorageError, PolicyError, OSError) as error:
        sys.stderr.write(f"portal: the check could not be made: {in_a_line(error)}\n")
        return 2
    say(json.dumps(as_json(report), indent=2) if arguments.json else as_text(report))
    return 0 if report.ok else 1


def _progress(what: str, count: int) -> None:
    if count % 1000 == 0:
        sys.stderr.write(f"\r{what}: {count}   ")


def states_import(settings: Settings, arguments: Arguments) -> int:
    """Import a list of States, of their names or of who takes part in what; without a file, the shipped States."""
    from portal.usecases.states import IMPORTER, import_shipped_states, import_states

    with _opened(settings) as portal:
        if arguments.file is None:
            count = import_shipped_states(portal)
        else:
            count = import_states(portal, IMPORTER, arguments.file.read_bytes())
    say(f"{count} lines were imported.")
    return 0


def _states_options(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="comma-separated values; without it, the shipped States"
    )


@contextmanager
def _opened(settings: Settings) -> Iterator[Portal]:
    from portal.app import open_portal

    portal = open_portal(settings)
    try:
        yield portal
    finally:
        portal.database.close()


def _json_option(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print JSON")


def _asked(question: str) -> str:
    return input(question) if sys.stdin.isatty() else ""


COMMANDS: tuple[Command, ...] = (
    Command(("init",), "make a new portal and its first administrator", init, _init_options),
    Command(("serve",), "serve the portal", serve),
    Command(("ready",), SAYS, ready, ready_options),
    Command(
        ("tls", "make"),
        "make the certificates by which proxy and portal know each other; needs no portal",
        make,
        make_options,
        alone=True,
    ),
    Command(
        ("people", "administrator"),
        "make an administrator where none can sign in; told to all and recorded for good",
        administrator,
        administrator_options,
    ),
    Command(("states", "import"), "import a list of States, names or memberships", states_import, _states_options),
    Command(("keys", "list"), "list the key provider's keys and what each wraps", keys_list, _json_option),
    Command(("keys", "rotate"), "begin a new key and wrap everything under it", keys_rotate),
    Command(("keys", "renew"), "begin a new version of a room's key, or of all", keys_renew, renew_options),
    Command(("keys", "retire"), "destroy an old key that wraps nothing any more", keys_retire, retire_options),
    Command(("keys", "shred"), "destroy one version of a document for good", keys_shred, shred_options),
    Command(("keys", "shredded"), "list destroyed versions, and backups that hold them", keys_shredded, _json_option),
    Command(
        ("keys", "recovery", "make"),
        "make the offline key that opens backups, in shares",
        cli_recovery.make,
        cli_recovery.make_options,
    ),
    Command(
        ("keys", "recovery", "check"),
        "see that shares give the recovery key",
        cli_recovery.check,
        cli_recovery.share_options,
    ),
    Command(
        ("keys", "escrow"),
        "seal the keys of a review to a key of the State under review",
        cli_escrow.seal,
        cli_escrow.seal_options,
    ),
    Command(
        ("escrow", "new"),
        "make a State's key for the contents of its own review; needs no portal",
        cli_escrow.new,
        cli_escrow.new_options,
        alone=True,
    ),
    Command(
        ("escrow", "open"),
        "open a copy of the data by what was sealed to a State's key; needs no portal",
        cli_escrow.unseal,
        cli_escrow.unseal_options,
        alone=True,
    ),
    Command(("log", "keys"), "print the public keys that the log is signed with", show_log_keys),
    Command(
        ("verify",),
        "check a bundle, a proof, or a whole log from outside; needs no portal",
        verify,
        verify_options,
        alone=True,
    ),
    Command(("witness", "keygen"), "make the key of a new witness of logs", keygen, keygen_options, alone=True),
    Command(("witness", "keys"), "print the public keys of a witness", show_keys, show_options, alone=True),
    Command(("witness", "run"), "watch logs for others; needs no portal", run, run_options, alone=True),
    Command(
        ("backup",),
        "copy everything, sealed to the recovery key, to a folder, while the portal runs",
        cli_backup.backup,
        cli_backup.backup_options,
    ),
    Command(
        ("restore",),
        "bring a portal back from a backup to an empty place, or check that it could be",
        cli_backup.restore,
        cli_backup.restore_options,
    ),
    Command(
        ("move",),
        "move the whole portal, stopped, to another database and object store",
        cli_move.move,
        cli_move.move_options,
    ),
    Command(("fsck",), "compare records, objects, keys and log; mends nothing", fsck, _json_option),
    Command(
        ("doctor",),
        "check the whole installation, and say what to mend; changes nothing",
        doctor,
        doctor_options,
        alone=True,  # it reads the settings itself, and says what is wrong with them
    ),
    Command(("trace",), "name the marked copy that a found file comes from", trace, trace_options),
    Command(("demo",), "do the main job once on an invented cycle, report, then serve it", demo, _demo_options),
    Command(("config", "show"), "print the effective settings, without secrets", config_show, _json_option),
)
