"""What people are told of their own account: what happened, and what to do if it wasn't them.

1. It is told in the portal and by mail at once, however seldom somebody wants other mail: who took an account over
   would want none.
2. The words are the same for everybody: no name, no State, no role, no address.
3. What anybody could bring about by trying is told at most once a day.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.domain.texts import N_


class AccountEvent(StrEnum):
    """What happened to an account."""

    LINK_ISSUED = "link_issued"
    NEW_BROWSER = "new_browser"
    WAY_ADDED = "way_added"
    WAY_REMOVED = "way_removed"
    WAY_CHANGED = "way_changed"
    MAIL_CHANGED = "mail_changed"
    SESSIONS_ENDED = "sessions_ended"
    MANY_ATTEMPTS = "many_attempts"
    WRONG_CODES = "wrong_codes"
    CODES_CLOSED = "codes_closed"
    ADMINISTRATOR_MADE = "administrator_made"
    TROUBLE_REPORTED = "trouble_reported"
    CONCERN_FILED = "concern_filed"
    CONCERN_ANSWERED = "concern_answered"
    CASE_PROPOSED = "case_proposed"
    CASE_REGISTERED = "case_registered"
    CASE_MOVED = "case_moved"
    HELD_BACK = "held_back"
    LET_IN_AGAIN = "let_in_again"
    HEARING_ASKED = "hearing_asked"
    CASE_FOUND = "case_found"
    CASE_SUBMITTED = "case_submitted"
    SIGNALS_RAISED = "signals_raised"
    EXERCISE_MOVED = "exercise_moved"
    EXERCISE_HEARING = "exercise_hearing"
    GRANT_ASKED = "grant_asked"
    GRANT_OFFERED = "grant_offered"
    GRANT_ANSWERED = "grant_answered"
    GRANT_DECIDED = "grant_decided"
    GRANT_CHANGED = "grant_changed"
    GRANT_ENDED = "grant_ended"
    REPORT_OPENED = "report_opened"
    REPORT_CLOSED = "report_closed"
    PORTAL_RESTORED = "portal_restored"
    RECORDS_ALTERED = "records_altered"
    INVITED = "invited"  # by mail alone: it carries the link


HAPPENED: Final[dict[AccountEvent, str]] = {
    AccountEvent.LINK_ISSUED: N_("A sign-in link was issued for you"),
    AccountEvent.NEW_BROWSER: N_("You signed in from a browser that the portal doesn’t know"),
    AccountEvent.WAY_ADDED: N_("A way of signing in was added to your account"),
    AccountEvent.WAY_REMOVED: N_("A way of signing in was removed from your account"),
    AccountEvent.WAY_CHANGED: N_("What you sign in with was changed"),
    AccountEvent.MAIL_CHANGED: N_("The mail address of your account was changed"),
    AccountEvent.SESSIONS_ENDED: N_("Somebody signed you out everywhere"),
    AccountEvent.MANY_ATTEMPTS: N_("Many attempts to sign in to your account failed"),
    AccountEvent.WRONG_CODES: N_("Somebody typed your passphrase with a wrong code several times"),
    AccountEvent.CODES_CLOSED: N_("Your passphrase was closed, because it was typed with a wrong code too often"),
    AccountEvent.ADMINISTRATOR_MADE: N_("An administrator was made at the machine’s command line"),
    AccountEvent.TROUBLE_REPORTED: N_("Somebody says that they can’t get into the portal"),
    AccountEvent.CONCERN_FILED: N_("A concern about confidentiality was filed"),
    AccountEvent.CONCERN_ANSWERED: N_("A concern that you filed was dealt with"),
    AccountEvent.CASE_PROPOSED: N_("A breach case waits for a second person"),
    AccountEvent.CASE_REGISTERED: N_("A breach case was registered"),
    AccountEvent.CASE_MOVED: N_("A breach case took its next step"),
    AccountEvent.HELD_BACK: N_("Your access is narrowed while a breach of confidentiality is looked into"),
    AccountEvent.LET_IN_AGAIN: N_("Your access is as it was before"),
    AccountEvent.HEARING_ASKED: N_("You are asked to be heard in a breach case"),
    AccountEvent.EXERCISE_MOVED: N_("An exercise: an invented breach case took its next step"),
    AccountEvent.EXERCISE_HEARING: N_("An exercise: an invented breach case waits for what you say"),
    AccountEvent.CASE_SUBMITTED: N_("A breach case was submitted to the Oversight Group"),
    AccountEvent.CASE_FOUND: N_("There is a finding in a breach case in which you were heard"),
    AccountEvent.SIGNALS_RAISED: N_("There are new signals"),
    AccountEvent.GRANT_ASKED: N_("Another State asks to read your State’s report, or named further readers"),
    AccountEvent.GRANT_OFFERED: N_("Another State offers yours access to its report"),
    AccountEvent.GRANT_ANSWERED: N_("The State to which you offered your report has answered"),
    AccountEvent.GRANT_DECIDED: N_("Your State’s request to read a report was decided on"),
    AccountEvent.GRANT_CHANGED: N_("What your State may read of another State’s report was changed"),
    AccountEvent.GRANT_ENDED: N_("Your State’s access to another State’s report ended"),
    AccountEvent.REPORT_OPENED: N_("Another State lets you read its report"),
    AccountEvent.REPORT_CLOSED: N_("You read another State’s report no longer: that State ended the access"),
    AccountEvent.PORTAL_RESTORED: N_("The portal was brought back from a backup"),
    AccountEvent.RECORDS_ALTERED: N_("The portal was brought back though its records or its log had been altered"),
    AccountEvent.INVITED: N_("You are invited to the review portal"),
}
_YOURS: Final = N_(
    "If it wasn’t you: sign in, change what you sign in with, end the sessions that you don’t know under “My account”, "
    "and tell your State’s focal point; in the secretariat, the confidentiality officer."
)
ADVICE: Final[dict[AccountEvent, str]] = {
    AccountEvent.LINK_ISSUED: N_(
        "Whoever issued it hands it to you. If you didn’t ask for one, ask your State’s focal point why; in the "
        "secretariat, the registrar. Until somebody uses it, you sign in as before."
    ),
    AccountEvent.NEW_BROWSER: _YOURS,
    AccountEvent.WAY_ADDED: _YOURS,
    AccountEvent.WAY_REMOVED: _YOURS,
    AccountEvent.WAY_CHANGED: N_(
        "If it wasn’t you: ask your State’s focal point at once for a new sign-in link, which ends what others opened; "
        "in the secretariat, ask the registrar."
    ),
    AccountEvent.MAIL_CHANGED: N_(
        "You sign in with the new address from now on. If you don’t know of this, tell your State’s focal point at "
        "once; in the secretariat, the registrar and the confidentiality officer."
    ),
    AccountEvent.SESSIONS_ENDED: N_(
        "Sign in again when you need to; nothing that was saved is lost. If you don’t know why, ask your State’s focal "
        "point; in the secretariat, the registrar."
    ),
    AccountEvent.MANY_ATTEMPTS: N_(
        "Your passphrase wasn’t guessed, and your own browser isn’t held up. If it wasn’t you, there is nothing that "
        "you must do; if it happens again, tell your State’s focal point; in the secretariat, an administrator."
    ),
    AccountEvent.WRONG_CODES: N_(
        "Whoever it was has your passphrase. If it wasn’t you: sign in, change the passphrase under “My account”, and "
        "tell your State’s focal point; in the secretariat, the confidentiality officer."
    ),
    AccountEvent.CODES_CLOSED: N_(
        "Nobody gets in with it any more, with no code. If you have a passkey or your ministry’s way in, sign in with "
        "that, change the passphrase and use another app for codes; else ask your State’s focal point for a new "
        "sign-in link, in the secretariat the registrar. If it wasn’t you, tell them: somebody has your passphrase."
    ),
    AccountEvent.ADMINISTRATOR_MADE: N_(
        "Who it is stands in the portal, under Administration. If you don’t know of this, ask whoever runs the "
        "machine, and tell the confidentiality officer."
    ),
    AccountEvent.TROUBLE_REPORTED: N_(
        "Who it is, the portal tells you. Ask them by a way that you trust, not by an answer to a mail, before you "
        "issue a new sign-in link: anybody can write a mail address into a form."
    ),
    AccountEvent.CONCERN_FILED: N_("It waits for you in the portal, under Breach cases."),
    AccountEvent.CONCERN_ANSWERED: N_(
        "What became of it stands in the portal, where you filed it. It stays in the record, whatever was decided."
    ),
    AccountEvent.CASE_PROPOSED: N_(
        "No case is opened by one person alone. Read it in the portal, under Breach cases, and confirm it if it is to "
        "be examined, or decline it."
    ),
    AccountEvent.CASE_REGISTERED: N_(
        "It concerns a review or somebody that you speak for. What it is about and who acts in it stands in the "
        "portal, under Breach cases."
    ),
    AccountEvent.CASE_MOVED: N_("Where it stands now, you see in the portal, under Breach cases."),
    AccountEvent.HELD_BACK: N_(
        "That is no judgement: it can be lifted, and it is looked at again on a day that is set. You are heard before "
        "anything is found. If you have a question, ask the confidentiality officer or your State’s focal point."
    ),
    AccountEvent.LET_IN_AGAIN: N_("What held you back was lifted. There is nothing that you must do."),
    AccountEvent.HEARING_ASKED: N_(
        "What is alleged and by when you may answer stands in the portal, under “My account”. Nothing is found before "
        "you were heard or let that day pass."
    ),
    AccountEvent.EXERCISE_MOVED: N_(
        "It is run on invented data. What there is to do stands in the portal, under Breach cases, marked as such."
    ),
    AccountEvent.EXERCISE_HEARING: N_(
        "It is run on invented data, and nobody’s access is touched. Take part in the portal, under “My account”."
    ),
    AccountEvent.CASE_SUBMITTED: N_(
        "The version that discloses nothing stands in the portal, under Breach cases. The Group’s decision is recorded "
        "there, too."
    ),
    AccountEvent.CASE_FOUND: N_("What was found, and why, stands in the portal, under “My account”."),
    AccountEvent.SIGNALS_RAISED: N_(
        "Sign in as confidentiality officer and look at them under Signals. A signal accuses nobody. You are told of "
        "new ones at most once a day."
    ),
    AccountEvent.GRANT_ASKED: N_("What was asked for and by whom stands in the portal, under Grants. You decide."),
    AccountEvent.GRANT_OFFERED: N_("Name in the portal, under Grants, who is to read it; or decline."),
    AccountEvent.GRANT_ANSWERED: N_("The answer stands in the portal, under Grants."),
    AccountEvent.GRANT_DECIDED: N_("The decision stands in the portal, under Grants."),
    AccountEvent.GRANT_CHANGED: N_("What holds now stands in the portal, under Grants."),
    AccountEvent.GRANT_ENDED: N_("The reason stands in the portal, under Grants."),
    AccountEvent.PORTAL_RESTORED: N_(
        "What was done after the backup is gone, and everybody’s access begins anew: your State’s focal point confirms "
        "yours; of the secretariat, a registrar or an administrator. What you sign in with is as it was at the backup: "
        "look through it under “My account”, and remove again what you had removed since."
    ),
    AccountEvent.RECORDS_ALTERED: N_(
        "The backup held records, or a log, that don’t fit together, and whoever brought it back accepted that. The "
        "first entry of the new log says what it is. Ask those who run the portal what happened, and hold what "
        "concerns you against your own papers, and the log against checkpoints that you kept."
    ),
    AccountEvent.REPORT_OPENED: N_(
        "You find it in the portal, under Granted reports. First you undertake to respect its confidentiality."
    ),
    AccountEvent.REPORT_CLOSED: N_(
        "There is nothing that you must do; what you undertook goes on holding. If you have a question, ask your "
        "State’s focal point."
    ),
    AccountEvent.INVITED: "",
}
# what anybody can bring about
ONCE_A_DAY: Final = frozenset({AccountEvent.MANY_ATTEMPTS, AccountEvent.TROUBLE_REPORTED, AccountEvent.SIGNALS_RAISED})
DAY: Final = timedelta(days=1)
_PLACES: Final = {
    AccountEvent.GRANT_ASKED: "/grants",
    AccountEvent.GRANT_OFFERED: "/grants",
    AccountEvent.GRANT_ANSWERED: "/grants",
    AccountEvent.GRANT_DECIDED: "/grants",
    AccountEvent.GRANT_CHANGED: "/grants",
    AccountEvent.GRANT_ENDED: "/grants",
    AccountEvent.REPORT_OPENED: "/granted",
    AccountEvent.REPORT_CLOSED: "/granted",
    AccountEvent.ADMINISTRATOR_MADE: "/administration",
    AccountEvent.TROUBLE_REPORTED: "/people/{about}",
    AccountEvent.CONCERN_FILED: "/cases",
    AccountEvent.CONCERN_ANSWERED: "/reviews",
    AccountEvent.CASE_PROPOSED: "/cases",
    AccountEvent.CASE_REGISTERED: "/cases",
    AccountEvent.CASE_MOVED: "/cases",
    AccountEvent.HELD_BACK: "/hearings",
    AccountEvent.LET_IN_AGAIN: "/account",
    AccountEvent.HEARING_ASKED: "/hearings",
    AccountEvent.CASE_FOUND: "/hearings",
    AccountEvent.CASE_SUBMITTED: "/cases",
    AccountEvent.SIGNALS_RAISED: "/signals",
    AccountEvent.EXERCISE_MOVED: "/cases",
    AccountEvent.EXERCISE_HEARING: "/hearings",
}


def place_of_event(event: AccountEvent, about: UUID | None) -> str:
    """Give the address within the portal to which it leads; about: the person whom it is about, if not oneself."""
    return _PLACES.get(event, "/account").format(about=about)
