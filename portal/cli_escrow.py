"""The commands about keys for a State: made there, sealed to here, opened there; two of the three need no portal."""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

from portal.errors import Invalid
from portal.settings import Settings
from storage.errors import Damaged
from storage.recovery import escrow
from storage.recovery.folder import write_once

_KEY_BYTES = 1 << 16
_ENVELOPE_BYTES = 1 << 30


def new(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Make a State's key, and write its private and its public file."""
    try:
        key = escrow.new_key(arguments.state)
    except ValueError as error:
        raise Invalid(f"{error}, as ISO 3166-1 gives them: --state XAA") from error
    public = arguments.file.with_name(f"{arguments.file.name}.public")
    if os.path.lexists(public):
        raise Invalid(f"there is a file {public} already; it is left as it is")
    write_once(arguments.file, key.text())
    write_once(public, key.public.text())
    sys.stdout.write(
        f"The private file is {arguments.file}: keep it, and a copy, where nobody else comes.\n"
        f"The public file is {public}: send it to the secretariat, then read them this by telephone:\n\n"
        f"  {key.public.fingerprint}\n"
    )
    return 0


def new_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal escrow new`."""
    one.add_argument("file", type=Path, metavar="FILE", help="the private file; the public one gets .public behind it")
    one.add_argument("--state", required=True, metavar="CODE", help="the State's code, three letters")


def seal(settings: Settings, arguments: argparse.Namespace) -> int:
    """Seal keys of a review to the key of the State under review; without the fingerprint, say how: status 1."""
    from portal.app import open_portal
    from portal.usecases.escrow import seal_for_state

    public = _public(arguments.to)
    if arguments.fingerprint is None:
        sys.stderr.write(
            f"{arguments.to} says that it is of {public.state}; nothing was sealed. Call somebody of that State whom\n"
            "you know, have them read you the fingerprint from their own machine, and type what you hear:\n"
            '--fingerprint "..."\n'
        )
        return 1
    if not public.is_called(arguments.fingerprint):
        raise Invalid("what you typed isn't the fingerprint of this file: nothing was sealed; ask the State again")
    listing = arguments.out.with_name(f"{arguments.out.name}.objects")
    for path in (arguments.out, listing):
        if os.path.lexists(path):
            raise Invalid(f"there is a file {path} already: it is left as it is, nothing was sealed")
    portal = open_portal(settings)
    with closing(portal.database):
        made = seal_for_state(portal, arguments.review, public, lambda blob: write_once(arguments.out, blob))
    write_once(listing, "".join(f"objects/{name[:2]}/{name}\n" for name in made.objects).encode())
    sys.stdout.write(
        f"{len(made.objects)} keys are sealed to the key of {public.state} in {arguments.out}; the trail says so.\n"
        f"SHA-256 {made.sha256}\n"
        f"It opens what this State could read now, the objects in {listing}. What comes later needs a new one.\n"
    )
    return 0


def seal_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal keys escrow`."""
    one.add_argument("review", type=UUID, metavar="REVIEW", help="the id in the address of the review's page")
    one.add_argument("--to", required=True, type=Path, metavar="PUBLIC", help="the State's public file")
    one.add_argument("--out", required=True, type=Path, metavar="FILE", help="the envelope; it is never written over")
    one.add_argument("--fingerprint", metavar="DIGITS", help="the fingerprint as the State read it by telephone")


def unseal(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Open by an envelope what lies in a copy of the data; status 1 if anything stayed closed."""
    from portal.usecases.escrow_opening import open_copy

    try:
        key = escrow.read_private(_read(arguments.key, _KEY_BYTES))
    except Damaged as error:
        raise Invalid(f"{arguments.key} isn't the private file of a State's key, or it was changed") from error
    try:
        envelope = escrow.unseal(_read(arguments.file, _ENVELOPE_BYTES), key)
    except Damaged as error:
        raise Invalid(f"{arguments.file} isn't an envelope for this key, or it was changed") from error
    found = open_copy(envelope, arguments.data, arguments.out)
    sys.stdout.write(
        f"{len(found.written)} of {len(envelope.versions)} contents that the envelope of "
        f"{envelope.made:%d %B %Y, %H:%M} UTC opens are in {arguments.out}, with a list of all.\n"
    )
    sys.stdout.writelines(f"  closed: {one.name}: {one.why}\n" for one in found.closed)
    return 1 if found.closed else 0


def unseal_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal escrow open`."""
    one.add_argument("file", type=Path, metavar="FILE", help="the envelope")
    one.add_argument("--key", required=True, type=Path, metavar="PRIVATE", help="the State's private file")
    one.add_argument("--data", required=True, type=Path, metavar="FOLDER", help="a copy of the data folder")
    one.add_argument("--out", required=True, type=Path, metavar="DIR", help="an empty or new folder for what is opened")


def _public(path: Path) -> escrow.PublicKey:
    try:
        return escrow.read_public(_read(path, _KEY_BYTES))
    except Damaged as error:
        raise Invalid(f"{path} isn't the public file of a State's key, or it was changed on its way") from error


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise Invalid(f"{path} is longer than such a file can be")
    return raw
