"""One logged-in session with a token for a process: opened when it is needed, and anew when the token went away.

1. One thread at a time; who waits longer than a few seconds for a token that doesn't answer is told so.
2. Whatever the token refuses, the library is begun anew and the act tried once more; then it is `KeyUnavailable`.
   A log-in is tried a few times, with pauses: SoftHSM writes its files at each one, and another process that reads
   them in that moment finds no token, or one without a PIN.
3. A wrong PIN isn't tried again until its file changes, and none at all when one try is left: tokens lock themselves.
4. A child process after a fork begins its own session.
5. No sentence and no cause holds the PIN.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

import pkcs11
from pkcs11 import Session, TokenFlag
from pkcs11.exceptions import (
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from storage.errors import KeyUnavailable
from storage.keys.token_uri import Token

WAIT_SECONDS = 5
PAUSES_SECONDS = (0.02, 0.05, 0.1)
_LONGEST_PIN = 256

Made = TypeVar("Made")
Mark = tuple[int, int, int]


class TokenSession:
    """The session; `accept` looks at each one that was opened, before it is used, and raises what speaks against it."""

    def __init__(self, token: Token, accept: Callable[[Session], None]) -> None:
        self._token = token
        self._accept = accept
        self._lock = Lock()
        self._process = os.getpid()
        self._session: Session | None = None
        self._stale = False  # the library was used before, and its sessions are none any more
        self._refused: Mark | None = None  # the PIN file whose PIN was wrong

    def use(self, act: Callable[[Session], Made]) -> Made:
        """Let the token do something that may be tried twice.

        Raises:
            KeyUnavailable: It isn't there, doesn't let us in, doesn't answer or can't do this.

        """
        with self._alone():
            try:
                return act(self._opened())
            except PKCS11Error:
                self._leave()
            try:
                return act(self._opened())
            except PKCS11Error as cause:
                self._leave()
                raise KeyUnavailable(f"The token {self._token.label} can't be used: {_words(cause)}.") from cause

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._process != os.getpid():
            # after a fork: the lock may be held by a thread that isn't here, the session is the parent's
            self._lock, self._process = Lock(), os.getpid()
            self._leave()
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise KeyUnavailable(f"The token {self._token.label} doesn't answer.")
        try:
            yield
        finally:
            self._lock.release()

    def _opened(self) -> Session:
        if self._session is None:
            try:
                session = self._insisted()
                self._accept(session)
            except BaseException:
                self._leave()
                raise
            self._session = session
        return self._session

    def _leave(self) -> None:
        self._session, self._stale = None, True

    def _insisted(self) -> Session:
        for pause in PAUSES_SECONDS:
            try:
                return self._logged_in()
            except PKCS11Error:
                self._leave()
            time.sleep(pause)
        return self._logged_in()

    def _logged_in(self) -> Session:
        library = pkcs11.lib(str(self._token.module))
        if self._stale:
            with suppress(PKCS11Error):
                library.finalize()
            library.initialize()
            self._stale = False
        serial = self._token.serial.encode() or None
        token = library.get_token(token_label=self._token.label, token_serial=serial)
        check_pin_tries(self._token.label, token.flags)
        pin, mark = _read_pin(self._token.pin_file)
        if mark == self._refused:
            raise KeyUnavailable(
                f"The PIN in {self._token.pin_file} is wrong; it is tried again when the file changes."
            )
        try:
            return token.open(user_pin=pin)
        except UserAlreadyLoggedIn:
            return token.open()
        except (PinIncorrect, PinInvalid, PinLenRange):
            self._refused = mark
            raise KeyUnavailable(
                f"The token {self._token.label} refuses the PIN in {self._token.pin_file}: set the right one there."
            ) from None
        except (PinLocked, PinExpired) as cause:
            raise KeyUnavailable(
                f"The token {self._token.label} lets nobody in ({_words(cause)}): its security officer sets a new PIN."
            ) from None


def check_pin_tries(label: str, flags: TokenFlag) -> None:
    """Try no PIN that could be the last one.

    Raises:
        KeyUnavailable: The PIN is locked, or one try is left, which is for a person.

    """
    if flags & TokenFlag.USER_PIN_LOCKED:
        raise KeyUnavailable(f"The PIN of the token {label} is locked: its security officer sets a new one.")
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        raise KeyUnavailable(
            f"One try is left before the token {label} locks itself: log in by hand with the right PIN."
        )


def _read_pin(path: Path) -> tuple[str, Mark]:
    """Read the PIN from its file, which is ours alone.

    Raises:
        KeyUnavailable: There is none, others may read it, or it holds no PIN.

    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid != os.geteuid():
                raise KeyUnavailable(
                    f"The PIN file {path} must be a file of the portal's own account: `chmod 0600 {path}`."
                )
            text = file.read(_LONGEST_PIN + 1)
    except OSError as cause:
        raise KeyUnavailable(f"The PIN file {path} can't be read: {cause.strerror}.") from cause
    try:
        pin = text.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        pin = ""
    if not pin or len(text) > _LONGEST_PIN or not pin.isprintable():
        raise KeyUnavailable(f"The PIN file {path} holds no PIN: one line, and nothing else.")
    return pin, (found.st_ino, found.st_ctime_ns, found.st_size)


def _words(cause: PKCS11Error) -> str:
    return str(cause).rstrip(".") or type(cause).__name__
