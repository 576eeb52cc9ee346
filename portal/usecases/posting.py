"""Hands mails to the server one by one, as far as it takes them, within a bounded time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from time import monotonic
from uuid import UUID

from portal.post import Post, PostRefused, PostUnavailable
from portal.settings import Settings
from storage.errors import Damaged

Mail = tuple[UUID, Callable[[], EmailMessage]]  # under what it is counted, and how it is made


@dataclass(slots=True)
class Posted:
    """What became of some mails; one that is neither in `sent` nor in `failed` was not tried."""

    reached: bool = False  # there was a server
    sent: set[UUID] = field(default_factory=set)
    failed: dict[UUID, str] = field(default_factory=dict)  # the kind of the error


def post_all(settings: Settings, mails: Sequence[Mail], seconds: float) -> Posted:
    """Send mails, none after so many seconds: who may open what was asked before."""
    ends, posted, under_way = monotonic() + seconds, Posted(), mails[0][0]
    try:
        with Post(settings) as post:
            if monotonic() >= ends:
                raise PostUnavailable(TimeoutError())  # noqa: TRY301  # a server as slow as this one is none
            posted.reached = True
            for under_way, make in mails:
                if monotonic() >= ends:
                    break
                try:
                    post.send(make())
                except PostRefused as refused:
                    posted.failed[under_way] = refused.kind
                except (ValueError, Damaged) as error:  # an address that fits into no head, or was altered
                    posted.failed[under_way] = type(error).__name__
                else:
                    posted.sent.add(under_way)
    except PostUnavailable as error:
        # without a server, all wait; when it broke off, the others are tried at once on another connection
        lost = [under_way] if posted.reached else [one for one, _ in mails]
        posted.failed |= dict.fromkeys(lost, error.kind)
    return posted
