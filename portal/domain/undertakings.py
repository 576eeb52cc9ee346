"""The undertaking of confidentiality that everybody accepts before a first look into a file (ToR 30, 36, GL 5).

Each wording has a number, kept with the acceptance; an old wording is never changed, a new one gets the next number.
"""

from typing import Final

from portal.domain.texts import N_

WORDING: Final = "1"
PARAGRAPHS: Final = (
    N_(
        "All information obtained or used in the course of this review, and the country review report, is "
        "confidential (terms of reference, paragraphs 30 and 36)."
    ),
    N_(
        "I will use what I read here for this review alone. I will not pass it on, copy it outside the review or "
        "speak of it to anybody who does not work on this review, during the review and after it."
    ),
    N_("Only the State under review decides on publication, of the whole report or of a part of it."),
    N_(
        "I know that every opening and every download is recorded, and that the States that are party to the review "
        "can see the record."
    ),
    N_(
        "I know that a breach of confidentiality may be brought to the Implementation Oversight Group, which may "
        "refer it to the Conference of the Parties (guidelines, paragraph 5)."
    ),
)
# of somebody whom another State lets read its report (ToR 37)
READER_WORDING: Final = "reader-1"
READER_PARAGRAPHS: Final = (
    N_(
        "What I read here is confidential. The State under review lets my State read it, and my State respects that "
        "(terms of reference, paragraph 37)."
    ),
    N_(
        "I will use it for the purpose that my State gave. I will not pass it on, copy it outside that purpose or "
        "speak of it to anybody whom the State under review did not name as a reader."
    ),
    N_("Only the State under review decides on publication, of the whole report or of a part of it."),
    N_(
        "I know that every page that I open and every copy that I take is recorded, that the State under review sees "
        "the record, and that pages and copies bear marks that lead back to me."
    ),
    N_(
        "I know that a breach of confidentiality may be brought to the Implementation Oversight Group, which may "
        "refer it to the Conference of the Parties (guidelines, paragraph 5)."
    ),
)
CHANGED: Final = N_("The wording of the undertaking has changed since you opened the page. Please read it again.")
