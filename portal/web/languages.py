"""The languages people read the portal in: which one a request gets, and the sentences in it.

The catalogues are read as the text that translators edit (`portal/locale/*/LC_MESSAGES/portal.po`): what is
reviewed is what runs, and nothing needs compiling after an edit.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGES = {"en": "English", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})
DEFAULT = "en"
RANGES_READ = 20


def language_of(request: Request) -> str:
    """Choose the language of a page: the signed-in person's, else the browser's first that we have."""
    chosen = getattr(request.state, "language", None)
    if chosen in LANGUAGES:
        return str(chosen)
    return _accepted(request.headers.get("accept-language", ""))


@cache
def catalogue(language: str) -> NullTranslations:
    """Open the sentences of one language; what isn't translated is read in English."""
    source = resources.files("portal") / "locale" / language / "LC_MESSAGES" / "portal.po"
    if not source.is_file():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def say(request: Request, sentence: str, /, **values: object) -> str:
    """Give a marked sentence in the language of a request, its %(name)s places filled from the values."""
    spoken = catalogue(language_of(request)).gettext(sentence)
    return spoken % values if values else spoken


def _accepted(header: str) -> str:
    """Read Accept-Language (RFC 9110, 12.5.4): the best-weighted range whose primary tag we have."""
    best, weight = DEFAULT, 0.0
    for part in header.split(",")[:RANGES_READ]:
        tag, _, parameter = part.partition(";")
        primary = tag.strip().lower().split("-")[0]
        quality = _quality(parameter)
        if primary in LANGUAGES and quality > weight:
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
