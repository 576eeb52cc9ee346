"""What was done, in words for the trail: a phrase for every act that the gate knows (a test compares).

A download that is no stream sent nothing: its head was asked for, the copy that somebody has was still good or not the
one that they meant, a range lay beyond the end, or the room was empty. The trail doesn't call that a download.
"""

from dataclasses import dataclass
from typing import Final

from portal.access.actions import Action
from portal.audit.events import Phase
from portal.domain.texts import N_

DEEDS: Final[dict[Action, str]] = {
    Action.SIGN_IN: N_("signed in"),
    Action.SIGN_OUT: N_("signed out"),
    Action.USE_INVITATION: N_("used a sign-in link"),
    Action.CHOOSE_APPOINTMENT: N_("chose the appointment to act under"),
    Action.VIEW_OWN_ACCOUNT: N_("looked at their own account"),
    Action.CHANGE_OWN_ACCOUNT: N_("changed their own account"),
    Action.END_OWN_SESSION: N_("ended a session of their own"),
    Action.PROVE_AGAIN: N_("proved anew who they are"),
    Action.REPORT_TROUBLE: N_("said that they can’t sign in"),
    Action.ADD_AUTHENTICATOR: N_("added something to sign in with"),
    Action.REMOVE_AUTHENTICATOR: N_("removed something to sign in with"),
    Action.END_SESSIONS_BY_ISSUER: N_("ended sessions, as an identity provider asked"),
    Action.LIST_STATES: N_("looked at the list of States"),
    Action.EDIT_STATE: N_("changed a State’s entry"),
    Action.IMPORT_STATES: N_("imported a list of States"),
    Action.LIST_CYCLES: N_("looked at the list of cycles"),
    Action.OPEN_CYCLE: N_("opened a cycle"),
    Action.LIST_REGISTER: N_("looked at the register of reviews"),
    Action.OPEN_REVIEW: N_("opened the review"),
    Action.VIEW_REGISTER_ENTRY: N_("looked at the review’s entry in the register"),
    Action.ASSIGN_OFFICER: N_("assigned an officer to the review"),
    Action.SET_REVIEW: N_("changed the settings of the review"),
    Action.CHANGE_PARTIES: N_("changed the reviewing States"),
    Action.CLOSE_REVIEW: N_("closed the review"),
    Action.LIST_PEOPLE: N_("looked at a list of people"),
    Action.VIEW_PERSON: N_("looked at a person’s entry"),
    Action.ADD_PERSON: N_("entered a person"),
    Action.APPOINT: N_("appointed a person"),
    Action.CONFIRM_APPOINTMENT: N_("confirmed an appointment"),
    Action.END_APPOINTMENT: N_("ended an appointment"),
    Action.HAND_OVER: N_("handed over to a successor what somebody worked on"),
    Action.VIEW_HANDOVER: N_("looked at a hand-over"),
    Action.ASSIGN_PERSON: N_("assigned a person to the review"),
    Action.END_ASSIGNMENT: N_("ended an assignment to the review"),
    Action.ISSUE_LINK: N_("issued a sign-in link"),
    Action.CONFIRM_LINK: N_("confirmed a sign-in link"),
    Action.ADD_NOTE: N_("added the scanned copy of a note"),
    Action.OPEN_NOTE: N_("opened the scanned copy of a note"),
    Action.DESCRIBE_PERSON: N_("changed what the roster says of a person"),
    Action.VIEW_ROSTER: N_("looked at a roster"),
    Action.VIEW_AS: N_("looked at what somebody else could open"),
    Action.REVOKE_LINK: N_("revoked a sign-in link"),
    Action.END_SESSIONS: N_("ended somebody’s sessions"),
    Action.END_ALL_SESSIONS: N_("signed everybody else out"),
    Action.CHANGE_MAIL: N_("changed somebody’s mail address"),
    Action.LIST_REVIEWS: N_("looked at the list of reviews"),
    Action.VIEW_REVIEW: N_("opened the page of the review"),
    Action.ACCEPT_UNDERTAKING: N_("accepted the undertaking of confidentiality"),
    Action.ASK_FOR_HELP: N_("asked the secretariat for help, or took that back"),
    Action.ADVANCE_REVIEW: N_("moved the review to another stage"),
    Action.LIST_ROOM: N_("opened the list of the room"),
    Action.DOWNLOAD_ROOM: N_("downloaded the whole room"),
    Action.VIEW_DOCUMENT: N_("opened the page of the document"),
    Action.DOWNLOAD_VERSION: N_("downloaded the document"),
    Action.UPLOAD_DOCUMENT: N_("uploaded a document"),
    Action.ADD_VERSION: N_("uploaded a new version"),
    Action.DESCRIBE_DOCUMENT: N_("changed the document’s title or particulars"),
    Action.SUBMIT_DOCUMENT: N_("submitted the document to another room"),
    Action.CIRCULATE_DOCUMENT: N_("circulated the document"),
    Action.WITHDRAW_DOCUMENT: N_("withdrew the document"),
    Action.SEND_FOR_TRANSLATION: N_("sent the document for translation"),
    Action.DELIVER_TRANSLATION: N_("delivered a translation"),
    Action.RECALL_TRANSLATION: N_("recalled the document from translation"),
    Action.LIST_TRANSLATIONS: N_("looked at the list of translations"),
    Action.LIST_CLARIFICATIONS: N_("looked at the list of clarifications"),
    Action.VIEW_CLARIFICATION: N_("opened a clarification"),
    Action.ASK_CLARIFICATION: N_("began to draft a question"),
    Action.MERGE_CLARIFICATION: N_("merged a draft question into another"),
    Action.ROUTE_CLARIFICATION: N_("gave a clarification to somebody to answer"),
    Action.CLOSE_CLARIFICATION: N_("closed a clarification"),
    Action.VIEW_ENTRY: N_("opened a text of a clarification"),
    Action.DRAFT_ENTRY: N_("began a draft in a clarification"),
    Action.EDIT_ENTRY: N_("changed a draft in a clarification"),
    Action.DISCARD_ENTRY: N_("discarded a draft in a clarification"),
    Action.CLEAR_ENTRY: N_("cleared a draft in a clarification"),
    Action.SUBMIT_ENTRY: N_("submitted a text of a clarification"),
    Action.PASS_ON_ENTRY: N_("passed a text of a clarification on"),
    Action.SEND_ENTRY: N_("sent a text of a clarification for translation"),
    Action.DELIVER_ENTRY: N_("delivered the translation of a text of a clarification"),
    Action.RECALL_ENTRY: N_("recalled a text of a clarification from translation"),
    Action.ADD_REMARK: N_("added a side comment, or the log of a call or mail"),
    Action.EXPORT_DIALOGUE: N_("exported the dialogue"),
    Action.SET_CLEARANCE: N_("changed whether their focal point clears questions"),
    Action.VIEW_SCHEDULE: N_("looked at the schedule of the review"),
    Action.PLAN_REVIEW: N_("began the schedule of the review, or began it anew"),
    Action.SET_STEP: N_("set a step of the schedule"),
    Action.VIEW_CALENDAR: N_("had their calendar fetch the dates of their reviews"),
    Action.ISSUE_FEED: N_("made the secret address of their calendar"),
    Action.REVOKE_FEED: N_("ended the secret address of their calendar"),
    Action.VIEW_DOCUMENT_TRAIL: N_("looked at who opened the document"),
    Action.VIEW_ROOM_TRAIL: N_("looked at who opened the room"),
    Action.VIEW_REVIEW_TRAIL: N_("looked at who opened the file"),
    Action.EXPORT_REVIEW_TRAIL: N_("exported the trail of the file"),
    Action.VIEW_OWN_PEOPLE_TRAIL: N_("looked at what their own State’s people opened"),
    Action.VIEW_LOG: N_("looked at how the log is witnessed"),
    Action.VIEW_ACCOUNTS: N_("looked at the list of accounts"),
    Action.VIEW_HEALTH: N_("looked at how the portal is"),
    Action.INITIALIZE: N_("set the portal up"),
    Action.CLOSE_INTENTS: N_("closed what a breakdown had left open"),
    Action.SWEEP_OBJECTS: N_("removed objects that no record names"),
    Action.ROTATE_KEYS: N_("wrapped the keys anew"),
    Action.CHECK_RECORDS: N_("compared records, objects and log"),
    Action.SEND_MAIL: N_("sent mail"),
    Action.MAKE_ADMINISTRATOR: N_("made an administrator at the command line"),
    Action.TELL_WEEK: N_("told focal points that their file was opened in a week"),
    Action.VIEW_ISSUERS: N_("looked at the identity providers"),
    Action.ADD_ISSUER: N_("added an identity provider"),
    Action.CONFIRM_ISSUER: N_("confirmed an identity provider"),
    Action.END_ISSUER: N_("ended an identity provider"),
    Action.CALL_ISSUER: N_("asked an identity provider who somebody is"),
    Action.LIST_CONCERNS: N_("looked at their own concerns about the review"),
    Action.FILE_CONCERN: N_("filed a concern"),
    Action.VIEW_CONCERN: N_("opened a concern"),
    Action.SET_CONCERN_ASIDE: N_("set a concern aside"),
    Action.LIST_CASES: N_("looked at the list of breach cases"),
    Action.PROPOSE_CASE: N_("proposed a breach case"),
    Action.VIEW_CASE: N_("opened a breach case"),
    Action.CONFIRM_CASE: N_("registered a breach case, as the second person"),
    Action.DECLINE_CASE: N_("declined a breach case"),
    Action.BEGIN_CONTAINMENT: N_("began a containment under a breach case"),
    Action.LIFT_CONTAINMENT: N_("lifted a containment"),
    Action.ADD_CASE_ENTRY: N_("added to the record of a breach case"),
    Action.NAME_CONCERNED: N_("named whom a breach case concerns"),
    Action.ASK_HEARING: N_("asked somebody to be heard in a breach case"),
    Action.RECORD_FINDING: N_("recorded the finding of a breach case"),
    Action.VIEW_CASE_TRAIL: N_("looked at who opened the file, under a breach case"),
    Action.LIST_OWN_CASES: N_("looked at the breach cases in which they are heard"),
    Action.VIEW_OWN_CASE: N_("opened a breach case in which they are heard"),
    Action.ANSWER_CASE: N_("answered in a breach case"),
    Action.SUBMIT_CASE: N_("submitted a breach case to the Oversight Group"),
    Action.DISCLOSE_CASE: N_("gave the Oversight Group the version of a breach case in full"),
    Action.VIEW_SUBMISSION: N_("opened what was submitted of a breach case"),
    Action.DECIDE_CASE: N_("recorded the decision of the Oversight Group on a breach case"),
    Action.CLOSE_CASE: N_("closed a breach case"),
    Action.VIEW_STATEMENT: N_("looked at the yearly statement on breach cases"),
    Action.LIST_NOTICES: N_("looked at their own notices"),
    Action.SEE_NOTICES: N_("marked their own notices as seen"),
}
# what opens something that others wrote, at once or by sending it
OPENS: Final = frozenset({Action.VIEW_DOCUMENT, Action.VIEW_CLARIFICATION, Action.VIEW_ENTRY, Action.EXPORT_DIALOGUE})
SENDS: Final = frozenset({Action.DOWNLOAD_VERSION, Action.DOWNLOAD_ROOM})
NOTHING_SENT: Final[dict[Action, str]] = {
    Action.DOWNLOAD_ROOM: N_("asked about an archive of the room; nothing was sent"),
    Action.DOWNLOAD_VERSION: N_("asked about the document’s file; nothing was sent"),
    Action.OPEN_NOTE: N_("asked about the scanned copy of a note; nothing was sent"),
}


