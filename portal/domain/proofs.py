"""How somebody proved who they are, and how long such a proof is fresh.

1. A passkey proves alone: it is something that one has, opened by something that one knows or is.
2. A passphrase proves together with a code of an app or a recovery code.
3. An issuer of the person's own State, or of the secretariat, proves as its settings ask.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from portal.domain.texts import N_


class Proof(StrEnum):
    """With what a session was begun, or with what its person proved anew who they are."""

    PASSKEY = "passkey"
    CODE = "code"
    RECOVERY = "recovery"
    PASSPHRASE = "passphrase"  # noqa: S105  # alone: only in a portal that serves this machine, as the demonstration
    ISSUER = "issuer"


PROOFS: Final = {
    Proof.PASSKEY: N_("passkey"),
    Proof.CODE: N_("passphrase and code"),
    Proof.RECOVERY: N_("passphrase and recovery code"),
    Proof.PASSPHRASE: N_("passphrase"),
    Proof.ISSUER: N_("identity provider"),
}


def is_fresh(proven_at: datetime, now: datetime, within: timedelta) -> bool:
    """Tell whether a proof is fresh; one from a time to come, as after the clock was set back, isn't."""
    return timedelta() <= now - proven_at <= within
