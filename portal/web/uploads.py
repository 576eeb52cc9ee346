"""Uploads: new documents for a room, a new version of a document. Read part by part, never kept in the clear.

1. The fields come before the files; each file is taken, refused or kept by itself, and what was kept stays.
2. The script gets one answer for each file, as JSON. A plain form gets the page of the room or the document, or
   one that tells of each file, if there is something to tell.
3. A refusal by the gate before the first file is the whole answer; the rest of the body is not read.
"""

import logging
import re
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from anyio import CancelScope, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from portal.domain.documents import DocumentKind
from portal.domain.files import clean_name
from portal.domain.names import one_line
from portal.domain.problems import RefusedError
from portal.domain.tags import parse_tags
from portal.domain.texts import N_
from portal.errors import Forbidden, Invalid, NotFound, PortalError, SignedOut, Unavailable
from portal.insisting import insist
from portal.usecases import contents, uploads
from portal.usecases.contents import Arrived, Kept, Upload
from portal.usecases.downloads import ABORTED, FAILED, whose
from portal.usecases.transfers import Going
from portal.usecases.uploads import TITLE_CHARACTERS, Described
from portal.web.answers import Told, failure, upload_answer
from portal.web.failures import ASKED
from portal.web.languages import say
from portal.web.multipart import FieldPart, FilePart, multipart
from portal.web.receiving import Receiving
from portal.web.refusals import RequestRefused
from portal.web.ways import caller_of, id_from, portal_of
from portal.work import Portal
from storage.errors import DatabaseUnavailable, StorageError

log = logging.getLogger("portal.web")

REFUSED: Final = "refused"
LANGUAGE: Final = re.compile(r"[a-z]{2,3}")

CHOOSE = N_("No file was chosen, so nothing was kept. Choose at least one file and send the form again.")
ONE_FILE = N_("One file is taken here at a time, so this one was not kept. Send it by itself.")
CHOOSE_KIND = N_("Choose what kind of document this is, then send the file again. Nothing was kept.")
CHOOSE_LANGUAGE = N_("Choose the language of the document, then send the file again. Nothing was kept.")
KEPT = N_("Kept as no. %(number)s.")
KEPT_VERSION = N_("Kept as version %(version)s.")
SAME_FILE = N_("The same file is already here as no. %(numbers)s.")
OTHER_NAME = N_("Its name was changed to “%(name)s”, for the old one could mislead or not be stored.")
NO_NAME = N_("It came without a name, so it is kept under the name “%(name)s”.")
OTHER_TYPE = N_("Its content isn’t what its name or type says; both are shown beside it.")

Begin = Callable[[str, str], Upload]
Keep = Callable[[Upload, Arrived], Kept]


@dataclass(frozen=True, slots=True)
class Act:
    """What an upload does with each of its files."""

    begin: Begin
    keep: Callable[[dict[str, str]], Keep]
    words: Callable[[Kept], str]
    page: str
    most: int = 200
    leads: str = ""  # where one is led instead of to the new document's page
    told: list[Told] = field(default_factory=list)


async def put_documents(request: Request) -> Response:
    """Put files into a room, each as a document."""
    portal, caller, room_id = portal_of(request), caller_of(request), id_from(request, "id")

    def keep(fields: dict[str, str]) -> Keep:
        said = described(fields)
        return lambda upload, arrived: uploads.keep_document(portal, caller, upload, arrived, said)

    begin = partial(uploads.begin_upload, portal, caller, room_id)
    return await take_files(
        request, Act(begin, keep, lambda kept: say(request, KEPT, number=kept.number), f"/rooms/{room_id}")
    )


async def add_version(request: Request) -> Response:
    """Add a version to a document."""
    portal, caller, document_id = portal_of(request), caller_of(request), id_from(request, "id")

    def keep(_fields: dict[str, str]) -> Keep:
        return partial(uploads.keep_version, portal, caller)

    begin = partial(uploads.begin_version, portal, caller, document_id)
    page = f"/documents/{document_id}"
    return await take_files(
        request, Act(begin, keep, lambda kept: say(request, KEPT_VERSION, version=kept.version), page, most=1)
    )


