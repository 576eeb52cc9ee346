"""Bundles: a whole one holds, and of whatever else one clear line is said; with no more memory for a longer one."""

import io
import json
import re
import tracemalloc
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.audit.bundle_checks import Checked, Expected, check_bundle
from portal.audit.bundle_comparisons import Search
from portal.audit.bundles import MOST_LINE, Item, read_lines
from portal.audit.checkpoints import witness_keys
from portal.audit.notes import encode, read_key
from portal.audit.proofs import Prover
from portal.audit.single import check_single, write_single
from portal.audit.tree import HASH_BYTES, Growing, entry_hash
from portal.audit.verify import Wrong
from portal.cli import main
from storage.signatures import Scheme, Signer
from tests.bundling import (
    KEYS,
    ORIGIN,
    OTHER,
    REVIEW,
    ROOM,
    SIZE,
    THEIRS,
    VECTORS,
    Json,
    Making,
    cosigned,
    made,
    written,
)

VECTOR = json.loads(VECTORS.read_text("utf-8"))
EXPECTED = Expected(KEYS)


def check(raw: bytes, expected: Expected = EXPECTED) -> Checked:
    return check_bundle(read_lines(io.BytesIO(raw)), expected)


def run(file: Path, *more: str) -> int:
    keys = [word for key in KEYS for word in ("--key", key.text())]
    return main(["verify", str(file), *keys, *more])


def test_without_a_key_nothing_holds() -> None:
    with pytest.raises(Wrong, match="no key of the log was given"):
        check(written(made()), Expected(()))
    with pytest.raises(Wrong, match="the bundle is empty"):
        check(b"")


def test_a_whole_bundle_holds() -> None:
    found = check(written(made()), Expected(KEYS, log=ORIGIN, review=UUID(REVIEW)))
    assert (found.checkpoint.origin, found.checkpoint.size) == (ORIGIN, SIZE)
    room, file = found.streams[UUID(ROOM)], found.streams[UUID(REVIEW)]
    assert found.entries == room.entries + file.entries == 14
    assert (room.last, room.unseen, room.named) == (room.entries, 3, room.entries - 3)
    assert (file.entries, file.unseen, file.fuller) == (2, 0, 0)


def test_the_vectors_are_those_that_are_made_and_each_fails_as_it_says() -> None:
    keys = Expected(
        tuple(read_key(key) for key in VECTOR["keys"]["log"]), tuple(read_key(key) for key in VECTOR["keys"]["witness"])
    )
    good = VECTOR["good"]
    assert check("".join(f"{line}\n" for line in good).encode(), keys).cosigned.keys() == {"witness.example/one"}
    assert len(VECTOR["broken"]) > 40
    for broken in VECTOR["broken"]:
        lines = [good[line] if isinstance(line, int) else line for line in broken["lines"]]
        with pytest.raises(Wrong) as refused:
            check("".join(f"{line}\n" for line in lines).encode(), Expected(keys.keys))
        assert re.search(broken["failure"], str(refused.value)), (broken["name"], str(refused.value))


def test_a_witness_that_is_asked_for_must_have_signed() -> None:
    lines = made()
    with pytest.raises(Wrong, match=r"isn't signed by witness\.example/one"):
        check(written(lines), Expected(KEYS, THEIRS))
    lines[0]["checkpoint"] = cosigned(lines[0]["checkpoint"])
    assert check(written(lines), Expected(KEYS, THEIRS)).cosigned["witness.example/one"].year == 2026
    name, _, rest = lines[0]["checkpoint"].rpartition("witness.example/one ")
    lines[0]["checkpoint"] = f"{name}witness.example/one {rest[:40]}{'A' if rest[40] != 'A' else 'B'}{rest[41:]}"
    with pytest.raises(Wrong, match=r"the signature of witness\.example/one is wrong"):
        check(written(lines), Expected(KEYS, THEIRS))


def test_a_policy_says_how_many_witnesses_must_have_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines, policy, file = made(), tmp_path / "policy", tmp_path / "trail.bundle"
    stranger = witness_keys("other.example", (Signer(Scheme.ED25519, b"\5" * 32),))[0]
    witnesses = f"witness one {THEIRS[0].text()}\nwitness two {stranger.text()}\n"
    for whole, quorum, holds in (
        (lines[0]["checkpoint"], "any", False),
        (cosigned(lines[0]["checkpoint"]), "any", True),
        (cosigned(lines[0]["checkpoint"]), "all", False),
    ):
        file.write_bytes(written([lines[0] | {"checkpoint": whole}, *lines[1:]]))
        policy.write_text(f"{witnesses}group both {quorum} one two\nquorum both\n")
        assert run(file, "--policy", str(policy)) == (0 if holds else 1)
        said = capsys.readouterr()
        assert ("as many witnesses as the policy asks for" in said.err) != holds
        assert ("witness.example/one saw it on 04 May 2026" in said.out) == holds
    policy.write_text("quorum both\n")
    assert run(file, "--policy", str(policy)) == 1
    assert "the policy can't be used" in capsys.readouterr().err


