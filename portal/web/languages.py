"""The languages people read the portal in: which one a request gets, and the sentences in it.

The catalogues are read as the text that translators edit (`portal/locale/*/LC_MESSAGES/portal.po`): what is
reviewed is what runs, and nothing needs compiling after an edit.
"""

from collections.abc import Collection
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

from portal.access.caller import Caller

LANGUAGES = {"en": "English", "ar": "العربية"}
# what States made public is read in the six languages of the United Nations, in their alphabetical order in English
PUBLIC_LANGUAGES = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}
RIGHT_TO_LEFT = frozenset({"ar"})
DEFAULT = "en"
# of all pages, or of the public ones alone
CATALOGUES = ("portal.po", "public.po")
RANGES_READ = 20


def language_of(request: Request) -> str:
    """Choose the language of a page: the signed-in person's, as soon as it is known, else the browser's first."""
    caller: Caller | None = getattr(request.state, "caller", None)
    chosen = getattr(request.state, "language", None) or next(iter(caller.languages if caller else ()), None)
    if chosen in LANGUAGES:
        return str(chosen)
    return accepted(request.headers.get("accept-language", ""), LANGUAGES)


@cache
def catalogue(language: str) -> NullTranslations:
    """Open the sentences of one language; what isn't translated is read in English."""
    folder = resources.files("portal") / "locale" / language / "LC_MESSAGES"
    source = next((found for name in CATALOGUES if (found := folder / name).is_file()), None)
    if source is None:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def say(request: Request, sentence: str, /, **values: object) -> str:
    """Give a marked sentence in the language of a request, its %(name)s places filled from the values."""
    spoken = catalogue(language_of(request)).gettext(sentence)
    return spoken % values if values else spoken


def accepted(header: str, languages: Collection[str]) -> str:
    """Read Accept-Language (RFC 9110, 12.5.4): the best-weighted range whose primary tag is one of these languages."""
    best, weight = DEFAULT, 0.0
    for part in header.split(",")[:RANGES_READ]:
        tag, _, parameter = part.partition(";")
        primary = tag.strip().lower().split("-")[0]
        quality = _quality(parameter)
        if primary in languages and quality > weight:
            best, weight = primary, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not parameter.strip():
        return 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
