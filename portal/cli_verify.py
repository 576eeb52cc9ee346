"""The command `portal verify`: checks a bundle or a proof with nothing but keys, or a whole log from outside."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from portal import cli_log
from portal.audit.bundle_checks import Checked, Counts, Expected, check_bundle, shown
from portal.audit.bundle_comparisons import Earlier, Search
from portal.audit.bundles import OF_GRANT, THE_FILE, Item, read_lines
from portal.audit.checkpoints import Checkpoint
from portal.audit.notes import Key, Malformed, read_key
from portal.audit.policy import NO_WITNESSES, Policy, read_policy
from portal.audit.proofs import HEADER, MOST_CHARACTERS
from portal.audit.single import Single, check_single, write_single
from portal.audit.verify import Wrong, verify_log
from portal.errors import Invalid
from portal.settings import Settings

WHEN: Final = "%d %B %Y, %H:%M:%S UTC"
OF_A_FILE: Final = ("witness", "policy", "origin", "review", "one", "json")
_FULLER: Final = "says more than a trail shows, such as a note verbale"


def verify_options(one: argparse.ArgumentParser) -> None:
    """Add the options."""
    one.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a bundle of a trail, or the proof of one entry"
    )
    cli_log.verify_options(one)
    one.add_argument(
        "--witness", action="append", default=[], metavar="KEY", help="a witness that must have signed too"
    )
    one.add_argument(
        "--policy", type=Path, metavar="FILE", help="witnesses, and how many must have signed (tlog-policy)"
    )
    one.add_argument("--origin", metavar="NAME", help="the log that it must be of, as its keys name it")
    one.add_argument("--review", type=UUID, metavar="ID", help="the review that it must be of")
    one.add_argument("--one", type=int, metavar="INDEX", help="write the proof of this entry, if the bundle holds")
    one.add_argument("--json", action="store_true", help="print JSON")


def verify(settings: Settings, arguments: argparse.Namespace) -> int:
    """Check a file, or a log; 0: it holds, 1: it doesn't, or couldn't be read."""
    if arguments.file is None:
        if arguments.log is None:
            raise Invalid("name a FILE to check, or --log DIR|URL")
        if idle := [name for name in OF_A_FILE if getattr(arguments, name) not in (None, False, [])]:
            raise Invalid(f"--{idle[0]} is for checking a FILE, and none is named")
        return cli_log.verify(settings, arguments)
    keys, witnesses = _keys(arguments.key), _keys(arguments.witness or [])
    expected = Expected(keys, witnesses, arguments.origin, arguments.review, _policy(arguments.policy))
    try:
        said = _checked(arguments, expected)
    except Wrong as error:
        if arguments.json:
            sys.stdout.write(json.dumps({"holds": False, "why": str(error)}) + "\n")
        sys.stderr.write(f"portal: {arguments.file}: {error}\n")
        return 1
    sys.stdout.write(said)
    return 0


def _keys(texts: list[str]) -> tuple[Key, ...]:
    try:
        return tuple(read_key(text.strip()) for text in texts)
    except Malformed as error:
        raise Invalid(f"a key can't be used: {error}") from error


def _policy(file: Path | None) -> Policy:
    try:
        return read_policy(file.read_bytes()) if file else NO_WITNESSES
    except Malformed as error:
        raise Invalid(f"the policy can't be used: {error}") from error


def _checked(arguments: argparse.Namespace, expected: Expected) -> str:
    with arguments.file.open("rb") as file:
        if file.peek(len(HEADER)).startswith(HEADER.encode()):
            single = check_single(_text_of(file), expected)
            return _json(_single_said(single)) if arguments.json else _single_text(single)
        if arguments.one is not None:
            return _proof(file, arguments.one, expected)
        if len(arguments.since) > 1:
            raise Invalid("a bundle is held against one earlier bundle; name one with --since")
        search, earlier = Search(), _earlier(next(iter(arguments.since), None), expected)

        def see(item: Item) -> None:
            earlier.hold(item)
            if arguments.log is not None:
                search.keep(item)

        checked = check_bundle(read_lines(file), expected, see)
    earlier.check(checked)
    streams = _search(checked, search, arguments.log, expected) if arguments.log is not None else ()
    goes_on = bool(arguments.since)
    return (
        _json(_said(checked, streams, goes_on=goes_on)) if arguments.json else _text(checked, streams, goes_on=goes_on)
    )


def _earlier(kept: Path | None, expected: Expected) -> Earlier:
    """Read an earlier bundle, if there is one."""
    earlier = Earlier()
    if kept is not None:
        try:
            with kept.open("rb") as file:
                earlier.begin(
                    check_bundle(read_lines(file), replace(expected, witnesses=(), policy=NO_WITNESSES), earlier.keep)
                )
        except Wrong as error:
            raise Wrong(f"the earlier bundle: {error}") from error
    return earlier


def _text_of(file: BinaryIO) -> str:
    raw = file.read(4 * MOST_CHARACTERS + 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Wrong("the proof isn't text") from error


def _proof(file: BinaryIO, index: int, expected: Expected) -> str:
    found: list[Item] = []
    checked = check_bundle(read_lines(file), expected, lambda item: found.append(item) if item.index == index else None)
    if not found:
        raise Wrong("the bundle holds, and has no such entry")
    return write_single(found[0], checked.head.checkpoint)


def _search(checked: Checked, search: Search, where: str, expected: Expected) -> tuple[UUID, ...]:
    """Look through the whole log, which must go on from the bundle's checkpoint."""
    streams = search.begin(checked)
    try:
        verify_log(cli_log.log_at(where), expected.keys, [checked.head.checkpoint], search.look)
    except Wrong as error:
        raise Wrong(f"the bundle holds by itself, but {error}") from error
    return streams


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, indent=2) + "\n"


