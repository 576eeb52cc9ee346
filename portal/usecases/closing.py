"""A portal that was brought back from a backup starts closed: whoever's access was ended since stays outside.

What ended after the backup isn't known any more. So everything that gives access ends, and begins again only once
somebody confirms it:

| What | What becomes of it |
| --- | --- |
| sessions, sign-in links, calendars' addresses | ended |
| appointments | ended, and made again to be confirmed: those who act for a State by its focal point |
| assignments under these | ended, and made again under the new appointment: they run when it does |
| texts that are with translators | taken back |
| grants to other States | revoked; the State under review grants them anew |
| publications that are planned | called off; the State plans them anew |

What ran out of time before the backup stays as it is. That is told by what the rows say and by the moment of the
backup, not by the clock of the machine to which it is brought back: one that was set ahead would else leave what lives
again once it is set right. What was ended stays ended, whatever a clock says (`running`).

The first administrator is made at the machine (operators.py), as where none can sign in. What people sign in with
stays, and so do identity providers: what was removed since is back, and is to be removed again (deploy/README.md).
"""

from datetime import datetime
from itertools import product
from typing import Final
from uuid import UUID, uuid4

from portal.domain.account_events import AccountEvent
from portal.domain.grants import Ending
from portal.domain.legal import LegalBasis
from portal.usecases.account_notices import tell_person
from portal.usecases.bases import seal_basis
from portal.usecases.granting import end as end_grant
from portal.work import Work
from storage.permits import Permit
from storage.repositories.grants import GrantRecords
from storage.repositories.restorations import RestorationRecords
from storage.tables import Appointment, Assignment

BASIS: Final = "Restored from a backup"


def close_everything(work: Work, permit: Permit, made: datetime, *, altered: bool) -> dict[str, int]:
    """End what gives access, and make again what can be confirmed; tells how much that was.

    Args:
        work: The transaction.
        permit: For bringing the portal back.
        made: When the backup was made.
        altered: Records or the log didn't fit, and that was accepted.

    """
    records, since = RestorationRecords(work.session), min(made, work.now)
    counts = _end_ways_in(work, records, since)
    appointments = records.appointments(since)
    assignments = records.assignments(since)
    fresh = {row.id: _made_again(work, permit, records, row) for row in appointments}
    for assignment in assignments:
        if assignment.appointment_id in fresh:  # else it waits with its appointment, or ended with it
            _move(work, permit, records, assignment, fresh[assignment.appointment_id])
    tasks, planned = records.tasks(), records.publications()
    for task in tasks:
        task.recalled_at = work.now
    for publication in planned:
        publication.cancelled_at = work.now
    summaries = records.summaries()
    for summary in summaries:
        summary.ended_at = work.now  # the officer confirms the file anew
    grants = [one for one in GrantRecords(work.session).unended() if one.terms is not None]
    for grant in grants:
        end_grant(work, grant, Ending.REVOKED)
    work.session.flush()
    events = (AccountEvent.PORTAL_RESTORED, *((AccountEvent.RECORDS_ALTERED,) if altered else ()))
    for person, event in product(sorted({row.person_id for row in appointments}), events):
        tell_person(work, person, event)
    return {
        **counts,
        "appointments": len(appointments),
        "assignments": len(assignments),
        "texts": len(tasks),
        "publications": len(planned),
        "summaries": len(summaries),
        "grants": len(grants),
    }


def _end_ways_in(work: Work, records: RestorationRecords, since: datetime) -> dict[str, int]:
    sessions, links, feeds = records.sessions(since), records.invitations(since), records.feeds()
    for session in sessions:
        session.ended_at = work.now
    for link in links:
        link.revoked_at = work.now
    for feed in feeds:
        feed.ended_at = work.now
    work.session.flush()
    return {"sessions": len(sessions), "links": len(links), "calendars": len(feeds)}


def _made_again(work: Work, permit: Permit, records: RestorationRecords, row: Appointment) -> UUID:
    """End an appointment, and make it again so that it waits for somebody who confirms it."""
    again = uuid4()
    _end(work, permit, "appointment", row)
    records.add(
        Appointment(
            id=again,
            person_id=row.person_id,
            role=row.role,
            state_code=row.state_code,
            basis=seal_basis(work, permit, "appointment", again, LegalBasis(BASIS, work.now.date())),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            needs_confirmation=True,
            created_at=work.now,
        )
    )
    return again


def _move(work: Work, permit: Permit, records: RestorationRecords, row: Assignment, appointment: UUID) -> None:
    """End an assignment, and make it again under the new appointment."""
    _end(work, permit, "assignment", row)
    again = uuid4()
    records.add(
        Assignment(
            id=again,
            review_id=row.review_id,
            appointment_id=appointment,
            person_id=row.person_id,
            basis=seal_basis(work, permit, "assignment", again, LegalBasis(BASIS, work.now.date())),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            created_at=work.now,
        )
    )


def _end(work: Work, permit: Permit, table: str, row: Appointment | Assignment) -> None:
    row.ended_at = work.now
    row.end_basis = seal_basis(work, permit, table, row.id, LegalBasis(BASIS, work.now.date()), "end_basis")
    work.session.flush()
