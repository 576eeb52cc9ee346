"""The Merkle tree: against RFC 6962 as it is written, an implementation that isn't ours, and every false proof."""

import random
from collections.abc import Callable

import pytest
from pymerkle import InmemoryTree  # type: ignore[import-untyped]

from portal.audit.tree import (
    EMPTY,
    HASH_BYTES,
    WIDTH,
    Growing,
    Inconsistent,
    Tree,
    check_consistency,
    check_inclusion,
    entry_hash,
    node_hash,
    tile_count,
)

# the entries of the reference vectors of Certificate Transparency, and the roots over the first of them
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Stored:
    """A tree with its tiles, as a log keeps them."""

    def __init__(self) -> None:
        self.growing = Growing(0, [])
        self.kept: dict[tuple[int, int], bytes] = {}

    def add(self, hashes: list[bytes]) -> None:
        for where, tile in self.growing.add(hashes).items():
            assert tile.startswith(self.kept.get(where, b"")), "a tile only grows"
            self.kept[where] = tile

    def tile(self, level: int, number: int, width: int) -> bytes:
        assert 0 < width <= WIDTH
        return self.kept[level, number][: width * HASH_BYTES]

    def at(self, size: int) -> Tree:
        return Tree(size, self.tile)

    def edge(self, size: int) -> list[bytes]:
        levels = range((size.bit_length() + 7) // 8)
        found = [self.kept.get((level, (size >> (8 * level)) // WIDTH), b"") for level in levels]
        return [tile[: tile_count(size, level) * HASH_BYTES] for level, tile in enumerate(found)]


def plain_root(hashes: list[bytes]) -> bytes:
    """Compute a root by the words of RFC 6962, 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(plain_root(hashes[:split]), plain_root(hashes[split:]))


def leaves(count: int) -> list[bytes]:
    return [entry_hash(number.to_bytes(8, "big")) for number in range(count)]


def stored(count: int) -> Stored:
    made = Stored()
    made.add(leaves(count))
    return made


def test_the_roots_of_the_reference_vectors() -> None:
    made = Stored()
    for entry, root in zip(ENTRIES, ROOTS, strict=True):
        made.add([entry_hash(bytes.fromhex(entry))])
        assert made.growing.root().hex() == root
        assert made.at(made.growing.size).root().hex() == root
    assert Growing(0, []).root() == EMPTY


def test_random_trees_agree_with_another_implementation_and_with_the_words_of_the_rfc() -> None:
    chance = random.Random(6962)
    theirs, made, hashes = InmemoryTree(algorithm="sha256"), Stored(), []
    while len(hashes) < 1500:
        entries = [chance.randbytes(chance.randrange(1, 40)) for _ in range(chance.choice([1, 2, 7, 254, 256, 257]))]
        for entry in entries:
            theirs.append_entry(entry)
        made.add([entry_hash(entry) for entry in entries])
        hashes += [entry_hash(entry) for entry in entries]
        size, root = len(hashes), theirs.get_root()
        assert made.growing.root() == root == plain_root(hashes) == made.at(size).root()
        assert Growing(size, made.edge(size)).root() == root
        for _ in range(10):
            index, old = chance.randrange(size), chance.randrange(1, size + 1)
            check_inclusion(hashes[index], index, size, made.at(size).inclusion(index), root)
            check_consistency(old, theirs.get_root(old), size, root, made.at(size).consistency(old))


def test_every_proof_of_inclusion_in_small_trees_holds_and_for_nothing_else() -> None:
    made, hashes = stored(40), leaves(40)
    for size in range(1, 41):
        root = plain_root(hashes[:size])
        for index in range(size):
            proof = made.at(size).inclusion(index)
            check_inclusion(hashes[index], index, size, proof, root)
            for false in _false_proofs(proof):
                with pytest.raises(Inconsistent):
                    check_inclusion(hashes[index], index, size, false, root)
            with pytest.raises(Inconsistent):
                check_inclusion(bytes(32), index, size, proof, root)
            with pytest.raises(Inconsistent):
                check_inclusion(hashes[index], index + 1, size, proof, root)


def test_every_proof_of_consistency_of_small_trees_holds_and_for_nothing_else() -> None:
    made, hashes = stored(40), leaves(40)
    for size in range(1, 41):
        root = plain_root(hashes[:size])
        for old in range(size + 1):
            proof, was = made.at(size).consistency(old), plain_root(hashes[:old])
            check_consistency(old, was, size, root, proof)
            false = [(was, root, one) for one in _false_proofs(proof)] + [(bytes(32), root, proof)]
            for before, after, one in [*false, *([(was, bytes(32), proof)] if old else [])]:
                with pytest.raises(Inconsistent):
                    check_consistency(old, before, size, after, one)


def _false_proofs(proof: list[bytes]) -> list[list[bytes]]:
    false = [[*proof, bytes(32)], [bytes(32), *proof]]
    false += [proof[:-1], proof[1:]] if proof else []
    false += [[*proof[:at], bytes(32), *proof[at + 1 :]] for at in range(len(proof))]
    return [one for one in false if one != proof]


@pytest.mark.parametrize(
    "ask",
    [
        lambda tree: tree.inclusion(10),
        lambda tree: tree.inclusion(-1),
        lambda tree: tree.consistency(11),
        lambda tree: tree.consistency(-1),
    ],
)
def test_nothing_is_proven_of_what_is_not_there(ask: Callable[[Tree], object]) -> None:
    with pytest.raises(ValueError, match="no "):
        ask(stored(10).at(10))


def test_sizes_that_no_trees_have_prove_nothing() -> None:
    for old, new in ((-1, 5), (6, 5)):
        with pytest.raises(Inconsistent):
            check_consistency(old, EMPTY, new, EMPTY, [])
    for index, size in ((0, 0), (-1, 3), (3, 3)):
        with pytest.raises(Inconsistent):
            check_inclusion(EMPTY, index, size, [], EMPTY)


@pytest.mark.parametrize(("size", "edge"), [(5, []), (5, [bytes(32)]), (300, [bytes(32 * 44)]), (-1, []), (0, [b"x"])])
def test_an_edge_of_another_size_is_none(size: int, edge: list[bytes]) -> None:
    with pytest.raises(Inconsistent):
        Growing(size, edge)
