"""What is public: the register, its feed, a page for each file and the file itself. For anybody, unrecorded.

1. Nothing here asks the gate: it reads only rows that exist because something was made public, and nothing else.
2. Pages are the same for everybody, so they are rendered once for each language and kept until something changes; the
   database is asked at most every two seconds, for what isn't known five times a second, and for a minute nobody
   notices that it is away. Handlers are coroutines: what is kept needs no thread.
3. They stand in the six languages of the United Nations, whatever languages the rest of the portal has.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC
from functools import partial, wraps
from threading import Lock
from time import monotonic
from typing import Final
from uuid import UUID

from anyio import to_thread
from babel import Locale
from starlette.requests import Request
from starlette.responses import Response

from portal.domain import media
from portal.domain.files import content_disposition
from portal.domain.ranges import Span, lists_tag, parse_range, same_tag
from portal.domain.texts import N_
from portal.domain.words import KINDS
from portal.errors import NotFound
from portal.usecases.public import Public, all_public, public_bytes
from portal.web.forms import page_in
from portal.web.languages import PUBLIC_LANGUAGES, RIGHT_TO_LEFT, accepted, catalogue
from portal.web.pages import environment
from portal.web.sending import Sending, Stream
from portal.web.ways import id_from, portal_of
from portal.work import Portal
from storage.errors import StorageError, StoreUnavailable
from storage.repositories.publications import Mark

SECONDS: Final = 2.0
MISSED_SECONDS: Final = 0.2  # whoever asks for what isn't there makes no more questions than five a second
AWAY_SECONDS: Final = 60.0
PAGE: Final = 50
CACHED: Final = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language"}
KEPT_MOST: Final = 5000  # pages
SUMMARY_TITLE: Final = N_("Executive summary of the country review: %(state)s")
Handler = Callable[[Request], Awaitable[Response]]

log = logging.getLogger("portal.web")


class Shelved:
    """What was public at one moment, newest first, and the pages that were made of just that."""

    def __init__(self, rows: tuple[Public, ...] = ()) -> None:
        self.rows = rows
        self._by_id = {one.id: one for one in rows}
        self._pages: dict[tuple[object, ...], bytes] = {}

    def __contains__(self, publication: UUID) -> bool:
        return publication in self._by_id

    def find(self, publication: UUID) -> Public:
        """Give one.

        Raises:
            NotFound: There is none.

        """
        found = self._by_id.get(publication)
        if found is None:
            raise NotFound
        return found

    async def page(self, key: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
        """Give a page, made once."""
        if key not in self._pages:
            if len(self._pages) >= KEPT_MOST:
                self._pages.clear()
            self._pages[key] = await to_thread.run_sync(make)
        return self._pages[key]


class Shelf:
    """What is public, as it was at most two seconds ago."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._lock = Lock()
        self._shelved = Shelved()
        self._mark: Mark | None = None
        self._good_at = self._asked_at = float("-inf")

    async def look(self, seconds: float = SECONDS) -> Shelved:
        """Give what is public; it is looked up anew if that was so long ago.

        Raises:
            StoreUnavailable: It couldn't be looked up for longer than a minute.

        """
        if monotonic() - self._asked_at >= seconds:
            await to_thread.run_sync(self._refresh, seconds)
        if monotonic() - self._good_at > AWAY_SECONDS:
            raise StoreUnavailable
        return self._shelved

    async def with_one(self, publication: UUID) -> Shelved:
        """Give what is public; where this isn't among it, another replica may just have published it.

        Raises:
            StoreUnavailable: It couldn't be looked up for longer than a minute.

        """
        shelved = await self.look()
        return shelved if publication in shelved else await self.look(MISSED_SECONDS)

    def _refresh(self, seconds: float) -> None:
        known = self._good_at > float("-inf")
        if not self._lock.acquire(
            timeout=0 if known else SECONDS
        ):  # somebody is asking; a thread waits for that at most
            return
        try:
            if monotonic() - self._asked_at >= seconds:
                self._ask()
        finally:
            self._lock.release()

    def _ask(self) -> None:
        try:
            self._mark, found = all_public(self._portal, self._mark)
        except StoreUnavailable as error:
            log.warning("what is public can't be looked up now: %s", type(error).__qualname__)
        except StorageError as error:
            log.error("alarm: what is public can't be read: %s; run portal fsck", type(error).__qualname__)  # noqa: TRY400 - a trace may quote a row
        else:
            if found is not None and found != self._shelved.rows:
                self._shelved = Shelved(found)
            self._good_at = monotonic()
        finally:
            self._asked_at = monotonic()


