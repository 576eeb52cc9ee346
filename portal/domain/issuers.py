"""What is set of an identity provider when it is connected."""

from dataclasses import dataclass
from typing import Final

from portal.domain.problems import Problem, RefusedError
from portal.domain.reach import Reach
from portal.domain.texts import N_

URL_LETTERS: Final = 400
NAME_LETTERS: Final = 80
CLIENT_LETTERS: Final = 200
SECRET_LETTERS: Final = 400
AMR_LETTERS: Final = 200


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """What is set of an issuer; state None: it is the secretariat's."""

    url: str
    name: str
    client_id: str
    client_secret: str
    state: str | None
    acr_values: str = ""
    amr: str = ""


def issuer_url(text: str, reach: Reach) -> str:
    """Take the address by which an issuer names itself, exactly as it is.

    Raises:
        RefusedError: It is none, or the portal would never ask there.

    """
    if len(text) > URL_LETTERS or "?" in text or not text.isprintable() or " " in text or "://" not in text:
        raise RefusedError(
            Problem("url", N_("Write the provider’s address as it names itself: https, without a question mark."))
        )
    if not reach.allows(text):
        raise RefusedError(
            Problem(
                "url",
                N_(
                    "The portal asks providers by https alone, at addresses of the internet or in networks that its "
                    "settings name. Write such an address, or have the network named by whoever runs the portal."
                ),
            )
        )
    return text


def issuer_name(text: str) -> str:
    """Take the name under which people choose an issuer.

    Raises:
        RefusedError: It is empty or too long.

    """
    return _line("name", text, NAME_LETTERS, N_("Write the name under which people know the provider, in one line."))


def client_id(text: str) -> str:
    """Take the name by which an issuer knows the portal.

    Raises:
        RefusedError: It is empty or too long.

    """
    return _line("client_id", text, CLIENT_LETTERS, N_("Write the client id that the provider gave the portal."))


def client_secret(text: str) -> str:
    """Take the secret that the portal has with an issuer.

    Raises:
        RefusedError: It is empty or too long.

    """
    return _line(
        "client_secret", text, SECRET_LETTERS, N_("Write the client secret that the provider gave the portal.")
    )


def demanded(field: str, text: str) -> str:
    """Take the words that an issuer is to say of how somebody signed in there, separated by blanks.

    Raises:
        RefusedError: They are too long.

    """
    words = " ".join(text.split())
    if len(words) > AMR_LETTERS or not words.isprintable():
        raise RefusedError(Problem(field, N_("Write single words with blanks between them, or nothing.")))
    return words


def _line(field: str, text: str, letters: int, refusal: str) -> str:
    if not 0 < len(text) <= letters or not text.isprintable():
        raise RefusedError(Problem(field, refusal))
    return text
