"""Clarifications: their lists, one with its whole thread, a new question, and the acts on a clarification as a whole.

What somebody looks for comes and goes in the body of a form: addresses are kept by browsers and proxies.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain import markdown
from portal.domain.clarifications import (
    ENTRY_WORDS,
    KIND_WORDS,
    REMARK_WORDS,
    STAGE_WORDS,
    ClarificationKind,
    Part,
)
from portal.domain.languages import document_language
from portal.domain.problems import RefusedError
from portal.domain.texts import N_
from portal.domain.words import ROOMS
from portal.errors import Invalid
from portal.usecases import clarifications, drafting, findings, handling, questions, remarks, submissions, threads
from portal.usecases.questions import Asked
from portal.usecases.subjects import subject_of
from portal.web.checks import state_names, words_of
from portal.web.forms import Form, filled, page_in, read_form, whole
from portal.web.refused import refuse, sentence
from portal.web.rooms import TONGUES
from portal.web.ways import caller_of, id_from, portal_of, read_id, show

WORDS: Final[Mapping[str, object]] = {
    "kinds": KIND_WORDS,
    "clarification_stages": STAGE_WORDS,
    "entries": ENTRY_WORDS,
    "remarks": REMARK_WORDS,
    "rooms": ROOMS,
    "languages": TONGUES,
}
WORDS_LONGEST: Final = 200
EDITION_DIGITS: Final = 9  # nobody saves more often
CHOOSE_KIND: Final = N_("Choose what is asked for.")
ROOM: Final = N_("Choose who is to read this comment.")


def listing(request: Request) -> Response:
    """Show a list of a review's clarifications."""
    query, review = request.query_params, id_from(request, "id")
    page = clarifications.list_clarifications(
        portal_of(request), caller_of(request), review, query.get("list", ""), page_in(query.get("page", ""))
    )
    return _show_list(request, page, Form())


def find(request: Request) -> Response:
    """Show the clarifications in which somebody's words stand."""
    form, review = read_form(request), id_from(request, "id")
    words = form.text("words")[:WORDS_LONGEST]
    portal, caller, number = portal_of(request), caller_of(request), page_in(form.text("page"))
    if words:
        page = findings.find(portal, caller, review, words, number)
    else:
        page = clarifications.list_clarifications(portal, caller, review, "all", number)
    return _show_list(request, page, form)


def new(request: Request) -> Response:
    """Show the form of a new question."""
    query = request.query_params
    return _show_new(request, filled(kind="clarification", article=query.get("article", ""), language="en"))


def ask(request: Request) -> Response:
    """Begin a draft question."""
    form, review = read_form(request), id_from(request, "id")
    try:
        saved = questions.ask(portal_of(request), caller_of(request), review, asked(form))
    except (Invalid, RefusedError) as problem:
        return _show_new(request, form, problem)
    return RedirectResponse(f"/entries/{saved.entry}", 303)


def view(request: Request) -> Response:
    """Show a clarification."""
    return show_thread(request, id_from(request, "id"), Form())


def draft(request: Request) -> Response:
    """Begin an answer, a question that follows, or a correction, and lead to where it is written."""
    form, row = read_form(request), id_from(request, "id")
    part = Part.ANSWER if form.has("part", "answer") else Part.QUESTION
    if (corrects := read_id(form.text("corrects"))) is None and form.text("corrects"):
        raise Invalid(questions.NOT_OURS)
    language = document_language(form.text("language") or "en")
    portal, caller = portal_of(request), caller_of(request)
    saved = questions.begin_draft(portal, caller, row, part, language, "", corrects)
    return RedirectResponse(f"/entries/{saved.entry}", 303)


def comment(request: Request) -> Response:
    """Write a side comment."""
    form, row = read_form(request), id_from(request, "id")
    room = read_id(form.text("room"))
    if room is None:
        return show_thread(request, row, form, {"": Invalid(ROOM)})
    try:
        text = markdown.check_text(form.text("text"), remarks.REMARK_CHARACTERS)
    except RefusedError as problem:
        return show_thread(request, row, form, {"text": problem})
    remarks.comment(portal_of(request), caller_of(request), row, room, text)
    return RedirectResponse(f"/clarifications/{row}#comments", 303)


def merge(request: Request) -> Response:
    """Let a draft go into another question."""
    form, row = read_form(request), id_from(request, "id")
    into = read_id(form.text("into"))
    if into is None:
        return show_thread(request, row, form, {"into": Invalid(handling.INTO)})
    try:
        kept = handling.merge(portal_of(request), caller_of(request), row, into)
    except Invalid as problem:
        return show_thread(request, row, form, {"into": problem})
    return RedirectResponse(f"/clarifications/{kept}", 303)


