"""The command line's command that names the copy that a found file comes from; no name of a person is printed."""

import argparse
import json
import sys
from pathlib import Path

from portal.settings import Settings


def trace(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the copies that a file comes from: 0 where there is one that left this portal, else 1."""
    from portal.app import open_portal
    from portal.domain.problems import RefusedError
    from portal.domain.rendering import NotRendered
    from portal.rendering.confinement import Confinement
    from portal.rendering.renderer import Renderer
    from portal.usecases.tracing import trace_at_machine

    portal = open_portal(settings)
    try:
        with Confinement() as confinement:
            found = arguments.number or arguments.file.read_bytes()
            named = trace_at_machine(portal, Renderer(confinement), found)
    except (NotRendered, RefusedError) as none:
        sys.stderr.write(f"{none}\n")
        return 1
    finally:
        portal.database.close()
    if arguments.json:
        said = [
            {
                "copy": one.number,
                "by": list(one.by),
                "known": one.known,
                **({"at": one.at.isoformat(), "state": one.state} if one.at else {}),
                **{
                    name: str(getattr(one, name))
                    for name in ("person", "document", "version", "event")
                    if getattr(one, name)
                },
            }
            for one in named
        ]
        sys.stdout.write(json.dumps(said) + "\n")
    elif not named:
        sys.stdout.write("No mark of a copy was found.\n")
    for one in [] if arguments.json else named:
        if one.at is None:
            sys.stdout.write(f"Copy {one.number} (by {', '.join(one.by)}): no such copy ever left this portal.\n")
            continue
        lines = (
            f"Copy {one.number} (by {', '.join(one.by)})",
            f"  taken {one.at:%d %B %Y, %H:%M} UTC by person {one.person}, for {one.state}",
            f"  version {one.version} of document {one.document}; entry of the log: {one.event}",
        )
        sys.stdout.write("\n".join(lines) + "\n")
    return 0 if any(one.known for one in named) else 1


def trace_options(one: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    found = one.add_mutually_exclusive_group(required=True)
    found.add_argument("file", type=Path, nargs="?", metavar="FILE", help="PDF, PNG, JPEG, WebP or TIFF")
    found.add_argument("--number", metavar="NUMBER", help="what stands in the mark, as somebody read it")
    one.add_argument("--json", action="store_true", help="print JSON")
