"""A witness: what it signs, what it refuses with which status, and that it never signs two roots for one size."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import random
from threading import Barrier, Thread
from time import sleep

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.audit import witness as rules
from portal.audit.checkpoints import Checkpoint, open_checkpoint, sign, witness_keys
from portal.audit.notes import Note, read_key, read_note
from portal.audit.tree import EMPTY
from portal.audit.witness import MOST_HASHES, Answer, Witness, logs_of, read_request
from portal.audit.witness import SIZE_KIND as SIZE
from portal.audit.witness_files import StateFile, WitnessKey
from storage.signatures import Scheme, Signer
from tests.witnessed import AT, KEY, NAME, ORIGIN, SIGNERS, TRUE, Log, request, witness_in

VECTORS = Path(__file__).parents[2] / "vectors"
FORK = Log(parts_at=8, salt=b"other")
SOFA = (  # the example of C2SP tlog-witness
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"
)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with witness_in(tmp_path, new=True) as (made, _told):
        yield made


def signed(answer: Answer, checkpoint: str) -> Checkpoint:
    """Give the checkpoint that an answer's cosignatures are of."""
    assert answer.status == 200, answer
    opened = open_checkpoint(checkpoint + answer.text, KEY.public())
    assert set(opened.signed) == set(KEY.public())
    assert all(line.startswith("— witness.example/one ") for line in answer.text.splitlines())
    return opened.checkpoint


def test_a_log_that_grows_is_cosigned_with_both_keys(witness: Witness) -> None:
    sizes = [0, 0, 1, 2, 7, 8, 8, 255, 256, 300, 1000]
    for old, size in zip([0, *sizes], sizes, strict=False):
        answer = witness.add_checkpoint(TRUE.request(old, size))
        assert signed(answer, TRUE.checkpoint(size)) == TRUE.point(size)
        assert answer.media.startswith("text/plain")


def test_each_log_is_held_by_itself(tmp_path: Path) -> None:
    other = Log(parts_at=0, salt=b"2", origin="portal.example/other", signers=[Signer(Scheme.ED25519, b"\5" * 32)])
    with witness_in(tmp_path, [TRUE, other], new=True) as (witness, _):
        for log, old, size in ((TRUE, 0, 9), (other, 0, 4), (TRUE, 9, 12), (other, 4, 9)):
            signed(witness.add_checkpoint(log.request(old, size)), log.checkpoint(size))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"\xff\xfe",
        b"old 0",
        TRUE.checkpoint(3).encode(),
        TRUE.request(0, 3).replace(b"old 0", b"old 00"),
        TRUE.request(0, 3).replace(b"old 0", b"old -1"),
        TRUE.request(0, 3).replace(b"old 0", b"old  0"),
        TRUE.request(0, 3).replace(b"old 0", b"old"),
        TRUE.request(0, 3).replace(b"old 0", b"old 0 "),
        TRUE.request(0, 3).replace(b"old 0", b"Old 0"),
        TRUE.request(0, 3).replace(b"old 0", b"old %d" % 2**63),
        TRUE.request(0, 3).replace(b"old 0", "old ٣".encode()),
        TRUE.request(0, 3).replace(b"\n", b"\r\n"),
        TRUE.request(0, 3).replace(b"\n\n", b"\n", 1),
        TRUE.request(0, 3).replace(b"old 0\n", b"old 0\nAAAA\n"),
        TRUE.request(0, 3).replace(b"old 0\n", b"old 0\nnot base64\n"),
        TRUE.request(0, 3)[:-1],
        TRUE.request(0, 3) + b"x",
        TRUE.request(0, 3) + b"\n",
        b"\n" + TRUE.request(0, 3),
        request(0, [bytes(32)] * (MOST_HASHES + 1), TRUE.checkpoint(3)),
        request(4, [], TRUE.checkpoint(3)),  # above the checkpoint's size
        request(0, [], f"{ORIGIN}\n3\n\n— x AAAAAAAA\n"),
    ],
)
def test_what_is_no_request_is_400(witness: Witness, body: bytes) -> None:
    answer = witness.add_checkpoint(body)
    assert answer.status == 400
    assert answer.text.count("\n") == 1
    assert witness.add_checkpoint(TRUE.request(0, 2)).status == 200, "and nothing was kept of it"


