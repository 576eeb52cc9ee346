"""Which keys a permit on a grant opens, and where the act is written down.

1. A grant's own key opens its purpose, its reasons and the titles of what it gives; no other scope does.
2. Of the State under review's acts only weighing opens the shared room too, for its titles; a reader's opens it for
   the content of one version.
3. All of it stands in a part of the log of the grant's own, which neither the reviewing States nor officers read; what
   comes before the grant is there, asking and offering, with the registry.
"""

from portal.access.actions import Action
from portal.access.entities import GrantedFacts, GrantFacts
from portal.audit.events import REGISTRY_STREAM
from portal.domain.ids import StreamId
from storage.permits import NAMES, Scope, grant_scope, room_scope, stream_scope


def grant_scopes(facts: GrantFacts | GrantedFacts, action: Action) -> frozenset[Scope]:
    """Name the keys that a permit on a grant, or on a version that it gives, opens."""
    grant = facts.grant if isinstance(facts, GrantedFacts) else facts
    scopes = {NAMES, grant_scope(grant.id)}
    if action is Action.WEIGH_GRANT or isinstance(facts, GrantedFacts):
        scopes.add(room_scope(grant.review.id, grant.room))
    if action is Action.VIEW_GRANT_OPENINGS:
        scopes.add(stream_scope(grant.id))
    return frozenset(scopes)


def grant_stream(facts: GrantFacts | GrantedFacts) -> StreamId:
    """Tell in which part of the log an act on a grant stands."""
    grant = facts.grant if isinstance(facts, GrantedFacts) else facts
    return StreamId(grant.id) if grant.begun else REGISTRY_STREAM


def grant_named(facts: GrantFacts | GrantedFacts) -> dict[str, object]:
    """Name what an act on a grant is on."""
    if isinstance(facts, GrantedFacts):
        document = {"document": facts.document, "version": facts.version}
        return {"grant": facts.grant.id, "review": facts.review.id, "state": facts.grant.state, **document}
    return {"grant": facts.id, "review": facts.review.id, "state": facts.state}
