"""How what was begun ended, where a commit comes before that is known: the answer of a commit may get lost.

1. A failure is written only where the log has no outcome yet: what was committed has one, in its own transaction.
2. Whatever asks whether something came about asks with the lock of all who write: an answer that got lost may belong
   to a commit that is still under way, and holds that lock until it is over.
3. What can't be found out is not called failed: the intent stays open, and is closed as unknown.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from portal import gate
from portal.audit import writer
from portal.audit.reading import Said
from portal.insisting import insist
from portal.usecases.public import take_away
from portal.work import Intent, Portal
from storage.database import Session
from storage.repositories.audit import AuditRecords

FAILED = "failed"
UNKNOWN = "unknown"


def record_failure(portal: Portal, intent: Intent, **said: str | int) -> None:
    """Write that something didn't come about, unless the log has its outcome."""
    with portal.database.begin() as session:
        if not AuditRecords(session).has_outcome(intent.entry.id):
            writer.write(session, portal.keyring, [gate.outcome_entry(intent.entry, portal.clock(), said)])


def record_with(portal: Portal, intent: Intent, keep: Callable[[Session], None], **said: str | int) -> None:
    """Write how an intent ended, and in the same transaction what follows from it: done twice, that is kept once."""

    def record() -> None:
        with portal.database.begin() as session:
            keep(session)
            writer.write(session, portal.keyring, [gate.outcome_entry(intent.entry, portal.clock(), said)])

    insist(record)


@contextmanager
def owing(portal: Portal, intent: Intent) -> Iterator[None]:
    """Record that what was begun failed, if it does."""
    try:
        yield
    except BaseException:
        record_failure(portal, intent, result=FAILED)
        raise


@contextmanager
def becoming_public(portal: Portal, intent: Intent, publication: UUID, name: str) -> Iterator[None]:
    """Record how it ended that a file is put into the store under a name, and a row names it for everybody.

    Where an error came in between, what the record says counts: it is public, and that is no failure; or what was put
    into the store is taken away again.
    """
    try:
        yield
    except BaseException:
        if not take_away(portal, publication, name):
            record_failure(portal, intent, result=FAILED)
            raise
    portal.record_outcome(intent, result="complete")


def sureness(outcome: Said) -> int:
    """Tell which of several outcomes of one intent counts: a worker's “unknown” is none, and what was done was done."""
    return {UNKNOWN: 0, "complete": 2}.get(str(outcome.body.get("detail", {}).get("result", UNKNOWN)), 1)
