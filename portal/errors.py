"""What an act can answer instead of being done; the web turns each into a status once.

PortalError
├── NotFound      404  there is no such thing, or the actor may not know of it
│   └── NotActing 403  whatever it is: the actor is first to choose an appointment to act under
├── Forbidden     403  the actor sees it but may not do this
├── ProveAgain    403  the actor may do it once they have proved anew who they are
├── SignedOut     401  nobody is signed in, or the session ended
├── Invalid       422  what was sent doesn't make sense; names the fields
├── Conflict      409  somebody else was there first, or the thing is past that step
│   └── Overtaken 409  more came than the actor's page showed: it is shown again, with what they entered
├── TooLarge      413  more than is taken
├── TooMany       429  more often than is taken
└── Unavailable   503  the log, the database, the objects or the keys can't be reached: nothing was done

Storage's own errors (storage/errors.py) pass through and are mapped beside these: StoreUnavailable and
KeyUnavailable are 503, Damaged is a calm 500 that goes to the alarm log.
"""

from collections.abc import Mapping
from uuid import UUID

from portal.domain.texts import N_


class PortalError(Exception):
    """An act was not done; the sentence says why and what to do, in words for people.

    `review` is the file that it was about, if it was about one: its officer is whom to ask (GL 7).
    """

    review: UUID | None = None


class NotFound(PortalError):
    """There is no such thing, or the actor may not know of it: nobody can tell which."""

    def __init__(self) -> None:
        super().__init__("There is nothing here that you can open.")


class NotActing(NotFound):
    """The actor acts under no appointment, but holds one that runs: says nothing of the thing, be it there or not."""

    def __init__(self) -> None:
        PortalError.__init__(
            self,
            N_(
                "The appointment that you acted under has ended, or you haven’t chosen one yet, so nothing was done. "
                "Open the start page and choose the appointment that you act under."
            ),
        )


class Forbidden(PortalError):
    """The actor sees the thing but may not do this; `policies` are those that forbade it, if any did."""

    def __init__(self, policies: tuple[str, ...] = ()) -> None:
        super().__init__("You can see this, but the act is not yours to do.")
        self.policies = policies


class ProveAgain(PortalError):
    """The actor may do this once they have proved anew who they are."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This takes a fresh proof of who you are, and yours is older. Nothing was done or lost: "
                "prove it and go on."
            )
        )


class SignedOut(PortalError):
    """Nobody is signed in, or the session ended."""


class Invalid(PortalError):
    """What was sent doesn't make sense."""

    def __init__(self, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fields = dict(fields or {})


class Conflict(PortalError):
    """Somebody else was there first, or the thing is past that step."""


class Overtaken(Conflict):
    """More came than the page showed from which the actor acts: they see it, with what they entered, and act again."""


class TooLarge(PortalError):
    """More than is taken."""


class TooMany(PortalError):
    """More often than is taken."""


class Unavailable(PortalError):
    """A part that this needs can't be reached; nothing was done."""
