"""Every act that the gate knows, spelt as in the Cedar schema; nothing is done that isn't listed here."""

from enum import StrEnum


class Action(StrEnum):
    """An act that somebody asks the gate for; the value is the Cedar action's id."""

    # one's own presence
    SIGN_IN = "signIn"
    SIGN_OUT = "signOut"
    USE_INVITATION = "useInvitation"
    CHOOSE_APPOINTMENT = "chooseAppointment"
    VIEW_OWN_ACCOUNT = "viewOwnAccount"
    END_OWN_SESSION = "endOwnSession"

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
    CLOSE_REVIEW = "closeReview"

    # people
    LIST_PEOPLE = "listPeople"
    VIEW_PERSON = "viewPerson"
    ADD_PERSON = "addPerson"
    APPOINT = "appoint"
    CONFIRM_APPOINTMENT = "confirmAppointment"
    END_APPOINTMENT = "endAppointment"
    ASSIGN_PERSON = "assignPerson"
    END_ASSIGNMENT = "endAssignment"
    ISSUE_LINK = "issueLink"
    CONFIRM_LINK = "confirmLink"

    # a review file
    LIST_REVIEWS = "listReviews"
    VIEW_REVIEW = "viewReview"
    ACCEPT_UNDERTAKING = "acceptUndertaking"
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
    SEND_FOR_TRANSLATION = "sendForTranslation"
    DELIVER_TRANSLATION = "deliverTranslation"
    RECALL_TRANSLATION = "recallTranslation"
    LIST_TRANSLATIONS = "listTranslations"

    # accountability
    VIEW_DOCUMENT_TRAIL = "viewDocumentTrail"
    VIEW_REVIEW_TRAIL = "viewReviewTrail"
    EXPORT_REVIEW_TRAIL = "exportReviewTrail"
    VIEW_OWN_PEOPLE_TRAIL = "viewOwnPeopleTrail"

    # running the portal
    VIEW_ACCOUNTS = "viewAccounts"
    VIEW_HEALTH = "viewHealth"

    # machinery
    INITIALIZE = "initialize"
    CLOSE_INTENTS = "closeIntents"
    SWEEP_OBJECTS = "sweepObjects"
    ROTATE_KEYS = "rotateKeys"
    CHECK_RECORDS = "checkRecords"
