"""A whole room as one archive: the newest version of each document that the person may download.

Each file passes the gate by itself when its turn comes, with an intent and an outcome of its own, so the trail of a
document tells of archives too, and an access that ends in the middle ends the archive.
"""

import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.files import unique_names
from portal.domain.texts import N_
from portal.domain.zips import Member, archive_size, descriptor, directory, local_header
from portal.errors import Invalid, PortalError
from portal.usecases.downloads import ABORTED, COMPLETE, FAILED, STOPPED, begin_download, end_download
from portal.usecases.marked_copies import MARKED_ALONE, is_pdf, leaves_marked
from portal.usecases.particulars import Particulars, open_particulars
from portal.work import Intent, Portal
from storage import permits
from storage.errors import StorageError
from storage.tables import Document, Room

log = logging.getLogger("portal.web")
NOTHING_HERE = N_("There is no file in this room yet that you can download, so there is no archive to make.")


@dataclass(frozen=True, slots=True)
class Archive:
    """A room's archive, about to be made while it is sent.

    Attributes:
        name: The archive's own file name; it tells the State under review and the room, nothing of the contents.
        size: Bytes of the whole archive.
        intent: The outcome that is owed; None where nothing is sent.
    """

    name: str
    size: int
    intent: Intent | None
    _members: tuple[tuple[UUID, Member], ...] = field(repr=False)
    _request: UUID = field(repr=False)

    def blocks(self, portal: Portal, caller: Caller) -> Iterator[bytes]:
        """Make the archive, file by file.

        Raises:
            NotFound: The access to a file ended meanwhile.
            Damaged: A file isn't what was put there.

        """
        checksums = []
        for version_id, member in self._members:
            checksum = 0
            yield local_header(member)
            for block in self._file(portal, caller, version_id):
                checksum = zlib.crc32(block, checksum)
                yield block
            yield descriptor(member, checksum)
            checksums.append(checksum)
        yield directory([member for _, member in self._members], checksums)

    def _file(self, portal: Portal, caller: Caller, version_id: UUID) -> Iterator[bytes]:
        with permits.request(self._request):  # no step of the iterator lies inside: each may run in another thread
            download = begin_download(
                portal, caller, version_id
            )  # without anything that marks: no PDF to whom it must be
        sent, result = 0, ABORTED
        try:
            for block in download.blocks():
                yield block
                sent += len(block)
            result = COMPLETE
        except PortalError:
            result = STOPPED
            raise
        except Exception:
            result = FAILED
            raise
        finally:
            try:
                end_download(portal, download.intent, result, sent)
            except StorageError as error:  # owed now; neither the archive nor its own outcome is at fault
                log.error("the outcome of a download could not be recorded: %s", type(error).__qualname__)  # noqa: TRY400 - its words may be confidential


def begin_archive(portal: Portal, caller: Caller, room_id: UUID, *, streams: bool = True) -> Archive:
    """Ask for all that a room holds for this person.

    Raises:
        NotFound: There is no such room, or the actor may not know of it.
        Forbidden: The actor sees the room but may not take it along.
        Invalid: There is nothing in it, or a PDF that may leave as a marked copy alone.

    """
    with portal.work(caller) as work:
        record = work.reviews.of_room(room_id)
        row = next((room for room in record.rooms if room.id == room_id), None) if record else None
        room, permit = work.require(Action.DOWNLOAD_ROOM, Room, row, asked=room_id)
        listed = work.documents.listed(room.id)
        newest = {one.document.id: one.newest for one in listed}
        allowed = work.allowed(Action.DOWNLOAD_VERSION, Document, [one.document for one in listed])
        newests, marked = [newest[document.id] for document in allowed], leaves_marked(work)
        versions = [version for version in newests if version.wrapped_key]  # what was destroyed opens for nobody
        work.note(permit, files=len(versions))
        intent = work.begins(permit) if versions and streams else None
        if not streams:
            work.note(permit, head=True)
        state = record.review.state_code if record else ""
    if not versions:
        raise Invalid(NOTHING_HERE)
    try:
        names = _names([open_particulars(portal, permit, version) for version in versions], marked=marked)
    except BaseException:
        end_download(portal, intent, FAILED, 0)
        raise
    members = tuple(
        (version.id, Member(name, version.size, version.created_at))
        for version, name in zip(versions, names, strict=True)
    )
    size = archive_size([member for _, member in members])
    return Archive(f"{state} {room.kind} {work.now:%Y-%m-%d}.zip", size, intent, members, permit.request)


def _names(files: list[Particulars], *, marked: bool) -> list[str]:
    if marked and any(map(is_pdf, files)):
        raise Invalid(MARKED_ALONE)
    return unique_names([file.name for file in files])