def test_the_log_is_no_witness_of_its_own() -> None:
    for key in KEYS:
        with pytest.raises(Wrong, match="is no witness's"):
            check(written(made()), Expected(KEYS, (key,)))


def test_another_log_or_review_than_the_one_that_is_expected_is_refused() -> None:
    raw = written(made())
    for expected, words in (
        (Expected(KEYS, log="other.example/audit/log"), "of another log: portal.example"),
        (Expected(KEYS, review=UUID(OTHER)), f"of another review: {REVIEW}"),
        (Expected(THEIRS), "of another log than the key"),
    ):
        with pytest.raises(Wrong, match=words):
            check(raw, expected)


def test_a_search_holds_without_its_gaps_and_is_not_taken_for_a_whole() -> None:
    lines = made()
    lines[0]["streams"] = [{"id": one["id"], "room": one["room"]} for one in lines[0]["streams"]]
    lines = [lines[0], *lines[2:-1:3], {"end": len(lines[2:-1:3])}]
    assert not check(written(lines)).head.whole
    lines[1], lines[2] = lines[2], lines[1]
    with pytest.raises(Wrong, match="stands in the log before"):
        check(written(lines))


# --- whatever is read


@settings(max_examples=300)
@given(st.data())
def test_bytes_altered_cut_or_doubled_anywhere_are_refused_in_one_line_or_alter_nothing_that_is_proven(
    data: st.DataObject,
) -> None:
    raw = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["alter", "cut", "drop", "double"])):
            case "alter":
                raw[at] = data.draw(st.integers(0, 255))
            case "cut":
                del raw[at:]
                raw = raw or bytearray(b"\n")
            case "drop":
                del raw[at : at + data.draw(st.integers(1, 2000))]
                raw = raw or bytearray(b"\n")
            case "double":
                raw[at:at] = raw[at : at + data.draw(st.integers(1, 2000))]
    same(bytes(raw))


@settings(max_examples=200)
@given(st.data())
def test_lines_in_another_order_or_number_are_refused(data: st.DataObject) -> None:
    lines = WHOLE.splitlines(keepends=True)
    chosen = data.draw(
        st.lists(st.integers(0, len(lines) - 1), max_size=2 * len(lines)) | st.permutations(range(len(lines)))
    )
    raw = b"".join(lines[at] for at in chosen)
    if raw == WHOLE:
        check(raw)
        return
    with pytest.raises(Wrong):
        check(raw)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20) | st.just("A" * 44),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.data())
def test_any_value_in_any_place_is_refused_or_alters_nothing_that_is_proven(data: st.DataObject) -> None:
    lines = json.loads(json.dumps(LINES))
    line = lines[data.draw(st.integers(0, len(lines) - 1))]
    for where in (line, line.get("streams", [line])[0]):
        name = data.draw(st.sampled_from([*where, "event", "closed", "leaf", "end", "first", "other"]))
        where[name] = data.draw(VALUES)
    same(b"".join(json.dumps(one).encode() + b"\n" for one in lines))


@settings(max_examples=200)
@given(VALUES)
def test_any_event_with_any_value_is_refused(value: object) -> None:
    for name in ("schema", "stream", "number", "kind", "action", "on", "phase", "who", "detail"):
        lines = json.loads(json.dumps(LINES))
        body = json.loads(lines[2]["event"])
        if body.get(name) == value and type(body.get(name)) is type(value):
            continue
        lines[2]["event"] = json.dumps(body | {name: value}, sort_keys=True, separators=(",", ":"))
        with pytest.raises(Wrong):
            check(b"".join(json.dumps(one).encode() + b"\n" for one in lines))


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(Wrong):
        check(raw)
    with pytest.raises(Wrong):
        check(WHOLE.splitlines(keepends=True)[0] + raw)


LINES = made()
WHOLE = written(LINES)