def described(fields: dict[str, str]) -> Described:
    """Read what somebody says about the documents that they send.

    Raises:
        Invalid: The kind or the language isn't one.
        RefusedError: The title or the tags can't be taken; says why.

    """
    try:
        kind = DocumentKind(fields.get("kind", ""))
    except ValueError:
        raise Invalid(CHOOSE_KIND) from None
    language = fields.get("language", "")
    if not LANGUAGE.fullmatch(language):
        raise Invalid(CHOOSE_LANGUAGE)
    title = fields.get("title", "").strip()
    return Described(
        kind, language, one_line(title, TITLE_CHARACTERS) if title else "", parse_tags(fields.get("tags", ""))
    )


async def take_files(request: Request, act: Act) -> Response:
    """Take the files of an upload, one after the other, and tell what became of each."""
    fields: dict[str, str] = {}
    keep: Keep | None = None
    wrong: PortalError | RefusedError | None = None
    async for part in multipart(request):
        if isinstance(part, FieldPart):
            fields[part.name] = part.value
            continue
        chunks = await _chosen(part)
        if chunks is None or wrong is not None:
            continue
        if len(act.told) == act.most:
            act.told.append(Told(part.file_name, ok=False, message=say(request, ONE_FILE), status=422))
            continue
        try:
            keep = keep or act.keep(fields)
        except (PortalError, RefusedError) as error:
            wrong = error  # told once the rest is read, or the browser would not hear it
            continue
        act.told.append(await _told(request, act, keep, replace(part, chunks=chunks)))
    if wrong is not None:
        raise wrong
    if not act.told:
        raise Invalid(CHOOSE)
    return await upload_answer(request, act.told, act.page)


async def _chosen(part: FilePart) -> AsyncIterator[bytes] | None:
    """Give the chunks of a file; a field in which none was chosen sends an empty one without a name."""
    if part.file_name:
        return part.chunks
    first = await anext(part.chunks, b"")
    return _after(first, part.chunks) if first else None


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _told(request: Request, act: Act, keep: Keep, part: FilePart) -> Told:
    """Take one file, and put what became of it into words."""
    try:
        kept = await _keep(request, act, keep, part)
    except (PortalError, RefusedError, StorageError) as error:
        if isinstance(error, NotFound | Forbidden | SignedOut) and not act.told:
            raise
        status, message = failure(request, error)
        asks = status in ASKED and not isinstance(error, DatabaseUnavailable)
        return Told(clean_name(part.file_name).name, ok=False, message=message, status=status, asks=asks)
    notes = [say(request, SAME_FILE, numbers=", ".join(str(number) for number in kept.equal))] if kept.equal else []
    renamed = OTHER_NAME if part.file_name else NO_NAME
    notes += [say(request, renamed, name=f"\u2068{kept.name.name}\u2069")] if kept.name.changed else []
    notes += [] if kept.agrees else [say(request, OTHER_TYPE)]
    message = " ".join([act.words(kept), *notes])
    return Told(
        kept.name.name, ok=True, message=message, url=act.leads or f"/documents/{kept.document}", plain=not notes
    )


async def _keep(request: Request, act: Act, keep: Keep, part: FilePart) -> Kept:
    portal, caller = portal_of(request), caller_of(request)
    upload = await to_thread.run_sync(act.begin, part.file_name, part.declared_type)
    holds = Going(portal, caller, upload.action, upload.on)
    take = partial(contents.take_content, portal, upload)
    receiving = Receiving(part.chunks, take, holds, whose(upload.intent))
    try:
        arrived = await receiving.run()
        return await to_thread.run_sync(keep, upload, arrived)
    except BaseException as error:
        with CancelScope(shield=True):
            await to_thread.run_sync(_abandon, portal, upload, _result(error), receiving.received)
        raise


def _abandon(portal: Portal, upload: Upload, result: str, received: int) -> None:
    try:
        insist(partial(contents.abandon, portal, upload, result, received))
    except StorageError as error:  # the sweeper and the next start finish what can't be done now
        log.error("an upload could not be taken away: %s", type(error).__qualname__)  # noqa: TRY400  # words may tell


def _result(error: BaseException) -> str:
    match error:
        case RefusedError() | Unavailable():
            return FAILED
        case PortalError():
            return REFUSED
        case StorageError():
            return FAILED
        case RequestRefused() | ClientDisconnect() | CancelledError():
            return ABORTED
        case _:
            return FAILED
