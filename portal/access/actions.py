"""Every act that the gate knows, spelt as in the Cedar schema; nothing is done that isn't listed here."""

from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """An act that somebody asks the gate for; the value is the Cedar action's id."""

    # one's own presence
    SIGN_IN = "signIn"
    SIGN_OUT = "signOut"
    USE_INVITATION = "useInvitation"
    CHOOSE_APPOINTMENT = "chooseAppointment"
    VIEW_OWN_ACCOUNT = "viewOwnAccount"
    CHANGE_OWN_ACCOUNT = "changeOwnAccount"
    END_OWN_SESSION = "endOwnSession"
    PROVE_AGAIN = "proveAgain"
    REPORT_TROUBLE = "reportTrouble"
    ADD_AUTHENTICATOR = "addAuthenticator"
    REMOVE_AUTHENTICATOR = "removeAuthenticator"
    END_SESSIONS_BY_ISSUER = "endSessionsByIssuer"

    # the registry: States, cycles, reviews as records without content
    LIST_STATES = "listStates"
    EDIT_STATE = "editState"
    IMPORT_STATES = "importStates"
    LIST_CYCLES = "listCycles"
    OPEN_CYCLE = "openCycle"
    LIST_REGISTER = "listRegister"
    OPEN_REVIEW = "openReview"
    VIEW_REGISTER_ENTRY = "viewRegisterEntry"
    ASSIGN_OFFICER = "assignOfficer"
    SET_REVIEW = "setReview"
    CHANGE_PARTIES = "changeParties"
    CLOSE_REVIEW = "closeReview"

    # people
    LIST_PEOPLE = "listPeople"
    VIEW_PERSON = "viewPerson"
    ADD_PERSON = "addPerson"
    APPOINT = "appoint"
    CONFIRM_APPOINTMENT = "confirmAppointment"
    END_APPOINTMENT = "endAppointment"
    HAND_OVER = "handOver"
    VIEW_HANDOVER = "viewHandover"
    ASSIGN_PERSON = "assignPerson"
    END_ASSIGNMENT = "endAssignment"
    ISSUE_LINK = "issueLink"
    CONFIRM_LINK = "confirmLink"
    ADD_NOTE = "addNote"
    OPEN_NOTE = "openNote"
    DESCRIBE_PERSON = "describePerson"
    VIEW_ROSTER = "viewRoster"
    VIEW_AS = "viewAs"
    REVOKE_LINK = "revokeLink"
    END_SESSIONS = "endSessions"
    END_ALL_SESSIONS = "endAllSessions"
    CHANGE_MAIL = "changeMail"

    # a review file
    LIST_REVIEWS = "listReviews"
    VIEW_REVIEW = "viewReview"
    ACCEPT_UNDERTAKING = "acceptUndertaking"
    ASK_FOR_HELP = "askForHelp"
    ADVANCE_REVIEW = "advanceReview"
    LIST_ROOM = "listRoom"
    DOWNLOAD_ROOM = "downloadRoom"
    VIEW_DOCUMENT = "viewDocument"
    DOWNLOAD_VERSION = "downloadVersion"
    UPLOAD_DOCUMENT = "uploadDocument"
    ADD_VERSION = "addVersion"
    DESCRIBE_DOCUMENT = "describeDocument"
    SUBMIT_DOCUMENT = "submitDocument"
    CIRCULATE_DOCUMENT = "circulateDocument"
    WITHDRAW_DOCUMENT = "withdrawDocument"
    SHRED_VERSION = "shredVersion"
    SEND_FOR_TRANSLATION = "sendForTranslation"
    DELIVER_TRANSLATION = "deliverTranslation"
    RECALL_TRANSLATION = "recallTranslation"
    LIST_TRANSLATIONS = "listTranslations"

    # the dialogue
    LIST_CLARIFICATIONS = "listClarifications"
    VIEW_CLARIFICATION = "viewClarification"
    ASK_CLARIFICATION = "askClarification"
    MERGE_CLARIFICATION = "mergeClarification"
    ROUTE_CLARIFICATION = "routeClarification"
    CLOSE_CLARIFICATION = "closeClarification"
    VIEW_ENTRY = "viewEntry"
    DRAFT_ENTRY = "draftEntry"
    EDIT_ENTRY = "editEntry"
    DISCARD_ENTRY = "discardEntry"
    CLEAR_ENTRY = "clearEntry"
    SUBMIT_ENTRY = "submitEntry"
    PASS_ON_ENTRY = "passOnEntry"  # noqa: S105  # no password, for all that it passes
    SEND_ENTRY = "sendEntry"
    DELIVER_ENTRY = "deliverEntry"
    RECALL_ENTRY = "recallEntry"
    ADD_REMARK = "addRemark"
    EXPORT_DIALOGUE = "exportDialogue"
    SET_CLEARANCE = "setClearance"
    # the agreement on the report
    VIEW_REPORT = "viewReport"
    VIEW_MANIFEST = "viewManifest"
    PROPOSE_MANIFEST = "proposeManifest"
    AGREE_MANIFEST = "agreeManifest"
    DISAGREE_MANIFEST = "disagreeManifest"
    LIST_COMMENTS = "listComments"
    SETTLE_COMMENT = "settleComment"
    # executive summaries on their way out
    CONFIRM_SUMMARY = "confirmSummary"
    TRANSMIT_SUMMARY = "transmitSummary"
    LIST_SUMMARIES = "listSummaries"
    DOWNLOAD_SUMMARY = "downloadSummary"
    # the schedule of a review, and one's own calendar
    VIEW_SCHEDULE = "viewSchedule"
    PLAN_REVIEW = "planReview"
    SET_STEP = "setStep"
    VIEW_CALENDAR = "viewCalendar"
    ISSUE_FEED = "issueFeed"
    REVOKE_FEED = "revokeFeed"

    # accountability
    VIEW_DOCUMENT_TRAIL = "viewDocumentTrail"
    VIEW_ROOM_TRAIL = "viewRoomTrail"
    VIEW_REVIEW_TRAIL = "viewReviewTrail"
    EXPORT_REVIEW_TRAIL = "exportReviewTrail"
    VIEW_OWN_PEOPLE_TRAIL = "viewOwnPeopleTrail"
    VIEW_LOG = "viewLog"

    # grants to other States
    LIST_GRANTS = "listGrants"
    ASK_GRANT = "askGrant"
    OFFER_GRANT = "offerGrant"
    VIEW_GRANT = "viewGrant"
    WEIGH_GRANT = "weighGrant"
    DECIDE_GRANT = "decideGrant"
    REFUSE_GRANT = "refuseGrant"
    CHANGE_GRANT = "changeGrant"
    REVOKE_GRANT = "revokeGrant"
    ANSWER_OFFER = "answerOffer"
    NAME_READERS = "nameReaders"
    VIEW_GRANT_OPENINGS = "viewGrantOpenings"
    LIST_GRANTED = "listGranted"
    OPEN_GRANTED = "openGranted"
    ACCEPT_GRANTED = "acceptGranted"
    VIEW_GRANTED = "viewGranted"
    DOWNLOAD_GRANTED = "downloadGranted"
    TRACE_COPY = "traceCopy"

    # publication
    LIST_PUBLICATIONS = "listPublications"
    PREPARE_PUBLICATION = "preparePublication"
    VIEW_PUBLICATION = "viewPublication"
    PREVIEW_PUBLICATION = "previewPublication"
    CONFIRM_PUBLICATION = "confirmPublication"
    CANCEL_PUBLICATION = "cancelPublication"
    WITHDRAW_PUBLICATION = "withdrawPublication"
    READ_CONFIRMED = "readConfirmed"
    MAKE_PUBLIC = "makePublic"
    PROVE_PUBLIC = "provePublic"
    PUBLISH_SUMMARY = "publishSummary"

    # breach cases
    LIST_CONCERNS = "listConcerns"
    FILE_CONCERN = "fileConcern"
    VIEW_CONCERN = "viewConcern"
    SET_CONCERN_ASIDE = "setConcernAside"
    LIST_CASES = "listCases"
    PROPOSE_CASE = "proposeCase"
    VIEW_CASE = "viewCase"
    CONFIRM_CASE = "confirmCase"
    DECLINE_CASE = "declineCase"
    BEGIN_CONTAINMENT = "beginContainment"
    LIFT_CONTAINMENT = "liftContainment"
    ADD_CASE_ENTRY = "addCaseEntry"
    NAME_CONCERNED = "nameConcerned"
    ASK_HEARING = "askHearing"
    RECORD_FINDING = "recordFinding"
    VIEW_CASE_TRAIL = "viewCaseTrail"
    VIEW_SNAPSHOT = "viewSnapshot"
    ADD_EXHIBIT = "addExhibit"
    DOWNLOAD_EXHIBIT = "downloadExhibit"
    LIST_OWN_CASES = "listOwnCases"
    VIEW_OWN_CASE = "viewOwnCase"
    ANSWER_CASE = "answerCase"
    COMPARE_CASE = "compareCase"
    SUBMIT_CASE = "submitCase"
    DISCLOSE_CASE = "discloseCase"
    VIEW_SUBMISSION = "viewSubmission"
    DECIDE_CASE = "decideCase"
    CLOSE_CASE = "closeCase"
    VIEW_STATEMENT = "viewStatement"

    # signals
    LIST_SIGNALS = "listSignals"
    VIEW_SIGNAL = "viewSignal"
    SET_SIGNAL_ASIDE = "setSignalAside"
    VIEW_SIGNAL_RULES = "viewSignalRules"

    # notices
    LIST_NOTICES = "listNotices"
    SEE_NOTICES = "seeNotices"

    # running the portal
    VIEW_ACCOUNTS = "viewAccounts"
    VIEW_HEALTH = "viewHealth"
    VIEW_ISSUERS = "viewIssuers"
    ADD_ISSUER = "addIssuer"
    CONFIRM_ISSUER = "confirmIssuer"
    END_ISSUER = "endIssuer"
    CALL_ISSUER = "callIssuer"

    # machinery
    INITIALIZE = "initialize"
    CLOSE_INTENTS = "closeIntents"
    SWEEP_OBJECTS = "sweepObjects"
    ROTATE_KEYS = "rotateKeys"
    CHECK_RECORDS = "checkRecords"
    WATCH_LOG = "watchLog"
    RAISE_SIGNALS = "raiseSignals"
    SEND_MAIL = "sendMail"
    MAKE_ADMINISTRATOR = "makeAdministrator"
    TELL_WEEK = "tellWeek"
    BACK_UP = "backUp"
    RESTORE_PORTAL = "restorePortal"
    ESCROW_KEYS = "escrowKeys"