def test_a_log_that_nobody_named_is_404_whoever_signed(witness: Witness) -> None:
    other = Log(origin="portal.example/audit/log2")
    assert witness.add_checkpoint(other.request(0, 3)).status == 404
    # signed by the keys of the log that is watched, under its name, but speaking of another
    point = Checkpoint("portal.example/audit/log2", 3, TRUE.tree(3).root())
    lines = tuple(read_note(TRUE.checkpoint(3)).signatures)
    assert witness.add_checkpoint(request(0, [], Note(point.body(), lines).whole())).status == 404


def test_a_key_of_one_log_signs_for_no_other(tmp_path: Path) -> None:
    """Two logs are watched; the keeper of the one signs a checkpoint of the other, under their own name."""
    own = Log(origin="mine.example/log", signers=[Signer(Scheme.ED25519, b"\6" * 32)])
    with witness_in(tmp_path, [TRUE, own], new=True) as (witness, _):
        text = TRUE.point(3).body()
        line = read_note(own.checkpoint(3)).signatures[0]
        value = own.signers[0].sign(text.encode())
        forged = Note(text, (type(line)(line.name, line.id, value),)).whole()
        assert set(open_checkpoint(forged, own.keys).signed) == set(own.keys), "it is a right signature of that key"
        assert witness.add_checkpoint(request(0, [], forged)).status == 403


@pytest.mark.parametrize("only", [[0], [1], []])
def test_every_key_of_the_log_must_have_signed(witness: Witness, only: list[int]) -> None:
    note = read_note(TRUE.checkpoint(3))
    stranger = read_note(sign(TRUE.point(3), [Signer(Scheme.ED25519, b"\7" * 32)], AT)).signatures
    lines = (*(note.signatures[at] for at in only), *stranger)
    assert witness.add_checkpoint(request(0, [], Note(note.text, lines).whole())).status == 403
    whole = Note(note.text, (*stranger, *note.signatures)).whole()
    assert witness.add_checkpoint(request(0, [], whole)).status == 200, "what strangers add is no matter"


def test_a_signature_of_another_tree_is_403(witness: Witness) -> None:
    lines = read_note(TRUE.checkpoint(3)).signatures
    for other in (TRUE.point(4), FORK.point(9), Checkpoint(ORIGIN, 3, bytes(32))):
        assert witness.add_checkpoint(request(0, [], Note(other.body(), lines).whole())).status == 403


def test_another_size_than_what_it_holds_is_409_with_its_own(witness: Witness) -> None:
    assert witness.add_checkpoint(request(5, [], TRUE.checkpoint(9))) == Answer(409, "0\n", SIZE)
    assert witness.add_checkpoint(TRUE.request(0, 9)).status == 200
    for old, size in ((0, 9), (0, 12), (8, 12), (10, 12), (0, 3), (3, 3), (12, 12)):
        assert witness.add_checkpoint(TRUE.request(old, size)) == Answer(409, "9\n", SIZE), (old, size)
    assert witness.add_checkpoint(TRUE.request(9, 9)).status == 200
    assert witness.add_checkpoint(TRUE.request(9, 12)).status == 200


def test_the_same_size_with_another_root_is_409_and_told_once_with_what_was_signed(tmp_path: Path) -> None:
    with witness_in(tmp_path, new=True) as (witness, told):
        assert witness.add_checkpoint(TRUE.request(0, 12)).status == 200
        for old in (12, 0, 12):
            assert witness.add_checkpoint(request(old, [], FORK.checkpoint(12))) == Answer(409, "12\n", SIZE)
        assert len(told) == 1
        assert FORK.point(12).body() in told[0]
        assert witness.add_checkpoint(TRUE.request(12, 13)).status == 200


def test_no_entries_have_one_root(witness: Witness) -> None:
    lie = sign(Checkpoint(ORIGIN, 0, bytes(32)), SIGNERS, AT)
    assert witness.add_checkpoint(request(0, [], lie)) == Answer(409, "0\n", SIZE)
    assert TRUE.point(0).root == EMPTY
    assert witness.add_checkpoint(request(0, [], TRUE.checkpoint(0))).status == 200
    assert witness.add_checkpoint(TRUE.request(0, 1)).status == 200


