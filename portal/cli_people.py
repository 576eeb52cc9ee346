"""The command line's commands about people: an administrator made at the machine."""

import argparse
import json
import sys

from portal.domain.people import mail_address, person_name
from portal.settings import Settings


def administrator(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make an administrator where none can sign in, and print the link by which they come in."""
    from portal.app import open_portal
    from portal.usecases.operators import make_administrator

    name, mail = person_name(arguments.name), mail_address(arguments.mail)
    portal = open_portal(settings)
    try:
        made = make_administrator(portal, name, mail, sure=arguments.yes)
    finally:
        portal.database.close()
    link = made.link
    if arguments.json:
        said = {"link": link.address, "expires": link.expires_at.isoformat()} if link else {"link": None}
        sys.stdout.write(json.dumps({**said, "told": made.told}) + "\n")
        return 0
    lines = [f"{mail} is an administrator from now on. This is recorded for good; administrators told: {made.told}."]
    if link is None:
        lines += ["They have signed in before, and sign in as they did; no link was made."]
    else:
        lines += [
            f"Sign-in link; it works once, until {link.expires_at:%d %B %Y, %H:%M} UTC:",
            "",
            f"  {link.address}",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def administrator_options(one: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    one.add_argument("--name", required=True, help="name of the administrator; whoever is known keeps theirs")
    one.add_argument("--mail", required=True, help="their mail address")
    one.add_argument("--yes", action="store_true", help="meant, though an administrator signed in within 30 days")
    one.add_argument("--json", action="store_true", help="print the link as JSON")
