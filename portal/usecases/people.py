"""People: their sealed names and mail addresses."""

from uuid import uuid4

from portal.work import Portal, Work
from storage.fields import Place
from storage.permits import NAMES, REGISTRY, Permit
from storage.tables import Person


def name_of(portal: Portal, permit: Permit, person: Person) -> str:
    """Open a person's name."""
    return portal.open_text(permit, NAMES, Place("person", "name", person.id), person.name)


def mail_of(portal: Portal, permit: Permit, person: Person) -> str:
    """Open a person's mail address."""
    return portal.open_text(permit, REGISTRY, Place("person", "mail", person.id), person.mail)


def new_person(work: Work, permit: Permit, name: str, mail: str, state: str | None, language: str) -> Person:
    """Write a person, name and mail address sealed; the address is found again by its blind index."""
    person_id = uuid4()
    person = Person(
        id=person_id,
        name=work.seal(permit, NAMES, Place("person", "name", person_id), name),
        mail=work.seal(permit, REGISTRY, Place("person", "mail", person_id), mail),
        mail_index=work.portal.keyring.blind("mail", mail.encode()),
        state_code=state,
        language=language,
        created_at=work.now,
    )
    work.people.add(person)
    return person


def mail_index(portal: Portal, mail: str) -> bytes:
    """Compute the blind index by which a normalized mail address is found."""
    return portal.keyring.blind("mail", mail.encode())
