"""Scanned copies of the notes on which appointments and assignments rest: on their way in. Out: downloads.py."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from portal.domain.ids import PersonId
from portal.domain.texts import N_
from portal.usecases import notes
from portal.web.languages import say
from portal.web.uploads import Act, Keep, take_files
from portal.web.ways import caller_of, id_from, portal_of

KEPT = N_("Kept as copy %(number)s of this note.")


async def add(request: Request) -> Response:
    """Add the scanned copy of the note on which an appointment or an assignment rests, or ended: one file."""
    portal, caller, person = portal_of(request), caller_of(request), PersonId(id_from(request, "id"))
    on = id_from(request, "appointment" if "appointment" in request.path_params else "assignment")

    def keep(fields: dict[str, str]) -> Keep:
        return partial(notes.keep_note, portal, caller, person, of_end=fields.get("of_end") == "yes")

    begin = partial(notes.begin_note, portal, caller, person, on)
    page = f"/people/{person}"
    act = Act(begin, keep, lambda kept: say(request, KEPT, number=kept.number), page, most=1, leads=page)
    return await take_files(request, act)
