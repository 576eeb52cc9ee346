"""Which grants gave a version, for whoever may see what was opened under them; each is asked of the gate by itself."""

from uuid import UUID

from portal.access.actions import Action
from portal.access.past_grants import PastGrant
from portal.usecases.grant_facts import facts_of_grant, grant_records
from portal.work import Work
from storage.permits import Permit
from storage.repositories.reviews import ReviewRecord


def gave(work: Work, file: ReviewRecord, version: UUID) -> tuple[list[PastGrant], dict[UUID, Permit]]:
    """Find the grants that gave a version at some time, with a permit on the log of each.

    The reviewing States and the officers may know that another State reads; what and who, they don't.
    """
    records, found, permits = grant_records(work), list[PastGrant](), dict[UUID, Permit]()
    for record in records.of_review(file.review.id):
        facts = facts_of_grant(record, file, work.now)
        if not work.allows(Action.VIEW_GRANT_OPENINGS, facts):
            continue
        history = records.terms([record.grant.id])
        giving = {one.given.terms_id for one in records.given([one.id for one in history]) if one.version.id == version}
        if not giving:
            continue
        permits[record.grant.id] = work.require_on(Action.VIEW_GRANT_OPENINGS, facts)
        terms = [one for one in history if one.id in giving]
        found.append(
            PastGrant(
                record.grant,
                terms,
                records.readers(giving),
                {one.person_id: one.accepted_at for one in records.undertakings([record.grant.id])},
                [held for _, held in records.holds([record.grant.id])],
            )
        )
    return found, permits
