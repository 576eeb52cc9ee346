"""The offline recovery key, by which an empty machine opens a backup without the key provider.

1. Its shares are handed out before anything is sealed to it, and lie nowhere here: not in the database, not in a log.
2. From then on every new key is sealed to it as it is made; those that were there are, in small transactions.
3. A new recovery key ends the former one: its copies are removed once the new one has all. Backups from before open
   with the former shares.
4. The seed vouches for the keys by which this portal signs its backups; nobody without the shares can forge that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from portal.access.actions import Action
from portal.access.entities import PortalFacts
from portal.errors import Invalid
from portal.usecases.keys import AT_ONCE, ROTATION
from portal.work import Portal, Work
from storage.backups import RecoveryKey
from storage.errors import BadShares
from storage.holders import active_recovery, count_other_copies, count_unheld, drop_other_copies, fill_recovery
from storage.permits import Permit
from storage.recovery import offline, shares
from storage.recovery.manifest import Recovery
from storage.signatures import Scheme, Signer

NONE: Final = "there is no recovery key: make one with `portal keys recovery make`"


@dataclass(frozen=True, slots=True)
class Split:
    """A new recovery key's seed, and its shares for people to keep."""

    seed: bytes
    shares: tuple[str, ...]
    mark: str


def backup_signers(portal: Portal) -> tuple[Signer, ...]:
    """Give the keys by which this portal signs its backups."""
    edwards, lattice = portal.keyring.backup_seeds()
    return Signer(Scheme.ED25519, edwards), Signer(Scheme.ML_DSA_44, lattice)


def new_recovery_key(threshold: int, count: int) -> Split:
    """Make a recovery key that isn't in use yet.

    Raises:
        BadShares: That many shares can't be made.

    """
    seed = offline.new_seed()
    return Split(seed, shares.split(seed, threshold, count), offline.fingerprint(offline.Opener(seed).public))


def use_recovery_key(portal: Portal, seed: bytes, threshold: int, count: int) -> int:
    """Seal every key to a recovery key, once its shares are with people; gives how many keys there are.

    Raises:
        KeyUnavailable: The provider can't open one of the keys.

    """
    opener = offline.Opener(seed)
    edwards, lattice = (one.public for one in backup_signers(portal))
    said = Recovery(opener.public, edwards, lattice, b"")
    with portal.work(ROTATION) as work:
        permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
        former = active_recovery(work.session)
        if former is not None:
            former.ended_at = work.now
            work.session.flush()
        row = RecoveryKey(
            id=uuid4(),
            mark=offline.fingerprint(opener.public),
            public=opener.public,
            vouched=opener.vouch(said.statement()),
            threshold=threshold,
            shares=count,
            made_at=work.now,
        )
        work.session.add(row)
        work.session.flush()
        work.note(permit, step="recovery key", key=row.mark)
    return seal_all(portal)


def seal_all(portal: Portal) -> int:
    """Seal to the recovery key what isn't yet, and remove copies of former ones; gives how many keys that were.

    Raises:
        Invalid: There is no recovery key.

    """
    done = 0
    while True:
        with portal.database.read() as session:
            recovery = active_recovery(session)
            if recovery is None:
                raise Invalid(NONE)
            left, others = count_unheld(session, recovery), count_other_copies(session, recovery)
            if not left:
                break
        with portal.work(ROTATION) as work:
            done += _seal_some(work, work.require_on(Action.ROTATE_KEYS, PortalFacts()))
    if others:
        with portal.work(ROTATION) as work:
            permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
            if (newest := active_recovery(work.session)) is not None:
                drop_other_copies(work.session, newest)
            work.note(permit, step="copies of former recovery keys removed")
    return done


def _seal_some(work: Work, permit: Permit) -> int:
    recovery = active_recovery(work.session)
    count = fill_recovery(work.session, work.portal.keyring.provider, recovery, AT_ONCE) if recovery else 0
    work.note(permit, step="sealed for recovery", key=recovery.mark if recovery else "", count=count)
    return count


def find_recovery_key(portal: Portal) -> RecoveryKey | None:
    """Find the recovery key that is in use."""
    with portal.database.read() as session:
        return active_recovery(session)


def check_shares(portal: Portal, words: Sequence[str]) -> str:
    """See that shares give the recovery key that is in use; gives its mark.

    Raises:
        Invalid: There is no recovery key.
        BadShares: They give none, or another one.

    """
    recovery = find_recovery_key(portal)
    if recovery is None:
        raise Invalid(NONE)
    opener = offline.Opener(shares.join(words))
    if offline.fingerprint(opener.public) != recovery.mark:
        raise BadShares("These shares are those of another recovery key than the one in use.")
    return recovery.mark
