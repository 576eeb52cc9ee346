"""The list of States: looking, editing, importing."""

from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.instruments import SHORT_TITLES, SIGNS, Instrument
from portal.domain.lists import LIST_BYTES
from portal.domain.names import one_line
from portal.domain.states import GROUP_TITLES, RegionalGroup, asked_state
from portal.domain.words import LANGUAGES
from portal.usecases import states
from portal.web.checks import Checks, words_of
from portal.web.forms import Fields, Form, filled, read_form
from portal.web.multipart import FieldPart, multipart
from portal.web.ways import caller_of, portal_of, show

ADDRESS: Final = "/states"


def listing(request: Request) -> Response:
    """Show the list of States."""
    lines = states.list_states(portal_of(request), caller_of(request))
    imported = request.query_params.get("imported", "")
    return show(
        request,
        "states/list.html",
        lines=lines,
        groups=GROUP_TITLES,
        signs=SIGNS,
        titles=SHORT_TITLES,
        known=sorted({one for line in lines for one, _ in line.instruments}, key=list(Instrument).index),
        imported=int(imported) if imported.isdecimal() and len(imported) < len("1000000") else None,
    )


def view(request: Request) -> Response:
    """Show one State, to be edited."""
    return _page(request, None)


def edit(request: Request) -> Response:
    """Keep a State's names and its regional group."""
    checks = Checks(read_form(request))
    form, code = checks.form, asked_state(request.path_params["code"])
    names = {language: form.text(f"name_{language}") for language in LANGUAGES if form.has(f"name_{language}")}
    for language, name in names.items():
        if name or language == "en":
            checks.take(f"name_{language}", one_line)
    group = next((group for group in RegionalGroup if group.value == form.text("group")), None)
    if checks.ok:
        checks.attempt(partial(states.edit_state, portal_of(request), caller_of(request), code, group, names))
    return RedirectResponse(ADDRESS, 303) if checks.ok else _page(request, checks)


def import_form(request: Request) -> Response:
    """Show the form by which a list is imported."""
    return _import_page(request, Checks(Form(), sent=False))


async def import_list(request: Request) -> Response:
    """Import a list, from a file or as it was pasted."""
    given, pasted = b"", ""
    async for part in multipart(request):
        if isinstance(part, FieldPart):
            pasted = part.value if part.name == "list" else pasted
            continue
        async for chunk in part.chunks:
            if len(given) <= LIST_BYTES:  # one more than fits is enough to refuse it
                given += chunk[: LIST_BYTES + 1 - len(given)]
    return await to_thread.run_sync(partial(_import, request, given, pasted))


def import_shipped(request: Request) -> Response:
    """Import the list that comes with the portal."""
    count = states.import_shipped(portal_of(request), caller_of(request))
    return RedirectResponse(f"{ADDRESS}?imported={count}", 303)


def _import(request: Request, given: bytes, pasted: str) -> Response:
    checks = Checks(Form(Fields({"list": (pasted,)})))
    data = given or pasted.encode()
    count = checks.attempt(partial(states.import_list, portal_of(request), caller_of(request), data))
    if checks.ok:
        return RedirectResponse(f"{ADDRESS}?imported={count}", 303)
    return _import_page(request, checks)


def _import_page(request: Request, checks: Checks) -> Response:
    states.list_states(portal_of(request), caller_of(request))
    return show(
        request,
        "states/import.html",
        status=checks.status,
        groups=GROUP_TITLES,
        titles=SHORT_TITLES,
        lists=states.FIRST_LINES,
        **checks.tell(request),
    )


def _page(request: Request, checks: Checks | None) -> Response:
    entry = states.view_state(portal_of(request), caller_of(request), asked_state(request.path_params["code"]))
    if checks is None:
        names = {f"name_{language}": name for language, name in entry.names.items()}
        checks = Checks(filled(group=entry.group or "", **names), sent=False)
    return show(
        request,
        "states/state.html",
        status=checks.status,
        entry=entry,
        group_options=words_of(request, GROUP_TITLES),
        languages_of_names=LANGUAGES,
        titles=SHORT_TITLES,
        **checks.tell(request),
    )
