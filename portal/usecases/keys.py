"""The key provider's keys: a new one begins, what the old ones wrap is wrapped anew, an empty one is retired.

1. A rotation changes no content: only the wrapped keys of rooms, streams and the registry are written again.
2. It is many small transactions, each with its event; one that was interrupted is finished by the next.
3. Old keys stay open until they are retired; a key that still wraps something can't be.
4. What changes the provider's keys can't be rolled back, so the log says first that it begins, and afterwards how it
   ended: no key is made or destroyed without an event.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Machine, PortalFacts
from portal.errors import Conflict
from portal.work import Intent, Portal
from storage import rotation

ROTATION: Final = Caller(machine=Machine.ROTATION)
AT_ONCE: Final = 50
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did."""

    key: str  # the one that wraps from now on
    rewrapped: int
    finished: bool  # it finished one that was interrupted, and began no new key


def keys_in_use(portal: Portal) -> dict[str, int]:
    """Count what each of the provider's keys wraps."""
    with portal.database.read() as session:
        return rotation.in_use(session)


def rotate_keys(portal: Portal, begin_key: Callable[[], str]) -> Rotated:
    """Begin a new key and wrap everything under it; finish an interrupted rotation instead, if there is one.

    Args:
        portal: The portal.
        begin_key: Makes the provider's new key and gives its id.

    Raises:
        KeyUnavailable: The provider can't make a key, or can't open one of those that it wrapped.

    """
    unfinished = set(keys_in_use(portal)) - {portal.keyring.provider.current}
    if not unfinished:
        with portal.work(ROTATION) as work:
            permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
            work.note(permit, step="new key")
            intent = work.begins(permit)
        key = _carried_out(portal, intent, begin_key)
        portal.record_outcome(intent, result="complete", key=key)
    done = 0
    while set(keys_in_use(portal)) - {portal.keyring.provider.current}:
        with portal.work(ROTATION) as work:
            permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
            count = rotation.rewrap(work.session, portal.keyring.provider, AT_ONCE)
            work.note(permit, step="rewrapped", key=portal.keyring.provider.current, count=count)
        done += count
    return Rotated(portal.keyring.provider.current, done, finished=bool(unfinished))


def retire_key(portal: Portal, key: str, destroy: Callable[[str], None]) -> None:
    """Destroy an old key. Nobody wraps under it after the look: whatever is wrapped since is so under the current one.

    Args:
        portal: The portal.
        key: Its id.
        destroy: Destroys the provider's key of an id.

    Raises:
        Conflict: Something is still wrapped under it.
        KeyUnavailable: It is the current key, or there is none of this id.

    """
    with portal.work(ROTATION) as work:
        permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
        left = rotation.in_use(work.session).get(key, 0)
        if left:
            raise Conflict(f"{left} keys are still wrapped under {key}: run `portal keys rotate` first")
        work.note(permit, step="retired", key=key)
        intent = work.begins(permit)
    _carried_out(portal, intent, lambda: destroy(key))
    portal.record_outcome(intent, result="complete")


def _carried_out(portal: Portal, intent: Intent, act: Callable[[], Made]) -> Made:
    try:
        return act()
    except Exception:
        portal.record_outcome(intent, result="failed")
        raise
