"""Signed notes, checkpoints and keys: written and read, and nothing but `Malformed` for whatever else."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.checkpoints import Checkpoint, cosign, log_keys, open_checkpoint, read_checkpoint, sign, witness_keys
from portal.audit.notes import Key, Kind, Malformed, Note, read_key, read_note
from portal.audit.tiles import parse_tile, tile_path
from portal.audit.tree import Growing, check_consistency, check_inclusion, entry_hash
from storage.signatures import Scheme, Signer, is_signed

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
POINT = Checkpoint("portal.example/audit/log", 20852163, bytes(range(32)))
SIGNERS = (Signer(Scheme.ED25519, b"\1" * 32), Signer(Scheme.ML_DSA_44, b"\2" * 32))
WITNESS = (Signer(Scheme.ED25519, b"\3" * 32), Signer(Scheme.ML_DSA_44, b"\4" * 32))
KEYS = log_keys(POINT.origin, SIGNERS)
THEIRS = witness_keys("witness.example/w1", WITNESS)
WHOLE = sign(POINT, SIGNERS, AT)
# the examples of C2SP signed-note and tlog-cosignature
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3Z"
    "ekRwNtIc=\n"
)
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_the_notes_of_the_specifications_are_read_and_written_as_they_are() -> None:
    for whole in (POEM, SOFA):
        assert read_note(whole).whole() == whole
    assert read_note(POEM).text.endswith("\n\ned è subito sera.\n"), "the text may hold an empty line"
    assert read_note(POEM).signatures[0].id.hex() == "367ba04b"
    found = open_checkpoint(SOFA, KEYS)
    assert (found.checkpoint.origin, found.checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert found.signed == {}, "of keys that nobody knows here"


def test_a_checkpoint_is_signed_by_its_log_and_by_its_witnesses() -> None:
    lines = cosign(read_note(WHOLE), "witness.example/w1", WITNESS, AT)
    whole = Note(read_note(WHOLE).text, (*read_note(WHOLE).signatures, *lines)).whole()
    found = open_checkpoint(whole, (*KEYS, *THEIRS))
    assert found.checkpoint == POINT
    assert set(found.signed) == {*KEYS, *THEIRS}
    seconds = int(AT.timestamp())
    assert [found.signed[key] for key in (*KEYS, *THEIRS)] == [0, seconds, seconds, seconds]
    assert open_checkpoint(whole, THEIRS).signed.keys() == set(THEIRS)
    assert open_checkpoint(whole, ()).signed == {}


def test_what_is_signed_is_spelt_as_the_specification_spells_it() -> None:
    """Computed here from the words of C2SP tlog-cosignature, not from the portal's own functions."""
    note, seconds = read_note(WHOLE), int(AT.timestamp())
    name = POINT.origin.encode()
    assert note.signatures[0].value == SIGNERS[0].sign(POINT.body().encode())
    said = b"subtree/v1\n\0" + bytes([len(name)]) + name + seconds.to_bytes(8, "big") + bytes([len(name)]) + name
    said += (0).to_bytes(8, "big") + POINT.size.to_bytes(8, "big") + POINT.root
    key = Key(POINT.origin, Kind.COSIGNATURE_ML_DSA_44, SIGNERS[1].public)
    assert open_checkpoint(WHOLE, [key]).signed == {key: seconds}

    assert is_signed(Scheme.ML_DSA_44, SIGNERS[1].public, said, note.signatures[1].value[8:])
    witness = cosign(note, "w", WITNESS[:1], AT)[0]
    assert witness.value[8:] == WITNESS[0].sign(f"cosignature/v1\ntime {seconds}\n{POINT.body()}".encode())


def test_no_letter_of_a_checkpoint_changes_unseen() -> None:
    for at in range(0, len(WHOLE), 7):
        for letter in ("x", "\n", "0"):
            if WHOLE[at] == letter:
                continue
            changed = WHOLE[:at] + letter + WHOLE[at + 1 :]
            try:
                found = open_checkpoint(changed, KEYS)
            except Malformed:
                continue
            assert set(found.signed) < set(KEYS), "it is signed by fewer, and of those only what they said"
            assert not found.signed or found.checkpoint == POINT


