"""What every key provider does: the keyring file, a token, and both while a portal moves from one to the other."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.errors import Damaged, KeyUnavailable
from storage.keys.file import FileKeys
from storage.keys.moving import MovingKeys
from storage.keys.pkcs11 import TokenKeys
from storage.keys.provider import KeyProvider, State
from storage.keys.wrapped import BY_TOKEN

ROOM_KEY = bytes(range(32))
CONTEXT = b"room key"

Opener = Callable[[], KeyProvider]


@pytest.fixture(params=["file", "token", "moving"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """What opens the keys that were made, as each process does."""
    folder = tmp_path / "keys"
    if request.param == "file":
        FileKeys.create(folder)
        return lambda: FileKeys.load(folder)
    token = request.getfixturevalue("hsm").token()
    if request.param == "token":
        TokenKeys.create(token)
        return lambda: TokenKeys.load(token)
    FileKeys.create(folder)
    return lambda: MovingKeys(TokenKeys(token), FileKeys.load(folder))


def test_the_key_that_wraps_says_since_when_unless_a_token_holds_it(opener: Opener) -> None:
    before = datetime.now(UTC).date()
    keys = opener()
    for _ in range(2):
        by_token = keys.wrap(ROOM_KEY, CONTEXT)[:1] == BY_TOKEN
        assert (keys.begun is None) is by_token
        assert by_token or before <= keys.begun <= datetime.now(UTC).date()
        keys.rotate()


def test_what_is_wrapped_unwraps_in_another_process_too(opener: Opener) -> None:
    keys = opener()
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    assert ROOM_KEY not in blob
    assert keys.key_of(blob) == keys.current
    assert opener().unwrap(blob, CONTEXT) == ROOM_KEY


def test_no_two_wrappings_are_alike(opener: Opener) -> None:
    keys = opener()
    assert len({keys.wrap(ROOM_KEY, CONTEXT) for _ in range(20)}) == 20


def test_what_was_changed_or_is_for_another_use_is_damaged(opener: Opener) -> None:
    keys = opener()
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    for use in (b"another room", b"", CONTEXT + b"\0"):
        with pytest.raises(Damaged):
            keys.unwrap(blob, use)
    for at in (0, 9, 20, 21, len(blob) - 1):  # format, nonce, ciphertext, tag
        with pytest.raises(Damaged):
            keys.unwrap(blob[:at] + bytes([blob[at] ^ 0x80]) + blob[at + 1 :], CONTEXT)
    for cut in (b"", blob[:1], blob[:36], blob[:-1], blob + b"\0"):
        with pytest.raises(Damaged):
            keys.unwrap(cut, CONTEXT)
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY  # and the provider is as it was


def test_the_name_of_another_key_opens_nothing(opener: Opener) -> None:
    keys = opener()
    keys.rotate()
    old, blob = keys.current, keys.wrap(ROOM_KEY, CONTEXT)
    new = keys.rotate()
    assert blob[1:9].hex() == old != new
    with pytest.raises(Damaged):
        keys.unwrap(blob[:1] + bytes.fromhex(new) + blob[9:], CONTEXT)
    with pytest.raises(KeyUnavailable):
        keys.unwrap(blob[:1] + b"\x09" * 8 + blob[9:], CONTEXT)


def test_after_a_rotation_old_keys_open_until_they_are_retired(opener: Opener) -> None:
    keys = opener()
    keys.rotate()
    old, blob = keys.current, keys.wrap(ROOM_KEY, CONTEXT)
    new = keys.rotate()
    assert keys.current == new != old
    assert keys.key_of(keys.wrap(ROOM_KEY, CONTEXT)) == new
    assert keys.states()[old] is State.OPEN
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY
    keys.retire(old)
    assert keys.states().get(old, State.RETIRED) is State.RETIRED
    assert keys.states()[new] is State.ACTIVE
    for provider in (keys, opener()):
        with pytest.raises(KeyUnavailable):
            provider.unwrap(blob, CONTEXT)
        with pytest.raises(KeyUnavailable):
            provider.retire(old)


def test_the_active_key_and_unknown_keys_can_not_be_retired(opener: Opener) -> None:
    keys = opener()
    for key_id in (keys.current, "0" * 16, "", "../keys"):
        with pytest.raises(KeyUnavailable):
            keys.retire(key_id)
    assert list(keys.states().values()) == [State.ACTIVE]


def test_a_rotation_reaches_a_provider_that_runs_already(opener: Opener) -> None:
    running = opener()
    running.rotate()
    old, blob = running.current, running.wrap(ROOM_KEY, CONTEXT)
    other = opener()
    new = other.rotate()
    assert running.current == new != old
    other.retire(old)
    with pytest.raises(KeyUnavailable):
        running.unwrap(blob, CONTEXT)


def test_states_are_oldest_first_and_one_is_active(opener: Opener) -> None:
    keys = opener()
    made = [keys.rotate() for _ in range(4)]
    assert list(keys.states())[-4:] == made
    assert [state for state in keys.states().values() if state is State.ACTIVE] == [keys.states()[made[-1]]]


def test_threads_wrap_and_unwrap_while_keys_are_rotated(opener: Opener) -> None:
    keys = opener()

    def work(number: int) -> bool:
        context = f"room {number}".encode()
        blobs = [keys.wrap(ROOM_KEY, context) for _ in range(10)]
        if number % 4 == 0:
            keys.rotate()
        return all(keys.unwrap(blob, context) == ROOM_KEY for blob in blobs)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(24)))


ROTATES = """
import sys
from pathlib import Path
from storage.keys.file import FileKeys
from storage.keys.pkcs11 import TokenKeys
from storage.keys.token_uri import read_uri
where = sys.argv[1]
keys = TokenKeys.load(read_uri(where)) if where.startswith("pkcs11:") else FileKeys.load(Path(where))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    keys.rotate()
    print(keys.wrap(bytes(32), b"at once").hex(), flush=True)
"""


@pytest.mark.parametrize("kind", ["file", "token"])
def test_of_two_processes_that_rotate_at_once_both_see_one_active_key(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    if kind == "file":
        where, keys = str(folder), FileKeys.create(folder)
    else:
        hsm = request.getfixturevalue("hsm")
        where, keys = hsm.uri(), TokenKeys.create(hsm.token())
    with ExitStack() as stack:
        both = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", ROTATES, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(2)
        ]
        assert [one.stdout.readline() for one in both if one.stdout] == ["ready\n", "ready\n"]
        for one in both:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        blobs = [bytes.fromhex(line) for one in both for line in one.communicate(timeout=60)[0].split()]
    assert len(blobs) == 10
    assert {keys.unwrap(blob, b"at once") for blob in blobs} == {bytes(32)}
    states = keys.states()
    assert len(states) == 11
    assert [key for key, state in states.items() if state is State.ACTIVE] == [keys.current] == list(states)[-1:]
