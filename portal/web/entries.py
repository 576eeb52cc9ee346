"""Drafts and what was sent: one draft to write in, and the acts on a text of a clarification.

A draft is saved as one types, with scripts; without them by its button. Whoever saves over somebody else's saving
gets both texts to see.
"""

from datetime import date
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.access.actions import Action
from portal.domain import markdown
from portal.domain.clarifications import KIND_WORDS
from portal.domain.languages import document_language
from portal.domain.problems import RefusedError
from portal.domain.texts import N_
from portal.errors import Invalid
from portal.usecases import attachments, drafting, questions, renderings, submissions
from portal.usecases.questions import Asked, Edited
from portal.usecases.translations import CHOOSE
from portal.web.checks import state_names, words_of
from portal.web.clarifications import EDITION_DIGITS, WORDS, asked, refuse_asked, show_thread
from portal.web.forms import Form, filled, go_on_with, read_form, whole
from portal.web.languages import say
from portal.web.pages import render
from portal.web.refused import refuse, sentence
from portal.web.rooms import TONGUES
from portal.web.translations import DELIVERED
from portal.web.ways import caller_of, id_from, portal_of, show

SAVED: Final = N_("Saved.")
UNSEEN: Final = N_("This form doesn’t say which saved version you saw, so nothing was done. Load the page again.")
NO_DAY: Final = N_("Write the day as year, month and day, such as 2026-05-04.")


def view(request: Request) -> Response:
    """Show a draft to be written in; what was sent already is shown in its clarification."""
    entry = id_from(request, "id")
    page = drafting.view_draft(portal_of(request), caller_of(request), entry)
    if not page.draft:
        return RedirectResponse(f"/clarifications/{page.clarification}", 303)
    return _show(request, page, on_record(page))


def save(request: Request) -> Response:
    """Save a draft with the choice of what goes with it, and do what the button says besides: nothing, ask, submit."""
    entry, form = id_from(request, "id"), read_form(request)
    try:
        saved = _save(request, entry, form, _going(form) if form.has("documents") else None)
    except Edited:
        return _show_again(request, entry, form, edited=True)
    except (Invalid, RefusedError) as problem:
        return _show_again(request, entry, form, problem)
    go_on_with(request, _after(form, saved.edition))
    portal, caller = portal_of(request), caller_of(request)
    match form.text("then"):
        case "ready":
            questions.ask_for_clearance(portal, caller, entry, saved.edition)
        case "submit":
            submissions.submit_entry(portal, caller, entry, saved.edition)
        case _:
            return RedirectResponse(f"/entries/{entry}", 303)
    return RedirectResponse(f"/clarifications/{saved.clarification}", 303)


def autosave(request: Request) -> Response:
    """Save a draft while somebody types in it, and answer with a line that says so."""
    entry, form = id_from(request, "id"), read_form(request)
    edition, problem = form.text("seen"), None
    try:
        edition = str(_save(request, entry, form).edition)
    except (Edited, Invalid, RefusedError) as refused:
        drafting.view_draft(portal_of(request), caller_of(request), entry)  # whoever may not see it learns nothing
        problem = refused
    return render(
        request,
        "clarifications/_saved.html",
        entry=entry,
        edition=edition,
        told=sentence(request, problem) if problem else say(request, SAVED),
        wrong=problem is not None,
        at=portal_of(request).clock(),
    )


def discard(request: Request) -> Response:
    """Discard a draft."""
    row = questions.discard_draft(portal_of(request), caller_of(request), id_from(request, "id"))
    return RedirectResponse(f"/clarifications/{row}", 303)


def clear(request: Request) -> Response:
    """Clear a draft, as it was read."""
    entry, form = id_from(request, "id"), read_form(request)
    row = questions.clear_draft(portal_of(request), caller_of(request), entry, _edition(form))
    return RedirectResponse(f"/clarifications/{row}", 303)


def submit(request: Request) -> Response:
    """Submit a draft, as it was read."""
    entry, form = id_from(request, "id"), read_form(request)
    row = submissions.submit_entry(portal_of(request), caller_of(request), entry, _edition(form))
    return RedirectResponse(f"/clarifications/{row}", 303)


def pass_on(request: Request) -> Response:
    """Pass on what was submitted, with the day by which an answer is hoped for."""
    entry, form = id_from(request, "id"), read_form(request)
    portal, caller = portal_of(request), caller_of(request)
    try:
        day = date.fromisoformat(form.text("due_on")) if form.text("due_on") else None
        row = submissions.pass_on(portal, caller, entry, day)
    except ValueError:
        return _thread_of(request, entry, form, Invalid(NO_DAY))
    except Invalid as problem:
        return _thread_of(request, entry, form, problem)
    return RedirectResponse(f"/clarifications/{row}", 303)


def sendings(request: Request) -> Response:
    """Show an officer where a text was sent for translation, and the form to send it."""
    return _sendings(request, Form())


def send(request: Request) -> Response:
    """Send a text to a translator."""
    entry, form = id_from(request, "id"), read_form(request)
    portal, caller = portal_of(request), caller_of(request)
    try:
        person = UUID(hex=form.text("translator"))
        renderings.send_text(portal, caller, entry, person, form.text("language"))
    except RefusedError as problem:
        return _sendings(request, form, {"language": problem})
    except ValueError:
        return _sendings(request, form, {"translator": Invalid(CHOOSE)})
    except Invalid as problem:
        return _sendings(request, form, dict.fromkeys(problem.fields, problem))
    return RedirectResponse(f"/entries/{entry}/translations", 303)


