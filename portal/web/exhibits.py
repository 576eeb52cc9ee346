"""Exhibits of a breach case: on their way in, and out."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from portal.access.actions import Action
from portal.domain.cases import line_of, text_of
from portal.domain.exhibits import Received
from portal.domain.periods import day
from portal.domain.texts import N_
from portal.usecases import exhibits
from portal.web.downloads import send_content
from portal.web.languages import say
from portal.web.uploads import Act, Keep, take_files
from portal.web.ways import caller_of, id_from, portal_of

KEPT = N_("Kept as exhibit %(number)s of this case.")


async def add(request: Request) -> Response:
    """Bring an exhibit into a case: one file, with what it is, from whom it was received and when."""
    portal, caller, case = portal_of(request), caller_of(request), id_from(request, "id")

    def keep(fields: dict[str, str]) -> Keep:
        source = line_of(text_of(fields.get("received_from", "")))
        received = Received(text_of(fields.get("exhibit_text", "")), source, day(fields.get("received_on", "")))
        return partial(exhibits.keep_exhibit, portal, caller, received=received)

    begin = partial(exhibits.begin_exhibit, portal, caller, case)
    page = f"/cases/{case}"
    return await take_files(
        request, Act(begin, keep, lambda kept: say(request, KEPT, number=kept.number), page, most=1, leads=page)
    )


def download(request: Request) -> Response:
    """Send an exhibit."""
    return send_content(request, Action.DOWNLOAD_EXHIBIT, exhibits.begin_exhibit_download)
