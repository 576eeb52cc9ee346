"""Who asks, and from where: what a request knows before the gate looks everything up for itself."""

from dataclasses import dataclass
from typing import Final

from portal.access.entities import Machine


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person (by the keyed hash of the session's token), nobody yet, or one of the portal's machines."""

    token: bytes | None = None
    machine: Machine | None = None
    address: str = ""
    client: str = ""


NOBODY: Final = Caller()
