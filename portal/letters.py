"""What a mail says, in the language of whoever gets it: that something awaits them, how much, and where to sign in."""

from portal.domain.notices import PLACE_IN_MAIL
from portal.domain.texts import N_
from portal.settings import Settings
from portal.usecases.mailing import Letter
from portal.web.languages import DEFAULT, LANGUAGES, catalogue
from portal.web.pages import environment

SUBJECT = N_("Something awaits you in the review portal")


def letter(settings: Settings, language: str, count: int) -> Letter:
    """Write the one letter that there is; it says the same to everybody but for the count."""
    language = language if language in LANGUAGES else DEFAULT
    link = settings.origin.rstrip("/") + PLACE_IN_MAIL
    text = environment(language).get_template("mail/awaiting.txt").render(count=count, link=link)
    return Letter(catalogue(language).gettext(SUBJECT), text, language)
