"""The key provider `pkcs11` on a real token: what never leaves it, and what becomes of it when it goes away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, TokenFlag
from pkcs11.exceptions import GeneralError, PKCS11Error

from storage.errors import KeyUnavailable
from storage.keys import pkcs11 as provider
from storage.keys import token_session
from storage.keys.file import FileKeys
from storage.keys.moving import MovingKeys
from storage.keys.pkcs11 import TokenKeys
from storage.keys.token_session import check_pin_tries
from storage.keys.token_uri import EXAMPLE, read_uri
from tests.softhsm import OFFICER, PIN, SoftHsm, forget

ROOM_KEY = bytes(range(32))
CONTEXT = b"room key"
LABEL = {Attribute.LABEL: "portal-keys"}


# --- what never leaves the token


def test_the_value_of_a_key_can_not_be_read_nor_the_key_made_to_leave(hsm: SoftHsm) -> None:
    TokenKeys.create(hsm.token())
    with hsm.by_hand() as session:
        (key,) = session.get_objects(LABEL)
        with pytest.raises(PKCS11Error):
            _ = key[Attribute.VALUE]
        for attribute, value in ((Attribute.EXTRACTABLE, True), (Attribute.SENSITIVE, False), (Attribute.WRAP, True)):
            with pytest.raises(PKCS11Error):
                key[attribute] = value
            with pytest.raises(PKCS11Error):
                key.copy({attribute: value, Attribute.TOKEN: False})
        mine: Any = session.generate_key(
            KeyType.AES, 256, store=False, capabilities=MechanismFlag.WRAP | MechanismFlag.DECRYPT
        )
        with pytest.raises(PKCS11Error):
            mine.wrap_key(key, mechanism=Mechanism.AES_KEY_WRAP)
        with pytest.raises((PKCS11Error, AttributeError)):
            key.wrap_key(mine, mechanism=Mechanism.AES_KEY_WRAP)
        (same,) = session.get_objects(LABEL)
        assert (same[Attribute.SENSITIVE], same[Attribute.EXTRACTABLE]) == (True, False)


def test_a_key_that_came_from_outside_is_none_of_ours(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    current = keys.current
    with hsm.by_hand() as session:
        session.create_object(
            {
                **LABEL,
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: KeyType.AES,
                Attribute.VALUE: b"known to somebody" + bytes(15),
                Attribute.ID: b"\xff" * 8,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.ENCRYPT: True,
                Attribute.DECRYPT: True,
            }
        )
        assert len(list(session.get_objects(LABEL))) == 2
    assert keys.current == current == keys.key_of(keys.wrap(ROOM_KEY, CONTEXT))
    assert list(TokenKeys.load(hsm.token()).states()) == [current]


@pytest.mark.parametrize("raw", [None, b"\xff" * 4], ids=["an id twice", "a short id"])
def test_keys_that_are_not_in_order_are_refused(hsm: SoftHsm, raw: bytes | None) -> None:
    keys = TokenKeys.create(hsm.token())
    raw = raw or bytes.fromhex(keys.current)
    with hsm.by_hand() as session:
        template = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        session.generate_key(KeyType.AES, 256, id=raw, label="portal-keys", store=True, template=template)
    with pytest.raises(KeyUnavailable, match="not in order"):
        keys.wrap(ROOM_KEY, CONTEXT)


def test_a_token_that_lets_keys_leave_gets_none(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "_KEPT_INSIDE", {Attribute.EXTRACTABLE: True})
    with pytest.raises(KeyUnavailable, match="never leave"):
        TokenKeys.create(hsm.token())
    with hsm.by_hand() as session:
        assert list(session.get_objects(LABEL)) == []


def test_another_library_opens_what_is_sealed_by_the_formula(hsm: SoftHsm) -> None:
    secret, associated = os.urandom(32), b"head and context"
    with hsm.by_hand() as session:
        key = session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: KeyType.AES,
                Attribute.VALUE: secret,
                Attribute.ENCRYPT: True,
                Attribute.DECRYPT: True,
                Attribute.TOKEN: False,
            }
        )
        sealed = provider._sealed(key, ROOM_KEY, associated)
    assert AESGCM(secret).decrypt(sealed[:12], sealed[12:], associated) == ROOM_KEY


def test_a_retired_key_is_gone_from_the_token(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    old, before = keys.current, hsm.objects()
    keys.rotate()
    keys.retire(old)
    with hsm.by_hand() as session:
        assert [bytes(key[Attribute.ID]).hex() for key in session.get_objects()] == [keys.current]
    assert not set(before) & set(hsm.objects())


def test_keys_of_another_portal_on_the_same_token_are_left_alone(hsm: SoftHsm) -> None:
    ours, theirs = TokenKeys.create(hsm.token()), TokenKeys.create(hsm.token(keys="others"))
    blob = theirs.wrap(ROOM_KEY, CONTEXT)
    ours.rotate()
    with pytest.raises(KeyUnavailable):
        ours.unwrap(blob, CONTEXT)
    with pytest.raises(KeyUnavailable):
        ours.retire(theirs.current)
    assert theirs.unwrap(blob, CONTEXT) == ROOM_KEY


def test_a_first_key_is_made_once(hsm: SoftHsm) -> None:
    with pytest.raises(KeyUnavailable, match="no key called portal-keys"):
        TokenKeys.load(hsm.token())
    with pytest.raises(KeyUnavailable, match="no key called portal-keys"):
        TokenKeys(hsm.token()).rotate()
    first = TokenKeys.create(hsm.token()).current
    with pytest.raises(KeyUnavailable, match="already"):
        TokenKeys.create(hsm.token())
    assert TokenKeys.load(hsm.token()).current == first


# --- a token that goes away


@pytest.mark.fault("the key provider is away")
def test_a_token_that_vanished_closes_what_is_sealed_until_it_is_back(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    for _ in range(2):
        hsm.vanish()
        for act in (lambda: keys.unwrap(blob, CONTEXT), lambda: keys.wrap(ROOM_KEY, CONTEXT), lambda: keys.current):
            with pytest.raises(KeyUnavailable):
                act()
        hsm.come_back()
        assert keys.unwrap(blob, CONTEXT) == ROOM_KEY
        assert keys.key_of(keys.wrap(ROOM_KEY, CONTEXT)) == keys.current


def test_a_token_that_was_away_between_two_uses_is_not_noticed(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    hsm.vanish()
    hsm.come_back()
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the library ends a search a second time
def test_a_session_that_the_token_ended_is_begun_anew(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    forget()
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY
    with hsm.by_hand():
        pass  # logs everybody out
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY


@pytest.mark.fault("the key provider is away")
def test_a_rotation_on_a_token_that_is_away_changes_nothing(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    before = keys.states()
    hsm.vanish()
    with pytest.raises(KeyUnavailable):
        keys.rotate()
    hsm.come_back()
    assert keys.states() == before


def test_another_token_in_its_place_wraps_nothing(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    hsm.swap()
    for _ in range(2):
        with pytest.raises(KeyUnavailable):  # it is empty
            keys.wrap(ROOM_KEY, CONTEXT)
    TokenKeys.create(hsm.token())
    for act in (
        lambda: keys.wrap(ROOM_KEY, CONTEXT),
        lambda: keys.unwrap(blob, CONTEXT),
        keys.rotate,
        lambda: keys.current,
    ):
        with pytest.raises(KeyUnavailable, match="isn't the one"):
            act()
    hsm.swap()
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY


def test_another_token_with_a_key_of_the_same_id_wraps_nothing(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    current = keys.current
    hsm.swap()
    with pytest.raises(KeyUnavailable):
        keys.wrap(ROOM_KEY, CONTEXT)
    with hsm.by_hand() as session:
        template = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        session.generate_key(
            KeyType.AES, 256, id=bytes.fromhex(current), label="portal-keys", store=True, template=template
        )
    with pytest.raises(KeyUnavailable, match="isn't the one"):
        keys.wrap(ROOM_KEY, CONTEXT)


def test_a_portal_that_moved_does_not_fall_back_to_its_keyring(hsm: SoftHsm, tmp_path: Path) -> None:
    keyring = FileKeys.create(tmp_path / "keys")
    keys = MovingKeys(TokenKeys(hsm.token()), keyring)
    assert keys.current == keyring.current  # nothing moved yet
    old = keys.wrap(ROOM_KEY, CONTEXT)
    first = keys.rotate()
    assert keys.current == first != keyring.current
    assert keys.unwrap(old, CONTEXT) == ROOM_KEY
    with pytest.raises(KeyUnavailable, match="with its file"):
        keys.retire(keyring.current)
    for gone in (hsm.vanish, hsm.swap):
        gone()
        with pytest.raises(KeyUnavailable):
            keys.wrap(ROOM_KEY, CONTEXT)
        hsm.come_back() if gone == hsm.vanish else hsm.swap()
    assert keys.key_of(keys.wrap(ROOM_KEY, CONTEXT)) == first


def test_a_token_that_does_not_answer_holds_nobody_up_for_long(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = TokenKeys.create(hsm.token())
    monkeypatch.setattr(token_session, "WAIT_SECONDS", 0.1)
    begun, answered = Event(), Event()

    def hang(_session: object) -> None:
        begun.set()
        answered.wait(10)

    thread = Thread(target=lambda: keys._session.use(hang))
    thread.start()
    begun.wait(10)
    with pytest.raises(KeyUnavailable, match="doesn't answer"):
        keys.wrap(ROOM_KEY, CONTEXT)
    answered.set()
    thread.join()
    assert keys.unwrap(keys.wrap(ROOM_KEY, CONTEXT), CONTEXT) == ROOM_KEY


def test_a_token_that_another_process_is_writing_is_tried_again(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = TokenKeys.create(hsm.token()).wrap(ROOM_KEY, CONTEXT)
    files = list(hsm.tokens.rglob("token.object"))
    whole = [file.read_bytes() for file in files]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == len(token_session.PAUSES_SECONDS):
            for file, held in zip(files, whole, strict=True):
                file.write_bytes(held)

    monkeypatch.setattr("time.sleep", pause)
    for file, held in zip(files, whole, strict=True):
        file.write_bytes(held[: len(held) // 2])
    forget()
    assert TokenKeys(hsm.token()).unwrap(blob, CONTEXT) == ROOM_KEY
    assert pauses == list(token_session.PAUSES_SECONDS)


def test_a_token_that_fails_is_not_taken_for_damaged_data(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = TokenKeys.create(hsm.token())
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    decrypted = provider._decrypted
    answers = iter([False, False, True, True])

    def failing(*parts: Any) -> Any:
        if next(answers, True):
            return decrypted(*parts)
        raise GeneralError

    monkeypatch.setattr(provider, "_decrypted", failing)
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY  # the second time, after it was begun anew
    answers = iter([False] * 4)
    with pytest.raises(KeyUnavailable):
        keys.unwrap(blob, CONTEXT)
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY


def test_a_child_after_a_fork_begins_its_own_session(hsm: SoftHsm) -> None:
    keys = TokenKeys.create(hsm.token())
    blob = keys.wrap(ROOM_KEY, CONTEXT)
    with keys._session._alone():  # as if another thread were at it
        child = os.fork()
        if child == 0:
            try:
                same = (
                    keys.unwrap(blob, CONTEXT) == ROOM_KEY and keys.unwrap(keys.wrap(b"x" * 32, b""), b"") == b"x" * 32
                )
                os._exit(0 if same else 1)
            except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
                os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert keys.unwrap(blob, CONTEXT) == ROOM_KEY


ROTATES_FOR_EVER = """
import sys
from storage.keys.pkcs11 import TokenKeys
from storage.keys.token_uri import read_uri
keys = TokenKeys.load(read_uri(sys.argv[1]))
while True:
    print(keys.wrap(bytes(32), b"killed").hex(), flush=True)
    old = keys.current
    keys.rotate()
    keys.retire(old) if sys.argv[2] == "retire" else None
