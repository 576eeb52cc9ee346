"""Which things the policies can't tell apart, so that one decision is enough for all of them."""

from collections.abc import Hashable
from dataclasses import replace

from portal.access.actors import Actor, Principal
from portal.access.entities import (
    NIL,
    ClarificationFacts,
    CycleFacts,
    DocumentFacts,
    EntryFacts,
    Facts,
    RoomFacts,
)
from portal.domain.ids import RoomId
from portal.domain.roles import Role


def alike(actor: Actor, facts: Facts) -> Hashable:
    """Return a key; every decision for this actor is the same on two things that share it."""
    if isinstance(actor, Principal) and actor.role is Role.TRANSLATOR:
        return facts  # a translator is sent single versions
    match facts:
        case DocumentFacts() | EntryFacts():
            return replace(facts, id=NIL, room=replace(facts.room, id=RoomId(NIL)))
        case ClarificationFacts() | RoomFacts() | CycleFacts():
            return replace(facts, id=NIL)
        case _:
            return facts
