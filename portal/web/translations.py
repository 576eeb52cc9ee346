"""Translations: what a translator was sent, what an officer has sent of a document, deliveries."""

from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain import undertakings
from portal.domain.names import one_line
from portal.domain.problems import RefusedError
from portal.errors import Invalid
from portal.usecases import deliveries, renderings, translations
from portal.usecases.uploads import TITLE_CHARACTERS
from portal.web.checks import state_names, words_of
from portal.web.csrf import is_led_here
from portal.web.forms import Form, read_form
from portal.web.languages import say
from portal.web.rooms import TONGUES, WORDS
from portal.web.uploads import KEPT, Act, Keep, take_files
from portal.web.ways import caller_of, id_from, portal_of, show

DELIVERED: Final = "/translations?delivered=1"


def listing(request: Request) -> Response:
    """Show a translator what was sent to them."""
    tasks = translations.my_translations(portal_of(request), caller_of(request))
    texts = renderings.my_texts(portal_of(request), caller_of(request))
    pending = {task.review: task.state for task in tasks if not task.pledged}
    pending |= {task.review: task.state for task in texts if not task.pledged}
    return show(
        request,
        "translations/list.html",
        tasks=tasks,
        texts=texts,
        pending=pending,
        delivered=request.query_params.get("delivered") == "1" and is_led_here(request),
        names=state_names(request),
        words=WORDS,
        undertaking=undertakings.PARAGRAPHS,
        wording=undertakings.WORDING,
    )


def view(request: Request) -> Response:
    """Show a translator one text, and the form to deliver its translation."""
    page = translations.view_translation(portal_of(request), caller_of(request), id_from(request, "id"))
    return show(
        request,
        "translations/task.html",
        page=page,
        form=Form(),
        names=state_names(request),
        words=WORDS,
        longest=TITLE_CHARACTERS,
    )


def sendings(request: Request) -> Response:
    """Show an officer what of a document was sent for translation, and the form to send it."""
    return _sendings(request, Form())


def send(request: Request) -> Response:
    """Send one version of a document to a translator."""
    document, form = id_from(request, "id"), read_form(request)
    portal, caller = portal_of(request), caller_of(request)
    try:
        version, person = UUID(hex=form.text("version")), UUID(hex=form.text("translator"))
    except ValueError:
        return _sendings(request, form, {"translator": translations.CHOOSE})
    try:
        translations.send_for_translation(portal, caller, document, version, person, form.text("language"))
    except Invalid as error:
        return _sendings(request, form, error.fields)
    except RefusedError as error:
        return _sendings(request, form, {"language": str(error)})
    return RedirectResponse(f"/documents/{document}/translations", 303)


def recall(request: Request) -> Response:
    """Take a text back from its translator."""
    document = translations.recall_translation(portal_of(request), caller_of(request), id_from(request, "id"))
    return RedirectResponse(f"/documents/{document}/translations", 303)


async def deliver(request: Request) -> Response:
    """Deliver a translation: one file."""
    portal, caller, task = portal_of(request), caller_of(request), id_from(request, "id")

    def keep(fields: dict[str, str]) -> Keep:
        given = fields.get("title", "").strip()
        title = one_line(given, TITLE_CHARACTERS) if given else ""
        return partial(deliveries.keep_delivery, portal, caller, task, title)

    begin = partial(deliveries.begin_delivery, portal, caller, task)
    act = Act(
        begin,
        keep,
        lambda kept: say(request, KEPT, number=kept.number),
        "/translations",
        most=1,
        leads=DELIVERED,
    )
    return await take_files(request, act)


def _sendings(request: Request, form: Form, wrong: dict[str, str] | None = None) -> Response:
    page = translations.list_sendings(portal_of(request), caller_of(request), id_from(request, "id"))
    names = state_names(request)
    for name, sentence in (wrong or {}).items():
        form.refuse(name, say(request, sentence))
    return show(
        request,
        "translations/sendings.html",
        status=200 if form.ok else 422,
        page=page,
        form=form,
        names=names,
        words=WORDS,
        language_words=words_of(request, TONGUES),
    )
