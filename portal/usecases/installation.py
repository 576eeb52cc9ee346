"""The first step of an empty installation: its first administrator, and the link by which they come in.

1. It happens while the portal has nobody; what it writes commits as one.
2. Until somebody has signed in, the link can be replaced: the operator may have lost it, and nothing is there yet.
   From then on nothing here lets anybody in.
"""

import json
from uuid import UUID, uuid4

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.domain.roles import Role
from portal.errors import Conflict
from portal.usecases.invitations import IssuedLink, invite
from portal.usecases.people import new_person
from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import REGISTRY, Permit
from storage.tables import Appointment

INIT = Caller(machine=Machine.INIT)
BASIS = "Installation of the portal"
INHABITED = "Somebody has signed in to this portal: new links come from its pages."
ANOTHER = (
    "This portal was made for a first administrator with another mail address, who has not signed in yet: give that "
    "address for a new link, or remove the data and key folders, in which nothing is yet, and begin anew."
)


def make_first_administrator(portal: Portal, name: str, mail: str, language: str = "en") -> IssuedLink:
    """Write the first administrator, or replace the link of the one who never used it.

    Args:
        portal: The portal, just made or never entered.
        name: As the domain takes it.
        mail: In its one spelling.
        language: In which the administrator reads the portal.

    Raises:
        Conflict: Somebody has signed in before, or the portal has somebody else.

    """
    with portal.work(INIT) as work:
        permit = work.require_on(Action.INITIALIZE, PortalFacts())
        known = work.people.by_mail(portal.keyring.blind("mail", mail.encode()))
        if not work.identity.nobody_enrolled():
            raise Conflict(INHABITED)
        if known is None and work.people.of_state(None):
            raise Conflict(ANOTHER)
        person = known
        if person is None:
            person = new_person(work, permit, name, mail, None, language)
            _appoint(work, permit, person.id)
        issued = invite(work, person, renews=False)
        work.note(permit, person=str(person.id), invitation=str(issued.invitation))
        return issued


def _appoint(work: Work, permit: Permit, person: UUID) -> None:
    appointment = uuid4()
    basis = json.dumps({"number": BASIS, "dated": work.now.date().isoformat()})
    work.people.add(
        Appointment(
            id=appointment,
            person_id=person,
            role=Role.ADMINISTRATOR.value,
            basis=work.seal(permit, REGISTRY, Place("appointment", "basis", appointment), basis),
            starts_at=work.now,
            created_at=work.now,
        )
    )
