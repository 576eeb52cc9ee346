"""The one spelling of a mail address that was typed."""

from portal.domain.people import mail_address
from portal.domain.problems import RefusedError


def one_spelling(mail: str) -> str:
    """Give an address in its one spelling; what is none stays as it is, and is nobody's."""
    try:
        return mail_address(mail)
    except RefusedError:
        return mail
