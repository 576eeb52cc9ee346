"""The words that people read for roles, rooms, kinds, stages and languages; each is marked for the catalogues."""

from typing import Final

from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.reviews import ReviewStage, RoomKind
from portal.domain.roles import Role
from portal.domain.texts import N_

ROLES: Final = {
    Role.FOCAL_POINT: N_("Focal point"),
    Role.EXPERT: N_("Governmental expert"),
    Role.OBSERVER: N_("Mission observer"),
    Role.OFFICER: N_("Secretariat officer"),
    Role.REGISTRAR: N_("Secretariat registrar"),
    Role.TRANSLATOR: N_("Translator"),
    Role.ADMINISTRATOR: N_("Platform administrator"),
    Role.CONFIDENTIALITY_OFFICER: N_("Confidentiality officer"),
    Role.OVERSIGHT: N_("Member of the Oversight Group"),
    Role.ANALYST: N_("Member of the expert group"),
    Role.GROUP_OBSERVER: N_("Observer of the Oversight Group"),
    Role.READER: N_("Named reader"),
}
ROOMS: Final = {
    RoomKind.NATIONAL: N_("National room"),
    RoomKind.SHARED: N_("Shared room"),
    RoomKind.REVIEWERS: N_("Reviewers’ room"),
    RoomKind.SECRETARIAT: N_("Secretariat room"),
}
KINDS: Final = {
    DocumentKind.CHECKLIST_RESPONSE: N_("Checklist response"),
    DocumentKind.LAW: N_("Law"),
    DocumentKind.CASE: N_("Case"),
    DocumentKind.NOTE: N_("Note"),
    DocumentKind.DESK_REVIEW_OUTCOME: N_("Desk-review outcome"),
    DocumentKind.DRAFT_REPORT: N_("Draft report"),
    DocumentKind.REPORT: N_("Country review report"),
    DocumentKind.SUMMARY: N_("Executive summary"),
    DocumentKind.OTHER: N_("Other"),
}
DOCUMENT_STAGES: Final = {
    DocumentStage.DRAFT: N_("Draft"),
    DocumentStage.SUBMITTED: N_("Submitted"),
    DocumentStage.CIRCULATED: N_("Circulated"),
}
REVIEW_STAGES: Final = {
    ReviewStage.PREPARATION: N_("Preparation"),
    ReviewStage.DESK_REVIEW: N_("Desk review"),
    ReviewStage.DIALOGUE: N_("Dialogue"),
    ReviewStage.REPORT: N_("Report"),
    ReviewStage.AGREED: N_("Agreed"),
    ReviewStage.CLOSED: N_("Closed"),
}
# ToR 48-50; what else is used stands by its code
LANGUAGES: Final = {
    "ar": N_("Arabic"),
    "zh": N_("Chinese"),
    "en": N_("English"),
    "fr": N_("French"),
    "ru": N_("Russian"),
    "es": N_("Spanish"),
}
