"""The commands of a witness, which watches logs for a State on a machine of its own and needs no portal."""

import argparse
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from portal.audit.notes import Key, Malformed, read_key
from portal.audit.witness import Witness, logs_of
from portal.audit.witness_files import StateFile, WitnessKey, make_key, read_witness_key
from portal.errors import Invalid
from portal.settings import Settings
from portal.witness_server import WitnessServer
from storage.hosts import is_loopback

LISTEN: Final = "127.0.0.1:8021"
_MOST_AHEAD_SECONDS: Final = 60


def keygen(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Make the key file of a new witness, and print its public keys."""
    _print_keys(make_key(arguments.file, arguments.name))
    return 0


def keygen_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal witness keygen`."""
    one.add_argument("name", metavar="NAME", help="the witness's name, such as witness.example/one")
    one.add_argument("file", metavar="FILE", type=Path, help="the key file; it is never written over")


def show_keys(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the public keys of a witness, as a portal takes them."""
    _print_keys(read_witness_key(arguments.file))
    return 0


def show_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal witness keys`."""
    one.add_argument("file", metavar="FILE", type=Path, help="the key file")


def run(_settings: Settings, arguments: argparse.Namespace) -> int:
    """Watch logs until the process is told to end."""
    key = read_witness_key(arguments.key)
    logs = logs_of(_log_keys(arguments.log, arguments.logs))
    host, port = _address(arguments.listen)
    signal.signal(signal.SIGTERM, _end)
    with StateFile.opened(arguments.state, key, new=arguments.new) as state:
        witness = Witness(key.name, key.signers(), logs, state, _tell)
        with WitnessServer(host, port, witness) as server:
            _say_where(key, host, server.server_address[1], sorted(logs))
            if state.seconds > datetime.now(UTC).timestamp() + _MOST_AHEAD_SECONDS:
                _tell("the clock is behind the last signature: what is signed bears that one's time until it caught up")
            server.serve_forever()
    return 0


def run_options(one: argparse.ArgumentParser) -> None:
    """Add the options of `portal witness run`."""
    one.add_argument("--key", required=True, type=Path, metavar="FILE", help="the key file, of `portal witness keygen`")
    one.add_argument("--state", required=True, type=Path, metavar="FILE", help="where it keeps what it saw last")
    one.add_argument("--log", action="append", default=[], metavar="KEY", help="a key of a log; all must have signed")
    one.add_argument("--logs", type=Path, metavar="FILE", help="a file of such keys, as `portal log keys` prints them")
    one.add_argument("--listen", default=LISTEN, metavar="HOST:PORT", help=f"where it listens; else {LISTEN}")
    one.add_argument("--new", action="store_true", help="this key never signed anything: begin a state")


def _print_keys(key: WitnessKey) -> None:
    sys.stdout.writelines(f"{public.text()}\n" for public in key.public())


def _log_keys(given: list[str], file: Path | None) -> list[Key]:
    lines = [*given, *(file.read_text("utf-8").splitlines() if file else ())]
    texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not texts:
        raise Invalid("name the log's keys, as `portal log keys` prints them: --log KEY --log KEY, or --logs FILE")
    try:
        return [read_key(text) for text in texts]
    except Malformed as error:
        raise Invalid(f"a key can't be used: {error}") from error


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) >= 1 << 16:
        raise Invalid(f"{text!r} isn't an address to listen on: write {LISTEN}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _say_where(key: WitnessKey, host: str, port: int, logs: list[str]) -> None:
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"The witness {key.name} listens at http://{shown}:{port} and watches {', '.join(logs)}.\n")
    if is_loopback(host):
        sys.stdout.write("Only this machine reaches it: put a proxy that speaks HTTPS in front of it.\n")
    else:
        sys.stdout.write("It speaks plain HTTP to the network: let only a proxy that speaks HTTPS reach it.\n")
    sys.stdout.flush()


def _tell(what: str) -> None:
    sys.stderr.write(f"portal: {what.rstrip()}\n")
    sys.stderr.flush()


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(0)
