"""Events and signals for tests: what the log is told, what is found in it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlmodel import select

from portal.access.actions import Action
from portal.access.entities import PortalFacts
from portal.audit.events import IDENTITY_STREAM, Entry, Phase
from portal.audit.writer import write
from portal.domain.ids import EventId, StreamId
from portal.domain.signals import Rule
from portal.usecases.tree import sequence
from portal.usecases.watching import WATCHER, watch
from storage import permits
from storage.repositories.signals import SignalRecords
from storage.signals import Signal
from tests.cast import World

HERE = {"address": "192.0.2.1", "client": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}
SOON = timedelta(seconds=1)


def did(
    world: World,
    who: str,
    action: Action = Action.VIEW_DOCUMENT,
    phase: Phase = Phase.ACT,
    *,
    on: Mapping[str, object] | None = None,
    detail: Mapping[str, object] | None = None,
    origin: Mapping[str, str] | None = None,
    policies: tuple[str, ...] = (),
) -> Entry:
    """Make an event as the portal writes one of somebody's."""
    member = world.members[who]
    said = {"person": str(member.person), "appointment": str(member.appointment)}
    nobody = action is Action.SIGN_IN
    return Entry(
        id=EventId(uuid4()),
        stream=IDENTITY_STREAM if nobody else StreamId(world.files["xaa"].rooms["shared"]),
        action=action,
        phase=phase,
        at=world.clock(),
        who={} if nobody else said,
        on={name: str(value) for name, value in (on or {}).items()},
        policies=policies,
        detail=dict(detail or {}),
        origin=dict(origin or {}),
        about=next((UUID(str(id_)) for name, id_ in (on or {}).items() if name == "document"), None),
    )


def opened(world: World, who: str = "expert_xbb", document: UUID | None = None) -> Entry:
    """Make the event of a document's page that somebody opened."""
    return did(world, who, on={"review": world.files["xaa"].review, "document": document or uuid4()})


def downloaded(world: World, who: str = "expert_xbb", version: UUID | None = None) -> Entry:
    """Make the event of a version that somebody began to download."""
    on = {"review": world.files["xaa"].review, "document": uuid4(), "version": version or uuid4()}
    return did(world, who, Action.DOWNLOAD_VERSION, Phase.INTENT, on=on)


def refused(world: World, who: str = "expert_xbb", times: int = 1, **more: object) -> Entry:
    """Make the event of a refusal, or of as many as one minute had."""
    counted = {"refusals": times} if times > 1 else {}
    return did(world, who, phase=Phase.REFUSAL, detail=counted, **more)  # type: ignore[arg-type]  # its own arguments


def write_down(world: World, *entries: Entry) -> None:
    """Write events, and move them into the tree."""
    with world.portal.database.begin() as session:
        write(session, world.portal.keyring, entries)
    while sequence(world.portal, "here"):
        pass


def look(world: World, *entries: Entry) -> Sequence[Signal]:
    """Write events, have the log read, and give all signals that there are."""
    write_down(world, *entries)
    watch(world.portal, "here")
    return signals(world)


def signals(world: World) -> Sequence[Signal]:
    with world.portal.database.read() as session:
        return session.scalars(select(Signal).order_by(Signal.at, Signal.rule)).all()


def raised(
    world: World, who: str = "expert_xbb", rule: Rule = Rule.MASS_DOWNLOAD, *, review: str | None = "xaa"
) -> UUID:
    """Raise a signal without a log that gives one."""
    with permits.request(uuid4()), world.portal.work(WATCHER) as work:
        work.require_on(Action.RAISE_SIGNALS, PortalFacts())
        row = Signal(
            id=uuid4(),
            rule=rule.value,
            person_id=world.members[who].person,
            review_id=world.files[review].review if review else None,
            at=work.now,
            raised_at=work.now,
            count=61,
            threshold=50,
            window_minutes=60,
        )
        SignalRecords(work.session).add(row)
    return row.id
