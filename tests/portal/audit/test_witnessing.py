"""What is asked of a witness, and what its answer is taken for: no answer but a proven signature counts as one."""

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.checkpoints import Checkpoint, cosign, log_keys, open_checkpoint, sign, witness_keys
from portal.audit.notes import Signature, read_note
from portal.audit.tree import Growing, Tree, check_consistency, entry_hash
from portal.audit.witnessing import SIZE_KIND as SIZES
from portal.audit.witnessing import Signed, Trouble, ask_witness, request, with_signatures
from portal.outgoing import Answer
from storage.signatures import Scheme, Signer

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NAME, ORIGIN = "witness.example", "portal.example/audit/log"
LOG = (Signer(Scheme.ED25519, b"l" * 32), Signer(Scheme.ML_DSA_44, b"l" * 32))
OWN = (Signer(Scheme.ED25519, b"w" * 32), Signer(Scheme.ML_DSA_44, b"w" * 32))
KEYS = witness_keys(NAME, OWN)
HASHES = [entry_hash(bytes([at])) for at in range(100)]


def root(size: int) -> bytes:
    growing = Growing(0, [])
    growing.add(HASHES[:size])
    return growing.root()


def tree(size: int) -> Tree:
    return Tree(size, lambda _level, _number, width: b"".join(HASHES[:width]))


NOTE = sign(Checkpoint(ORIGIN, 100, root(100)), LOG, AT)


def signatures(note: str = NOTE) -> tuple[Signature, ...]:
    return cosign(read_note(note), NAME, OWN, AT)


def lines(*given: Signature) -> bytes:
    return "".join(one.line() for one in given).encode()


class Witness:
    """A witness as the specification has it, that has seen so many entries."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked = 0

    def __call__(self, body: bytes) -> Answer:
        self.asked += 1
        head, _, note = body.decode().partition("\n\n")
        first, *proof = head.split("\n")
        old = int(first.removeprefix("old "))
        if old != self.size:
            return Answer(409, SIZES, f"{self.size}\n".encode())
        checkpoint = open_checkpoint(note, log_keys(ORIGIN, LOG)).checkpoint
        hashes = [b64decode(one) for one in proof]
        check_consistency(old, root(old), checkpoint.size, checkpoint.root, hashes)
        self.size = checkpoint.size
        return Answer(200, "", lines(*signatures(note)))


def ask(send: Callable[[bytes], Answer | None], old: int = 0) -> Signed | Trouble:
    return ask_witness(NOTE, old, KEYS, tree(100).consistency, send, AT)


@pytest.mark.parametrize("size", [0, 1, 64, 77, 99, 100])
@pytest.mark.parametrize("old", [0, 50, 100])
def test_a_witness_signs_whatever_of_the_log_it_has_seen(size: int, old: int) -> None:
    witness = Witness(size)
    answer = ask(witness, old)
    assert isinstance(answer, Signed)
    opened = open_checkpoint(with_signatures(NOTE, answer.signatures), KEYS)
    assert set(opened.signed) == set(KEYS)
    assert witness.asked <= 2


def test_a_request_is_written_as_the_specification_has_it() -> None:
    assert request(NOTE, 7, [b"\0" * 32]).startswith(b"old 7\n" + b"A" * 43 + b"=\n\n")
    assert request(NOTE, 0, []) == b"old 0\n\n" + NOTE.encode()


def test_a_witness_of_a_later_log_is_an_alarm() -> None:
    assert ask(lambda _: Answer(409, SIZES, b"101\n"), 50) is Trouble.AHEAD


def test_a_witness_of_another_log_is_an_alarm() -> None:
    assert ask(lambda _: Answer(422, "", b""), 50) is Trouble.OTHER
    assert ask(lambda _: Answer(409, SIZES, b"100\n"), 100) is Trouble.OTHER
    assert ask(lambda _: Answer(409, "", b""), 100) is Trouble.OTHER


def test_a_witness_that_never_stays_with_a_size_is_left() -> None:
    sizes = iter(range(1, 90))
    assert ask(lambda _: Answer(409, SIZES, f"{next(sizes)}\n".encode())) is Trouble.ODD
    assert next(sizes) < 10


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (None, Trouble.SILENT),
        (Answer(404, "", b""), Trouble.UNKNOWN_LOG),
        (Answer(403, "", b""), Trouble.UNKNOWN_KEY),
        (Answer(301, "", b""), Trouble.ODD),
        (Answer(500, "", b""), Trouble.ODD),
        (Answer(9999, "", b""), Trouble.ODD),
        (Answer(204, "", lines(*signatures())), Trouble.ODD),
        (Answer(409, SIZES, b"x\n"), Trouble.ODD),
        (Answer(409, SIZES, b"-1\n"), Trouble.ODD),
        (Answer(409, SIZES, b"9" * 5000), Trouble.ODD),
        (Answer(409, SIZES, b"\xff"), Trouble.ODD),
        (Answer(409, "text/plain", b"7\n"), Trouble.ODD),
        (Answer(200, "", b""), Trouble.UNSIGNED),
        (Answer(200, "", b"\xff\n"), Trouble.UNSIGNED),
        (Answer(200, "", b"thank you\n"), Trouble.UNSIGNED),
        (Answer(200, "", lines(*signatures(sign(Checkpoint(ORIGIN, 99, root(99)), LOG, AT)))), Trouble.UNSIGNED),
        (Answer(200, "", lines(*cosign(read_note(NOTE), NAME, LOG, AT))), Trouble.UNSIGNED),
    ],
)
def test_whatever_else_a_witness_answers_is_trouble(answer: Answer | None, trouble: Trouble) -> None:
    assert ask(lambda _: answer) is trouble


def test_signatures_of_others_are_left_out_and_a_second_of_the_same_key_too() -> None:
    theirs = cosign(read_note(NOTE), "other.example", LOG, AT)
    mine = signatures()
    answer = ask(lambda _: Answer(200, "", lines(*theirs, *mine, *mine)))
    assert answer == Signed(mine)


def test_one_wrong_signature_of_a_known_key_spoils_the_answer() -> None:
    right, other = signatures()
    wrong = Signature(right.name, right.id, right.value[:-1] + bytes([right.value[-1] ^ 1]))
    assert ask(lambda _: Answer(200, "", lines(wrong, other))) is Trouble.UNSIGNED


@pytest.mark.parametrize("seconds", [2**64 - 1, 2**60, 253_402_300_800])
def test_a_signature_at_a_time_that_is_none_is_not_taken(seconds: int) -> None:
    late = SimpleNamespace(timestamp=lambda: seconds)
    signed = cosign(read_note(NOTE), NAME, OWN, late)  # type: ignore[arg-type]  # no datetime is so late
    assert ask(lambda _: Answer(200, "", lines(*signed))) is Trouble.UNSIGNED


@given(st.integers(0, 999), st.sampled_from(["", SIZES]), st.binary(max_size=300) | st.text().map(str.encode))
def test_no_answer_is_more_than_trouble(status: int, kind: str, body: bytes) -> None:
    assert isinstance(ask(lambda _: Answer(status, kind, body)), Trouble)
