"""Exhibits: files that whoever examines a case brings as evidence, such as the picture of a page that was found.

1. An exhibit arrives as any file does (contents.py), and is sealed under the case's key. An entry of the case's record,
   chained as all are, says what it is, from whom and when it was received, its name, size and SHA-256; the entry's own
   author and time say who took it. None is exchanged or taken out.
2. It may show what lies in the file: besides whoever examines, the State under review alone opens it, each time an
   event; of the secretariat nobody who ever worked on the review. Reviewing States read its number, size and hash with
   the version in full; grantees and others not even that.
3. It never goes with the version that discloses nothing. With the version in full the State under review gives those
   that this one lists: their keys are sealed anew under that of what the Group has, as no permit of the Group opens
   the case's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.access.entities import Absent, CaseFacts
from portal.access.matters import Matter, bare_matter
from portal.domain import media
from portal.domain.exhibits import ENDINGS, EXHIBIT_BYTES, EXHIBIT_TOO_LARGE, Received, check_exhibit
from portal.domain.ranges import ByteRange
from portal.domain.roles import Role
from portal.errors import NotFound
from portal.usecases.case_facts import facts_at, find_case
from portal.usecases.case_records import EntryKind, add_entry
from portal.usecases.concerns import reach_of
from portal.usecases.contents import Arrived, Kept, Limit, Upload, author, expect_file
from portal.usecases.downloads import FAILED, Download, begin_span, end_download
from portal.work import Portal, Work
from storage.cases import BreachCase, Exhibit
from storage.database import Session
from storage.permits import Permit, case_scope, submission_scope
from storage.repositories.cases import EVERYTHING, CaseRecords

LIMIT: Final = Limit(EXHIBIT_BYTES, EXHIBIT_TOO_LARGE)


def begin_exhibit(portal: Portal, caller: Caller, case_id: UUID, file_name: str, declared: str) -> Upload:
    """Ask to bring an exhibit into a case.

    Raises:
        NotFound: There is no such case, or the caller may not know of it.
        Forbidden: The caller sees the case but doesn't examine it.

    """
    with portal.work(caller) as work:
        _, _, permit = find_case(work, Action.ADD_EXHIBIT, case_id)
        return expect_file(work, permit, Action.ADD_EXHIBIT, case_id, file_name, declared, LIMIT)


def keep_exhibit(portal: Portal, caller: Caller, upload: Upload, arrived: Arrived, *, received: Received) -> Kept:
    """Put an arrived exhibit into the record of its case.

    Raises:
        NotFound: The access ended meanwhile.
        Forbidden: The caller may no longer add to the record.
        RefusedError: It is neither a PDF nor a picture, there are too many, or it was received in the future.

    """
    with portal.work(caller) as work:
        case, _, permit = find_case(work, Action.ADD_EXHIBIT, upload.on)
        records = CaseRecords(work.session)
        number = len(records.exhibits(case.id)) + 1
        kind = check_exhibit(arrived.detected, number, received.on, work.now.date())
        keyring = portal.keyring
        records.add(
            Exhibit(
                id=upload.version,
                case_id=case.id,
                number=number,
                object_name=upload.object_name,
                size=arrived.size,
                media_type=kind,
                wrapped_key=keyring.wrap_content_key(
                    work.session, permit, case_scope(case.id), upload.version, upload.key
                ),
                added_by=author(work),
                added_at=work.now,
            )
        )
        said = {
            "exhibit": {
                "id": str(upload.version),
                "number": number,
                "name": upload.name.name,
                "size": arrived.size,
                "sha256": arrived.digest.hex(),
            },
            "from": received.source,
            "received": received.on.isoformat(),
            "text": received.text,
        }
        add_entry(work, permit, case, EntryKind.EXHIBIT, said)
        work.completes(permit, upload.intent, bytes=arrived.size, exhibit=str(upload.version))
        agrees = media.agrees(upload.declared, arrived.detected, upload.name.name)
        return Kept(upload.version, number, 1, upload.name, (), agrees)


def begin_exhibit_download(
    portal: Portal, caller: Caller, exhibit_id: UUID, *, wanted: ByteRange | None = None, streams: bool = True
) -> Download:
    """Ask for an exhibit, or for a part of it; arguments as in `begin_download`.

    Raises:
        NotFound: There is no such exhibit, or it isn't the caller's to open.
        Forbidden: The caller sees the case, and not its exhibits.
        Damaged: The stored object isn't what was put there.

    """
    with portal.work(caller) as work:
        row, case, facts = find_exhibit(work, exhibit_id)
        permit = work.require_on(Action.DOWNLOAD_EXHIBIT, facts, asked=exhibit_id)
        if row is None or case is None or isinstance(facts, Absent):
            raise NotFound
        work.note(permit, exhibit=row.number)
        span, intent = begin_span(work, permit, row.size, wanted, streams=streams)
    try:
        scope, key = (case_scope(case.id), row.wrapped_key)
        if facts.given:
            scope, key = (submission_scope(case.id), row.given_key or b"")
        opened = portal.keyring.open_content_key(permit, scope, row.id, key)
        name = f"case-{case.number}-exhibit-{row.number}.{ENDINGS[row.media_type]}"
        download = Download(row.id, name, row.media_type, row.size, span, intent, portal, row.object_name, opened)
        download.check()
    except BaseException:
        end_download(portal, intent, FAILED, 0)
        raise
    return download


def find_exhibit(work: Work, exhibit_id: UUID) -> tuple[Exhibit | None, BreachCase | None, CaseFacts | Absent]:
    """Find an exhibit with its case, and what the policies are told: to a member of the Group, whether it was given."""
    records = CaseRecords(work.session)
    row = records.exhibit(exhibit_id)
    case = records.case(row.case_id, reach_of(work)) if row else None
    facts = facts_at(work.session, case, work.now)
    if row is not None and not isinstance(facts, Absent) and work.who.role is Role.OVERSIGHT:
        facts = replace(facts, given=row.given_key is not None)
    return row, case, facts


def exhibit_matter(session: Session, action: Action, on: UUID, now: datetime) -> Matter | None:
    """Take an exhibit that is sent, or the case that one comes into, as some transaction finds it."""
    records = CaseRecords(session)
    row = records.exhibit(on) if action is Action.DOWNLOAD_EXHIBIT else None
    facts = facts_at(session, records.case(row.case_id if row else on, EVERYTHING), now)
    if isinstance(facts, Absent):
        return None
    return bare_matter(replace(facts, given=row is not None and row.given_key is not None), action, on)


@dataclass(frozen=True, slots=True)
class Giving:
    """An exhibit that is given to the Group: its row's id, and the key of its content."""

    id: UUID
    key: bytes


def listed(said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List exhibits for a version in full: number, size and hash; what it is and from whom stays in the record."""
    return [{name: one["exhibit"][name] for name in ("id", "number", "size", "sha256")} for one in said]


def open_to_give(portal: Portal, permit: Permit, rows: Sequence[Exhibit], full: dict[str, Any]) -> list[Giving]:
    """Open the keys of the exhibits that a version in full lists; the permit's event is committed."""
    wanted = {one["id"] for one in full.get("exhibits", ())}
    scoped = ((one, case_scope(one.case_id)) for one in rows if str(one.id) in wanted)
    return [
        Giving(one.id, portal.keyring.open_content_key(permit, scope, one.id, one.wrapped_key)) for one, scope in scoped
    ]


def give(work: Work, permit: Permit, case: BreachCase, giving: Sequence[Giving]) -> None:
    """Seal the keys of exhibits anew, for the Oversight Group."""
    records, keyring = CaseRecords(work.session), work.portal.keyring
    for one in giving:
        row = records.exhibit(one.id)
        if row is not None and row.given_key is None:
            scope = submission_scope(case.id)
            row.given_key = keyring.wrap_content_key(work.session, permit, scope, one.id, one.key)
