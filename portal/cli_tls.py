"""`portal tls make`: the certificates by which proxy and portal know each other; needs no portal."""

import argparse
import sys
from pathlib import Path

from portal.settings import Settings


def make(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Make them, and say what is to be done with them."""
    from storage.certifying import PORTAL, PROXY, make_certificates

    folder: Path = arguments.folder
    ends = make_certificates(folder, renew=arguments.renew)
    sys.stdout.write(
        f"Certificates for portal and proxy are in {folder}, and end on {ends:%d %B %Y}.\n"
        f"  {folder / PORTAL}   for the portal (tls_folder), readable for its account alone\n"
        f"  {folder / PROXY}   for the proxy, readable for its account alone\n"
        "Both read them when they start: start the portal again, and let the proxy load its settings anew.\n"
    )
    return 0


def make_options(one: argparse.ArgumentParser) -> None:
    """Add the options."""
    one.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, for both sides")
    one.add_argument("--renew", action="store_true", help="put new ones in place of those that are in it")
