"""The commands about the log's tree: its public keys, and checking a whole log from outside."""

import argparse
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from portal.audit.notes import Malformed, read_key
from portal.audit.verify import Read, Verified, Wrong, verify_log
from portal.errors import Invalid
from portal.settings import Settings

SECONDS: Final = 30  # for one of them, from asking to the last byte
MOST_BYTES: Final = 1024 * 1024  # of one tile, bundle or checkpoint
WEB: Final = ("http://", "https://")


def show_log_keys(settings: Settings, _arguments: argparse.Namespace) -> int:
    """Print the keys with which this portal signs its log, as `portal verify --key` takes them."""
    from portal.app import open_portal
    from portal.usecases.tree import own_keys

    portal = open_portal(settings)
    try:
        sys.stdout.writelines(f"{key.text()}\n" for key in own_keys(portal))
    finally:
        portal.database.close()
    return 0


def verify_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal verify`."""
    one.add_argument("--log", metavar="DIR|URL", help="where checkpoint and tiles lie")
    one.add_argument("--key", required=True, action="append", help="a key that must have signed, as `portal log keys`")
    one.add_argument(
        "--since",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint (any number of them), or a bundle, that you kept; what is checked must go on from it",
    )


def verify(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Check a whole log; 0: it is whole, 1: it isn't, or couldn't be read."""
    try:
        keys = [read_key(text.strip()) for text in arguments.key]
        since = [kept.read_text("utf-8") for kept in arguments.since]
        found = verify_log(log_at(arguments.log), keys, since)
    except Malformed as error:
        raise Invalid(f"a key can't be used: {error}") from error
    except UnicodeDecodeError as error:
        raise Invalid("the earlier checkpoint isn't text") from error
    except Wrong as error:
        sys.stderr.write(f"portal: the log is not whole: {error}\n")
        return 1
    sys.stdout.write(_said(found))
    return 0


def _said(found: Verified) -> str:
    now = found.checkpoint
    lines = [f"The log {now.origin} is whole: its {now.size} entries give the root that was signed."]
    for since in found.since:
        if since.origin != now.origin:
            lines.append(
                f"It was begun anew after a restoration. All {since.size} entries of the earlier checkpoint, of the "
                f"log {since.origin}, stand in it unchanged."
            )
        else:
            lines.append(f"It goes on from the earlier checkpoint of {since.size} entries: nothing before was changed.")
    lines += [
        "This doesn't say what the entries mean, nor that others were shown the same log: for that, compare",
        "checkpoints with others, and keep this one for the next time.",
    ]
    return "\n".join(lines) + "\n"


def log_at(where: str) -> Read:
    """Read a log in a folder, or at an address."""
    return _of_address(where.rstrip("/")) if where.startswith(WEB) else _of_folder(Path(where))


def _of_folder(folder: Path) -> Read:
    def read(path: str) -> bytes:
        try:
            with (folder / path).open("rb") as file:
                return _bounded(file.read(MOST_BYTES + 1), path)
        except OSError as error:
            raise Wrong(f"{path} can't be read: {error.strerror}") from error

    return read


def _of_address(prefix: str) -> Read:
    opener = urllib.request.build_opener(_NoOtherPlace)

    def read(path: str) -> bytes:
        found = SimpleQueue[bytes | Wrong]()
        # a thread of its own, left behind if it comes late: time limits of sockets begin anew with every byte
        Thread(target=lambda: found.put(_fetched(opener, prefix, path)), daemon=True).start()
        try:
            answer = found.get(timeout=SECONDS)
        except Empty:
            raise Wrong(f"{path} isn't there after {SECONDS} seconds") from None
        if isinstance(answer, Wrong):
            raise answer
        return _bounded(answer, path)

    return read


def _fetched(opener: urllib.request.OpenerDirector, prefix: str, path: str) -> bytes | Wrong:
    try:
        with opener.open(f"{prefix}/{path}", timeout=SECONDS) as answer:
            if answer.status != HTTPStatus.OK:
                return Wrong(f"{path}: the log answers {answer.status}")
            found: bytes = answer.read(MOST_BYTES + 1)
            return found
    except urllib.error.HTTPError as error:
        error.close()
        return Wrong(f"{path}: the log answers {error.code}")
    except (OSError, HTTPException, ValueError) as error:
        return Wrong(f"{path} can't be read: {type(error).__name__}")


class _NoOtherPlace(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the log is where one was told that it is."""

    def redirect_request(self, *_arguments: object) -> None:
        """Answer a redirect as what it is, another status than 200."""


def _bounded(found: bytes, path: str) -> bytes:
    if len(found) > MOST_BYTES:
        raise Wrong(f"{path} is longer than it may be")
    return found
