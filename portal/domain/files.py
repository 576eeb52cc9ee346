"""Names of files: cleaned once on the way in, then shown, stored in archives and sent in headers.

A cleaned name

- is the last part of whatever path came with it, in NFC, without control, direction and invisible characters;
- has none of the characters that Windows forbids and isn't one of its device names;
- begins and ends with something to read, and is at most 255 bytes of UTF-8, its extension kept;
- is never empty: a name of which nothing remains becomes "unnamed", with its extension if it had one.

Letters of every script stay as they are.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from portal.domain.names import is_hidden

FALLBACK: Final = "unnamed"
NAME_BYTES: Final = 255

_EXTENSION_CHARACTERS: Final = 16
_BLANK: Final = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_PATH: Final = re.compile(r"[/\\]")
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*", re.IGNORECASE)
# what RFC 8187 calls attr-char, beside letters and digits
_ATTR_CHARACTERS: Final = "!#$&+-.^_`|~"


@dataclass(frozen=True, slots=True)
class CleanName:
    """A file's name as people see it, and whether it differs from the one that came (but for NFC)."""

    name: str
    changed: bool


def clean_name(raw: str) -> CleanName:
    """Make a name that is safe to show, to store in an archive and to send in a header."""
    parts = [part for part in _PATH.split(raw) if part.strip(" .")]
    text = unicodedata.normalize("NFC", parts[-1] if parts else "")
    text = _BLANK.sub(" ", text)
    text = "".join(char for at, char in enumerate(text) if not is_hidden(text, at))
    text = _FORBIDDEN.sub("_", text)
    text = _readable(text)
    if _DEVICE.fullmatch(text.split(".", 1)[0]):
        text = f"_{text}"
    name = unicodedata.normalize("NFC", _shortened(text, NAME_BYTES))
    return CleanName(name, name != unicodedata.normalize("NFC", raw))


def content_disposition(name: str) -> str:
    """Return the header value that offers a download under this name (RFC 6266, RFC 8187)."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    stem, extension = _split(re.sub(r'[^ -~]|["\\%]', "_", plain))
    if not re.search("[A-Za-z0-9]", stem):
        stem = "document"
    encoded = quote(name, safe=_ATTR_CHARACTERS, errors="replace")
    return f"attachment; filename=\"{stem}{extension}\"; filename*=UTF-8''{encoded}"


def unique_names(names: Iterable[str]) -> list[str]:
    """Return the names in order, numbered where one would overwrite another where case doesn't count."""
    taken: set[str] = set()
    next_number: dict[str, int] = {}
    unique: list[str] = []
    for name in names:
        key = _same(name)
        candidate = name
        number = next_number.get(key, 2)
        while _same(candidate) in taken:
            candidate = _numbered(name, number)
            number += 1
        next_number[key] = number
        taken.add(_same(candidate))
        unique.append(candidate)
    return unique


def extension_of(name: str) -> str:
    """Return the extension in small letters without its dot, or nothing."""
    return _split(name)[1].removeprefix(".").lower()


def _readable(text: str) -> str:
    """Give the name a beginning and an end: dots and blanks there hide it, or Windows drops them."""
    text = text.strip().rstrip(" .")
    if not text.startswith("."):
        return text or FALLBACK
    rest = text.lstrip(" .")
    if "." in rest:
        return rest
    return f"{FALLBACK}.{rest}"


def _split(name: str) -> tuple[str, str]:
    """Split off the extension with its dot; a long tail after a dot belongs to the name."""
    stem, dot, extension = name.rpartition(".")
    if not stem or not extension or len(extension) > _EXTENSION_CHARACTERS or " " in extension:
        return name, ""
    return stem, dot + extension


def _shortened(name: str, longest: int, tail: str = "") -> str:
    """Shorten the stem until it fits with the tail and the extension, never between a letter and its marks."""
    stem, extension = _split(name)
    tail += extension
    room = longest - len(tail.encode())
    if len(stem.encode()) > room:
        cut = len(stem.encode()[:room].decode(errors="ignore"))
        while cut > 1 and (unicodedata.category(stem[cut])[0] == "M" or stem[cut] == "\u200d"):
            cut -= 1
        stem = stem[:cut].rstrip(" .\u200c\u200d") or FALLBACK
    return stem + tail


def _numbered(name: str, number: int) -> str:
    return _shortened(name, NAME_BYTES, f" ({number})")


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