@pytest.mark.parametrize("old", [0, 7, 8, 12])
def test_a_proof_that_does_not_hold_is_422(tmp_path: Path, old: int) -> None:
    right = TRUE.tree(30).consistency(old)
    flipped = [bytes([proof[0] ^ 1]) + proof[1:] for proof in right]
    wrong = [[*right, bytes(32)], right[:-1], right[::-1], flipped, FORK.tree(30).consistency(old), [bytes(32)]]
    with witness_in(tmp_path, new=True) as (witness, told):
        witness.add_checkpoint(TRUE.request(0, old))
        for proof in wrong:
            if proof != right:
                assert witness.add_checkpoint(request(old, proof, TRUE.checkpoint(30))).status == 422
        assert len(told) == 1, "however often it comes"
        assert witness.add_checkpoint(TRUE.request(old, 30)).status == 200


def test_bad_copies_of_checkpoints_hide_no_lie_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can send a right checkpoint with a wrong proof, as often as they like."""
    monkeypatch.setattr(rules, "_MOST_TOLD", 2)
    with witness_in(tmp_path, new=True) as (witness, told):
        witness.add_checkpoint(TRUE.request(0, 9))
        for size in range(10, 15):
            assert witness.add_checkpoint(request(9, [], TRUE.checkpoint(size))).status == 422
        assert len(told) == 2
        witness.add_checkpoint(request(9, [], FORK.checkpoint(9)))
        assert "another tree of the same size" in told[-1]


def test_a_history_that_was_written_anew_with_all_keys_is_refused(witness: Witness) -> None:
    """Whoever holds the keys of the log makes another one that fits itself; it doesn't go on from what was seen."""
    assert witness.add_checkpoint(TRUE.request(0, 20)).status == 200
    for size in (20, 21, 64, 300):
        answer = witness.add_checkpoint(FORK.request(20, size))
        assert answer.status == (409 if size == 20 else 422)
    assert witness.add_checkpoint(FORK.request(8, 64)).status == 409, "from where both are still the same"
    assert signed(witness.add_checkpoint(TRUE.request(20, 64)), TRUE.checkpoint(64)) == TRUE.point(64)


