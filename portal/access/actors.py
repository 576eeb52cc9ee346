"""Who acts, as the policies get to know them: a person under one appointment, machinery, or nobody known."""

from dataclasses import dataclass, replace
from enum import StrEnum

from portal.domain.ids import AppointmentId, DocumentId, EntryId, PersonId, ReviewId, StateCode, VersionId
from portal.domain.roles import STATE_ROLES, Role


class Machine(StrEnum):
    """The closed list of machinery that acts without a person; none of it opens contents but what becomes public.

    For the State under review, keys of contents that it may read are sealed; nothing is read for it.
    """

    INIT = "init"
    IMPORTER = "importer"
    WORKER = "worker"
    SWEEPER = "sweeper"
    ROTATION = "rotation"
    FSCK = "fsck"
    MAILER = "mailer"
    OPERATOR = "operator"
    ISSUER = "issuer"
    WATCHER = "watcher"
    PUBLISHER = "publisher"
    BACKUP = "backup"
    RESTORER = "restorer"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Somebody who has not signed in."""


@dataclass(frozen=True, slots=True)
class Task:
    """A version that was sent to a translator and is neither delivered nor recalled."""

    review: ReviewId
    document: DocumentId
    version: VersionId


@dataclass(frozen=True, slots=True)
class Principal:
    """A person acting under one appointment, or (role None) under none yet.

    Args:
        active: The appointment runs now; without an appointment: the person may be here at all.
        held: The roles of all appointments that this person holds now, for the exclusions.
        assigned: The reviews of running assignments under this appointment.
        tasks: What this translator works on.
        texts: The texts of clarifications that were sent to this translator, each with its review.
        feed: Their calendar asks, by its secret address.
        fresh: They proved a short while ago who they are.
        contained: The reviews from which they are held back while a breach is looked into.
        stopped: The reviews of which they download nothing meanwhile.

    """

    person: PersonId
    role: Role | None
    active: bool
    suspended: bool
    appointment: AppointmentId | None = None
    state: StateCode | None = None
    held: frozenset[Role] = frozenset()
    assigned: frozenset[ReviewId] = frozenset()
    undertaken: frozenset[ReviewId] = frozenset()
    tasks: frozenset[Task] = frozenset()
    texts: frozenset[tuple[ReviewId, EntryId]] = frozenset()
    feed: bool = False
    fresh: bool = False
    contained: frozenset[ReviewId] = frozenset()
    stopped: frozenset[ReviewId] = frozenset()

    def __post_init__(self) -> None:
        if (self.state is not None) != (self.role in STATE_ROLES):
            raise ValueError("an appointment has a State exactly when its role is one of a State")


Actor = Principal | Machine | Anonymous


def with_undertaking(principal: Principal, review: ReviewId) -> Principal:
    """Return the same person as if they had accepted the undertaking, to ask what it would open."""
    return replace(principal, undertaken=principal.undertaken | {review})
