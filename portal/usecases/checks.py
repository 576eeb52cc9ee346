"""Compares records, objects, keys and log with one another, and says what doesn't fit. It mends and deletes nothing.

1. Every event is opened and its leaf, tag and marks are computed again; every stream counts from 1 without a gap.
2. Every guarded row bears the MAC that the log has last for it: rows that were altered, rolled back, dropped or made
   past the log are named. Rows and log rolled back together are not found: only a witness outside would show that.
3. The object of every version and of every scanned copy is there and has the size that fits. Contents are not opened,
   so a byte changed inside an object is found by reading it, not here.
4. Every key version opens for the key provider, and is sealed to the recovery key where there is one.
5. The log's tree is the one that its events give, and every checkpoint is the portal's own and of this tree;
   so are those of the logs before restorations.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import uuid4

from portal.domain.texts import N_
from portal.usecases.check_former import check_former_logs
from portal.usecases.check_log import check_log, check_rows
from portal.usecases.check_reports import LISTED, Check, Progress, Report, Values, ask
from portal.usecases.check_tree import check_tree
from portal.work import Portal
from storage import permits
from storage.content import sealed_size
from storage.errors import Damaged, KeyUnavailable
from storage.holders import active_recovery, count_unheld
from storage.keyring import split
from storage.objects.store import Stored
from storage.permits import Scope
from storage.repositories.checks import SEALED, CheckRecords

SKEW: Final = timedelta(minutes=5)  # by which clocks may differ
# what a row of a table is counted as
COUNTED: Final = {
    "version": "versions",
    "note_copy": "scanned copies",
    "exhibit": "exhibits",
    "publication": "publications",
    "public_file": "public files",
    "summary_language": "executive summaries",
}
YOUNG: Final = timedelta(days=1)  # an object may be there before the row that names it


def check_records(
    portal: Portal, progress: Progress = lambda _what, _count: None, passed: frozenset[str] = frozenset()
) -> Report:
    """Compare everything with everything, at one moment of the database, and report; passes over lost objects."""
    report = Report(passed=passed)
    with permits.request(uuid4()):
        permit = ask(portal)
        with portal.database.read() as session:
            check = Check(portal, session, report, permit, progress)
            known = _check_keys(check)
            check_log(check)
            check_rows(check)
            check_tree(check)
            check_former_logs(check)
            _check_fields(check, known)
            _check_objects(check, known)
    return report


def _check_keys(check: Check) -> set[tuple[str, int]]:
    known: set[tuple[str, int]] = set()
    for scope, version, holder, made in CheckRecords(check.session).key_versions():
        where: Values = {"scope": scope, "version": version}
        if made > check.portal.clock() + SKEW:
            sentence = N_("Key %(scope)s, version %(version)d bears a time to come: no newer one would ever follow it.")
            check.report.finds("key-to-come", sentence, **where)
        if (scope, version - 1) not in known and version != 1:
            check.report.finds("key-gap", N_("Key %(scope)s: version %(version)d follows none."), **where)
        known.add((scope, version))
        if holder is None:
            check.report.finds("key-unheld", N_("Key %(scope)s, version %(version)d: nobody holds it."), **where)
            continue
        try:
            check.portal.keyring.check_holder(check.session, Scope(scope), version)
        except (Damaged, KeyUnavailable):
            sentence = N_("Key %(scope)s, version %(version)d doesn’t open: what it sealed can’t be read.")
            check.report.finds("key-shut", sentence, **where)
    check.report.counted("keys", len(known))
    recovery = active_recovery(check.session)
    if recovery is not None and (unheld := count_unheld(check.session, recovery)):
        sentence = N_("%(count)d keys aren’t sealed to the recovery key: run `portal backup`, which does it.")
        check.report.finds("key-unrecoverable", sentence, count=unheld)
    return known


def _check_fields(check: Check, keys: set[tuple[str, int]]) -> None:
    """See that no sealed field needs a key that is gone; contents and their names are looked at beside objects."""
    for field in SEALED:
        with suppress(ValueError):  # a row that can't be read was named among the rows
            for row, scope, blob in CheckRecords(check.session).sealed(field):
                if not _has_key(scope, blob, keys):
                    sentence = N_("%(row)s: the key that sealed a field of it is not there.")
                    check.report.finds("field-keyless", sentence, row=row)


def _check_objects(check: Check, keys: set[tuple[str, int]]) -> None:
    stored = check.portal.objects.list()
    there = next(stored, None)
    for one in CheckRecords(check.session).contents():
        counted = COUNTED[one.table]
        check.report.counted(counted, 1)
        there = _skip_orphans(check, stored, there, one.name)
        where: Values = {one.table: str(one.id), "row": f"{one.table}/{one.id}", "name": one.name}
        if there is None or there.name != one.name:
            check.report.finds("object-missing", N_("%(row)s: its object %(name)s is not there."), **where)
        else:
            if there.size != (expected := sealed_size(one.size)):
                sentence = N_("%(row)s: its object %(name)s has %(found)d bytes instead of %(expected)d.")
                check.report.finds("object-size", sentence, **where, found=there.size, expected=expected)
            there = next(stored, None)
        if one.wrapped is not None and not _has_key(one.scope, one.wrapped, keys):
            sentence = N_("%(row)s: the key that wraps its own, its room’s or the registry’s, is not there.")
            check.report.finds("version-keyless", sentence, **where)
        check.progress(counted, check.report.counts[counted])
    _skip_orphans(check, stored, there, None)


def _skip_orphans(check: Check, stored: Iterator[Stored], there: Stored | None, until: str | None) -> Stored | None:
    while there is not None and (until is None or there.name < until):
        if check.portal.clock() - there.modified < YOUNG:
            check.report.counted("young objects", 1)
        else:
            check.report.counted("orphans", 1)
            if len(check.report.orphans) < LISTED:
                check.report.orphans.append(there.name)
        there = next(stored, None)
    return there


def _has_key(scope: Scope, wrapped: bytes, keys: set[tuple[str, int]]) -> bool:
    try:
        return (scope, split(wrapped)[0]) in keys
    except Damaged:
        return False
