"""A policy says who must have signed; whatever is not in its form is refused, with the line."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.checkpoints import log_keys, witness_keys
from portal.audit.notes import Key, Malformed
from portal.audit.policy import read_policy
from storage.signatures import Scheme, Signer

NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")


def signer(number: int, scheme: Scheme = Scheme.ED25519) -> Signer:
    return Signer(scheme, bytes([number]) * 32)


(LOG,) = log_keys("portal.example/audit/log", [signer(1)])
KEYS = {name: witness_keys(f"w.example/{name}", [signer(at)])[0] for at, name in enumerate(NAMES, 2)}
LINES = [f"witness {name} {key.text()}" for name, key in KEYS.items()]
TWO_LEVELS = (
    f"log {LOG.text()}",
    "",
    *LINES[:3],
    "group X-witnesses 2 X1 X2 X3",
    "# the others",
    *LINES[3:],
    " group\tY-witnesses any  Y1 Y2 Y3 ",
    "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y",
)


def text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def keys(*names: str) -> set[Key]:
    return {KEYS[name] for name in names}


FEW = [(), ("X1", "X2"), ("X1", "Y1"), ("Y1", "Y2", "Y3")]
ENOUGH = [("X1", "X3", "Y2"), NAMES]


@pytest.mark.parametrize("signed", [*FEW, *ENOUGH])
def test_a_quorum_of_two_levels_is_counted_level_by_level(signed: tuple[str, ...]) -> None:
    policy = read_policy(text(TWO_LEVELS))
    assert policy.agrees(keys(*signed)) is (signed in ENOUGH)
    assert policy.logs == (LOG,)


def test_nobody_agrees_but_where_nobody_must() -> None:
    assert not read_policy(text([LINES[0], "quorum X1"])).agrees(set())
    assert not read_policy(text([LINES[0], "quorum X1"])).agrees({LOG})
    assert read_policy(text([LINES[0], "quorum none"])).agrees(set())


def test_a_witness_has_its_address_and_may_have_either_kind_of_key() -> None:
    (lattice,) = witness_keys("w.example/X1", [signer(9, Scheme.ML_DSA_44)])
    policy = read_policy(text([f"{LINES[0]} https://w.example/x1", f"witness more {lattice.text()}", "quorum more"]))
    assert [(one.name, one.url) for one in policy.witnesses] == [("X1", "https://w.example/x1"), ("more", "")]
    assert policy.agrees({lattice})


def test_names_that_differ_in_octets_differ() -> None:
    raw = (f"witness K {KEYS['X1'].text()}\n".encode() + b"witness \xe2\x84\xaa " + KEYS["X2"].text().encode()) + b"\n"
    policy = read_policy(raw + b"witness \xff " + KEYS["X3"].text().encode() + b"\nquorum \xff\n")
    assert policy.agrees(keys("X3"))
    assert not policy.agrees(keys("X1", "X2"))


WRONG = {
    "no quorum": [LINES[0]],
    "two quorums": [LINES[0], "quorum X1", "quorum X1"],
    "a quorum before its name": ["quorum X1", LINES[0]],
    "a quorum of nobody known": ["quorum X9"],
    "a member of nobody known": [LINES[0], "group g any X1 X2", "quorum g"],
    "a member twice": [LINES[0], "group g any X1 X1", "quorum g"],
    "a member of two groups": [LINES[0], "group g any X1", "group h any X1", "quorum h"],
    "itself a member": [LINES[0], "group g any g", "quorum g"],
    "none a member": ["group g any none", "quorum g"],
    "none as a name": [f"witness none {KEYS['X1'].text()}", "quorum none"],
    "a name twice": [LINES[0], f"witness X1 {KEYS['X2'].text()}", "quorum X1"],
    "a group named as a witness": [LINES[0], "group X1 any X1", "quorum X1"],
    "a key twice": [LINES[0], f"witness again {KEYS['X1'].text()}", "quorum X1"],
    "a key twice under other names": [
        LINES[0],
        f"witness again {Key('other', KEYS['X1'].kind, KEYS['X1'].public).text()}",
        "quorum X1",
    ],
    "a log's key twice": [f"log {LOG.text()}", f"log {LOG.text()}", "quorum none"],
    "a log's key for a witness": [f"witness X1 {LOG.text()}", "quorum X1"],
    "a witness's key for a log": [f"log {KEYS['X1'].text()}", "quorum none"],
    "too few": [LINES[0], "group g 0 X1", "quorum g"],
    "too many": [LINES[0], "group g 2 X1", "quorum g"],
    "a number of another script": [LINES[0], "group g \N{ARABIC-INDIC DIGIT ONE} X1", "quorum g"],
    "a huge number": [LINES[0], f"group g {'9' * 5000} X1", "quorum g"],
    "a group of nobody": [LINES[0], "group g any", "quorum g"],
    "another line": ["signature X1", "quorum none"],
    "too much on a line": [f"{LINES[0]} https://w.example/ more", "quorum X1"],
    "no key": ["witness X1 x", "quorum X1"],
    "a control character": [f"{LINES[0]}\r", "quorum X1"],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_in_the_form_of_a_policy_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        read_policy(text(WRONG[name]))


def test_the_line_that_is_wrong_is_named() -> None:
    with pytest.raises(Malformed, match="line 3"):
        read_policy(text([LINES[0], "", "group g 2 X1", "quorum g"]))


def test_a_last_line_that_does_not_end_is_refused() -> None:
    with pytest.raises(Malformed):
        read_policy(b"quorum none")


@given(st.binary(max_size=200) | st.lists(st.sampled_from([*TWO_LEVELS, *WRONG["a key twice"]])).map(text))
def test_whatever_is_read_is_a_policy_or_malformed(raw: bytes) -> None:
    try:
        read_policy(raw).agrees(set(KEYS.values()))
    except Malformed:
        return
