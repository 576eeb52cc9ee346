"""What can go wrong below the gate.

StorageError
├── Damaged            authentication failed or the format is unknown: one message whatever the cause
├── Missing            the object isn't there
├── Destroyed          the key of this content was destroyed: nobody ever opens it again
├── Exists             the name is taken, or somebody wrote the like first; nothing is ever overwritten
├── KeyUnavailable     the key provider is away, or the key is unknown or retired
├── Unprotected        the database would be spoken to in the clear, or without knowing whose it is
├── Uncertified        certificates for proxy and portal that can't be used, or can't be made
├── BadShares          shares of a recovery key that don't give it
├── StoreUnavailable   the object store or the database is away or too slow
│   ├── DatabaseUnavailable  it is the database: whoever asks it for something else waits as long
│   │   └── NoRight          its role may not do this: whoever owns the tables gives it the right
│   ├── Full           no space is left
│   └── Held           the store keeps what was to be removed
└── NotPermitted       a Permit that opens nothing
    └── PermitEnded    its time is over: who asked was too slow, or the clock was set ahead; asked anew it is given anew
"""


class StorageError(Exception):
    """Something stored could not be written, found or opened."""


class Damaged(StorageError):
    """What is stored doesn't authenticate, or isn't in a format that we know."""

    def __init__(self) -> None:
        # One sentence for a wrong key, a flipped bit, an unknown format: telling them apart helps attackers.
        super().__init__("What is stored here could not be opened: it was changed or belongs elsewhere.")


class Missing(StorageError):
    """The object isn't there."""


class Destroyed(StorageError):
    """The key of this content was destroyed: nobody ever opens it again."""


class Exists(StorageError):
    """The name is taken already."""


class KeyUnavailable(StorageError):
    """The key that this needs can't be used now."""


class Unprotected(StorageError):
    """The address of the database would let others listen, or answer in its place; or it isn't one."""


class Uncertified(StorageError):
    """The certificates for proxy and portal can't be used as they are, or can't be made there."""


class BadShares(StorageError):
    """The shares of a recovery key are too few, mistyped, or not of one key."""


class StoreUnavailable(StorageError):
    """The store can't be reached, or did not answer in time."""


class DatabaseUnavailable(StoreUnavailable):
    """The database can't be reached, or did not answer in time."""


class NoRight(DatabaseUnavailable):
    """The role of the database may not read or write one of its tables."""


class Full(StoreUnavailable):
    """The store has no space left."""


class Held(StoreUnavailable):
    """The store keeps what was to be removed: it isn't gone."""


class NotPermitted(StorageError):
    """The Permit doesn't open this."""


class PermitEnded(NotPermitted):
    """The Permit's time is over."""