# What somebody must be able to see for a refusal to be told as one (403); all other refusals look like
# absence (404). The second question is about the same thing as the first.
_SEEING: Final = {
    Action.EDIT_STATE: Action.LIST_STATES,
    Action.SET_REVIEW: Action.VIEW_REGISTER_ENTRY,
    Action.CHANGE_PARTIES: Action.VIEW_REGISTER_ENTRY,
    Action.CLOSE_REVIEW: Action.VIEW_REGISTER_ENTRY,
    Action.APPOINT: Action.VIEW_PERSON,
    Action.CONFIRM_APPOINTMENT: Action.VIEW_PERSON,
    Action.END_APPOINTMENT: Action.VIEW_PERSON,
    Action.HAND_OVER: Action.VIEW_PERSON,
    Action.ASSIGN_PERSON: Action.VIEW_PERSON,
    Action.ASSIGN_OFFICER: Action.VIEW_PERSON,
    Action.END_ASSIGNMENT: Action.VIEW_PERSON,
    Action.ISSUE_LINK: Action.VIEW_PERSON,
    Action.CONFIRM_LINK: Action.VIEW_PERSON,
    Action.ADD_NOTE: Action.VIEW_PERSON,
    Action.DESCRIBE_PERSON: Action.VIEW_PERSON,
    Action.VIEW_ROSTER: Action.LIST_PEOPLE,
    Action.REVOKE_LINK: Action.VIEW_PERSON,
    Action.END_SESSIONS: Action.VIEW_PERSON,
    Action.CHANGE_MAIL: Action.VIEW_PERSON,
    Action.ADD_PERSON: Action.LIST_PEOPLE,
    Action.ADD_ISSUER: Action.VIEW_ISSUERS,
    Action.CONFIRM_ISSUER: Action.VIEW_ISSUERS,
    Action.END_ISSUER: Action.VIEW_ISSUERS,
    Action.ACCEPT_UNDERTAKING: Action.VIEW_REVIEW,
    Action.ASK_FOR_HELP: Action.VIEW_REVIEW,
    Action.ADVANCE_REVIEW: Action.VIEW_REVIEW,
    Action.VIEW_SCHEDULE: Action.VIEW_REVIEW,
    Action.PLAN_REVIEW: Action.VIEW_REVIEW,
    Action.SET_STEP: Action.VIEW_REVIEW,
    Action.VIEW_REVIEW_TRAIL: Action.VIEW_REVIEW,
    Action.EXPORT_REVIEW_TRAIL: Action.VIEW_REVIEW,
    Action.DOWNLOAD_ROOM: Action.LIST_ROOM,
    Action.UPLOAD_DOCUMENT: Action.LIST_ROOM,
    Action.VIEW_ROOM_TRAIL: Action.LIST_ROOM,
    Action.DOWNLOAD_VERSION: Action.VIEW_DOCUMENT,
    Action.ADD_VERSION: Action.VIEW_DOCUMENT,
    Action.DESCRIBE_DOCUMENT: Action.VIEW_DOCUMENT,
    Action.SUBMIT_DOCUMENT: Action.VIEW_DOCUMENT,
    Action.CIRCULATE_DOCUMENT: Action.VIEW_DOCUMENT,
    Action.WITHDRAW_DOCUMENT: Action.VIEW_DOCUMENT,
    Action.SEND_FOR_TRANSLATION: Action.VIEW_DOCUMENT,
    Action.DELIVER_TRANSLATION: Action.VIEW_DOCUMENT,
    Action.RECALL_TRANSLATION: Action.VIEW_DOCUMENT,
    Action.VIEW_DOCUMENT_TRAIL: Action.VIEW_DOCUMENT,
    Action.LIST_CLARIFICATIONS: Action.VIEW_REVIEW,
    Action.EXPORT_DIALOGUE: Action.VIEW_REVIEW,
    Action.SET_CLEARANCE: Action.VIEW_REVIEW,
    Action.ASK_CLARIFICATION: Action.LIST_ROOM,
    Action.ADD_REMARK: Action.LIST_ROOM,
    Action.MERGE_CLARIFICATION: Action.VIEW_CLARIFICATION,
    Action.ROUTE_CLARIFICATION: Action.VIEW_CLARIFICATION,
    Action.CLOSE_CLARIFICATION: Action.VIEW_CLARIFICATION,
    Action.DRAFT_ENTRY: Action.VIEW_CLARIFICATION,
    Action.EDIT_ENTRY: Action.VIEW_ENTRY,
    Action.DISCARD_ENTRY: Action.VIEW_ENTRY,
    Action.CLEAR_ENTRY: Action.VIEW_ENTRY,
    Action.SUBMIT_ENTRY: Action.VIEW_ENTRY,
    Action.PASS_ON_ENTRY: Action.VIEW_ENTRY,
    Action.SEND_ENTRY: Action.VIEW_ENTRY,
    Action.DELIVER_ENTRY: Action.VIEW_ENTRY,
    Action.RECALL_ENTRY: Action.VIEW_ENTRY,
    Action.LIST_PUBLICATIONS: Action.VIEW_REVIEW,
    Action.PREPARE_PUBLICATION: Action.VIEW_DOCUMENT,
    Action.PREVIEW_PUBLICATION: Action.VIEW_PUBLICATION,
    Action.CONFIRM_PUBLICATION: Action.VIEW_PUBLICATION,
    Action.CANCEL_PUBLICATION: Action.VIEW_PUBLICATION,
    Action.WITHDRAW_PUBLICATION: Action.VIEW_PUBLICATION,
    Action.VIEW_REPORT: Action.VIEW_REVIEW,
    Action.PROPOSE_MANIFEST: Action.VIEW_REVIEW,
    Action.LIST_COMMENTS: Action.VIEW_REVIEW,
    Action.SETTLE_COMMENT: Action.LIST_ROOM,
    Action.CONFIRM_SUMMARY: Action.VIEW_DOCUMENT,
    Action.TRANSMIT_SUMMARY: Action.VIEW_REVIEW,
    Action.AGREE_MANIFEST: Action.VIEW_MANIFEST,
    Action.DISAGREE_MANIFEST: Action.VIEW_MANIFEST,
    Action.ASK_GRANT: Action.VIEW_GRANT,
    Action.OFFER_GRANT: Action.VIEW_GRANT,
    Action.WEIGH_GRANT: Action.VIEW_GRANT,
    Action.DECIDE_GRANT: Action.VIEW_GRANT,
    Action.REFUSE_GRANT: Action.VIEW_GRANT,
    Action.CHANGE_GRANT: Action.VIEW_GRANT,
    Action.REVOKE_GRANT: Action.VIEW_GRANT,
    Action.ANSWER_OFFER: Action.VIEW_GRANT,
    Action.NAME_READERS: Action.VIEW_GRANT,
    Action.VIEW_GRANT_OPENINGS: Action.VIEW_GRANT,
    Action.ACCEPT_GRANTED: Action.OPEN_GRANTED,
    Action.DOWNLOAD_GRANTED: Action.VIEW_GRANTED,
    Action.SET_CONCERN_ASIDE: Action.VIEW_CONCERN,
    Action.CONFIRM_CASE: Action.VIEW_CASE,
    Action.DECLINE_CASE: Action.VIEW_CASE,
    Action.BEGIN_CONTAINMENT: Action.VIEW_CASE,
    Action.LIFT_CONTAINMENT: Action.VIEW_CASE,
    Action.ADD_CASE_ENTRY: Action.VIEW_CASE,
    Action.NAME_CONCERNED: Action.VIEW_CASE,
    Action.ASK_HEARING: Action.VIEW_CASE,
    Action.RECORD_FINDING: Action.VIEW_CASE,
    Action.VIEW_CASE_TRAIL: Action.VIEW_CASE,
    Action.VIEW_SNAPSHOT: Action.VIEW_CASE,
    Action.ADD_EXHIBIT: Action.VIEW_CASE,
    Action.ANSWER_CASE: Action.VIEW_OWN_CASE,
    Action.COMPARE_CASE: Action.VIEW_CASE,
    Action.SUBMIT_CASE: Action.VIEW_CASE,
    Action.DISCLOSE_CASE: Action.VIEW_CASE,
    Action.CLOSE_CASE: Action.VIEW_CASE,
    Action.DECIDE_CASE: Action.VIEW_SUBMISSION,
}


def seen_by(action: Action) -> Action | None:
    """Name the act of seeing that decides between a refusal and absence; None: always absence."""
    return _SEEING.get(action)
