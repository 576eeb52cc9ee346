"""What a passphrase must be: long, and not one of those that everybody tries first.

It has at least 12 characters, counted after NFC, of any script and of any kind: no rules of composition (NIST
SP 800-63B, ASVS 6.2). Refused are common words and rows of keys, one unit repeated, one of the 30,000 passwords most
often used, two of them put together or one with figures around it, and what is little more than the person's own
name or address.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from portal.domain.problems import Problem
from portal.domain.texts import N_

PASSPHRASE_CHARACTERS: Final = 12
# longer ones would only keep the hash busy
PASSPHRASE_BYTES: Final = 1024

# what must remain when common words and the person's own are taken out
_OWN_CHARACTERS: Final = 6
_SHORTEST_OWN_WORD: Final = 3
_LEAST_DISTINCT: Final = 5
_LONGEST_UNIT: Final = 6
_FIGURES_FOR_LETTERS: Final = str.maketrans("013457@$!", "oieastasi")
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1234567890",
    "йцукенгшщзхъфывапролджэячсмитьбю",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرلاىةوزظ",
)
_ROW_CHARACTERS: Final = 4
_COMMON: Final = (
    "correcthorsebatterystaple",
    "transnational",
    "administrator",
    "confidential",
    "contraseña",
    "secretariat",
    "unitednations",
    "nationsunies",
    "organizedcrime",
    "motdepasse",
    "passphrase",
    "convention",
    "iloveyou",
    "changeme",
    "superman",
    "starwars",
    "baseball",
    "football",
    "princess",
    "sunshine",
    "password",
    "passwort",
    "whatever",
    "trustno1",
    "computer",
    "internet",
    "welcome",
    "letmein",
    "default",
    "dragon",
    "master",
    "monkey",
    "portal",
    "review",
    "secret",
    "shadow",
    "summer",
    "winter",
    "spring",
    "autumn",
    "vienna",
    "untoc",
    "hello",
    "login",
    "admin",
    "пароль",
    "секрет",
    "привет",
    "كلمةالسر",
    "كلمةالمرور",
    "密码",
    "你好",
)


def prepared_passphrase(raw: str) -> str:
    """Return a passphrase as it is hashed: NFC, every kind of blank as a space (RFC 8265, OpaqueString)."""
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in raw)
    return unicodedata.normalize("NFC", spaced)


def passphrase_problems(raw: str, own: Iterable[str] = ()) -> list[Problem]:
    """Return what speaks against a passphrase; nothing, if it is a good one.

    Args:
        raw: The passphrase as it was typed.
        own: The person's name and mail address, and the name of the portal.
    """
    passphrase = prepared_passphrase(raw)
    if len(passphrase) < PASSPHRASE_CHARACTERS:
        return [
            Problem(
                "passphrase-short",
                N_(
                    "This has %(length)d characters; a passphrase has at least %(least)d. Four or five words "
                    "that don’t belong together are easy to remember."
                ),
                {"length": len(passphrase), "least": PASSPHRASE_CHARACTERS},
            )
        ]
    if len(passphrase.encode(errors="replace")) > PASSPHRASE_BYTES:
        return [
            Problem(
                "passphrase-long",
                N_("This is longer than %(most)d bytes: choose a shorter passphrase."),
                {"most": PASSPHRASE_BYTES},
            )
        ]
    return list(_too_easy(passphrase, tuple(own)))


def _too_easy(passphrase: str, own: tuple[str, ...]) -> Iterator[Problem]:
    squashed = _squashed(passphrase)
    unit = re.fullmatch(rf"(.{{1,{_LONGEST_UNIT}}}?)\1+.{{0,{_LONGEST_UNIT - 1}}}", passphrase, re.DOTALL)
    if len(set(passphrase)) < _LEAST_DISTINCT or unit is not None:
        yield Problem(
            "passphrase-repeats",
            N_("This repeats the same few characters: choose words that differ."),
        )
    elif _is_common(squashed) or _is_often_used(passphrase.casefold()):
        yield Problem(
            "passphrase-common",
            N_("This is made of words or rows of keys that everybody tries first: choose others."),
        )
    elif _is_own(squashed, own):
        yield Problem(
            "passphrase-own-name",
            N_("This is little more than your own name or address: choose words that others don’t know."),
        )


def _squashed(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFC", text.casefold()) if char.isalnum() or char in "@$!")


def _is_common(squashed: str) -> bool:
    """Say whether little is left of it, with figures read as letters too, and rows of keys taken out."""
    for text in (squashed, squashed.translate(_FIGURES_FOR_LETTERS)):
        for left in (_without(_without_rows(text), _COMMON), _without_rows(_without(text, _COMMON))):
            if _is_little(left, text):
                return True
    return False


@cache
def _often_used() -> frozenset[str]:
    # here, so that a portal has the lists in its memory once somebody chooses a passphrase
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # it has no types

    return frozenset(FREQUENCY_LISTS["passwords"])


def _is_often_used(passphrase: str) -> bool:
    """Say whether it is a password often used, figures and signs around it left out, or two of them put together."""
    known = _often_used()
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", passphrase)
    for text in (passphrase, bare):
        halves = ((text[:at], text[at:].lstrip(" -_.")) for at in range(1, len(text)))
        if text in known or any(left in known and right in known for left, right in halves):
            return True
    return False


def _is_own(squashed: str, own: tuple[str, ...]) -> bool:
    words = {
        _squashed(word)
        for text in own
        for word in (text, *re.split(r"[\s@._,'\u2019-]+", text))
        if len(_squashed(word)) >= _SHORTEST_OWN_WORD
    }
    longest_first = sorted(words, key=len, reverse=True)
    return _is_little(_without(squashed, longest_first), squashed)


def _is_little(left: str, whole: str) -> bool:
    return len(left) < min(len(whole), _OWN_CHARACTERS)


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


def _without_rows(text: str) -> str:
    """Take out runs of neighbouring keys or letters, forwards and backwards."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        run = _run_at(text, at)
        if run < _ROW_CHARACTERS:
            kept.append(text[at])
            run = 1
        at += run
    return "".join(kept)


def _run_at(text: str, at: int) -> int:
    longest = 1
    for row in _ROWS:
        for line in (row, row[::-1]):
            length = 1
            while at + length < len(text) and text[at : at + length + 1] in line:
                length += 1
            longest = max(longest, length)
    return longest