def _or_absent(handler: Handler) -> Handler:
    """Let a handler say in public that there is nothing: nobody is sent to sign in for it."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except NotFound:
            language = _language(request)
            body = await to_thread.run_sync(partial(_render, request, "public/absent.html", language))
            return _answer(body, language, status=404)

    return handle


def summary_title(portal: Portal, language: str, state: str) -> str:
    """Give the title under which everybody finds an executive summary, in its own language."""
    return catalogue(language).gettext(SUMMARY_TITLE) % {"state": portal.state_names(language).get(state, state)}


async def register(request: Request) -> Response:
    """List what is public."""
    shelf, language = await _shelf(request), _language(request)
    rows = shelf.rows
    number = min(page_in(request.query_params.get("page", "")), _pages(rows))

    def make() -> bytes:
        part = rows[(number - 1) * PAGE : number * PAGE]
        data = {"rows": part, "number": number, "pages": _pages(rows), "total": len(rows)}
        return _render(request, "public/register.html", language, **data)

    return _answer(await shelf.page(("register", language, number), make), language)


@_or_absent
async def view(request: Request) -> Response:
    """Show one public file: what it is, its hash, who made it public and when, and what proves that."""
    (shelf, one), language = await _one(request), _language(request)

    def make() -> bytes:
        same = [row for row in shelf.rows if _of(row) == _of(one)]
        others = [row for row in same if row.id != one.id and row.withdrawn is None]
        return _render(request, "public/file.html", language, here=f"/public/{one.id}", one=one, others=others)

    return _answer(await shelf.page(("file", language, one.id), make), language)


def _of(one: Public) -> tuple[object, ...]:
    """Tell of what something public is a part or a language version."""
    return one.conference, one.state, one.cycle, one.kind


async def feed(request: Request) -> Response:
    """Give the newest of the register as a feed (Atom, RFC 4287)."""
    shelf, language = await _shelf(request), _language(request)

    def make() -> bytes:
        return _render(request, "public/feed.xml", language, rows=shelf.rows[:PAGE])

    body = await shelf.page(("feed", language), make)
    headers = {**CACHED, "Content-Language": language, "Content-Type": "application/atom+xml; charset=utf-8"}
    return Response(body, headers=headers)


@_or_absent
async def proof(request: Request) -> Response:
    """Give the proof of the entry of the log by which a file became public."""
    _, one = await _one(request)
    if one.proof is None:
        raise NotFound
    headers = {**CACHED, "Content-Disposition": f'attachment; filename="{one.id}.tlog-proof"'}
    return Response(one.proof.encode(), headers=headers, media_type="text/plain; charset=utf-8")


@_or_absent
async def download(request: Request) -> Response:
    """Send a public file, or a part of it."""
    portal, (_, one) = portal_of(request), await _one(request)
    if one.withdrawn is not None:
        raise NotFound
    tag = f'"{one.sha256}"'
    headers = {"Cache-Control": "public, max-age=300", "ETag": tag, "Accept-Ranges": "bytes"}
    if lists_tag(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    wanted = parse_range(request.headers.get("range")) if request.method == "GET" else None
    condition = request.headers.get("if-range")
    if condition is not None and not same_tag(condition, tag):
        wanted = None
    span = wanted.within(one.size) if wanted else Span(0, one.size)
    name = f"{one.state}-{one.kind.value}-{one.language}.pdf"
    headers |= {"Content-Type": media.PDF, "Content-Disposition": content_disposition(name)}
    if span is None:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{one.size}"})
    headers["Content-Length"] = str(span.stop - span.start)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{one.size}"
    if request.method == "HEAD":
        return Response(headers=headers)
    address = request.client.host if request.client else ""
    stream = Stream(public_bytes(portal, one, span), lambda _: True, lambda _result, _sent: None, address, public=True)
    return Sending(stream, headers, 200 if wanted is None else 206)


async def _shelf(request: Request) -> Shelved:
    shelf: Shelf = request.app.state.shelf
    return await shelf.look()


async def _one(request: Request) -> tuple[Shelved, Public]:
    shelf: Shelf = request.app.state.shelf
    publication = id_from(request, "id")
    shelved = await shelf.with_one(publication)
    return shelved, shelved.find(publication)


def _pages(rows: tuple[Public, ...]) -> int:
    return max(1, -(-len(rows) // PAGE))


def _language(request: Request) -> str:
    """Choose one of the six: the one of the address, else the browser's first of them."""
    asked = request.query_params.get("lang", "")
    return (
        asked if asked in PUBLIC_LANGUAGES else accepted(request.headers.get("accept-language", ""), PUBLIC_LANGUAGES)
    )


def _render(request: Request, template: str, language: str, **data: object) -> bytes:
    portal = portal_of(request)
    context: dict[str, object] = {
        "viewer": None,
        "here": "/public",
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "zone": UTC,
        "names": portal.state_names(language),
        "kinds": KINDS,
        "language_name": Locale.parse(language).languages.get,
        "public_languages": PUBLIC_LANGUAGES,
        "origin": portal.settings.origin,
    }
    return environment(language).get_template(template).render(context | data).encode()


def _answer(body: bytes, language: str, status: int = 200) -> Response:
    headers = {**CACHED, "Content-Language": language, "Content-Type": "text/html; charset=utf-8"}
    return Response(body, status, headers=headers)
