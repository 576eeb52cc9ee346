"""The commands that make backups and bring a portal back."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from portal.cli_recovery import read_shares, share_options
from portal.errors import Invalid
from portal.settings import Settings

NEXT: Final = """\
It is closed: nobody is signed in, and every appointment waits to be confirmed anew. What to do next:
  1. Copy the new key folder ({keys}) to its safe place.
  2. portal fsck
  3. portal log keys: hand these out; the log began anew as {origin}.
     Tell the States and those who run witnesses that what was done after {at} is lost, and give
     them {data}/first-entry.tlog-proof: the first entry of the new log, which says so.
  4. portal people administrator --name NAME --mail MAIL: the first one, who confirms a registrar, who confirms the
     focal points.
  5. Start the portal, with smtp_host left out until you have looked around: what waited is sent.
"""

WHERE: Final = "where backups lie: a folder on another device or machine, or a file that names a bucket (s3_...)"


def backup_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal backup`."""
    one.add_argument("folder", type=Path, metavar="PLACE", help=WHERE)
    one.add_argument("--keep", type=int, metavar="N", help="remove all but the newest N afterwards")
    one.add_argument("--check", action="store_true", help="read all that is there already again, and heal it")
    one.add_argument("--json", action="store_true", help="print JSON")


def backup(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make a backup; 0: it is whole, 1: it isn't, or objects that records name weren't there."""
    from portal.app import open_portal
    from portal.usecases.backups import make_backup

    portal = open_portal(settings)
    try:
        made = make_backup(portal, arguments.folder, arguments.keep, check=arguments.check)
    finally:
        portal.database.close()
    if arguments.json:
        said = {
            "number": made.number,
            "made": made.made.isoformat(),
            "objects": made.objects,
            "copied": made.copied,
            "healed": list(made.healed),
            "missing": list(made.missing),
            "altered": list(made.altered),
            "removed": list(made.removed),
            "held": list(made.held),
            "kept_since": made.kept_since.isoformat() if made.kept_since else None,
        }
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return 1 if made.missing else 0
    at = f"{made.made:%d %B %Y, %H:%M} UTC"
    lines = [f"Backup {made.number} of {at} is whole: {made.objects} objects, {made.copied} new."]
    if made.removed:
        lines.append(f"Removed: backups {', '.join(map(str, made.removed))}.")
    if made.held:
        lines.append(
            f"Not removed: backups {', '.join(map(str, made.held))}. The bucket keeps them until their time of object "
            "lock is over, or its account may not delete versions; the next backup tries again."
        )
    if made.kept_since:
        lines.append(
            f"The oldest backup that is kept is of {made.kept_since:%d %B %Y, %H:%M} UTC: what was destroyed in the "
            "portal before that is in none, as far as copies of these folders are gone too."
        )
    lines += [f"  the object {name} had been altered in the folder, or lost there: healed" for name in made.healed]
    lines += [
        f"  the object {name} "
        + ("is not what earlier backups have of it: look at the disk" if name in made.altered else "is not there")
        + ", and run `portal fsck`"
        for name in made.missing
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if made.missing else 0


def restore_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal restore`."""
    one.add_argument("folder", type=Path, metavar="PLACE", help=WHERE)
    one.add_argument("--check", action="store_true", help="prove that it could be brought back, and keep nothing")
    one.add_argument("--list", action="store_true", help="name the backups that there are; takes no shares")
    one.add_argument("--backup", type=int, metavar="N", help="which one (the newest)")
    one.add_argument("--checkpoint", type=Path, metavar="FILE", help="a checkpoint of the log that was kept elsewhere")
    one.add_argument("--accept-losses", action="store_true", help="bring back the rest, though objects are lost")
    one.add_argument(
        "--accept-alterations",
        action="store_true",
        help="bring it back though records or log don't fit; written into the new log, and told to everybody",
    )
    one.add_argument("--json", action="store_true", help="print JSON (with --check or --list)")
    share_options(one, required=False)


def restore(settings: Settings, arguments: argparse.Namespace) -> int:
    """Check a backup, or bring a portal back from it; 0: all fits, 1: something doesn't, or it couldn't be done."""
    if arguments.list:
        return _list(arguments.folder, json_wanted=arguments.json)
    if not arguments.share:
        raise Invalid("give the shares of the recovery key, each with --share FILE")
    from portal.usecases.restore_places import open_source

    source = open_source(arguments.folder, read_shares(arguments.share), arguments.backup)
    known = arguments.checkpoint.read_text("utf-8") if arguments.checkpoint else None
    at = f"{source.manifest.made:%d %B %Y, %H:%M} UTC"
    if arguments.check:
        return _check(settings, arguments, source, known, at)
    from portal.app import object_store
    from portal.usecases.check_reports import as_text
    from portal.usecases.restores import Accepted, restore_backup
    from portal.work import utc_now

    accepted = Accepted(losses=arguments.accept_losses, alterations=arguments.accept_alterations)
    done = restore_backup(settings, source, known, object_store, utc_now, accepted=accepted)
    sys.stdout.write(
        f"{as_text(done.report)}\n"
        f"The portal of backup {source.manifest.number}, {at}, is in {settings.data}; its new keys: {settings.keys}.\n"
        f"Its former log {done.former} goes up to {done.entries} entries"
        + (f", of which witnesses signed {done.witnessed}.\n" if done.witnessed else "; no witness signed it.\n")
        + f"Ended: {', '.join(f'{count} {what}' for what, count in done.closed.items())}.\n\n"
        + NEXT.format(keys=settings.keys, data=settings.data, origin=done.origin, at=at)
    )
    return 1 if done.report.found else 0


def _check(settings: Settings, arguments: argparse.Namespace, source: Any, known: str | None, at: str) -> int:
    from portal.usecases.check_reports import as_json, as_text
    from portal.usecases.restores import check_backup
    from portal.work import utc_now

    found = check_backup(settings, source, known, utc_now)
    lost = found.beyond.lost if found.beyond else 0
    if arguments.json:
        said = {**as_json(found.report), "number": source.manifest.number, "entries": found.entries, "lost": lost}
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return 0 if found.report.ok else 1
    lines = [f"Backup {source.manifest.number} of {at}; its log has {found.entries} entries.", as_text(found.report)]
    if found.beyond:
        lines.append(
            f"The checkpoint that was kept has {found.beyond.size} entries: {lost} of them came after this backup, and "
            "would be lost."
        )
    lines += [f"  {name}: it broke off, and can't be restored" for name in source.folder.incomplete()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if found.report.ok else 1


def _list(root: Path, *, json_wanted: bool) -> int:
    from portal.usecases.backup_places import find_place
    from storage.errors import Damaged, Missing
    from storage.recovery import manifest
    from storage.recovery.offline import fingerprint

    folder, lines = find_place(root), []
    there: list[dict[str, object]] = []
    for entry in folder.complete():
        try:
            made = manifest.read(entry.manifest(), None)
        except (Damaged, Missing):
            there.append({"number": entry.number, "ok": False})
            lines.append(f"{entry.number:>6}  its manifest was altered or is missing")
            continue
        mark, count = fingerprint(made.recovery.public), len(made.objects)
        at = {"made": made.made.isoformat(), "objects": count, "recovery_key": mark}
        there.append({"number": made.number, "ok": True, **at})
        lines.append(f"{made.number:>6}  {made.made:%Y-%m-%d %H:%M} UTC  {count} objects, recovery key {mark}")
    broken = folder.incomplete()
    lines += [f"        {name}: it broke off, and can't be restored" for name in broken]
    if json_wanted:
        lines = [json.dumps({"backups": there, "broke_off": list(broken)}, indent=2)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if all(one["ok"] for one in there) else 1
