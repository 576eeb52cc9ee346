"""The command that moves a whole portal to another database and object store."""

import argparse
import sys
from pathlib import Path

from portal.errors import Invalid
from portal.settings import Settings


def move_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal move`."""
    one.add_argument(
        "file", type=Path, metavar="FILE", help="settings of the new place: data, database, objects, s3_...; no others"
    )
    one.add_argument("--accept-findings", action="store_true", help="move it though portal fsck finds something in it")


def move(settings: Settings, arguments: argparse.Namespace) -> int:
    """Move the portal; 0: it is in the new place, 1: it couldn't be done."""
    from portal.app import object_store, open_keys
    from portal.doctor.network import serves
    from portal.usecases.broken_restores import check_unrestored
    from portal.usecases.check_reports import as_text
    from portal.usecases.relocations import Move, move_portal
    from portal.work import utc_now

    check_unrestored(settings)
    if serves(settings):
        raise Invalid("the portal runs: stop it first, on every machine (systemctl stop portal)")
    target = settings.moved_to(arguments.file)
    plan = Move(settings, target, open_keys(settings), object_store, utc_now)
    moved = move_portal(plan, accept=arguments.accept_findings, progress=_progress)
    if moved is None:
        sys.stdout.write("All of it had arrived; the portal is in the new place now.\n")
    else:
        sys.stdout.write(
            f"{as_text(moved.report)}\n"
            f"The portal is in the new place: {moved.rows} rows and {moved.objects} objects, of which {moved.copied} "
            "were copied now.\n"
        )
    sys.stdout.write(
        f"Put what {arguments.file} says into the portal's settings and start it. It doesn't start in the old place "
        "any more.\n"
    )
    return 0


def _progress(what: str, count: int) -> None:
    if count % 1000 == 0 and sys.stderr.isatty():
        sys.stderr.write(f"\r{what}: {count}   ")