def test_two_at_once_never_get_two_roots_for_one_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Checkpoint] = []
    real = StateFile.keep

    def slowly(state: StateFile, note: str, seconds: int) -> None:
        sleep(random() * 0.1)  # so that others come in between, if they can
        real(state, note, seconds)

    monkeypatch.setattr(StateFile, "keep", slowly)
    with witness_in(tmp_path, new=True) as (witness, _):
        witness.add_checkpoint(TRUE.request(0, 8))
        bodies = [log.request(8, size) for size in (9, 12, 20) for log in (TRUE, FORK)] * 4
        points = [log.point(size) for size in (9, 12, 20) for log in (TRUE, FORK)] * 4
        start = Barrier(len(bodies))

        def ask(body: bytes, point: Checkpoint) -> None:
            start.wait()
            if witness.add_checkpoint(body).status == 200:
                got.append(point)

        threads = [Thread(target=ask, args=two) for two in zip(bodies, points, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(got)) == 1, "all go on from 8: the first one counts"


def test_times_never_go_back_whatever_the_clock_does(tmp_path: Path) -> None:
    clock = [AT]
    seconds: list[int] = []

    def add(witness: Witness, old: int, size: int) -> None:
        answer = witness.add_checkpoint(TRUE.request(old, size))
        seconds.extend(open_checkpoint(TRUE.checkpoint(size) + answer.text, KEY.public()).signed.values())

    for start, now in enumerate((AT, AT - timedelta(days=9), datetime(1960, 1, 1, tzinfo=UTC), AT + timedelta(1))):
        clock[0] = now
        with witness_in(tmp_path, clock=lambda: clock[0], new=not start) as (witness, _):
            add(witness, 2 * start, 2 * start + 1)
            clock[0] -= timedelta(hours=1)
            add(witness, 2 * start + 1, 2 * start + 2)
    first, last = int(AT.timestamp()), int((AT + timedelta(1)).timestamp())
    assert seconds == [first] * 12 + [last] * 4


def test_the_example_of_the_specification_is_a_request() -> None:
    asked = read_request(SOFA.encode())
    assert (asked.old, len(asked.proof)) == (20852014, 4)
    assert (asked.checkpoint.origin, asked.checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert len(asked.note.signatures) == 2


def test_the_vectors_are_those_of_this_implementation(tmp_path: Path) -> None:
    said = json.loads((VECTORS / "witness.json").read_text("utf-8"))
    keys, key = [read_key(text) for text in said["log"]], WitnessKey(NAME, bytes.fromhex(said["seed"]))
    assert [public.text() for public in key.public()] == said["witness"]
    with StateFile.opened(tmp_path / "state", key, new=True) as state:
        witness = Witness(NAME, key.signers(), logs_of(keys), state, lambda _what: None)
        for step in said["requests"]:
            answer = witness.add_checkpoint(step["request"].encode())
            assert (answer.status, step.get("answer", answer.text)) == (step["status"], answer.text), step["name"]
            if answer.status == 200:
                note = read_request(step["request"].encode()).note.whole()
                assert set(open_checkpoint(note + answer.text, key.public()).signed) == set(key.public())


def test_what_another_implementation_signed_is_cosigned(tmp_path: Path) -> None:
    """A log with one ML-DSA-44 key, out of the tests of another witness."""
    said = json.loads((VECTORS / "litewitness.json").read_text("utf-8"))
    key, body = read_key(said["key"]), said["request"].encode()
    note = read_request(body).note
    assert open_checkpoint(note.whole(), [key]).signed == {key: 0}
    assert Signer(Scheme.ML_DSA_44, bytes.fromhex(said["seed"])).public == key.public
    with StateFile.opened(tmp_path / "state", KEY, new=True) as state:
        witness = Witness("w", KEY.signers(), {key.name: [key]}, state, lambda _what: None)
        answer = witness.add_checkpoint(body)
        assert answer.status == 200
        assert len(open_checkpoint(note.whole() + answer.text, witness_keys("w", KEY.signers())).signed) == 2
        changed = body.replace(b"\n1\n", b"\n2\n")
        assert witness.add_checkpoint(changed).status == 403


@pytest.mark.parametrize("at", [0, 1])
def test_a_log_may_have_one_key_alone(tmp_path: Path, at: int) -> None:
    log = Log(signers=[SIGNERS[at]])
    with witness_in(tmp_path, [log], new=True) as (witness, _):
        for old, size in ((0, 3), (3, 5)):
            assert witness.add_checkpoint(log.request(old, size)).status == 200


# --- whatever comes, one status and a sentence -------------------------------------------------------------------

GOOD = TRUE.request(8, 21)
ONE_LINE = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    with witness_in(tmp_path_factory.mktemp("fuzzed"), new=True) as (made, _told):
        assert made.add_checkpoint(TRUE.request(0, 8)).status == 200
        yield made


def refused(witness: Witness, body: bytes) -> None:
    answer = witness.add_checkpoint(body)
    assert answer.status in {400, 403, 404, 409, 422}
    assert answer.text.endswith("\n")
    assert answer.text.count("\n") == 1


@given(body=st.binary(max_size=300) | ONE_LINE.map(str.encode))
def test_whatever_bytes_come_are_refused(fuzzed: Witness, body: bytes) -> None:
    refused(fuzzed, body)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    old=st.integers(0, 40).map(str) | ONE_LINE,
    lines=st.lists(ONE_LINE | st.binary(min_size=30, max_size=34).map(lambda raw: raw.hex()), max_size=70),
    origin=ONE_LINE | st.just(ORIGIN),
    size=st.integers(0, 40).map(str) | ONE_LINE,
    root=ONE_LINE | st.just("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    more=ONE_LINE,
)
def test_whatever_is_in_a_request_is_refused_if_the_log_did_not_sign_it(
    fuzzed: Witness, old: str, lines: list[str], origin: str, size: str, root: str, more: str
) -> None:
    head = "\n".join([f"old {old}", *lines])
    refused(fuzzed, f"{head}\n\n{origin}\n{size}\n{root}\n{more}\n\n— {origin} AAAAAAAA\n".encode())


@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255), how=st.sampled_from(["change", "cut", "insert"]))
def test_a_request_with_one_byte_changed_is_refused_or_says_the_same(
    fuzzed: Witness, at: int, byte: int, how: str
) -> None:
    changed = {
        "change": GOOD[:at] + bytes([byte]) + GOOD[at + 1 :],
        "cut": GOOD[:at],
        "insert": GOOD[:at] + bytes([byte]) + GOOD[at:],
    }[how]
    if changed != GOOD:
        refused(fuzzed, changed)


@given(proof=st.lists(st.binary(min_size=32, max_size=32), max_size=MOST_HASHES), size=st.integers(8, 40))
def test_no_proof_that_somebody_made_up_holds(fuzzed: Witness, proof: list[bytes], size: int) -> None:
    answer = fuzzed.add_checkpoint(request(8, proof, POINTS[size]))
    assert answer.status == (200 if size == 8 and not proof else 422)


POINTS = {size: FORK.checkpoint(size) for size in range(8, 41)}
