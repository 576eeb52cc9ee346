"""What can be counted of a running portal, for Prometheus: numbers under names of a closed list.

A label is the method, the pattern of an address as routes.py writes it, a status, or the name of one of our own
functions. No id, no address, no name, nothing that a client wrote becomes a label: whoever reads the numbers learns how
much is done, and of whom or what nothing.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from shutil import disk_usage
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from portal.tls import certificates
from portal.usecases.backlog import backlog
from portal.work import Portal
from storage.certificates import ends_of
from storage.errors import StorageError

SECONDS: Final = (0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST"})
NO_ROUTE: Final = "none"  # no address of ours, or turned away before it was looked for

log = logging.getLogger("portal.measures")


class Measures:
    """The numbers of one process."""

    def __init__(self, portal: Portal) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when a series began: twice as many series, and nobody asks
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "portal_requests", "Answers that began.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "portal_request_seconds",
            "Seconds until an answer began; a body that was sent is read by then.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._broken = Counter("portal_broken_answers", "Answers that broke off.", ("route",), registry=self._registry)
        self._steps = Counter(
            "portal_worker_steps", "Steps of the work beside the requests.", ("step", "result"), registry=self._registry
        )
        self._state = _State(portal)
        self._registry.register(self._state)
        ProcessCollector(registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer that began."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def broke(self, route: str) -> None:
        """Count an answer that broke off after it began, or never did."""
        self._broken.labels(route).inc()

    def stepped(self, step: Callable[..., object], result: str) -> None:
        """Count a step of the work beside the requests, by the name of its function."""
        self._steps.labels(step.__name__.lstrip("_"), result).inc()

    def watch(self, living: Callable[[], Mapping[str, bool]]) -> None:
        """Tell from now on which threads beside the requests live."""
        self._state.living = living

    def text(self) -> bytes:
        """Write all numbers as Prometheus reads them."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is looked up when somebody asks."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        found = certificates(portal.settings)
        # of what this process serves by: newer ones count from the next start
        self._certified = ends_of(found.folder, portal.clock()) if found else None
        self.living: Callable[[], Mapping[str, bool]] = dict

    def collect(self) -> Iterator[Metric]:
        """Look, and give what can be seen; what is away is told by `portal_store_up`."""
        portal = self._portal
        yield _gauge("portal_kept_keys", "Keys of rooms and streams that are open in memory.", portal.keyring.kept)
        if self._certified is not None:
            left = self._certified - portal.clock()
            yield _gauge("portal_certificate_days", "Days until the certificates for portal and proxy end.", left.days)
        if (begun := _wrapping_since(portal)) is not None:
            age_of_key = (portal.clock().date() - begun).days
            yield _gauge("portal_wrapping_key_days", "Days since the key that wraps all others was made.", age_of_key)
        busy, size = portal.database.connections()
        yield _gauge("portal_database_connections_busy", "Connections to the database that are in use.", busy)
        yield _gauge("portal_database_connections", "Connections that there may be.", size)
        yield _gauge("portal_free_bytes", "Bytes that are free for data.", disk_usage(portal.settings.data).free)
        threads = GaugeMetricFamily(
            "portal_worker_thread_up", "Whether a thread beside the requests lives.", labels=["thread"]
        )
        for name, lives in self.living().items():
            threads.add_metric([name], float(lives))
        yield threads
        try:
            waits = backlog(portal)
        except StorageError as error:
            log.warning("the numbers wait for the store: %s", type(error).__qualname__)
            yield _gauge("portal_store_up", "Whether the database answers.", 0)
            return
        yield _gauge("portal_store_up", "Whether the database answers.", 1)
        now = portal.clock()

        def age(since: object) -> float:
            return max(0.0, (now - since).total_seconds()) if isinstance(since, type(now)) else 0.0

        yield _gauge("portal_log_entries", "Entries of the log's tree.", waits.tree_size)
        yield _gauge("portal_log_behind_seconds", "Age of the oldest event outside the tree.", age(waits.tree_since))
        yield _gauge("portal_mail_waiting", "Notices whose mail is due.", waits.notices)
        yield _gauge("portal_mail_waiting_seconds", "How long the oldest has been due.", age(waits.notices_since))


def _wrapping_since(portal: Portal) -> date | None:
    try:
        return portal.keyring.provider.begun
    except StorageError as error:
        log.warning("the age of the key isn't known: %s", type(error).__qualname__)
        return None


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)
