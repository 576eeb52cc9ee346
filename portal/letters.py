"""What a mail says, in the language of whoever gets it: that something awaits them, or what befell their account."""

from portal.domain.account_events import ADVICE, HAPPENED, AccountEvent
from portal.domain.notices import PLACE_IN_MAIL
from portal.domain.texts import N_
from portal.settings import Settings
from portal.usecases.account_mailing import Said
from portal.usecases.mailing import Letter
from portal.web.languages import DEFAULT, LANGUAGES, catalogue
from portal.web.pages import environment

SUBJECT = N_("Something awaits you in the review portal")
OF_ACCOUNT = N_("Your account in the review portal")
INVITATION = N_("Your sign-in link for the review portal")


def letter(settings: Settings, language: str, count: int) -> Letter:
    """Write the one letter that there is of reviews; it says the same to everybody but for the count."""
    language = language if language in LANGUAGES else DEFAULT
    link = settings.origin.rstrip("/") + PLACE_IN_MAIL
    text = environment(language).get_template("mail/awaiting.txt").render(count=count, link=link)
    return Letter(catalogue(language).gettext(SUBJECT), text, language)


def account_letter(settings: Settings, language: str, said: Said) -> Letter:
    """Write what happened to somebody's account, or the invitation that carries their first link."""
    language = language if language in LANGUAGES else DEFAULT
    invited = said.event is AccountEvent.INVITED
    words, origin = catalogue(language).gettext, settings.origin.rstrip("/")
    advice = ADVICE[said.event]
    text = (
        environment(language)
        .get_template("mail/invitation.txt" if invited else "mail/account.txt")
        .render(
            happened=words(HAPPENED[said.event]),
            advice=words(advice) if advice else "",
            at=f"{said.at:%Y-%m-%d, %H:%M} UTC",
            origin=origin,
            link=said.link,
            takes_two=said.takes_two,
            expires=f"{said.expires:%Y-%m-%d, %H:%M} UTC" if said.expires else "",
        )
    )
    return Letter(words(INVITATION if invited else OF_ACCOUNT), text, language)