def deed(action: Action, phase: Phase) -> str:
    """Say what was done, in words that are marked for the catalogues."""
    return NOTHING_SENT.get(action, DEEDS[action]) if phase is Phase.ACT else DEEDS[action]


@dataclass(frozen=True, slots=True)
class DeedGroup:
    """Acts that belong together for somebody who looks for one of them."""

    name: str
    words: str
    acts: frozenset[Action]


GROUPS: Final = tuple(
    DeedGroup(name, words, frozenset(acts))
    for name, words, acts in (
        (
            "opened",
            N_("Opened and listed"),
            {Action.VIEW_REVIEW, Action.VIEW_SCHEDULE, Action.LIST_ROOM, Action.VIEW_DOCUMENT},
        ),
        ("downloaded", N_("Downloaded"), {Action.DOWNLOAD_VERSION, Action.DOWNLOAD_ROOM}),
        (
            "uploaded",
            N_("Uploaded and described"),
            {Action.UPLOAD_DOCUMENT, Action.ADD_VERSION, Action.DESCRIBE_DOCUMENT},
        ),
        (
            "moved",
            N_("Submitted, circulated, withdrawn"),
            {Action.SUBMIT_DOCUMENT, Action.CIRCULATE_DOCUMENT, Action.WITHDRAW_DOCUMENT},
        ),
        (
            "translated",
            N_("Sent for translation and delivered"),
            {Action.SEND_FOR_TRANSLATION, Action.DELIVER_TRANSLATION, Action.RECALL_TRANSLATION},
        ),
        (
            "dialogue",
            N_("Questions, answers, comments"),
            {
                Action.LIST_CLARIFICATIONS,
                Action.VIEW_CLARIFICATION,
                Action.ASK_CLARIFICATION,
                Action.MERGE_CLARIFICATION,
                Action.ROUTE_CLARIFICATION,
                Action.CLOSE_CLARIFICATION,
                Action.VIEW_ENTRY,
                Action.DRAFT_ENTRY,
                Action.EDIT_ENTRY,
                Action.DISCARD_ENTRY,
                Action.CLEAR_ENTRY,
                Action.SUBMIT_ENTRY,
                Action.PASS_ON_ENTRY,
                Action.SEND_ENTRY,
                Action.DELIVER_ENTRY,
                Action.RECALL_ENTRY,
                Action.ADD_REMARK,
                Action.EXPORT_DIALOGUE,
                Action.SET_CLEARANCE,
            },
        ),
        (
            "people",
            N_("Parties, assignments, undertakings, stages, schedule"),
            {
                Action.CHANGE_PARTIES,
                Action.ASSIGN_OFFICER,
                Action.ASSIGN_PERSON,
                Action.END_ASSIGNMENT,
                Action.ADD_NOTE,
                Action.OPEN_NOTE,
                Action.HAND_OVER,
                Action.ACCEPT_UNDERTAKING,
                Action.ASK_FOR_HELP,
                Action.ADVANCE_REVIEW,
                Action.PLAN_REVIEW,
                Action.SET_STEP,
            },
        ),
        (
            "trail",
            N_("Looked at the trail"),
            {Action.VIEW_DOCUMENT_TRAIL, Action.VIEW_REVIEW_TRAIL, Action.EXPORT_REVIEW_TRAIL},
        ),
    )
)
