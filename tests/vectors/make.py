"""Make the vectors of the formats, once: `python tests/vectors/make.py`, then read what changed.

All is computed by the formulas of the specifications, without the code under test. ML-DSA-44 signs with chance: its
signatures change each time.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

HERE = Path(__file__).parent
SIZES = (0, 1, 16383, 16384, 16385, 32768, 100000)
ROW = UUID("6f1c1f6e-3d0b-4f0e-9b51-0c9a5d1f7a10")
LOG, WITNESS, SECONDS = "portal.example/audit/log", "witness.example/one", 1777887000
NOTE_EDWARDS, EDWARDS, LATTICE = 1, 4, 6  # kinds of signatures
CHUNK, SEALED_CHUNK, HEADER = 16384, 16400, 56


def pattern(size: int) -> bytes:
    """Repeat the bytes 0 to 250: a length without a common factor with the chunk's."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def sealed_content(key: bytes, salt: bytes, context: bytes, plain: bytes) -> bytes:
    """Seal by the formulas of the specification, without the code under test."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    material = HKDFExpand(SHA512(), 76, info).derive(key)
    base = int.from_bytes(material[32:44], "big")
    out = salt + material[44:]
    for number in range(len(plain) // CHUNK + 1):
        nonce = (base ^ number).to_bytes(12, "big")
        out += AESGCM(material[:32]).encrypt(nonce, plain[number * CHUNK : (number + 1) * CHUNK], None)
    return out


def contents() -> dict[str, Any]:
    """Good contents by seed and digest, and broken ones as changes to a good one."""
    context = f"portal/v1/version/{ROW}"
    good = []
    for size in SIZES:
        key = hashlib.sha256(f"key {size}".encode()).digest()
        salt = hashlib.sha256(f"salt {size}".encode()).digest()[:24]
        plain, sealed = pattern(size), sealed_content(key, salt, context.encode(), pattern(size))
        good.append(
            {
                "name": f"{size} bytes",
                "key": key.hex(),
                "salt": salt.hex(),
                "context": context,
                "plaintext": {"pattern": "bytes 0 to 250, repeated", "size": size},
                "plaintext_sha256": hashlib.sha256(plain).hexdigest(),
                "header": sealed[:HEADER].hex(),
                "sealed_size": len(sealed),
                "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
            }
        )
    return {"specification": "https://c2sp.org/chunked-encryption", "good": good, "broken": broken_contents()}


def broken_contents() -> list[dict[str, Any]]:
    """Changes to a good content, each of which a whole reading must refuse."""
    last = HEADER + 6 * SEALED_CHUNK
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("salt flipped", "100000 bytes", {"flip": 0}),
        ("commitment flipped", "100000 bytes", {"flip": 24}),
        ("first chunk flipped", "100000 bytes", {"flip": HEADER}),
        ("tag of a middle chunk flipped", "100000 bytes", {"flip": HEADER + 3 * SEALED_CHUNK - 1}),
        ("final chunk flipped", "100000 bytes", {"flip": last + 5}),
        ("no bytes", "100000 bytes", {"keep": 0}),
        ("half a header", "100000 bytes", {"keep": 30}),
        ("header alone", "100000 bytes", {"keep": HEADER}),
        ("cut at a chunk's edge", "100000 bytes", {"keep": last}),
        ("cut inside a tag", "100000 bytes", {"keep": last + 10}),
        ("cut inside the final chunk", "100000 bytes", {"keep": last + 100}),
        ("empty final chunk missing", "32768 bytes", {"keep": HEADER + 2 * SEALED_CHUNK}),
        ("one byte appended", "100000 bytes", {"append": "00"}),
        ("an empty chunk appended", "16385 bytes", {"append": "00" * 16}),
        ("one byte appended to nothing", "0 bytes", {"append": "00"}),
        ("first two chunks swapped", "100000 bytes", {"order": [1, 0, 2, 3, 4, 5, 6]}),
        ("a chunk repeated", "100000 bytes", {"order": [0, 1, 0, 3, 4, 5, 6]}),
        ("a chunk left out", "100000 bytes", {"order": [0, 1, 3, 4, 5, 6]}),
        ("another context", "1 bytes", {"context": "portal/v1/version/00000000-0000-0000-0000-000000000000"}),
        ("another key", "1 bytes", {"key": "11" * 32}),
    ]
    return [{"name": name, "of": of, "change": change, "failure": "Damaged"} for name, of, change in changes]


def fields() -> dict[str, Any]:
    """Sealed fields with fixed nonces, and broken ones."""
    key, nonce = hashlib.sha256(b"field key").digest(), hashlib.sha256(b"field nonce").digest()[:12]
    place = {"table": "documents", "column": "title", "row": str(ROW)}
    aad = f"documents/title/{ROW}".encode()
    good = []
    for plain in ("", "Réponse", "ответ.pdf", "الرد على القائمة"):
        blob = nonce + AESGCMSIV(key).encrypt(nonce, plain.encode(), aad)
        good.append({"key": key.hex(), **place, "plaintext": plain, "sealed": blob.hex()})
    sealed = bytes.fromhex(good[1]["sealed"])
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    other_row = {**place, "row": "00000000-0000-0000-0000-000000000000"}
    cases = [
        ("flipped", place, flipped, key),
        ("cut", place, sealed[:-1], key),
        ("too short for a tag", place, sealed[:27], key),
        ("empty", place, b"", key),
        ("appended", place, sealed + b"\0", key),
        ("copied to another row", other_row, sealed, key),
        ("copied to another column", {**place, "column": "summary"}, sealed, key),
        ("copied to another table", {**place, "table": "reviews"}, sealed, key),
        ("another key", place, sealed, bytes([1]) * 32),
    ]
    broken = [
        {"name": name, "key": used.hex(), **where, "sealed": blob.hex(), "failure": "Damaged"}
        for name, where, blob, used in cases
    ]
    derived = [
        {"key": key.hex(), "purpose": word, "derived": HKDFExpand(SHA512(), 32, info.encode()).derive(key).hex()}
        for word, info in ((word, f"portal/v1/key/{word}") for word in ("field", "wrap", "equal", "leaf-tag"))
    ]
    return {"specification": "RFC 8452, RFC 5869", "good": good, "broken": broken, "derived": derived}


def wrapped() -> dict[str, Any]:
    """A keyring with an active, an older and a retired key, and keys wrapped under them."""
    keys = {f"{n:016x}": hashlib.sha256(f"wrapping key {n}".encode()).digest() for n in (1, 2, 3)}
    states = dict(zip(keys, ("retired", "open", "active"), strict=True))
    lines = []
    for key_id, key in keys.items():
        line = {"id": key_id, "created": "2026-01-02T03:04:05+00:00", "state": states[key_id]}
        lines.append(line if states[key_id] == "retired" else {**line, "key": base64.b64encode(key).decode()})
    nonce, plain, context = hashlib.sha256(b"wrap nonce").digest()[:12], bytes(range(100, 132)), "room/1"

    def blob(key_id: str) -> bytes:
        head = b"\x01" + bytes.fromhex(key_id)
        return head + nonce + AESGCMSIV(keys[key_id]).encrypt(nonce, plain, head + context.encode())

    retired, older, active = (blob(key_id) for key_id in keys)
    broken = [
        ("flipped", active[:-1] + bytes([active[-1] ^ 1]), context, "Damaged"),
        ("another context", active, "room/2", "Damaged"),
        ("unknown format", b"\x02" + active[1:], context, "Damaged"),
        ("cut", active[:-1], context, "Damaged"),
        ("too short", active[:36], context, "Damaged"),
        ("empty", b"", context, "Damaged"),
        ("key id exchanged for another one's", older[:1] + active[1:9] + older[9:], context, "Damaged"),
        ("unknown key", active[:1] + b"\x09" * 8 + active[9:], context, "KeyUnavailable"),
        ("retired key", retired, context, "KeyUnavailable"),
    ]
    return {
        "specification": "RFC 8452",
        "keyring": {"format": "portal-keyring/1", "keys": lines},
        "good": [
            {"key_id": key_id, "context": context, "plaintext": plain.hex(), "wrapped": blob(key_id).hex()}
            for key_id in list(keys)[1:]
        ],
        "broken": [
            {"name": name, "wrapped": data.hex(), "context": where, "failure": failure}
            for name, data, where, failure in broken
        ],
    }


# --- the tree (RFC 6962) and its checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness) ---


def digest(content: bytes) -> bytes:
    """Hash."""
    return hashlib.sha256(content).digest()


def leaf(number: int, salt: str = "") -> bytes:
    """Hash an entry, which is another one with a salt."""
    return digest(b"\0" + digest(f"leaf {number}{salt}".encode()) + digest(f"tag {number}".encode()))


def split(count: int) -> int:
    """Give the largest power of two below a number."""
    return 1 << ((count - 1).bit_length() - 1)


def root(leaves: list[bytes]) -> bytes:
    """Compute MTH of section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else digest(b"")
    at = split(len(leaves))
    return digest(b"\1" + root(leaves[:at]) + root(leaves[at:]))


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    """Compute PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    at = split(len(leaves))
    if index < at:
        return [*inclusion(index, leaves[:at]), root(leaves[at:])]
    return [*inclusion(index - at, leaves[at:]), root(leaves[:at])]


def consistency(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """Compute PROOF, or SUBPROOF, of section 2.1.2."""
    if old in {0, len(leaves)}:
        return [] if whole else [root(leaves)]
    at = split(len(leaves))
    if old <= at:
        return [*consistency(old, leaves[:at], whole=whole), root(leaves[at:])]
    return [*consistency(old - at, leaves[at:], whole=False), root(leaves[:at])]


def public(kind: int, seed: bytes) -> bytes:
    """Give the public key of a seed, after its kind."""
    key = MLDSA44PrivateKey.from_seed_bytes(seed) if kind == LATTICE else Ed25519PrivateKey.from_private_bytes(seed)
    return bytes([kind]) + key.public_key().public_bytes_raw()


def key_id(name: str, kind: int, seed: bytes) -> bytes:
    """Compute the id of a key."""
    return digest(name.encode() + b"\n" + public(kind, seed))[:4]


def key_text(name: str, kind: int, seed: bytes) -> str:
    """Write a public key."""
    return f"{name}+{key_id(name, kind, seed).hex()}+{base64.b64encode(public(kind, seed)).decode()}"


def body(origin: str, size: int, tree: bytes) -> str:
    """Write the text of a checkpoint."""
    return f"{origin}\n{size}\n{base64.b64encode(tree).decode()}\n"


def line(name: str, kind: int, seed: bytes, text: str) -> str:
    """Sign the text of a checkpoint."""
    time, (origin, size, tree, _) = SECONDS.to_bytes(8, "big"), text.split("\n")
    if kind == LATTICE:
        named = bytes([len(name)]) + name.encode() + time + bytes([len(origin)]) + origin.encode()
        said = b"subtree/v1\n\0" + named + bytes(8) + int(size).to_bytes(8, "big") + base64.b64decode(tree)
        value = time + MLDSA44PrivateKey.from_seed_bytes(seed).sign(said)
    elif kind == EDWARDS:
        value = time + Ed25519PrivateKey.from_private_bytes(seed).sign(
            f"cosignature/v1\ntime {SECONDS}\n{text}".encode()
        )
    else:
        value = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return f"\N{EM DASH} {name} {base64.b64encode(key_id(name, kind, seed) + value).decode()}\n"


def tree() -> dict[str, Any]:
    """A tree, proofs of it, and its checkpoint with the signatures of log and witness."""
    seeds = [bytes(range(first, first + 32)) for first in (0, 32, 64, 96)]
    leaves = [leaf(number) for number in range(300)]
    text = body(LOG, len(leaves), root(leaves))
    log, witness = (
        [(name, kind, seed) for kind, seed in zip(kinds, some, strict=True)]
        for name, kinds, some in (
            (LOG, (NOTE_EDWARDS, LATTICE), seeds[:2]),
            (WITNESS, (EDWARDS, LATTICE), seeds[2:]),
        )
    )
    return {
        "about": "The tree and checkpoint of portal/audit/LOG.md. "
        "Entry n is SHA-256('leaf n') followed by SHA-256('tag n').",
        "seeds": {"log": [seed.hex() for seed in seeds[:2]], "witness": [seed.hex() for seed in seeds[2:]]},
        "keys": {"log": [key_text(*one) for one in log], "witness": [key_text(*one) for one in witness]},
        "size": len(leaves),
        "root": root(leaves).hex(),
        "inclusion": {"index": 277, "proof": [one.hex() for one in inclusion(277, leaves)]},
        "consistency": {
            "old": 255,
            "root": root(leaves[:255]).hex(),
            "proof": [one.hex() for one in consistency(255, leaves)],
        },
        "checkpoint": text + "\n" + "".join(line(*one, text) for one in log),
        "cosignatures": "".join(line(*one, text) for one in witness),
    }


def witness() -> dict[str, Any]:
    """Requests to a new witness, in their order, with what each is answered."""
    seeds, master = [bytes(range(first, first + 32)) for first in (0, 32)], bytes(range(128, 160))
    keys = [(LOG, NOTE_EDWARDS, seeds[0]), (LOG, LATTICE, seeds[1])]
    true = [leaf(number) for number in range(12)]
    other = [*true[:3], *(leaf(number, " as somebody wrote it anew") for number in range(3, 12))]

    def asked(old: object, proof: list[bytes], leaves: list[bytes], by: Any = keys, origin: str = LOG) -> str:
        lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
        text = body(origin, len(leaves), root(leaves))
        return f"old {old}\n{lines}\n{text}\n" + "".join(line(*one, text) for one in by)

    steps = [
        ("the first checkpoint", asked(0, [], true[:5]), 200, None),
        ("one of before", asked(0, [], true[:5]), 409, "5\n"),
        ("it grows", asked(5, consistency(5, true[:8]), true[:8]), 200, None),
        ("the same again", asked(8, [], true[:8]), 200, None),
        ("another root of the same size", asked(8, [], other[:8]), 409, "8\n"),
        ("a history that was written anew", asked(8, consistency(8, other), other), 422, None),
        ("a hash too many", asked(8, [*consistency(8, true), bytes(32)], true), 422, None),
        ("an old size above the new one", asked(13, [], true), 400, None),
        ("an old size with a zero before it", asked("08", consistency(8, true), true), 400, None),
        ("one key of two", asked(8, consistency(8, true), true, keys[:1]), 403, None),
        ("another log", asked(8, consistency(8, true), true, origin="portal.example/audit/log2"), 404, None),
        ("from another size than the last", asked(5, consistency(5, true), true), 409, "8\n"),
        ("it grows on", asked(8, consistency(8, true), true), 200, None),
    ]
    derived = [
        HKDFExpand(SHA512(), 32, b"portal/v1/key/witness-" + word).derive(master) for word in (b"edwards", b"lattice")
    ]
    return {
        "specification": "https://c2sp.org/tlog-witness",
        "log": [key_text(*key) for key in keys],
        "seed": master.hex(),
        "witness": [key_text(WITNESS, kind, seed) for kind, seed in zip((EDWARDS, LATTICE), derived, strict=True)],
        "requests": [
            {"name": name, "request": request, "status": status, **({"answer": answer} if answer else {})}
            for name, request, status, answer in steps
        ],
    }


MADE = {"content": contents, "fields": fields, "wrapped": wrapped, "tree": tree, "witness": witness}

if __name__ == "__main__":
    for name, make in MADE.items():
        text = json.dumps(make(), indent=1, ensure_ascii=False) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")
