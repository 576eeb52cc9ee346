"""The undertaking of confidentiality: accepted once for a review, before the first look into it (ToR 30, GL 5)."""

from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain import undertakings
from portal.domain.roles import Role
from portal.errors import Conflict
from portal.work import Portal
from storage.tables import Review, Undertaking


def accept_undertaking(portal: Portal, caller: Caller, review_id: UUID, wording: str) -> Role | None:
    """Record that somebody accepts the undertaking for a review; accepting again changes nothing.

    Returns:
        The role in which it was accepted: a translator has no review to go on to.

    Raises:
        NotFound: There is no such review, or it asks for nobody's undertaking from this actor.
        Conflict: The wording is not the one that is to be accepted now.

    """
    with portal.work(caller) as work:
        record = work.reviews.find(review_id)
        review, permit = work.require(
            Action.ACCEPT_UNDERTAKING, Review, record.review if record else None, asked=review_id
        )
        if wording != undertakings.WORDING:
            raise Conflict(undertakings.CHANGED)
        work.note(permit, wording=wording)
        person = work.who.person
        if person is not None and not work.standings.of[review.id].undertaken:
            work.people.add(
                Undertaking(id=uuid4(), review_id=review.id, person_id=person.id, wording=wording, accepted_at=work.now)
            )
        return work.who.role