# --- what is said of a bundle


def _said(checked: Checked, sought: tuple[UUID, ...], *, goes_on: bool) -> dict[str, Any]:
    head = checked.head
    return {
        "holds": True,
        "log": checked.checkpoint.origin,
        "size": checked.checkpoint.size,
        "root": checked.checkpoint.root.hex(),
        "cosigned": {name: at.isoformat() for name, at in checked.cosigned.items()},
        "review": str(head.review),
        "reader": head.reader,
        "made": head.made.isoformat(),
        "asked": dict(head.asked),
        "entries": checked.entries,
        "goes_on": goes_on,
        "streams": [_stream_said(counts, sought) for counts in checked.streams.values()],
    }


def _stream_said(counts: Counts, sought: tuple[UUID, ...]) -> dict[str, Any]:
    stream = counts.stream
    first, last = stream.run or (None, None)
    return {
        "id": str(stream.id),
        "room": stream.room,
        "first": first,
        "last": last,
        "waiting": stream.waiting,
        "entries": counts.entries,
        "unseen": counts.unseen,
        "fuller": counts.fuller,
        "names_review": counts.named,
        "tags_checked": stream.tag_key is not None,
        "sought": stream.id in sought,
    }


def _text(checked: Checked, sought: tuple[UUID, ...], *, goes_on: bool) -> str:
    head, point = checked.head, checked.checkpoint
    proven, unproven = [_whose(checked)], []
    closed = sum(counts.unseen + counts.fuller for counts in checked.streams.values())
    proven.append(
        f"{checked.entries - closed} events say, letter for letter, what the log took in: none was altered, or made up "
        "since."
    )
    for counts in checked.streams.values():
        proven += _stream_proven(counts, sought)
        unproven += _stream_unproven(counts, point, sought, to_the_end=head.to_the_end)
    if goes_on:
        proven.append(
            "It goes on from the earlier bundle: what is in both is the same, and nothing was left out there."
        )
    if head.whole and not head.to_the_end:
        unproven.append("What came after the time that was asked for, and how what was under way then ended.")
    if not head.whole:
        unproven.append("That there is no more: this is what a search found. A bundle without a search shows gaps.")
    if not checked.cosigned:
        unproven.append("That others were shown the same log: no witness was asked for. Keep the bundle and compare.")
    unproven += [
        "Names, titles and all else marked “unproven”: they are the portal's word; the log holds ids.",
        "That whoever is named sat at the keyboard, nor that nobody read past the log, with database and keys.",
    ]
    lines = [
        f"The bundle holds: its {checked.entries} entries are in the log {point.origin}, as it was at {point.size}.",
        f"Review {head.review}; made for {shown(head.reader)} on {head.made:{WHEN}}, by its own word.",
        f"Asked for: {_asked(checked)}.",
        "",
        "What this proves to whoever trusts the keys:",
        *(f"- {line}" for line in proven),
        "",
        "What it doesn't prove:",
        *(f"- {line}" for line in unproven),
    ]
    return "\n".join(lines) + "\n"


