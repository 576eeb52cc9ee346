"""A connection to PostgreSQL that waits for an answer so long and no longer.

A server that was cut off is noticed by TCP within seconds (tcp_user_timeout, keepalives). One that took the question
and says nothing more, since it hangs or something between goes on acknowledging, never would be: every thread would
wait for it. How long a statement may take the server is told as well; this bound is a little longer.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from storage.engines import QUICK_SECONDS

T = TypeVar("T")


class Line(psycopg.Connection[Any]):
    """A connection; `bound` in seconds, None: none."""

    bound: float | None = QUICK_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for an answer; where none comes the connection is closed, for nobody knows what it would say next."""
        try:
            return super().wait(gen, interval, timeout or self.bound)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # not of the server's words
                self.close()
            raise
