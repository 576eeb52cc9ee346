"""Taking a code app into use: its salt travels in the form, signed, until the first code shows that the app has it."""

from dataclasses import dataclass
from typing import Final

from portal.identity import challenges, codes
from portal.usecases.authenticators import NewApp
from portal.work import Portal

PURPOSE: Final = "code app"


@dataclass(frozen=True, slots=True)
class Offered:
    """What the page shows of an app that is not in use yet."""

    token: str
    key: str
    picture: str


def offer(portal: Portal, bound_to: str, account: str, issuer: str, former: str = "") -> Offered:
    """Offer a new app; a page that comes back keeps the one that it offered before, while that works.

    Args:
        portal: The portal.
        bound_to: The browser, and the link where there is one.
        account: Under what name the app lists it.
        issuer: Under what heading.
        former: The token that the page carried.

    """
    known = challenges.check(portal, PURPOSE, bound_to, former) if former else None
    token = former if known else challenges.issue(portal, PURPOSE, bound_to, challenges.ENROLMENT_LIFE)
    checked = known or challenges.check(portal, PURPOSE, bound_to, token)
    salt = checked.payload if checked else b""
    return Offered(token, codes.grouped(codes.secret_of(portal, salt)), codes.picture(portal, salt, account, issuer))


def taken(portal: Portal, bound_to: str, token: str, code: str) -> NewApp | None:
    """Check the first code of an app; None: the page is too old or not from here, or the code is another one."""
    offered = challenges.check(portal, PURPOSE, bound_to, token)
    step = codes.step_of(portal, offered.payload, code) if offered else None
    if offered is None or step is None:
        return None
    return NewApp(offered.payload, step, codes.new_recovery_codes())
