"""Downloads: a version, a scanned copy or a summary, or a range of one; a room as an archive. Always attached.

1. Every answer says `attachment`, `nosniff`, a sandbox and `no-store`; a type that a browser would run is sent as
   nameless bytes.
2. A version or a copy never changes, so its id is its strong validator (RFC 9110, 8.8.3): an unguessable number that
   tells nothing of the content.
3. A marked copy is made for each download, so it has no validator and no ranges.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from portal.access.actions import Action
from portal.domain import media
from portal.domain.files import content_disposition
from portal.domain.ranges import lists_tag, parse_range, same_tag
from portal.domain.words import ROLES
from portal.usecases.archives import begin_archive
from portal.usecases.downloads import Download, begin_download, end_download, whose
from portal.usecases.marked_copies import Copying, Marking
from portal.usecases.notes import begin_copy
from portal.usecases.summaries import begin_summary
from portal.usecases.transfers import Going
from portal.web.languages import catalogue
from portal.web.sending import Sending, Stream
from portal.web.ways import caller_of, id_from, portal_of

Begin = Callable[..., Download]  # of a portal, a caller and an id; `wanted` and `streams` by name
BYTES: Final = "application/octet-stream"
_OFFICE: Final = "application/vnd."
# what no browser runs; an attachment of another type has no type
HARMLESS: Final = frozenset(
    {
        media.PDF,
        media.RTF,
        media.ZIP,
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/tiff",
        "image/webp",
        media.TEXT,
    }
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Vary": "Cookie",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}


def download(request: Request) -> Response:
    """Send a version's content."""
    return send_content(request, Action.DOWNLOAD_VERSION, begin_download, marks=True)


def download_copy(request: Request) -> Response:
    """Send the scanned copy of a note."""
    return send_content(request, Action.OPEN_NOTE, begin_copy)


def download_summary(request: Request) -> Response:
    """Send an executive summary to a member of a body of the Conference."""
    return send_content(request, Action.DOWNLOAD_SUMMARY, begin_summary, marks=True)


def send_content(request: Request, action: Action, begin: Begin, *, marks: bool = False) -> Response:
    """Send a content that never changes, by the id in the address; marks: or a marked copy of it, to whom it is due."""
    portal, caller, content_id = portal_of(request), caller_of(request), id_from(request, "id")
    tag = f'"{content_id.hex}"'
    known = request.headers.get("if-match")
    gets = request.method == "GET"
    if known is not None and not lists_tag(known, tag):
        begin(portal, caller, content_id, streams=False, **({"gets": False} if marks else {}))
        return Response(status_code=412, headers=HEADERS)
    unchanged = lists_tag(request.headers.get("if-none-match"), tag)
    streams = gets and not unchanged
    wanted = parse_range(request.headers.get("range")) if streams else None
    condition = request.headers.get("if-range")
    if condition is not None and not same_tag(condition, tag):
        wanted = None
    marking = {"gets": gets, "marking": marking_of(request)} if marks else {}
    found = begin(portal, caller, content_id, wanted=wanted, streams=streams, **marking)
    going = Going(portal, caller, action, content_id)
    if found.marked:
        return _send_whole(found, going)
    headers = {**HEADERS, "ETag": tag, "Accept-Ranges": "bytes"}
    if unchanged:
        return Response(status_code=304, headers=headers)
    headers |= _named(found)
    if not streams:
        return Response(headers={**headers, "Content-Length": str(found.size)})
    if found.span is None:
        return Response(status_code=416, headers={**HEADERS, "Content-Range": f"bytes */{found.size}"})
    headers["Content-Length"] = str(found.span.stop - found.span.start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {found.span.start}-{found.span.stop - 1}/{found.size}"
    stream = Stream(found.blocks(), going, found.end, whose(found.intent))
    return Sending(stream, headers, 200 if wanted is None else 206)


def _send_whole(found: Download, going: Going) -> Response:
    """Send a marked copy, or what isn't a PDF, to whom no PDF leaves without a mark: whole, and by no validator."""
    headers = {**HEADERS, "Accept-Ranges": "none"}
    if found.copying is not None:
        return send_copy(found.copying, found.name, going, found.end, whose(found.intent), headers)
    headers |= _named(found)
    if found.intent is None:
        answer = Response(headers=headers)
        del answer.headers["content-length"]  # that of a copy isn't known before it is made
        return answer
    stream = Stream(found.blocks(), going, found.end, whose(found.intent))
    return Sending(stream, {**headers, "Content-Length": str(found.size)})


def send_copy(
    copying: Copying,
    name: str,
    going: Going,
    end: Callable[[str, int], None],
    takes: str,
    headers: Mapping[str, str] = HEADERS,
) -> Response:
    """Send a marked copy, which is made meanwhile."""
    stream = Stream(copying.blocks(partial(going, progress=False)), going, end, takes, stop=copying.stop)
    return Sending(stream, {**headers, "Content-Type": media.PDF, "Content-Disposition": content_disposition(name)})


def marking_of(request: Request) -> Marking:
    """Take what marks copies, and how it says in whose language what somebody is."""
    return Marking(request.app.state.renderer, lambda role, language: catalogue(language).gettext(ROLES[role]))


def _named(found: Download) -> dict[str, str]:
    return {"Content-Type": sent_type(found.media_type), "Content-Disposition": content_disposition(found.name)}


def download_room(request: Request) -> Response:
    """Send all that a room holds for this person, as one archive."""
    portal, caller, room_id = portal_of(request), caller_of(request), id_from(request, "id")
    streams = request.method == "GET"
    archive = begin_archive(portal, caller, room_id, streams=streams)
    headers = {
        **HEADERS,
        "Content-Type": media.ZIP,
        "Content-Disposition": content_disposition(archive.name),
        "Content-Length": str(archive.size),
    }
    if not streams:
        return Response(headers=headers)
    stream = Stream(
        archive.blocks(portal, caller),
        Going(portal, caller, Action.DOWNLOAD_ROOM, room_id),
        partial(end_download, portal, archive.intent),
        whose(archive.intent),
    )
    return Sending(stream, headers)


def sent_type(media_type: str) -> str:
    """Choose the type to send: what browsers don't run, or nameless bytes."""
    essence = media_type.partition(";")[0].strip().lower()
    if essence in HARMLESS or (essence.startswith(_OFFICE) and essence.isascii()):
        return essence
    return BYTES
