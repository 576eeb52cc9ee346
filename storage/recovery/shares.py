"""Shares of a recovery key's seed: SLIP-0039, by its reference implementation.

Specification: https://github.com/satoshilabs/slips/blob/master/slip-0039.md. A share is 33 words with a checksum; so
many of them as were agreed on give the seed, fewer give nothing. A digest inside tells shares that don't belong
together. One group, no passphrase.
"""

from collections.abc import Sequence
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

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
        raise BadShares(f"A key is split into at most {MOST} shares, and at least {FEWEST} of them open it.")
    return tuple(generate_mnemonics(1, [(threshold, count)], seed)[0])


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
