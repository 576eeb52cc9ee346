"""Backups of the cast's portal, for tests: a recovery key with its shares, a folder, and how it is tampered with."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlmodel import SQLModel

from portal.access.caller import Caller
from portal.usecases.backups import Made, make_backup
from portal.usecases.recovery import new_recovery_key, use_recovery_key
from portal.work import Portal
from storage import permits
from storage.backups import Backup, FormerCosignature, FormerHead, RecoveryKey, Restoration, WholeBackup
from storage.fields import Place
from storage.permits import DEVICES
from storage.tables import PortalSession
from tests.cast import Member, World, setting_up


def recoverable(portal: Portal) -> tuple[str, ...]:
    """Give a portal a recovery key; gives the shares, of which two are needed."""
    made = new_recovery_key(2, 3)
    with permits.request(uuid4()):
        use_recovery_key(portal, made.seed, 2, 3)
    return made.shares


def backed_up(portal: Portal, folder: Path, keep: int | None = None) -> Made:
    """Make a backup."""
    with permits.request(uuid4()):
        return make_backup(portal, folder, keep)


def signed_in_again(world: World, name: str) -> None:
    """Sign somebody of the cast in anew, under the newest of their appointments that runs."""
    portal, member, token = world.portal, world.members[name], uuid4().hex
    with setting_up(portal) as (work, permit):
        running = work.people.running_appointments(member.person, work.now)
        session = uuid4()
        work.identity.add(
            PortalSession(
                id=session,
                person_id=member.person,
                token_hash=portal.keyring.blind("token", token.encode()),
                appointment_id=running[-1].id if running else None,
                created_at=work.now,
                seen_at=work.now,
                ends_at=work.now + timedelta(days=1),
                proof="passkey",
                proven_at=work.now,
                device=work.seal(permit, DEVICES, Place("session", "device", session), "Firefox, Linux"),
            )
        )
    caller = Caller(token=portal.keyring.blind("token", token.encode()), address="192.0.2.1", client="test")
    appointment = running[-1].id if running else member.appointment
    world.members[name] = Member(member.person, appointment, caller, token)


def kept_rows(now: datetime, ended: datetime | None = None) -> tuple[SQLModel, ...]:
    """Make one of everything that is kept of backups and restorations."""
    key, backup = uuid4(), uuid4()
    return (
        RecoveryKey(
            id=key, mark="0" * 16, public=b"p", vouched=b"v", threshold=2, shares=3, made_at=now, ended_at=ended
        ),
        Backup(id=backup, number=1, folder_id=uuid4(), recovery_id=key, made_at=now),
        WholeBackup(id=backup, whole_at=now),
        Restoration(id=uuid4(), number=1, backup_id=backup, backed_up_at=now, restored_at=now, origin="former", size=0),
    )


def former_rows(now: datetime) -> tuple[SQLModel, ...]:
    """Make a checkpoint of a former log that a witness signed."""
    return (
        FormerHead(origin="former", size=1, root=b"r", note="n", at=now),
        FormerCosignature(origin="former", size=1, signer="w.example/1", key_id=b"1234", value=b"signed"),
    )
