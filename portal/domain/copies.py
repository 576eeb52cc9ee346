"""The number of a marked copy: 64 random bits, written as four groups of four that people can read out and type.

The letters are Crockford's 32, none of which looks like another. The last three are a check: one wrong or two swapped
letters are always noticed, anything else but once in 32,768 times.
"""

import secrets
import zlib
from typing import Final

BITS: Final = 64
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {letter: value for value, letter in enumerate(LETTERS)} | {"O": 0, "I": 1, "L": 1}
_FIVE: Final = 5
_DATA: Final = 13
_CHECK: Final = 3
_GROUP: Final = 4
_DASHES: Final = str.maketrans("", "", "- \u2010\u2011\u2012\u2013\u2212\u00a0")


def drawn() -> int:
    """Draw a number for a new copy."""
    return secrets.randbits(BITS)


def check_of(number: int) -> int:
    """Compute the 32 bits that a number is checked by where a machine reads it."""
    return zlib.crc32(number.to_bytes(BITS // 8, "big"))


def written(number: int) -> str:
    """Write a number as people read it: 7K3M-92QX-AB3D-EF4G."""
    value = number << _CHECK * _FIVE | check_of(number) & (1 << _CHECK * _FIVE) - 1
    letters = [LETTERS[value >> _FIVE * place & 31] for place in reversed(range(_DATA + _CHECK))]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def read(text: str) -> int | None:
    """Read a number as somebody typed it, or tell that it is none."""
    values = [_VALUES.get(letter, -1) for letter in text.translate(_DASHES).upper()]
    if len(values) != _DATA + _CHECK or min(values) < 0:
        return None
    value = 0
    for part in values:
        value = value << _FIVE | part
    number, check = value >> _CHECK * _FIVE, value & (1 << _CHECK * _FIVE) - 1
    sound = number < 1 << BITS and check == check_of(number) & (1 << _CHECK * _FIVE) - 1
    return number if sound else None
