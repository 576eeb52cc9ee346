"""What of attempts was counted, for all replicas."""

from sqlmodel import delete, func, select

from storage.authenticators import Attempt
from tests.cast import World


def attempts_counted(world: World) -> int:
    """Tell how often something was counted."""
    with world.portal.database.read() as session:
        return session.scalar(select(func.count()).select_from(Attempt)) or 0


def things_counted(world: World) -> int:
    """Tell of how many things attempts were counted."""
    with world.portal.database.read() as session:
        return len(set(session.scalars(select(Attempt.counted_for)).all()))


def forget_attempts(world: World) -> None:
    """Forget all attempts, as if a window had passed."""
    with world.portal.database.begin() as session:
        session.execute(delete(Attempt))
