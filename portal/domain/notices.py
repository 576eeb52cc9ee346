"""Notices: what people are told of, how often they want it by mail, when a mail is due and tried again.

1. A notice's words are the same whatever it is about: no title, no name, no State, nothing that was written.
2. By mail at once, every morning, every Monday morning or not at all, as the person wants it, in their own zone.
3. A mail that can't be sent is tried again after 1, 5, 15 and 60 minutes, then every 4 hours, and never dropped.
"""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.domain.texts import N_

PLACE_IN_MAIL: Final = "/work"  # the one address that a mail holds, the same for everybody
MORNING: Final = time(7)
MONDAY: Final = 0
WEEK: Final = timedelta(days=7)
_TRIES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_LATER_TRIES: Final = timedelta(hours=4)


class NoticeKind(StrEnum):
    """What somebody is told of."""

    DOCUMENT_SUBMITTED = "document_submitted"
    DOCUMENT_CIRCULATED = "document_circulated"
    VERSION_DESTROYED = "version_destroyed"
    TRANSLATION_SENT = "translation_sent"
    TRANSLATION_DELIVERED = "translation_delivered"
    HELP_ASKED = "help_asked"
    STAGE_CHANGED = "stage_changed"
    ASSIGNED = "assigned"
    OFFICER_ASSIGNED = "officer_assigned"
    QUESTION_SUBMITTED = "question_submitted"
    QUESTION_PASSED_ON = "question_passed_on"
    ANSWER_SUBMITTED = "answer_submitted"
    ANSWER_PASSED_ON = "answer_passed_on"
    CLEARANCE_ASKED = "clearance_asked"
    ROUTED_TO_YOU = "routed_to_you"
    COMMENT_ADDED = "comment_added"
    SCHEDULE_CHANGED = "schedule_changed"
    FILE_OPENED = "file_opened"
    PUBLICATION_WAITS = "publication_waits"
    PUBLICATION_CONFIRMED = "publication_confirmed"
    PUBLICATION_ENDED = "publication_ended"
    REPORT_PUBLISHED = "report_published"
    REPORT_PROPOSED = "report_proposed"
    REPORT_REFUSED = "report_refused"
    REPORT_AGREED = "report_agreed"
    DRAFT_COMMENTED = "draft_commented"
    SUMMARY_TRANSMITTED = "summary_transmitted"
    SUMMARY_HELD_BACK = "summary_held_back"


