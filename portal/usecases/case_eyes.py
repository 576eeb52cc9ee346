"""What of a breach case each of those concerned sees; to all that isn't named here, nothing.

1. The confidentiality officer sees the whole record; the State under review what is for States, and who it was.
2. A reviewing State likewise, but nothing by which it would learn of a grant: neither the States that read under one,
   nor their people, nor what they did in the case. Whom it concerns it is told once there is a finding.
3. The State of the person concerned sees who that is, and what was done to its own people or grants.
4. A State that is concerned because of a grant sees what the case is about in words without anything confidential, its
   steps, what is held back of its own, what it wrote itself, the finding's word, and the Group's decision. Not who it
   was, not the reasons of the officer, which speak of the whole file, not how much lies in the file.
5. Nobody outside the parties learns of anybody else who is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from portal.access.entities import CaseFacts
from portal.domain.cases import Hold
from portal.domain.ids import StateCode
from portal.domain.roles import Role
from portal.usecases.case_records import EntryKind
from portal.work import Work
from storage.cases import CaseEntry, Containment

_FOR_STATES: Final = frozenset(
    {
        EntryKind.FINDING,
        EntryKind.COMPARISON,
        EntryKind.FULL,
        EntryKind.SUBMISSION,
        EntryKind.DISCLOSURE,
        EntryKind.DECISION,
        EntryKind.CLOSING,
    }
)
_IN_FULL: Final = frozenset({EntryKind.FULL, EntryKind.DISCLOSURE})
_OF_THE_WHOLE_FILE: Final = frozenset({EntryKind.FINDING, EntryKind.CLOSING})  # their reasons
_FOR_GRANTEES: Final = frozenset({*_OF_THE_WHOLE_FILE, EntryKind.DECISION})


@dataclass(frozen=True, slots=True)
class CaseEyes:
    """Somebody who looks at a case."""

    officer: bool
    state: StateCode | None
    facts: CaseFacts

    @classmethod
    def of(cls, work: Work, facts: CaseFacts) -> "CaseEyes":
        """Give the eyes of whoever asks."""
        return cls(work.who.role is Role.CONFIDENTIALITY_OFFICER, work.who.state, facts)

    @property
    def whole(self) -> bool:
        """Tell whether nothing of grants is kept from them."""
        return self.officer or self.state == self.facts.review.state_under_review

    @property
    def party(self) -> bool:
        """Tell whether they speak for a party to the review."""
        return self.state in {self.facts.review.state_under_review, *self.facts.review.reviewing}

    @property
    def by_grant_alone(self) -> bool:
        """Tell whether their State is concerned because of a grant, and for nothing else."""
        return not (self.officer or self.party) and self.state != self.facts.state

    @property
    def told_state(self) -> bool:
        """Tell whether they learn of which State that person is."""
        return not self.by_grant_alone and self.knows(self.facts.state)

    @property
    def told(self) -> bool:
        """Tell whether they learn whom it concerns."""
        mine = self.whole or (self.state is not None and self.state == self.facts.state)
        return mine or (self.party and self.facts.found and self.knows(self.facts.state))

    def knows(self, state: str | None) -> bool:
        """Tell whether they may learn that a State has a part in the case; None: the secretariat, or the Group."""
        parties = {self.facts.review.state_under_review, *self.facts.review.reviewing}
        return self.whole or state is None or state in parties or state == self.state

    def reads(self, entry: CaseEntry, of: str | None) -> bool:
        """Tell whether they read an entry, made by somebody of this State."""
        if self.officer:
            return True
        kind = EntryKind(entry.kind)
        if kind is EntryKind.EXHIBIT:  # it may show what lies in the file
            return self.whole
        if kind not in _FOR_STATES or not self.knows(of):
            return False
        if of is not None and of == self.state:
            return True
        if self.by_grant_alone:
            return kind in _FOR_GRANTEES
        return self.party or kind not in _IN_FULL

    def of_entry(self, kind: EntryKind, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take from what an entry says what isn't for them."""
        if not self.by_grant_alone:
            return said
        kept = {name: value for name, value in said.items() if name != "evidence"}
        return {**kept, "text": ""} if kind in _OF_THE_WHOLE_FILE else kept

    def names(self, of: str | None) -> bool:
        """Tell whether they learn who of a State did something in the case."""
        return self.knows(of) and (not self.by_grant_alone or of in {None, self.state})

    def sees(self, hold: Containment, of: str | None) -> bool:
        """Tell whether they see a containment: of all, or of a person or a grant of this State (None: of staff)."""
        if self.whole or (of is not None and of == self.state):
            return True
        if hold.kind == Hold.GRANT:
            return False
        return self.knows(of) and (self.party or hold.person_id is None)

    def names_held(self, person: UUID, of: str | None) -> bool:
        """Tell whether they learn whom a containment holds back: one of their own, or whom the case concerns."""
        mine = self.whole or (of is not None and of == self.state)
        return mine or (self.told and person == self.facts.person)


def full_versions(entries: Sequence[CaseEntry], facts: CaseFacts, states: Mapping[UUID, str | None]) -> list[CaseEntry]:
    """Find the versions in full of those who know the whole file: not of a State that is concerned by a grant alone.

    Args:
        entries: The case's record, in its order.
        facts: What the policies know of the case.
        states: Of whoever made the entries; None: of the secretariat.

    """
    wide = {None, facts.review.state_under_review, *facts.review.reviewing}
    return [one for one in entries if one.kind == EntryKind.FULL and states[one.made_by] in wide]