def recall(request: Request) -> Response:
    """Take a text back from its translator."""
    entry = renderings.recall_text(portal_of(request), caller_of(request), id_from(request, "id"))
    return RedirectResponse(f"/entries/{entry}/translations", 303)


def text(request: Request) -> Response:
    """Show a translator one text, and the form to deliver its translation."""
    return _show_text(request, Form())


def deliver(request: Request) -> Response:
    """Deliver the translation of a text."""
    form, task = read_form(request), id_from(request, "id")
    try:
        translated = markdown.check_text(form.text("text"))
    except RefusedError as problem:
        return _show_text(request, form, problem)
    renderings.deliver_text(portal_of(request), caller_of(request), task, translated)
    return RedirectResponse(DELIVERED, 303)


def on_record(page: drafting.DraftPage) -> Form:
    """Fill the form of a draft with what is saved."""
    return filled(
        seen=str(page.edition),
        text=page.text,
        language=page.language,
        kind=page.kind.value,
        article=page.subject.article,
        heading=page.subject.heading,
        page=page.subject.page,
        about=str(page.about or ""),
        attached=tuple(str(one.version) for one in page.documents if one.attached),
    )


def _save(request: Request, entry: UUID, form: Form, going: frozenset[UUID] | None = None) -> questions.Saved:
    first: Asked | None = asked(form) if form.has("article") else None
    written = markdown.check_text(form.text("text"))
    language = document_language(form.text("language"))
    portal, caller = portal_of(request), caller_of(request)
    return questions.save_draft(portal, caller, entry, _edition(form), language, written, first, going)


def _going(form: Form) -> frozenset[UUID]:
    """Read which versions of documents are to go with a draft."""
    try:
        return frozenset(UUID(hex=text) for text in form.all("attached"))
    except ValueError as problem:
        raise Invalid(attachments.NOT_HERE, {"attached": attachments.NOT_HERE}) from problem


def _after(form: Form, edition: int) -> Form:
    """Give what was typed, as something that is typed after a saving."""
    return Form({**form.fields, "seen": (str(edition),)})


def _edition(form: Form) -> int:
    if (seen := whole(form.text("seen"), EDITION_DIGITS)) is None:
        raise Invalid(UNSEEN)
    return seen


def _show_again(
    request: Request, entry: UUID, form: Form, problem: Exception | None = None, *, edited: bool = False
) -> Response:
    """Show a draft with what was typed; if somebody saved it meanwhile, with what they saved, too."""
    page = drafting.view_draft(portal_of(request), caller_of(request), entry)
    kept = on_record(page).fields
    if form.has("documents"):  # no tick is a choice, too
        kept = {**kept, "attached": ()}
    typed = Form({**kept, **form.fields})
    if edited:
        typed = _after(typed, page.edition)
    return _show(request, page, typed, problem, edited=edited)


def _show(
    request: Request,
    page: drafting.DraftPage,
    form: Form,
    problem: Exception | None = None,
    *,
    edited: bool = False,
) -> Response:
    names = state_names(request)
    if problem is not None:
        refuse_asked(request, form, problem)
    writes = page.first and Action.EDIT_ENTRY in page.may
    choices = drafting.about_choices(portal_of(request), caller_of(request), page.review) if writes else ()
    return show(
        request,
        "clarifications/draft.html",
        status=409 if edited else 200 if form.ok else 422,
        page=page,
        form=form,
        edited=edited,
        choices=choices,
        may={action.name.lower() for action in page.may},
        names=names,
        words=WORDS,
        kind_words=words_of(request, KIND_WORDS),
        language_words=words_of(request, TONGUES),
        written=markdown.to_html,
        longest=markdown.TEXT_CHARACTERS,
    )


def _thread_of(request: Request, entry: UUID, form: Form, problem: Exception) -> Response:
    page = drafting.view_draft(portal_of(request), caller_of(request), entry)
    return show_thread(request, page.clarification, form, {"due_on": problem})


def _sendings(request: Request, form: Form, problems: dict[str, Exception] | None = None) -> Response:
    page = renderings.list_text_sendings(portal_of(request), caller_of(request), id_from(request, "id"))
    names = state_names(request)
    refuse(request, form, (problems or {}).items())
    return show(
        request,
        "clarifications/sendings.html",
        status=200 if form.ok else 422,
        page=page,
        form=form,
        names=names,
        words=WORDS,
        language_words=words_of(request, TONGUES),
        written=markdown.to_html,
    )


def _show_text(request: Request, form: Form, problem: Exception | None = None) -> Response:
    page = renderings.view_text(portal_of(request), caller_of(request), id_from(request, "id"))
    names = state_names(request)
    if problem is not None:
        form.refuse("text", sentence(request, problem))
    return show(
        request,
        "clarifications/text.html",
        status=200 if form.ok else 422,
        page=page,
        form=form,
        names=names,
        words=WORDS,
        written=markdown.to_html,
        longest=markdown.TEXT_CHARACTERS,
    )
