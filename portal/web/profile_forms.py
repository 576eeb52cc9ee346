"""The form of what the roster says of somebody: read by the rules, and filled with what is on record."""

from starlette.requests import Request

from portal.domain import profiles
from portal.domain.problems import RefusedError
from portal.domain.profiles import Profile
from portal.domain.words import LANGUAGES
from portal.usecases.profiles import Described
from portal.web.checks import Checks, words_of
from portal.web.forms import Form, filled, whole

SEEN = "seen"
SEEN_DIGITS = 9


def profile_from(checks: Checks) -> Profile | None:
    """Read a profile; None where something is wrong with it."""
    position = checks.take("position", profiles.position)
    background = checks.take("background", profiles.background)
    expertise = checks.take("expertise", profiles.expertise)
    other = checks.take("other_languages", profiles.other_languages)
    languages: tuple[str, ...] = ()
    try:
        languages = profiles.languages(checks.form.all("languages"))
    except RefusedError as refused:
        checks.refuse(*refused.problems, name="languages")
    if not checks.ok:
        return None
    return Profile(position or "", background or "", expertise or (), languages, other or "")


def seen_from(checks: Checks) -> int:
    """Read which profile somebody saw when they began to change it; what is no number is none of them."""
    seen = whole(checks.form.text(SEEN), SEEN_DIGITS)
    return -1 if seen is None else seen


def profile_fields(request: Request, sent: Form, described: Described | None) -> dict[str, object]:
    """Give the template the form as it was sent, or filled with what is on record; call it after the use case."""
    profile = described.profile if described else Profile()
    form = sent
    if not sent.has("background"):
        form = filled(
            position=profile.position,
            background=profile.background,
            expertise="\n".join(profile.expertise),
            languages=profile.languages,
            other_languages=profile.other_languages,
        )
    return {
        "profile": form,
        "profile_sent": form is sent,
        "language_choices": words_of(request, LANGUAGES),
        "tongues": LANGUAGES,
    }