def _asked(checked: Checked) -> str:
    asked = checked.head.asked
    return ", ".join(f"{shown(name)} {shown(value)}" for name, value in asked.items()) if asked else "everything"


def _whose(checked: Checked) -> str:
    seen = "".join(f"; {name} saw it on {at:{WHEN}}" for name, at in checked.cosigned.items())
    return f"The log signed what it was then{seen}."


def _entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


def _room(counts: Counts) -> str:
    room = counts.stream.room
    named = {THE_FILE: "the file itself", OF_GRANT: "a grant"}
    return f"{named.get(room, f'{room} room')} ({counts.stream.id})"


def _stream_proven(counts: Counts, sought: tuple[UUID, ...]) -> list[str]:
    run = counts.stream.run
    if run is None or run[1] < run[0]:
        return []
    said = f"{_room(counts)}: numbers {run[0]} to {run[1]}, each once, and none is missing between them."
    if counts.stream.id in sought:
        said += f" The whole log was searched: none stands in it twice, and {run[1] + 1} wasn't there yet."
    return [said]


def _stream_unproven(counts: Counts, point: Checkpoint, sought: tuple[UUID, ...], *, to_the_end: bool) -> list[str]:
    stream, room, said = counts.stream, _room(counts), []
    for number, why in ((counts.unseen, "is about what the reader’s State doesn’t see"), (counts.fuller, _FULLER)):
        if number:
            said.append(f"{room}: what {_entries(number)} of it say; each {why}, by the portal’s word.")
    if counts.unseen + counts.fuller and stream.tag_key is None:
        said.append(f"{room}: that those are of it and have these numbers; the State under review can check that.")
    if counts.entries and not counts.named:
        said.append(f"{room}: that it is of this review; none of its events says so.")
    if stream.run and to_the_end and stream.id not in sought:
        how = "check once more with --log" if stream.tag_key else "a later bundle shows it"
        said.append(f"{room}: that nothing came after number {stream.run[1]} in the first {point.size}; {how}.")
    if stream.waiting:
        said.append(f"{room}: {_entries(stream.waiting)} that came later than the checkpoint; take a later bundle.")
    return said


# --- what is said of one entry


def _single_said(single: Single) -> dict[str, Any]:
    return {
        "holds": True,
        "log": single.checkpoint.origin,
        "size": single.checkpoint.size,
        "index": single.index,
        "cosigned": {name: at.isoformat() for name, at in single.cosigned.items()},
        "event": single.event,
    }


def _single_text(single: Single) -> str:
    point = single.checkpoint
    event = json.dumps(single.event, indent=2) if single.event else "What it says was not given."
    seen = [f"{name} saw it on {at:{WHEN}}." for name, at in single.cosigned.items()]
    return (
        "\n".join(
            [
                f"The proof holds: this is entry {single.index} of the log {point.origin}, as it was at {point.size}.",
                *seen,
                event,
                "This doesn't prove what came before or after it, nor that whoever is named sat at the keyboard.",
            ]
        )
        + "\n"
    )
