"""Who asks, and from where: what a request knows of it before the gate looks everything up for itself."""

from dataclasses import dataclass
from typing import Final

from portal.access.entities import Machine
from portal.domain.ids import PersonId, SessionId


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person (by session), nobody yet, or one of the portal's machines."""

    person: PersonId | None = None
    session: SessionId | None = None
    machine: Machine | None = None
    address: str = ""
    client: str = ""


NOBODY: Final = Caller()
