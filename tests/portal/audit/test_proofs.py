"""Proofs of entries: for many at once, and as text that anybody reads; nothing but `Malformed` for whatever else."""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree  # type: ignore[import-untyped]

from portal.audit.checkpoints import Checkpoint, open_checkpoint
from portal.audit.notes import Malformed, encode, read_key
from portal.audit.proofs import HEADER, Proof, Prover, check_proof, read_proof
from portal.audit.tree import HASH_BYTES, Growing, entry_hash

TREE = json.loads((Path(__file__).parents[2] / "vectors" / "tree.json").read_text())
# the example of C2SP tlog-proof has an extra line that isn't base64; this is it with another one
EXAMPLE = """\
c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


def entry(number: int) -> bytes:
    return number.to_bytes(64, "big")


class Counting:
    """The tiles of a tree of so many entries; counts how often each is read."""

    def __init__(self, size: int) -> None:
        self.kept = Growing(0, []).add([entry_hash(entry(number)) for number in range(size)])
        self.read: dict[tuple[int, int], int] = {}

    def tile(self, level: int, number: int, width: int) -> bytes:
        self.read[level, number] = self.read.get((level, number), 0) + 1
        return self.kept[level, number][: width * HASH_BYTES]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 1000, 1025])
def test_many_proofs_are_those_of_an_implementation_that_isnt_ours(size: int) -> None:
    other = InmemoryTree(algorithm="sha256")
    for number in range(size):
        other.append_entry(entry(number))
    prover = Prover(size, Counting(size).tile)
    point = Checkpoint("log", size, other.get_root())
    for index in range(0, size, 7):
        made = prover.prove(index)
        assert made == other.prove_inclusion(index + 1).path[1:], "theirs begins with the entry itself"
        check_proof(entry_hash(entry(index)), index, made, point)


def test_each_tile_is_read_once_while_entries_come_in_order() -> None:
    size = 256 * 300 + 17
    counting = Counting(size)
    prover = Prover(size, counting.tile)
    for index in range(0, size, 50):
        prover.prove(index)
    assert len(counting.read) > 300
    again = {where: times for where, times in counting.read.items() if times > 1}
    assert again.keys() <= {(0, 300), (1, 0), (1, 1), (2, 0)}, (
        "the edge, which lies beside every way, and what is above"
    )
    assert sum(again.values()) < 10


def test_the_vector_of_the_tree_as_a_text() -> None:
    keys = [read_key(key) for key in TREE["keys"]["log"]]
    index, hashes = TREE["inclusion"]["index"], tuple(bytes.fromhex(one) for one in TREE["inclusion"]["proof"])
    text = Proof(index, hashes, TREE["checkpoint"]).text()
    lines = text.split("\n")
    assert lines[:2] == [HEADER, f"index {index}"]
    assert lines[2 : 2 + len(hashes)] == [encode(one) for one in hashes]
    assert text.endswith("\n\n" + TREE["checkpoint"])
    found = read_proof(text)
    opened = open_checkpoint(found.checkpoint, keys)
    assert set(opened.signed) == set(keys)
    leaf = sha256(f"leaf {index}".encode()).digest() + sha256(f"tag {index}".encode()).digest()
    check_proof(entry_hash(leaf), found.index, found.hashes, opened.checkpoint)


def test_the_example_of_the_specification_is_read_and_written_as_it_is() -> None:
    found = read_proof(EXAMPLE)
    assert found.extra == b"age-v1.2.1-darwin-arm64.tar.gz"
    assert (found.index, len(found.hashes)) == (73894, 2)
    assert found.checkpoint.startswith("example.com/fancylog\n109482\n")
    assert found.text() == EXAMPLE
    without = EXAMPLE.replace("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6\n", "")
    assert read_proof(without).text() == without


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("@v1\n", "@v1\r\n"),
        ("index 73894", "index 073894"),
        ("index 73894", "index -1"),
        ("index 73894", f"index {2**63}"),
        ("index 73894", "index 7\nindex 7"),
        ("index 73894\n", ""),
        ("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", "extra"),
        ("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", "extra "),
        ("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", "extra ==="),
        ("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6\n", "extra YQ==\nextra YQ==\n"),
        ("gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=", "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPl=="),
        ("gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=", "YQ=="),
        ("gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n", "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n" * 64),
        ("\n\nexample.com", "\nexample.com"),
    ],
)
def test_what_isnt_a_proof_is_refused(old: str, new: str) -> None:
    assert old in EXAMPLE
    broken = EXAMPLE.replace(old, new, 1)
    if old == "\n\nexample.com":
        broken = broken.split("\n\n", maxsplit=1)[0] + "\n"
    with pytest.raises(Malformed):
        read_proof(broken)


@given(st.text(max_size=300) | st.builds(lambda rest: f"{HEADER}\n{rest}", st.text(max_size=200)))
def test_whatever_is_read_is_a_proof_or_malformed(text: str) -> None:
    with suppress(Malformed):
        assert read_proof(text).text() == text


def test_a_false_hash_a_false_index_and_a_false_entry_are_not_proven() -> None:
    size = 300
    prover = Prover(size, Counting(size).tile)
    growing = Growing(0, [])
    growing.add([entry_hash(entry(number)) for number in range(size)])
    point, made = Checkpoint("log", size, growing.root()), prover.prove(100)
    check_proof(entry_hash(entry(100)), 100, made, point)
    for hash_, index, hashes in (
        (entry_hash(entry(101)), 100, made),
        (entry_hash(entry(100)), 101, made),
        (entry_hash(entry(100)), size, made),
        (entry_hash(entry(100)), 100, made[:-1]),
        (entry_hash(entry(100)), 100, [*made, made[0]]),
        (entry_hash(entry(100)), 100, made[::-1]),
    ):
        with pytest.raises(Malformed, match="isn't proven"):
            check_proof(hash_, index, hashes, point)
