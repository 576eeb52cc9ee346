"""The recovery key: what is sealed to it opens by its shares alone; and manifests, which nobody else can make."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import BadShares, Damaged
from storage.recovery import manifest, offline, shares
from storage.recovery.manifest import Kept, Manifest, Recovery
from storage.signatures import Scheme, Signer

SEED = bytes(range(100, 132))
OPENER = offline.Opener(SEED)
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "recovery.json").read_text())
SIGNERS = (Signer(Scheme.ED25519, b"e" * 32), Signer(Scheme.ML_DSA_44, b"l" * 32))
OTHERS = (Signer(Scheme.ED25519, b"x" * 32), Signer(Scheme.ML_DSA_44, b"y" * 32))


def recovery(opener: offline.Opener = OPENER, signers: tuple[Signer, ...] = SIGNERS) -> Recovery:
    bare = Recovery(opener.public, signers[0].public, signers[1].public, b"")
    return replace(bare, vouched=opener.vouch(bare.statement()))


def one() -> Manifest:
    return Manifest(
        UUID(int=7),
        3,
        datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
        recovery(),
        Kept(1234, b"d" * 32),
        b"sealed key",
        {"0" * 32: Kept(73, b"o" * 32)},
        ("f" * 32,),
    )


def test_what_is_sealed_opens_by_the_seed_and_for_its_use_alone() -> None:
    sealed = offline.seal(OPENER.public, b"a key", b"use")
    assert OPENER.open(sealed, b"use") == b"a key"
    for opener, blob, use in (
        (OPENER, sealed, b"another use"),
        (offline.Opener(b"s" * 32), sealed, b"use"),
        (OPENER, sealed[:-1], b"use"),
        (OPENER, b"", b"use"),
        (OPENER, bytes([sealed[0] ^ 1]) + sealed[1:], b"use"),  # of the lattice part
        (OPENER, sealed[:1090] + bytes([sealed[1090] ^ 1]) + sealed[1091:], b"use"),  # of the curve's
    ):
        with pytest.raises(Damaged):
            opener.open(blob, use)


def test_a_seed_gives_the_same_key_for_ever() -> None:
    """Paper outlives programs: whatever is changed here, old shares must open old backups."""
    assert shares.join(VECTORS["shares"][1:]) == base64.b64decode(VECTORS["seed"]) == SEED
    assert base64.b64decode(VECTORS["public"]) == OPENER.public
    assert offline.fingerprint(OPENER.public) == VECTORS["fingerprint"]
    vouched = VECTORS["vouched"]
    assert OPENER.vouch(vouched["statement"].encode()) == base64.b64decode(vouched["vouched"])


@pytest.mark.parametrize("case", VECTORS["sealed"], ids=lambda case: case["name"])
def test_what_was_sealed_long_ago_opens_or_fails_as_the_vectors_say(case: dict[str, str]) -> None:
    sealed, context = base64.b64decode(case["sealed"]), case["context"].encode()
    if "fails" in case:
        with pytest.raises(Damaged):
            OPENER.open(sealed, context)
    else:
        assert OPENER.open(sealed, context) == base64.b64decode(case["key"])


@pytest.mark.parametrize("public", [b"", b"\0" * 1215, b"\xff" * offline.PUBLIC_BYTES])
def test_nothing_is_sealed_to_what_is_no_public_key(public: bytes) -> None:
    with pytest.raises(Damaged):
        offline.seal(public, b"a key", b"use")


@given(st.integers(2, 6), st.integers(0, 4), st.randoms())
def test_so_many_shares_as_were_agreed_on_give_the_seed_whichever_they_are(
    needed: int, more: int, chance: object
) -> None:
    made = list(shares.split(SEED, needed, needed + more))
    chance.shuffle(made)  # type: ignore[attr-defined]
    assert shares.join(made[:needed]) == SEED
    assert shares.join([*made, made[0].upper() + "\n"]) == SEED
    with pytest.raises(BadShares):
        shares.join(made[: needed - 1])
    with pytest.raises(BadShares):
        shares.join([made[0]] * needed)


def test_shares_that_are_mistyped_or_of_two_keys_give_nothing() -> None:
    made, others = shares.split(SEED, 2, 3), shares.split(SEED, 2, 3)
    words = made[0].split()
    words[20] = "academic" if words[20] != "academic" else "acid"
    for given_ in ([" ".join(words), made[1]], [made[0], others[1]], [*made, others[0]], [], ["nonsense", "words"]):
        with pytest.raises(BadShares):
            shares.join(given_)


@pytest.mark.parametrize(("needed", "count"), [(1, 1), (1, 3), (4, 3), (2, 17), (0, 0)])
def test_one_share_alone_never_opens(needed: int, count: int) -> None:
    with pytest.raises(BadShares):
        shares.split(SEED, needed, count)


# --- manifests


def test_a_manifest_says_the_same_when_it_is_read() -> None:
    raw = manifest.write(one(), SIGNERS)
    assert manifest.read(raw, None) == one()
    assert manifest.read(raw, (SIGNERS[0].public, SIGNERS[1].public)) == one()
    manifest.check_vouched(one(), OPENER)


def test_a_manifest_of_anybody_else_is_refused() -> None:
    forged = replace(one(), recovery=recovery(offline.Opener(b"s" * 32), OTHERS))
    raw = manifest.write(forged, OTHERS)
    manifest.read(raw, None)  # it fits itself
    with pytest.raises(Damaged):
        manifest.read(raw, (SIGNERS[0].public, SIGNERS[1].public))
    for one_forged in (
        forged,
        replace(forged, recovery=replace(forged.recovery, public=OPENER.public)),
        replace(one(), recovery=replace(one().recovery, edwards=OTHERS[0].public)),
        replace(one(), recovery=replace(one().recovery, lattice=OTHERS[1].public)),
    ):
        with pytest.raises(Damaged):
            manifest.check_vouched(one_forged, OPENER)


def test_a_manifest_signed_with_one_of_both_keys_is_refused() -> None:
    for signers in ((SIGNERS[0], OTHERS[1]), (OTHERS[0], SIGNERS[1])):
        with pytest.raises(Damaged):
            manifest.read(manifest.write(one(), signers), None)


def _changed(path: tuple[str, ...], value: object) -> bytes:
    whole = json.loads(manifest.write(one(), SIGNERS))
    at = whole
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("said", "number"), 4),
        (("said", "number"), True),
        (("said", "objects", "0" * 32), [74, "6f" * 32]),
        (("said", "objects", "../../etc/passwd"), [74, "6f" * 32]),
        (("said", "missing"), []),
        (("said", "made"), "2026-05-04T09:30:00"),
        (("said", "more"), 1),
        (("said", "format"), "portal-backup/2"),
        (("signatures", "ed25519"), base64.b64encode(b"s" * 64).decode()),
        (("signatures", "more"), ""),
        (("more",), 1),
        (("said",), []),
    ],
)
def test_a_manifest_that_was_altered_is_refused(path: tuple[str, ...], value: object) -> None:
    with pytest.raises(Damaged):
        manifest.read(_changed(path, value), None)


@pytest.mark.parametrize("raw", [b"", b"[]", b"null\n", b"\xff", b"{}\n", b"[" * 100_000])
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(Damaged):
        manifest.read(raw, None)


def test_a_manifest_cut_or_lengthened_is_refused() -> None:
    raw = manifest.write(one(), SIGNERS)
    for altered in (*(raw[:size] for size in range(len(raw))), raw + b"\n", b" " + raw):
        with pytest.raises(Damaged):
            manifest.read(altered, None)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "0" * 31, "G" * 32, "0" * 32 + "\n"])
def test_a_name_that_no_object_has_is_refused_whoever_signed_it(name: str) -> None:
    for named in (replace(one(), objects={name: one().database}), replace(one(), missing=(name,))):
        with pytest.raises(Damaged):
            manifest.read(manifest.write(named, SIGNERS), None)
