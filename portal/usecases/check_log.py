"""Checks the log by itself, and every guarded row against what the log has last for it."""

from typing import Final
from uuid import UUID

from portal.audit.events import PORTAL_STREAMS
from portal.audit.reading import Said, Unfit, fits_origin, read_event
from portal.domain.texts import N_
from portal.usecases.check_reports import LISTED, Check, Logged, Values
from storage.errors import KeyUnavailable
from storage.repositories.audit import AuditRecords
from storage.repositories.checks import CheckRecords, guarded_tables
from storage.tables import Stream

UNLOGGED: Final = "session"  # sessions change with every use: the log keeps no more of one than its end


def check_log(check: Check) -> None:
    """Open every event of every stream, and keep what the log says of each row."""
    records, streams = CheckRecords(check.session), AuditRecords(check.session).streams()
    _check_streams_there(check, {one.id for one in streams})
    for one in streams:
        try:
            check.report.counted("events", _check_stream(check, one))
        except KeyUnavailable:
            sentence = N_("Stream %(stream)s can’t be checked: its key doesn’t open.")
            check.report.finds("stream-shut", sentence, stream=str(one.id))
        except (ValueError, TypeError):
            sentence = N_("Stream %(stream)s holds an entry that the portal can’t have written.")
            check.report.finds("event-foreign", sentence, stream=str(one.id))
        check.progress("events", check.report.counts.get("events", 0))
    check.report.counted("streams", len(streams))
    for stream, number in records.stray_outcomes():
        sentence = N_("Stream %(stream)s, entry %(number)d: it ends something that never began.")
        check.report.finds("outcome-stray", sentence, stream=str(stream), number=number)
    open_intents = AuditRecords(check.session).open_intents(check.portal.clock())
    check.report.open_intents = [f"{stream}/{event}" for event, stream, _ in open_intents[:LISTED]]
    check.report.counted("open intents", len(open_intents))


def _check_streams_there(check: Check, there: set[UUID]) -> None:
    records = CheckRecords(check.session)
    for kind, portals in PORTAL_STREAMS.items():
        if portals not in there:
            check.report.finds("stream-missing", N_("The log’s stream of the %(kind)s is not there."), kind=kind)
    for kind, owner in records.streamless():
        sentence = N_("The log’s stream of %(kind)s %(id)s is not there.")
        check.report.finds("stream-missing", sentence, kind=kind, id=str(owner))
    if homeless := records.homeless_events():
        sentence = N_("%(count)d entries belong to streams that don’t exist.")
        check.report.finds("event-homeless", sentence, count=homeless)


def _check_stream(check: Check, stream: Stream) -> int:
    following, count = 1, 0
    for event in AuditRecords(check.session).whole(stream.id):
        _check_number(check, stream.id, following, event.number)
        following, count = event.number + 1, count + 1
        said = read_event(check.session, check.portal.keyring, check.current_permit(), event)
        where: Values = {"stream": str(stream.id), "number": event.number}
        if isinstance(said, Unfit):
            sentence = N_("Stream %(stream)s, entry %(number)d doesn’t fit what was written: %(columns)s.")
            check.report.finds("event-altered", sentence, **where, columns=", ".join(said.wrong))
            continue
        if not fits_origin(check.portal.keyring, check.permit, event, said):
            sentence = N_("Stream %(stream)s, entry %(number)d: where it came from doesn’t fit what was written.")
            check.report.finds("event-origin", sentence, **where)
        _note_rows(check, said)
    if following != stream.next_number:
        _check_number(check, stream.id, following, stream.next_number)
    return count


def _check_number(check: Check, stream: UUID, expected: int, number: int) -> None:
    values: Values = {"stream": str(stream), "first": expected, "last": number - 1, "number": number}
    if number > expected:
        sentence = N_("Stream %(stream)s: the entries %(first)d to %(last)d are missing.")
        check.report.finds("event-missing", sentence, **values)
    elif number < expected:
        sentence = N_("Stream %(stream)s: its counter stands at %(number)d, behind its entries.")
        check.report.finds("event-repeated", sentence, **values)


def _note_rows(check: Check, said: Said) -> None:
    for name, mac in said.body.get("rows", {}).items():
        known = check.logged.get(name)
        here = ((said.stream, mac),)
        check.logged[name] = known.followed(said.at, said.stream, mac) if known else Logged(said.at, here)


def check_rows(check: Check) -> None:
    """Hold every guarded row against the log; to be called after `check_log`."""
    records = CheckRecords(check.session)
    unread: set[str] = set()
    for table in guarded_tables():
        name = str(table.__tablename__)
        try:
            for row in records.guarded(table):
                _check_row(check, name, row.name, row.mac.hex(), fits=row.fits)
        except (ValueError, TypeError, AttributeError):
            unread.add(name)
            sentence = N_("The table %(table)s holds a row that the portal can’t have written.")
            check.report.finds("row-foreign", sentence, table=name)
        check.progress("rows", check.report.counts.get("rows", 0))
    for name in sorted(check.logged):
        if name.partition("/")[0] not in unread:
            sentence = N_("%(row)s: the log has it, but the row is gone.")
            check.report.finds("row-missing", sentence, row=name)
    for kind, owner, count, last in records.misnumbered():
        sentence = N_("%(kind)s %(id)s: it holds %(count)d, but their numbers go up to %(last)d.")
        check.report.finds("number-gap", sentence, kind=kind, id=str(owner), count=count, last=last)


def _check_row(check: Check, table: str, name: str, mac: str, *, fits: bool) -> None:
    check.report.counted("rows", 1)
    logged = check.logged.pop(name, None)
    if not fits:
        sentence = N_("%(row)s: it was altered by something else than the portal.")
        check.report.finds("row-altered", sentence, row=name)
    elif logged is None:
        if table != UNLOGGED:
            check.report.finds("row-unlogged", N_("%(row)s: the log knows nothing of it."), row=name)
    elif mac not in {known for _, known in logged.macs}:
        sentence = N_("%(row)s: it isn’t as the log has it last; it was rolled back, or changed past the log.")
        check.report.finds("row-other", sentence, row=name)
