"""What the policies would have been told of a grant at a moment that is past, from terms that are never rewritten."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.access.entities import DocumentFacts, GrantedFacts, GrantFacts
from portal.domain.ids import GrantId, PersonId, StateCode, VersionId
from portal.domain.periods import is_past
from storage.cases import Containment
from storage.grants import Grant, GrantTerms


@dataclass(frozen=True, slots=True)
class PastGrant:
    """A grant that gave a version at some time.

    Args:
        terms: Those of its terms that gave it.
        readers: Whom each of these named.
        undertakings: Since when each reader has undertaken to respect its confidentiality.
        holds: By which it was suspended.
    """

    grant: Grant
    terms: Sequence[GrantTerms]
    readers: Mapping[UUID, frozenset[UUID]]
    undertakings: Mapping[UUID, datetime]
    holds: Sequence[Containment]

    def times(self) -> Iterator[datetime | None]:
        """Give the moments at which what it gave may have been another than before."""
        yield from (self.grant.accepted_at, self.grant.ended_at)
        for one in self.terms:
            yield from (one.since, one.until, one.starts_at, one.ends_at)
        yield from self.undertakings.values()
        for held in self.holds:
            yield from (held.begun_at, held.lifted_at)

    def facts(self, at: datetime, document: DocumentFacts, version: VersionId) -> GrantedFacts | None:
        """Tell the policies what it gave; None: nothing then."""
        accepted = not self.grant.offered or is_past(self.grant.accepted_at, at)
        held = [one for one in self.terms if one.since <= at and not is_past(one.until, at)]
        if not held or not accepted or is_past(self.grant.ended_at, at):
            return None
        terms = held[-1]
        grant = GrantFacts(
            GrantId(self.grant.id),
            document.room.review,
            StateCode(self.grant.state_code),
            document.room.id,
            final=True,
            decided=True,
            running=terms.starts_at <= at < terms.ends_at,
            held=any(one.begun_at <= at and not is_past(one.lifted_at, at) for one in self.holds),
            readers=frozenset(map(PersonId, self.readers.get(terms.id, frozenset()))),
            undertaken=frozenset(PersonId(who) for who, when in self.undertakings.items() if when <= at),
        )
        return GrantedFacts(grant, grant.review, document.id, version, terms.mode == "copies", document.withdrawn)
