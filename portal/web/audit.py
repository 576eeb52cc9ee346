"""Who opened what: the trail of a document, of a file and of a State's own people; to take along, too."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from threading import Event
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from portal.access.actions import Action
from portal.access.deeds import DEEDS, GROUPS
from portal.domain import copies, media
from portal.domain.texts import N_
from portal.domain.words import ROLES, ROOMS
from portal.errors import Invalid
from portal.usecases.bundles import begin_bundle, bundle_blocks
from portal.usecases.downloads import end_download, whose
from portal.usecases.openings import BACKWARDS, MOST_TIME, view_openings
from portal.usecases.trail_counts import count_trail
from portal.usecases.trail_exports import (
    ALTERED,
    FILE_ITSELF,
    RESULTS,
    WITHHELD,
    Export,
    Words,
    begin_document_export,
    begin_export,
    blocks,
)
from portal.usecases.trail_papers import begin_paper
from portal.usecases.trails import (
    Search,
    Trail,
    view_case_trail,
    view_document_trail,
    view_people_trail,
    view_review_trail,
)
from portal.usecases.transfers import Going
from portal.web import cursors
from portal.web.downloads import HEADERS
from portal.web.forms import Form
from portal.web.languages import language_of, say
from portal.web.sending import Sending, Stream
from portal.web.trail_papers import paper_blocks
from portal.web.ways import caller_of, id_from, portal_of, show

VERSION = re.compile("[1-9][0-9]{0,5}")
FILTERS = ("group", "from", "to", "person", "document", "copy")
NO_DATE = N_("This is no date of the calendar: choose one, or write it as 2026-05-04. It was left out of the search.")
NO_COPY = N_(
    "This is no number of a copy: four groups of four letters and digits, as in 7K3M-92QX-AB3D-EF4G. One may be "
    "misread. It was left out of the search."
)
NO_EXPORT = N_(
    "A date of the search is none of the calendar, or the number of a copy is none, so nothing was made. Go back and "
    "correct it."
)


def of_document(request: Request) -> Response:
    """Show who opened a document."""
    form, search = _read_search(request)
    found = view_document_trail(portal_of(request), caller_of(request), id_from(request, "id"), search)
    return _show(request, "audit/document.html", form, found.trail, found=found)


def of_review(request: Request) -> Response:
    """Show who opened what in a file."""
    form, search = _read_search(request)
    found = view_review_trail(portal_of(request), caller_of(request), id_from(request, "id"), search)
    counts = count_trail(found.source, search) if search.after is None else None
    return _show(request, "audit/review.html", form, found.trail, found=found, counts=counts)


def of_case(request: Request) -> Response:
    """Show the confidentiality officer who did what in the file of a case."""
    form, search = _read_search(request)
    case = id_from(request, "id")
    found = view_case_trail(portal_of(request), caller_of(request), case, search)
    return _show(request, "audit/case.html", form, found.trail, found=found, case=case)


def of_people(request: Request) -> Response:
    """Show a focal point what the people of its own State opened."""
    form, search = _read_search(request)
    trail = view_people_trail(portal_of(request), caller_of(request), search)
    return _show(request, "audit/people.html", form, trail)


def of_openings(request: Request) -> Response:
    """Show everyone who could open a version of a document in a time, and everyone who did: today, if none is named."""
    portal = portal_of(request)
    form = Form({name: tuple(request.query_params.getlist(name)) for name in ("version", "from", "to")})
    first, last = _days(request, form, portal.clock().date())
    number = form.text("version")
    found = view_openings(
        portal,
        caller_of(request),
        id_from(request, "id"),
        int(number) if VERSION.fullmatch(number) else None,
        _midnight(first),
        _midnight(last + timedelta(days=1)),
    )
    shown = {"version": str(found.version), "from": first.isoformat(), "to": last.isoformat()}
    form.fields = {name: ((form.text(name) if form.errors else "") or text,) for name, text in shown.items()}
    return show(
        request,
        "audit/openings.html",
        status=200 if form.ok else 422,
        form=form,
        found=found,
        versions=[(str(number), str(number)) for number in found.versions],
        last=last,
        roles=ROLES,
        deeds=DEEDS,
        states=portal.state_names(language_of(request)),
    )


def _days(request: Request, form: Form, today: date) -> tuple[date, date]:
    """Read the first and the last day of a time; where they are none, today, and the form says so."""
    since, until = _day(request, form, "from"), _day(request, form, "to")
    first, last = since or until or today, until or since or today
    if form.ok and not timedelta(0) <= last - first < MOST_TIME:
        form.refuse("to", say(request, BACKWARDS))
    return (first, last) if form.ok else (today, today)


def export_review(request: Request) -> Response:
    """Send a file's trail as a table."""
    return _table(request, begin_export, Action.EXPORT_REVIEW_TRAIL)