"""


@pytest.mark.parametrize("also", ["", "retire"])
def test_a_rotation_that_is_killed_leaves_keys_in_order(hsm: SoftHsm, also: str) -> None:
    keys = TokenKeys.create(hsm.token())
    last = b""
    for number in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", ROTATES_FOR_EVER, hsm.uri(), also], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            last = bytes.fromhex(process.stdout.readline().decode())
            time.sleep(0.01 * number)
            process.send_signal(signal.SIGKILL)
            process.wait()
        keys = TokenKeys.load(hsm.token())
        assert keys.unwrap(keys.wrap(ROOM_KEY, CONTEXT), CONTEXT) == ROOM_KEY
        assert list(keys.states())[-1] == keys.current
    if not also:
        assert keys.unwrap(last, b"killed") == bytes(32)


# --- who is let in


def sentence(act: Callable[[], object]) -> str:
    with pytest.raises(KeyUnavailable) as refused:
        act()
    said = str(refused.value)
    seen: BaseException | None = refused.value
    while seen is not None:
        assert PIN not in repr(seen)
        assert OFFICER not in repr(seen)
        seen = seen.__cause__ or seen.__context__
    return said


def test_a_wrong_pin_is_tried_once_until_its_file_changes(hsm: SoftHsm) -> None:
    TokenKeys.create(hsm.token())
    forget()
    hsm.set_pin("wrong-4711")
    keys = TokenKeys(hsm.token())
    said = sentence(lambda: keys.current)
    assert "refuses the PIN" in said
    assert "4711" not in said
    assert "tried again when the file changes" in sentence(lambda: keys.current)
    hsm.set_pin(PIN)
    assert keys.current


@pytest.mark.parametrize(
    ("flags", "words"),
    [(TokenFlag.USER_PIN_LOCKED, "is locked"), (TokenFlag.USER_PIN_FINAL_TRY, "One try is left")],
)
def test_no_pin_is_tried_that_could_be_the_last(flags: TokenFlag, words: str) -> None:
    check_pin_tries("portal", TokenFlag.LOGIN_REQUIRED | TokenFlag.USER_PIN_COUNT_LOW)
    with pytest.raises(KeyUnavailable, match=words):
        check_pin_tries("portal", TokenFlag.LOGIN_REQUIRED | flags)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_pin_that_others_may_read_is_refused(hsm: SoftHsm, mode: int) -> None:
    hsm.pin_file.chmod(mode)
    assert "chmod 0600" in sentence(lambda: TokenKeys.create(hsm.token()))


def test_a_pin_file_that_is_missing_a_link_or_no_pin_is_refused(hsm: SoftHsm) -> None:
    for text in ("", "\n", "a\nb\n", "x" * 300, "\x00\x01"):
        hsm.set_pin(text)
        assert "holds no PIN" in sentence(lambda: TokenKeys.create(hsm.token()))
    hsm.pin_file.write_bytes(b"\xff\xfe\n")
    assert "holds no PIN" in sentence(lambda: TokenKeys.create(hsm.token()))
    hsm.set_pin(PIN)
    hsm.pin_file.rename(hsm.folder / "real")
    assert "can't be read" in sentence(lambda: TokenKeys.create(hsm.token()))
    hsm.pin_file.symlink_to("real")
    assert "can't be read" in sentence(lambda: TokenKeys.create(hsm.token()))


def test_a_missing_module_or_token_is_named(hsm: SoftHsm) -> None:
    nowhere = read_uri(hsm.uri().replace("libsofthsm2", "nowhere"))
    assert "nowhere.so" in sentence(lambda: TokenKeys.load(nowhere))
    assert "another" in sentence(lambda: TokenKeys.load(hsm.token("another")))
    other = read_uri(hsm.uri().replace("pkcs11:", "pkcs11:serial=0000;"))
    assert "can't be used" in sentence(lambda: TokenKeys.load(other))


# --- its address


def test_the_address_of_a_token_is_read() -> None:
    token = read_uri(EXAMPLE)
    assert (token.label, token.keys, token.serial) == ("portal", "portal-keys", "")
    assert read_uri(EXAMPLE.replace("token=portal", "token=a%20b%3Bc;serial=12")).label == "a b;c"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("pkcs11:", "pkcs12:"), "begins"),
        (("token=portal;", ""), "lacks token"),
        (("object=portal-keys", "id=%01"), "nothing else"),
        (("token=portal", "token=portal;token=other"), "once each"),
        (("token=portal", "token="), "empty"),
        (("token=portal", "token"), "once each"),
        (("?", "?pin-value=4711&"), "PIN doesn't belong"),
        (("token=portal", "token=portal;pin-value=4711"), "PIN doesn't belong"),
        (("file:/etc", "file:etc"), "slash"),
        (("file:/etc/portal/pin", "|/bin/pin-4711"), "pin-source"),
        (("module-path=/usr", "module-path=usr"), "slash"),
        (("&pin-source=file:/etc/portal/pin", ""), "lacks pin-source"),
        (("token=portal", "token=%ff"), "utf-8"),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_quoted(change: tuple[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_uri(EXAMPLE.replace(*change))
    assert "4711" not in str(refused.value)
