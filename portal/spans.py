"""Traces for OpenTelemetry: how long a request or a step took, and what of it was waiting, deciding, rendering.

1. Nothing is kept or sent until `traces_endpoint` is set.
2. A span has a name and attributes of closed lists: our own words, patterns of addresses, statuses, templates, acts,
   and the random number of the request, by which its line in the service's own words is found. No error's words.
3. What a client says of traces (`traceparent`) is not read: it would let strangers write into them.
4. Spans are sent in batches by a thread, as OTLP over HTTP in JSON (OpenTelemetry protocol 1.x). What doesn't fit into
   the queue, or isn't taken, is dropped and counted in a warning: no request waits for a collector.
"""

import json
import logging
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_network
from threading import Event, Thread
from time import time_ns
from types import TracebackType
from typing import Final, Self

from portal.domain.reach import Reach
from portal.errors import Invalid
from portal.outgoing import OK, exchange
from portal.settings import Settings

ANYWHERE: Final = Reach((ip_network("0.0.0.0/0"), ip_network("::/0")), this_machine=True)
SENT_EVERY_SECONDS: Final = 5.0
AT_ONCE: Final = 500
MOST_WAITING: Final = 5000
_SERVER, _INTERNAL = 2, 1  # kinds of the protocol
_FAILED: Final = {"code": 2}

log = logging.getLogger("portal.spans")


@dataclass(slots=True)
class Span:
    """A piece of work under way: who collects it, which trace it is of, and what is said of it."""

    collector: "Spans"
    trace: str
    parent: str
    name: str
    kind: int = _INTERNAL
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: int = field(default_factory=time_ns)  # nanoseconds since 1970
    said: dict[str, str | int] = field(default_factory=dict)
    failed: bool = False


_current: ContextVar[Span | None] = ContextVar("the span under way", default=None)


@contextmanager
def span(name: str, **said: str | int) -> Iterator[None]:
    """Measure a part of what is under way; nothing where nothing is traced."""
    above = _current.get()
    if above is None:
        yield
        return
    with _under_way(Span(above.collector, above.trace, above.id, name, said=dict(said))):
        yield


@contextmanager
def _under_way(one: Span) -> Iterator[Span]:
    token = _current.set(one)
    try:
        yield one
    except BaseException:
        one.failed = True
        raise
    finally:
        _current.reset(token)
        one.collector.ended(one)


def check_spans(settings: Settings) -> None:
    """Refuse an endpoint that can't be asked, or not safely.

    Raises:
        Invalid: It is one.

    """
    if settings.traces_endpoint and not ANYWHERE.allows(settings.traces_endpoint):
        raise Invalid(
            "the setting traces_endpoint must be an https address, or one of this machine such as "
            "http://127.0.0.1:4318/v1/traces"
        )


class Spans:
    """Collects what ended, and sends it while its block lasts."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._waiting: deque[dict[str, object]] = deque()
        self._dropped = 0
        self._over = Event()
        self._thread = Thread(target=self._run, name="spans", daemon=True)

    @contextmanager
    def root(self, name: str, *, asked: bool = False) -> Iterator[Span | None]:
        """Begin a trace; None where nothing is traced.

        Args:
            name: What begins.
            asked: It is a request that somebody sends.

        """
        if not self._endpoint:
            yield None
            return
        with _under_way(Span(self, secrets.token_hex(16), "", name, _SERVER if asked else _INTERNAL)) as one:
            yield one

    def __enter__(self) -> Self:
        """Begin to send."""
        if self._endpoint:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what is left, once."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=SENT_EVERY_SECONDS)

    def ended(self, one: Span) -> None:
        """Take a span that ended."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(
            {
                "traceId": one.trace,
                "spanId": one.id,
                "parentSpanId": one.parent,
                "name": one.name,
                "kind": one.kind,
                "startTimeUnixNano": str(one.began),
                "endTimeUnixNano": str(time_ns()),
                "attributes": [{"key": key, "value": _value(value)} for key, value in one.said.items()],
                "status": _FAILED if one.failed else {},
            }
        )

    def _run(self) -> None:
        while not self._over.wait(SENT_EVERY_SECONDS):
            self._send()
        self._send()

    def _send(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                taken = exchange(ANYWHERE, "POST", self._endpoint, _HEADERS, _message(batch)).status == OK
            except Exception:  # noqa: BLE001 - silence, or what nobody foresaw: this thread goes on
                taken = False
            if not taken:
                self._dropped += len(batch)
                break
        if self._dropped:
            log.warning("%d spans were dropped: the collector didn't take them in time", self._dropped)
            self._dropped = 0


_HEADERS: Final = {"Content-Type": "application/json"}


def _message(spans: list[dict[str, object]]) -> bytes:
    resource = {"attributes": [{"key": "service.name", "value": _value("review-portal")}]}
    scope = {"scope": {"name": "portal"}, "spans": spans}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}).encode()


def _value(value: str | int) -> dict[str, str]:
    return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}
