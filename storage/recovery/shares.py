"""Shares of a recovery key's seed: SLIP-0039, by its reference implementation.

Specification: https://github.com/satoshilabs/slips/blob/master/slip-0039.md. A share is 33 words with a checksum; so
many of them as were agreed on give the seed, fewer give nothing. A digest inside tells shares that don't belong
together. One group, no passphrase.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from storage.errors import BadShares

FEWEST: Final = 2
MOST: Final = 16
WORDS: Final = 33


def split(seed: bytes, threshold: int, count: int) -> tuple[str, ...]:
    """Split a seed into shares, of which so many give it back.

    Raises:
        BadShares: That many shares can't be made.

    """
    if not FEWEST <= threshold <= count <= MOST:
        raise BadShares(
            f"A key is split into at most {MOST} shares, and at least {FEWEST} of them open it, at most all of them."
        )
    return tuple(generate_mnemonics(1, [(threshold, count)], seed)[0])


def look(named: Mapping[str, str]) -> None:
    """Look at each share by itself, and whether all are of one key.

    Args:
        named: The words of each share, by what people call it.

    Raises:
        BadShares: One is mistyped, or they are of several keys; it says which, and quotes no word.

    """
    keys: dict[int, list[str]] = {}
    for name, words in named.items():
        share = _read(name, words.lower().split())
        keys.setdefault(share.identifier, []).append(name)
    if len(keys) > 1:
        of_each = "; of another: ".join(", ".join(names) for names in sorted(keys.values(), key=len, reverse=True))
        raise BadShares(f"The shares don't belong together. Of one recovery key: {of_each}.")


def _read(name: str, words: Sequence[str]) -> Share:
    if len(words) != WORDS:
        raise BadShares(f"{name}: a share has {WORDS} words, and here are {len(words)}.")
    if unknown := [str(at) for at, word in enumerate(words, 1) if word not in WORD_INDEX_MAP]:
        raise BadShares(f"{name}: mistyped; no share has these words, counted from its first: {', '.join(unknown)}.")
    try:
        return Share.from_mnemonic(" ".join(words))
    except MnemonicError:  # it may quote words of the share
        raise BadShares(f"{name}: a word in it is mistyped, or two have changed places.") from None


def join(shares: Sequence[str]) -> bytes:
    """Join shares; more than are needed do no harm, the same one twice counts once.

    Raises:
        BadShares: They are too few, mistyped, or not of one key.

    """
    words = list(dict.fromkeys(" ".join(share.lower().split()) for share in shares))
    if not words:
        raise BadShares("There is no share.")
    try:
        read = [Share.from_mnemonic(one) for one in words]
        needed = read[0].member_threshold
        if len(words) < needed:
            raise BadShares(f"{needed} different shares are needed, and {len(words)} were given.")
        seeds: set[bytes] = {combine_mnemonics(words[:needed]), combine_mnemonics(words[-needed:])}
    except MnemonicError as cause:
        # the cause may quote words of a share
        raise BadShares("A share is mistyped, or the shares don't belong together.") from cause
    if len(seeds) > 1:
        raise BadShares("The shares don't belong together.")
    return seeds.pop()