def export_document(request: Request) -> Response:
    """Send a document's trail as a table."""
    return _table(request, begin_document_export, Action.VIEW_DOCUMENT_TRAIL)


def export_bundle(request: Request) -> Response:
    """Send a file's trail as a bundle, to be checked with `portal verify`."""
    portal, caller, on = portal_of(request), caller_of(request), id_from(request, "id")
    bundle = begin_bundle(portal, caller, on, _whole_search(request), streams=request.method == "GET")
    stream = bundle_blocks(bundle)
    return _send(request, Action.EXPORT_REVIEW_TRAIL, bundle.export, stream, ("application/jsonl", "trail.bundle"))


def export_paper(request: Request) -> Response:
    """Send a file's trail as PDF, for reading."""
    portal, caller, on = portal_of(request), caller_of(request), id_from(request, "id")
    wanted = begin_paper(portal, caller, on, _whole_search(request), streams=request.method == "GET")
    body = paper_blocks(request, wanted, portal.state_names(language_of(request)))
    return _send(request, Action.EXPORT_REVIEW_TRAIL, wanted.export, body, (media.PDF, "trail.pdf"), stop=Event())


def _table(request: Request, begin: Callable[..., Export], action: Action) -> Response:
    portal, caller, on = portal_of(request), caller_of(request), id_from(request, "id")
    words = Words(partial(say, request), portal.state_names(language_of(request)))
    export = begin(portal, caller, on, _whole_search(request), streams=request.method == "GET")
    return _send(request, action, export, blocks(export, words), ("text/csv; charset=utf-8", "trail.csv"))


def _whole_search(request: Request) -> Search:
    form, search = _read_search(request)
    if not form.ok:
        raise Invalid(NO_EXPORT)
    return search


def _send(
    request: Request,
    action: Action,
    export: Export,
    body: Iterator[bytes],
    kind: tuple[str, str],
    stop: Event | None = None,
) -> Response:
    portal, caller, on = portal_of(request), caller_of(request), id_from(request, "id")
    headers = {
        **HEADERS,
        "Content-Type": kind[0],
        "Content-Disposition": f'attachment; filename="{kind[1]}"',
        "Vary": "Cookie, Accept-Language",
    }
    if export.intent is None:
        return Response(headers=headers)
    stream = Stream(
        body,
        Going(portal, caller, action, on),
        partial(end_download, portal, export.intent),
        whose(export.intent),
        stop=stop,
    )
    return Sending(stream, headers)


def _show(request: Request, template: str, form: Form, trail: Trail, **data: object) -> Response:
    kept = {name: form.text(name) for name in FILTERS if form.text(name)}
    fitting = {name: text for name, text in kept.items() if name not in form.errors}
    older = f"?{urlencode({**kept, 'after': cursors.written(trail.older)})}" if trail.older else None
    return show(
        request,
        template,
        status=200 if form.ok else 422,
        form=form,
        trail=trail,
        older=older,
        newest=f"?{urlencode(kept)}" if form.text("after") else None,
        table=f"?{urlencode(fitting)}" if fitting else "",
        only=partial(_only, kept),
        groups=[(group.name, say(request, group.words)) for group in GROUPS],
        rooms=ROOMS,
        results=RESULTS,
        withheld=WITHHELD,
        altered=ALTERED,
        file_itself=FILE_ITSELF,
        states=portal_of(request).state_names(language_of(request)),
        **data,
    )


def _only(kept: Mapping[str, str], **more: object) -> str:
    """Give the address of the same search with something more, or (None) something less in it."""
    wanted = {**kept, **{name: str(value) for name, value in more.items() if value is not None}}
    return "?" + urlencode({name: value for name, value in wanted.items() if more.get(name, value) is not None})


def _read_search(request: Request) -> tuple[Form, Search]:
    form = Form({name: tuple(request.query_params.getlist(name)) for name in (*FILTERS, "after")})
    since, until = _day(request, form, "from"), _day(request, form, "to")
    return form, Search(
        person=_id(form.text("person")),
        document=_id(form.text("document")),
        copy=_copy(request, form),
        group=form.text("group"),
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
        after=cursors.read(form.text("after")),
    )


def _copy(request: Request, form: Form) -> str:
    """Read the number of a marked copy as it stands on a page; one that is none is left out, and the form says so."""
    text = form.text("copy").strip()
    number = copies.read(text) if text else None
    if text and number is None:
        form.refuse("copy", say(request, NO_COPY))
    return copies.written(number) if number is not None else ""


def _day(request: Request, form: Form, name: str) -> date | None:
    text = form.text(name)
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or found == date.max):
        form.refuse(name, say(request, NO_DATE))
        return None
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _id(text: str) -> UUID | None:
    """Read an id that narrows a list; one that is malformed finds nothing, as any that isn't there."""
    try:
        return UUID(hex=text) if text else None
    except ValueError:
        return UUID(int=0)
