"""The command line: `portal COMMAND`. Exit status 0: done; 1: it could not be done; 2: it was asked wrongly."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from portal.domain.people import mail_address, person_name
from portal.domain.problems import RefusedError
from portal.errors import PortalError
from portal.settings import Settings
from storage import permits
from storage.errors import StorageError

Arguments = argparse.Namespace


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, what it does, its options, and the function that carries it out."""

    words: tuple[str, ...]
    says: str
    run: Callable[[Settings, Arguments], int]
    options: Callable[[argparse.ArgumentParser], None] = lambda _parser: None


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; errors are one line on stderr that says what to do."""
    arguments = parser().parse_args(words)
    try:
        with permits.request(uuid4()):
            return int(arguments.run(Settings.load(), arguments))
    except (PortalError, RefusedError, StorageError, OSError) as error:
        sys.stderr.write(f"portal: {' '.join(str(error).split()) or type(error).__name__}\n")
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
        one.set_defaults(run=command.run)
    return top


def say(*lines: str) -> None:
    """Write lines for people."""
    sys.stdout.write("\n".join(lines) + "\n")


# --- the commands -------------------------------------------------------------------------------------------------


def init(settings: Settings, arguments: Arguments) -> int:
    """Make a portal with its first administrator, and print the link by which they come in."""
    from portal.app import DATABASE, create_portal, open_portal
    from portal.usecases.installation import make_first_administrator

    name = person_name(arguments.name or _asked("Name of the first administrator: "))
    mail = mail_address(arguments.mail or _asked("Their mail address: "))
    exists = (settings.data / DATABASE).exists()
    portal = open_portal(settings) if exists else create_portal(settings)
    issued = make_first_administrator(portal, name, mail)
    portal.database.close()
    if arguments.json:
        say(json.dumps({"link": issued.address, "expires": issued.expires_at.isoformat()}))
        return 0
    say(
        "The portal is there." if not exists else "Nobody has signed in yet: the former link is replaced.",
        f"  data   {settings.data.resolve()}",
        f"  keys   {settings.keys.resolve()}   (copy them to a safe place now; without them nothing opens)",
        "",
        f"Sign-in link for {name}; it works once, until {issued.expires_at:%d %B %Y, %H:%M} UTC:",
        "",
        f"  {issued.address}",
        "",
        "What to do next:",
        "  1. portal serve",
        "  2. Open the link, choose a passphrase.",
        "  3. Add the registrar under Administration and hand them their link.",
        "     The registrar then keeps States, opens a cycle and reviews, and invites the focal points.",
    )
    return 0


def _init_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--name", help="name of the first administrator (asked for if missing)")
    one.add_argument("--mail", help="their mail address (asked for if missing)")
    one.add_argument("--json", action="store_true", help="print the link as JSON")


def serve(settings: Settings, _arguments: Arguments) -> int:
    """Serve the portal."""
    from portal.server import serve_portal

    return serve_portal(settings)


def config_show(settings: Settings, arguments: Arguments) -> int:
    """Print the effective settings without secrets."""
    shown = settings.shown()
    if arguments.json:
        say(json.dumps(shown, indent=2))
    else:
        width = max(len(name) for name in shown)
        say(*(f"{name:<{width}}  {value}" for name, value in shown.items()))
    return 0


def _json_option(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print JSON")


def _asked(question: str) -> str:
    return input(question) if sys.stdin.isatty() else ""


COMMANDS: tuple[Command, ...] = (
    Command(("init",), "make a new portal and its first administrator", init, _init_options),
    Command(("serve",), "serve the portal", serve),
    Command(("config", "show"), "print the effective settings, without secrets", config_show, _json_option),
)

if __name__ == "__main__":
    sys.exit(main())