NOTICES: Final[dict[NoticeKind, str]] = {
    NoticeKind.DOCUMENT_SUBMITTED: N_("A document was submitted"),
    NoticeKind.DOCUMENT_CIRCULATED: N_("A document was circulated"),
    NoticeKind.VERSION_DESTROYED: N_("A version of a document was destroyed for good"),
    NoticeKind.TRANSLATION_SENT: N_("A text was sent to you for translation"),
    NoticeKind.TRANSLATION_DELIVERED: N_("A translation was delivered"),
    NoticeKind.HELP_ASKED: N_("The State under review asks the secretariat for help"),
    NoticeKind.STAGE_CHANGED: N_("The review moved to another stage"),
    NoticeKind.ASSIGNED: N_("You were assigned to the review"),
    NoticeKind.OFFICER_ASSIGNED: N_("An officer was assigned to the review"),
    NoticeKind.QUESTION_SUBMITTED: N_("A question was submitted"),
    NoticeKind.QUESTION_PASSED_ON: N_("A question was passed on"),
    NoticeKind.ANSWER_SUBMITTED: N_("An answer was submitted"),
    NoticeKind.ANSWER_PASSED_ON: N_("An answer was passed on"),
    NoticeKind.CLEARANCE_ASKED: N_("A draft waits for you to clear it"),
    NoticeKind.ROUTED_TO_YOU: N_("A question was given to you to answer"),
    NoticeKind.COMMENT_ADDED: N_("A side comment was added"),
    NoticeKind.SCHEDULE_CHANGED: N_("The schedule of the review changed"),
    NoticeKind.REPORT_PROPOSED: N_("A report and its summary were proposed, for the parties to agree on"),
    NoticeKind.REPORT_REFUSED: N_("A State did not agree to the report that was proposed"),
    NoticeKind.SUMMARY_TRANSMITTED: N_("The executive summary was given to the bodies of the Conference"),
    NoticeKind.SUMMARY_HELD_BACK: N_("The executive summary can’t become public in one of its languages yet"),
    NoticeKind.DRAFT_COMMENTED: N_("A comment on the draft report was written or answered"),
    NoticeKind.REPORT_AGREED: N_("All parties agreed on the report and its summary"),
    NoticeKind.FILE_OPENED: N_("Your State’s file was opened in the week before"),
    NoticeKind.PUBLICATION_WAITS: N_("A publication waits to be read and confirmed by your State"),
    NoticeKind.PUBLICATION_CONFIRMED: N_("A publication of your State was confirmed, and is public soon"),
    NoticeKind.PUBLICATION_ENDED: N_("A publication of your State was called off before it became public"),
    NoticeKind.REPORT_PUBLISHED: N_("The State under review published something of the review"),
}
# where a notice leads: `about` is the id that it is about, `review` that of its review, the rest are days
_PLACES: Final[dict[NoticeKind, str]] = {
    NoticeKind.DOCUMENT_SUBMITTED: "/documents/{about}",
    NoticeKind.DOCUMENT_CIRCULATED: "/documents/{about}",
    NoticeKind.VERSION_DESTROYED: "/documents/{about}",
    NoticeKind.TRANSLATION_SENT: "/translations",  # where the undertaking is accepted before the first text opens
    NoticeKind.TRANSLATION_DELIVERED: "/documents/{about}",
    NoticeKind.HELP_ASKED: "/rooms/{about}",
    NoticeKind.STAGE_CHANGED: "/reviews/{review}",
    NoticeKind.ASSIGNED: "/reviews/{review}",
    NoticeKind.OFFICER_ASSIGNED: "/reviews/{review}",
    NoticeKind.QUESTION_SUBMITTED: "/entries/{about}",
    NoticeKind.QUESTION_PASSED_ON: "/entries/{about}",
    NoticeKind.ANSWER_SUBMITTED: "/entries/{about}",
    NoticeKind.ANSWER_PASSED_ON: "/entries/{about}",
    NoticeKind.CLEARANCE_ASKED: "/entries/{about}",
    NoticeKind.ROUTED_TO_YOU: "/clarifications/{about}",
    NoticeKind.COMMENT_ADDED: "/clarifications/{about}",
    NoticeKind.SCHEDULE_CHANGED: "/reviews/{review}/schedule",
    NoticeKind.PUBLICATION_WAITS: "/publications/{about}",
    NoticeKind.PUBLICATION_CONFIRMED: "/publications/{about}",
    NoticeKind.PUBLICATION_ENDED: "/publications/{about}",
    NoticeKind.REPORT_PUBLISHED: "/public",
    NoticeKind.REPORT_PROPOSED: "/reviews/{review}/report",
    NoticeKind.REPORT_REFUSED: "/reviews/{review}/report",
    NoticeKind.SUMMARY_TRANSMITTED: "/reviews/{review}/report",
    NoticeKind.SUMMARY_HELD_BACK: "/reviews/{review}/report",
    NoticeKind.DRAFT_COMMENTED: "/comments/{about}",
    NoticeKind.REPORT_AGREED: "/reviews/{review}/report",
    NoticeKind.FILE_OPENED: "/reviews/{review}/trail?from={first}&to={last}",
}


class Often(StrEnum):
    """How often somebody wants to be told by mail."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "none"


OFTEN: Final[dict[Often, str]] = {
    Often.AT_ONCE: N_("At once"),
    Often.DAILY: N_("Once a day, at 7 in the morning"),
    Often.WEEKLY: N_("Once a week, on Monday at 7 in the morning"),
    Often.NEVER: N_("Never"),
}


def place_of(kind: NoticeKind, review: UUID, about: UUID, made: datetime) -> str:
    """Give the address within the portal to which a notice leads."""
    day = made.astimezone(UTC).date()
    return _PLACES[kind].format(review=review, about=about, first=day - WEEK, last=day - timedelta(days=1))


def monday(at: datetime) -> datetime:
    """Give the beginning of a moment's week, in UTC."""
    day = at.astimezone(UTC).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)


def mail_due(often: Often, made: datetime, zone: str) -> datetime | None:
    """Tell when what was made at a moment is to go out by mail; None: never.

    Args:
        often: As the person wants it.
        made: The moment, with its zone.
        zone: The person's, a name of the IANA list; an unknown one counts as UTC.

    """
    match often:
        case Often.AT_ONCE:
            return made
        case Often.DAILY:
            return _next_morning(made, zone, range(7))
        case Often.WEEKLY:
            return _next_morning(made, zone, (MONDAY,))
        case Often.NEVER:
            return None
    assert_never(often)


def next_try(failures: int, now: datetime) -> datetime:
    """Tell when a mail is tried again that has failed so many times, one at least."""
    return now + (_TRIES[failures - 1] if failures <= len(_TRIES) else _LATER_TRIES)


def _next_morning(after: datetime, zone: str, weekdays: range | tuple[int, ...]) -> datetime:
    place = _zone(zone)
    today = after.astimezone(place).date()
    mornings = (datetime.combine(today + timedelta(days=ahead), MORNING, place) for ahead in range(9))
    return next(m for m in mornings if m > after and m.weekday() in weekdays).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