def same(raw: bytes) -> None:
    """Check something: it is refused, or whatever is proven is as in the whole bundle."""
    seen: list[Item] = []
    found, said = None, ""
    try:
        found = check_bundle(read_lines(io.BytesIO(raw)), EXPECTED, seen.append)
    except Wrong as error:
        said = str(error)
    if found is None:
        assert 0 < len(said) < 1000
        assert "\n" not in said
        return
    assert (found.head.log, str(found.head.review)) == (ORIGIN, REVIEW)
    good: list[Item] = []
    check_bundle(read_lines(io.BytesIO(WHOLE)), EXPECTED, good.append)
    entries = [(one.stream, one.number, one.index, one.event, one.leaf, one.tag) for one in good]
    kept = [(one.stream, one.number, one.index, one.event, one.leaf, one.tag) for one in seen]
    assert kept == entries or not found.head.whole


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000 + b"\n",
        b'{"a":' * 50_000 + b"\n",
        b'{"end":' + b"9" * 5000 + b"}\n",
        b'{"end":1e999}\n',
        b'{"end":NaN}\n',
        b'{"end":-1}\n',
        b'{"end":true}\n',
        b'{"end":14,"end":14}\n',
        b'{"end":14}',
        b'\xff{"end":14}\n',
        b'"\\ud800"\n',
        b"null\n",
        b"\n",
    ],
)
def test_hostile_lines_are_one_clear_line_and_exit_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes
) -> None:
    file = tmp_path / "trail.bundle"
    for raw in (line, written(made()[:-1]) + line, written(made()[:2]) + line + written(made()[2:])):
        file.write_bytes(raw)
        assert run(file) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "event",
    [
        "[" * 900 + "]" * 900,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"schema":1e999}',
        '{"schema":"\\ud800"}',
        '{"\\ud800":1}',
        "\ud800",
    ],
)
def test_hostile_events_are_refused(event: str) -> None:
    lines = made()
    lines[2]["event"] = event
    with pytest.raises(Wrong):
        check(b"".join(json.dumps(one).encode() + b"\n" for one in lines))


def test_a_line_of_ten_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "trail.bundle"
    with file.open("wb") as opened:
        opened.write(written(made()[:2]))
        opened.truncate(10 << 30)
    tracemalloc.start()
    assert run(file) == 1
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * MOST_LINE


@settings(max_examples=200)
@given(st.data())
def test_a_proof_of_one_entry_altered_anywhere_is_refused_or_proves_the_same(data: st.DataObject) -> None:
    text = SINGLE
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        put = data.draw(st.sampled_from(["", "A", "=", "\n", "é", "\ud800", "9"]) | st.text(max_size=3))
        text = text[:at] + put + text[at + data.draw(st.integers(0, 80)) :] or "x"
    event = None
    try:
        found = check_single(text, EXPECTED)
    except Wrong:
        return
    event = found.event
    assert (found.index, event) == (CHOSEN.index, json.loads(CHOSEN.event or ""))


def _chosen() -> Item:
    found: list[Item] = []
    check_bundle(read_lines(io.BytesIO(WHOLE)), EXPECTED, found.append)
    return found[1]


CHOSEN = _chosen()
SINGLE = write_single(CHOSEN, LINES[0]["checkpoint"])


def test_a_line_that_is_one_byte_too_long_is_refused() -> None:
    raw = written([LINES[0]]).rstrip(b"\n")
    longest = raw + b" " * (MOST_LINE - len(raw) - 1) + b"\n"
    rest = written(LINES[1:])
    assert check(longest + rest).entries == 14
    with pytest.raises(Wrong, match="line 1: it is longer than a line may be"):
        check(longest[:-1] + b" \n" + rest)


def test_a_number_that_stands_in_the_log_twice_is_found() -> None:
    making, search = Making(), Search()
    checked = check_bundle(read_lines(io.BytesIO(WHOLE)), EXPECTED, search.keep)
    assert set(search.begin(checked)) == {UUID(ROOM), UUID(REVIEW)}
    search.look(0, making.entries)
    search.look(SIZE, [making.entries[1]])  # what came after the bundle was made is no matter of it
    twice = [*making.entries]
    twice[2] = twice[2][:32] + twice[1][32:]
    with pytest.raises(Wrong, match="entry 2 of the log has the stream and number of another one"):
        search.look(0, twice)


def test_a_bundle_of_megabytes_is_checked_in_a_few_hundred_kilobytes(tmp_path: Path) -> None:
    file = tmp_path / "trail.bundle"
    file.write_bytes(written(long(8000)))
    assert file.stat().st_size > 6_000_000
    with file.open("rb") as opened:
        tracemalloc.start()
        assert check_bundle(read_lines(opened), EXPECTED).entries > 5000
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 1_000_000


def long(size: int) -> list[Json]:
    lines, making = made(size), Making(size)
    tiles = Growing(0, []).add([entry_hash(one) for one in making.entries])
    prover = Prover(size, lambda level, number, width: tiles[level, number][: HASH_BYTES * width])
    for line in lines[1:-1]:
        line["proof"] = [encode(one) for one in prover.prove(line["index"])]
    return lines