def route(request: Request) -> Response:
    """Give a clarification to people to answer."""
    form, row = read_form(request), id_from(request, "id")
    people, shown = ([read_id(text) for text in form.all(name)] for name in ("people", "shown"))
    if None in people or None in shown:
        return show_thread(request, row, form, {"people": Invalid(handling.WHOM)})
    try:
        of = portal_of(request), caller_of(request), row
        handling.route(*of, [one for one in people if one], [one for one in shown if one])
    except Invalid as problem:
        return show_thread(request, row, form, {"people": problem})
    return RedirectResponse(f"/clarifications/{row}", 303)


def close(request: Request) -> Response:
    """Close a clarification."""
    row = id_from(request, "id")
    handling.close(portal_of(request), caller_of(request), row)
    return RedirectResponse(f"/clarifications/{row}", 303)


def submit_batch(request: Request) -> Response:
    """Submit the questions that were ticked, together."""
    form, review = read_form(request), id_from(request, "id")
    chosen: list[tuple[UUID, int]] = []
    for text in form.all("chosen"):
        entry, _, seen = text.partition(" ")
        id_, edition = read_id(entry), whole(seen, EDITION_DIGITS)
        if id_ is None or edition is None:
            raise Invalid(submissions.NOTHING)
        chosen.append((id_, edition))
    submissions.submit_batch(portal_of(request), caller_of(request), review, chosen)
    return RedirectResponse(f"/reviews/{review}/clarifications?list=all", 303)


def set_clearance(request: Request) -> Response:
    """Set whether the focal point clears the questions of their State's experts."""
    form, review = read_form(request), id_from(request, "id")
    questions.set_clearance(portal_of(request), caller_of(request), review, clears=form.has("clears", "yes"))
    return RedirectResponse(f"/reviews/{review}/clarifications", 303)


def asked(form: Form) -> Asked:
    """Read a question from its form.

    Raises:
        RefusedError: The article is none, the language is none, or the text can't be kept.
        Invalid: There is no heading, no kind, or the document isn't one.

    """
    kind = form.text("kind")
    if kind not in set(ClarificationKind):
        raise Invalid(CHOOSE_KIND, {"kind": CHOOSE_KIND})
    about = read_id(form.text("about"))
    if form.text("about") and about is None:
        raise Invalid(questions.NO_VERSION, {"about": questions.NO_VERSION})
    return Asked(
        ClarificationKind(kind),
        subject_of(form.text("article"), form.text("heading"), form.text("page")),
        document_language(form.text("language")),
        markdown.check_text(form.text("text")),
        about,
    )


def show_thread(request: Request, row: UUID, form: Form, problems: Mapping[str, Exception] | None = None) -> Response:
    """Show a clarification, with what was refused."""
    page = threads.view_thread(portal_of(request), caller_of(request), row)
    names = state_names(request)
    refuse(request, form, (problems or {}).items())
    return show(
        request,
        "clarifications/thread.html",
        status=200 if form.ok else 422,
        page=page,
        form=form,
        names=names,
        words=WORDS,
        written=markdown.to_html,
        why=page.why,
        longest=remarks.REMARK_CHARACTERS,
    )


def _show_list(request: Request, page: clarifications.ListPage, form: Form) -> Response:
    return show(
        request,
        "clarifications/list.html",
        page=page,
        form=form,
        names=state_names(request),
        words=WORDS,
        lists=clarifications.LISTS,
    )


def _show_new(request: Request, form: Form, problem: Exception | None = None) -> Response:
    page = drafting.new_question(portal_of(request), caller_of(request), id_from(request, "id"))
    names = state_names(request)
    if problem is not None:
        refuse_asked(request, form, problem)
    return show(
        request,
        "clarifications/new.html",
        status=200 if form.ok else 422,
        page=page,
        form=form,
        names=names,
        words=WORDS,
        kind_words=words_of(request, KIND_WORDS),
        language_words=words_of(request, TONGUES),
        longest=markdown.TEXT_CHARACTERS,
    )


def refuse_asked(request: Request, form: Form, problem: Exception) -> None:
    """Put what was refused of a question beside its field."""
    if isinstance(problem, Invalid):
        for name in problem.fields or {"": ""}:
            form.refuse(name, sentence(request, problem))
        return
    codes = {one.code for one in problem.problems} if isinstance(problem, RefusedError) else set()
    field = "article" if any(code.startswith("tag") for code in codes) else "text"
    form.refuse("language" if "document-language" in codes else field, sentence(request, problem))
