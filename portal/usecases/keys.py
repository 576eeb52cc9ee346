"""The key provider's keys: a new one begins, what the old ones wrap is wrapped anew, an empty one is retired.

1. A rotation changes no content: only the wrapped keys of rooms, streams and the registry are written again.
2. It is many small transactions, each with its event; one that was interrupted is finished by the next.
3. Old keys stay open until they are retired; a key that still wraps something can't be.
4. What changes the provider's keys can't be rolled back, so the log says first that it begins, and afterwards how it
   ended: no key is made or destroyed without an event.
5. A room's key, or that of anything else, gets a new version at once where it is asked for, beside those that follow
   by themselves when an access ends. Of all keys, those get one that began before a given time: so an interrupted round
   goes on where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from portal.access.actions import Action
from portal.access.actors import Machine
from portal.access.caller import Caller
from portal.access.entities import PortalFacts
from portal.errors import Conflict, Invalid
from portal.work import Intent, Portal
from storage import rotation

ROTATION: Final = Caller(machine=Machine.ROTATION)
AT_ONCE: Final = 50
Made = TypeVar("Made")
Progress = Callable[[int, int], None]


def _silent(_done: int, _all: int) -> None:
    pass


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


def rotate_keys(portal: Portal, progress: Progress = _silent) -> Rotated:
    """Begin a new key and wrap everything under it; finish an interrupted rotation instead, if there is one.

    Args:
        portal: The portal.
        progress: Told how many keys are wrapped anew, and how many there are.

    Raises:
        KeyUnavailable: The provider can't make a key, or can't open one of those that it wrapped.

    """
    provider = portal.keyring.provider
    unfinished = _left(portal) > 0
    if not unfinished:
        with portal.work(ROTATION) as work:
            permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
            work.note(permit, step="new key")
            intent = work.begins(permit)
        key = _carried_out(portal, intent, provider.rotate)
        portal.record_outcome(intent, result="complete", key=key)
    done = 0
    while left := _left(portal):
        progress(done, done + left)
        with portal.work(ROTATION) as work:
            permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
            count = rotation.rewrap(work.session, provider, AT_ONCE)
            work.note(permit, step="rewrapped", key=provider.current, count=count)
        done += count
    progress(done, done)
    return Rotated(provider.current, done, finished=unfinished)


def retire_key(portal: Portal, key: str) -> None:
    """Destroy an old key. Nobody wraps under it after the look: whatever is wrapped since is so under the current one.

    Args:
        portal: The portal.
        key: Its id.

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
    _carried_out(portal, intent, lambda: portal.keyring.provider.retire(key))
    portal.record_outcome(intent, result="complete")


def renew_key(portal: Portal, name: str) -> int:
    """Begin a new version of one key, under which everything of its scope is sealed from now on; gives its number.

    Args:
        portal: The portal.
        name: The scope's name, or the id of a room.

    Raises:
        Invalid: Nothing was sealed under it yet, or its key has one version for good.
        KeyUnavailable: The provider can't wrap it.

    """
    with portal.work(ROTATION) as work:
        permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
        scope = rotation.renewable(work.session, name)
        if scope is None:
            raise Invalid(f"no key that can have a new version is called {name}")
        version = portal.keyring.add_version(work.session, scope)
        work.note(permit, step="renewed", scope=scope, version=version)
    return version


def renew_keys(portal: Portal, before: datetime, progress: Progress = _silent) -> int:
    """Begin a new version of every key whose newest version began before a time, which isn't to come; gives how many.

    Raises:
        KeyUnavailable: The provider can't wrap them; those that have a new version keep it.

    """
    done, before = 0, min(before, portal.clock())
    while left := _older(portal, before):
        progress(done, done + left)
        with portal.work(ROTATION) as work:
            permit = work.require_on(Action.ROTATE_KEYS, PortalFacts())
            count = rotation.renew_older(work.session, portal.keyring, before, AT_ONCE)
            work.note(permit, step="renewed", before=before.isoformat(), count=count)
        done += count
    progress(done, done)
    return done


def _older(portal: Portal, before: datetime) -> int:
    with portal.database.read() as session:
        return rotation.older(session, before)


def _left(portal: Portal) -> int:
    current = portal.keyring.provider.current
    return sum(count for key, count in keys_in_use(portal).items() if key != current)


def _carried_out(portal: Portal, intent: Intent, act: Callable[[], Made]) -> Made:
    try:
        return act()
    except Exception:
        portal.record_outcome(intent, result="failed")
        raise