def test_the_vectors_are_those_of_this_implementation() -> None:
    """By them anybody can check another one; signatures are checked, not compared: ML-DSA-44 may sign with chance."""
    said = json.loads((Path(__file__).parents[2] / "vectors" / "tree.json").read_text())
    hashes = [
        entry_hash(sha256(b"leaf %d" % number).digest() + sha256(b"tag %d" % number).digest())
        for number in range(said["size"])
    ]
    growing = Growing(0, [])
    growing.add(hashes)
    root, keys = growing.root(), [read_key(text) for texts in said["keys"].values() for text in texts]
    assert root.hex() == said["root"]
    one, other = said["inclusion"], said["consistency"]
    check_inclusion(hashes[one["index"]], one["index"], 300, [bytes.fromhex(one) for one in one["proof"]], root)
    proof = [bytes.fromhex(one) for one in other["proof"]]
    check_consistency(other["old"], bytes.fromhex(other["root"]), 300, root, proof)
    opened = open_checkpoint(said["checkpoint"] + said["cosignatures"], keys)
    assert opened.checkpoint == Checkpoint("portal.example/audit/log", 300, root)
    assert set(opened.signed) == set(keys)
    edwards, lattice = (bytes.fromhex(seed) for seed in said["seeds"]["log"])
    assert keys[:2] == list(
        log_keys(POINT.origin, (Signer(Scheme.ED25519, edwards), Signer(Scheme.ML_DSA_44, lattice)))
    )


def test_a_signature_of_another_log_size_root_or_time_is_none() -> None:
    note = read_note(WHOLE)
    for other in (
        Checkpoint(POINT.origin, POINT.size + 1, POINT.root),
        Checkpoint(POINT.origin, POINT.size, bytes(32)),
    ):
        with pytest.raises(Malformed, match="is wrong"):
            open_checkpoint(Note(other.body(), note.signatures).whole(), KEYS)


@pytest.mark.parametrize("key", [*KEYS, *THEIRS])
def test_keys_are_written_and_read(key: Key) -> None:
    assert read_key(key.text()) == key
    text = key.text()
    for wrong in (
        text[:-4],
        f"x{text}",
        text.replace("+", " ", 1),
        text.partition("+")[0],
        "",
        f"{text}\n",
        f"\0{text}",
    ):
        with pytest.raises(Malformed):
            read_key(wrong)


def test_no_key_has_a_name_that_no_note_could_bear() -> None:
    for name in ("", "a b", "a+b", "a\nb", "a\0b", "\x1b[2J", "n" * 256):
        with pytest.raises(Malformed):
            read_key(Key(name, KEYS[0].kind, KEYS[0].public).text())
    assert read_key(Key("ñ" * 127, KEYS[0].kind, KEYS[0].public).text()).name == "ñ" * 127


@pytest.mark.parametrize(
    "text",
    [
        "",
        "portal.example\n",
        "portal.example\n1\n",
        "portal.example\n01\nAAAA\n",
        "portal.example\n-1\nAAAA\n",
        f"portal.example\n{2**63}\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "portal.example\n1\nAAAA\n",
        "portal.example\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
        "portal.example\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "portal.example\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        f"{'p' * 256}\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    ],
)
def test_what_is_no_checkpoint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Malformed):
        read_checkpoint(text)


@given(st.text() | st.tuples(st.text(), st.text()).map(lambda two: f"{two[0]}\n\n— {two[1]}\n"))
def test_whatever_is_read_is_a_note_or_malformed(whole: str) -> None:
    for read in (read_note, read_key, read_checkpoint, lambda text: open_checkpoint(text, KEYS), parse_tile):
        with suppress(Malformed):
            read(whole)


@given(st.integers(0, 63), st.integers(0, 2**55 - 1), st.integers(1, 256))
def test_addresses_of_tiles_are_written_and_read(level: int, number: int, width: int) -> None:
    assert parse_tile(tile_path(level, number, width)) == (level, number, width)


def test_addresses_of_tiles_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "0/x001/x234/067"
    assert tile_path(1, 0, 17) == "1/000.p/17"
    assert parse_tile("entries/x001/000.p/3") == (None, 1000, 3)
    odd = "0/1 0/0001 0/x000/001 00/001 64/001 0/001.p/0 0/001.p/256 0/001.p/01 0/-01 x/001"
    beyond = "0/x036/x028/x797/x018/x963/968"  # 2**55: more than any tree has
    for wrong in (*odd.split(), beyond):
        with pytest.raises(Malformed):
            parse_tile(wrong)
