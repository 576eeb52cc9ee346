"""What an identity provider answers over HTTP, bounded in time, length and number.

Certificates are checked as the system does; no redirect is followed, no proxy of the environment asked, no cookie
kept. At most AT_ONCE requests to one issuer run side by side, so that one that hangs doesn't take the portal's threads.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any, Final
from uuid import UUID

import httpx2

from portal.domain.issuers import is_safe

SECONDS: Final = 5.0
MOST_BYTES: Final = 200 * 1024
AT_ONCE: Final = 4


class Silent(Exception):
    """An issuer gave no usable answer; the code says in a word why, for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Answers:
    """Asks issuers."""

    def __init__(self) -> None:
        self._turns: dict[UUID, BoundedSemaphore] = {}
        self._lock = Lock()

    def get(self, issuer: UUID, url: str) -> dict[str, Any]:
        """Read a JSON object.

        Raises:
            Silent: There was none.

        """
        return self._ask(issuer, "GET", url, {}, None)[1]

    def post(self, issuer: UUID, url: str, headers: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a form and read a JSON object; one with a status of 400 or more is an answer too.

        Raises:
            Silent: There was none.

        """
        status, found = self._ask(issuer, "POST", url, headers, fields)
        if status != httpx2.codes.OK:
            raise Silent("token-refused")
        return found

    def _ask(
        self, issuer: UUID, method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        if not is_safe(url):
            raise Silent("insecure-address")
        with self._lock:
            turn = self._turns.setdefault(issuer, BoundedSemaphore(AT_ONCE))
        if not turn.acquire(blocking=False):
            raise Silent("busy")
        try:
            return _exchange(method, url, headers, fields)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise Silent("no-answer") from error
        finally:
            turn.release()


def _exchange(
    method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
) -> tuple[int, dict[str, Any]]:
    ends = monotonic() + SECONDS
    asked = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    with (
        closing(httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=False)) as client,
        client.stream(method, url, headers=asked, data=fields) as answer,
    ):
        if answer.is_redirect or (method == "GET" and answer.status_code != httpx2.codes.OK):
            raise Silent("wrong-status")
        body = bytearray()
        for part in answer.iter_raw():
            body += part
            if len(body) > MOST_BYTES:
                raise Silent("long-answer")
            if monotonic() > ends:
                raise Silent("slow-answer")
        status = answer.status_code
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Silent("no-json") from error
    if not isinstance(found, dict):
        raise Silent("no-json")
    return status, found
