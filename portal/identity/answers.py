"""What an identity provider answers over HTTP (`portal/outgoing.py`), as JSON.

1. At most AT_ONCE requests to one issuer run side by side, so that one that hangs doesn't take all threads.
2. What comes is one JSON object that says each thing once, or nothing.
"""

from collections.abc import Mapping
from threading import BoundedSemaphore, Lock
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from portal.domain.reach import Reach
from portal.domain.strict import strict_json
from portal.outgoing import OK, Silent, exchange

AT_ONCE: Final = 4


class Answers:
    """Asks issuers."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._turns: dict[UUID, BoundedSemaphore] = {}
        self._lock = Lock()

    def get(self, issuer: UUID, url: str) -> dict[str, Any]:
        """Read a JSON object.

        Raises:
            Silent: There was none.

        """
        return self._ask(issuer, "GET", url, {}, None)

    def post(self, issuer: UUID, url: str, headers: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a form and read a JSON object.

        Raises:
            Silent: There was none.

        """
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask(issuer, "POST", url, sent, urlencode(fields).encode())

    def _ask(
        self, issuer: UUID, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> dict[str, Any]:
        with self._lock:
            turn = self._turns.setdefault(issuer, BoundedSemaphore(AT_ONCE))
        if not turn.acquire(blocking=False):
            raise Silent("busy")
        try:
            found = exchange(self.reach, method, url, {"Accept": "application/json", **headers}, body)
        finally:
            turn.release()
        if found.status != OK:
            raise Silent("wrong-status" if method == "GET" else "token-refused")
        try:
            return read_object(found.body)
        except (ValueError, RecursionError) as error:
            raise Silent("no-json") from error


def read_object(text: bytes) -> dict[str, Any]:
    """Read a JSON object (RFC 8259).

    Raises:
        ValueError: It is none, says something twice, or has numbers that JSON doesn't have.
        RecursionError: It is too deep.

    """
    found = strict_json(text)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - as whatever else is wrong with it
    return found
