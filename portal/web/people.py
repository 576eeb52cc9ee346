"""People: the list of a State's, one person's page, appointing, assigning, ending, sign-in links."""

from functools import partial
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.domain.appointments import CONFIRMERS, STANDINGS
from portal.domain.ids import AppointmentId, AssignmentId, InvitationId, PersonId, ReviewId, StateCode
from portal.domain.people import mail_address, person_name
from portal.domain.problems import Problem, RefusedError
from portal.domain.roles import EXPERTS_PER_STATE, Role
from portal.domain.states import asked_state
from portal.domain.texts import N_
from portal.domain.words import ROLES
from portal.usecases import appointments, assignments, care, confirmations, directory, invitations, persons
from portal.usecases.appointments import Newcomer
from portal.usecases.invitations import IssuedLink
from portal.web.bases import perhaps_basis_from, terms_from
from portal.web.checks import Checks, state_names, words_of
from portal.web.forms import Form, filled, read_form
from portal.web.languages import LANGUAGES
from portal.web.profile_forms import profile_fields
from portal.web.ways import caller_of, id_from, portal_of, show

PEOPLE: Final = "/people"
ACCOUNTS: Final = {
    directory.AccountState.INVITED: N_("invited"),
    directory.AccountState.ACTIVE: N_("active"),
    directory.AccountState.SUSPENDED: N_("suspended"),
}


def listing(request: Request) -> Response:
    """Show the people of one's State, or of the State that was chosen."""
    people = directory.list_people(portal_of(request), caller_of(request), _state(request.query_params.get("state")))
    names = state_names(request)
    return show(
        request,
        "people/list.html",
        people=people,
        names=names,
        states=sorted(names.items(), key=lambda pair: pair[1].casefold()),
        roles=ROLES,
        accounts=ACCOUNTS,
        standings=STANDINGS,
        confirmers=CONFIRMERS,
        waiting_most=confirmations.LISTED,
        most=EXPERTS_PER_STATE,
    )


def new_form(request: Request) -> Response:
    """Show the form to add somebody."""
    state = request.query_params.get("state", "")
    return _new_page(request, Checks(filled(state=state, language="en", how="show"), sent=False))


def add(request: Request) -> Response:
    """Add somebody with a first appointment; the sign-in link is shown once."""
    checks = Checks(read_form(request))
    form = checks.form
    name, mail = checks.take("name", person_name), checks.take("mail", mail_address)
    role, terms = checks.take("role", role_from), terms_from(request, checks)
    language = form.text("language") if form.text("language") in LANGUAGES else "en"
    if name and mail and role and terms:
        newcomer = Newcomer(name, mail, language, _state(form.text("state")))
        done = checks.attempt(
            partial(
                appointments.appoint_newcomer,
                *(portal_of(request), caller_of(request), newcomer, role, terms),
                by_mail=_by_mail(form),
            )
        )
        if done is not None:
            return _link_page(request, PersonId(done[0]), done[1])
    return _new_page(request, checks)


def view(request: Request) -> Response:
    """Show one person."""
    return _person(request, "people/person.html", Checks(Form(), sent=False))


def appoint_form(request: Request) -> Response:
    """Show the form of a further appointment."""
    return _person(request, "people/appoint.html", Checks(Form(), sent=False))


def appoint(request: Request) -> Response:
    """Appoint somebody who is known."""
    checks = Checks(read_form(request))
    role, terms = checks.take("role", role_from), terms_from(request, checks)
    if role and terms:
        who = (portal_of(request), caller_of(request), _id(request))
        checks.attempt(partial(appointments.appoint, *who, role, terms))
    return _back(request) if checks.ok else _person(request, "people/appoint.html", checks)


def confirm(request: Request) -> Response:
    """Confirm an appointment."""
    checks = Checks(Form())
    who = (portal_of(request), caller_of(request), _id(request))
    checks.attempt(partial(appointments.confirm_appointment, *who, _appointment(request)))
    return _back(request) if checks.ok else _person(request, "people/person.html", checks)


def end_appointment_form(request: Request) -> Response:
    """Show the form to end an appointment."""
    return _person(request, "people/end.html", Checks(Form(), sent=False))


def end_appointment(request: Request) -> Response:
    """End an appointment."""
    checks = Checks(read_form(request))
    basis = perhaps_basis_from(request, checks)
    if checks.ok:
        who = (portal_of(request), caller_of(request), _id(request))
        checks.attempt(partial(appointments.end_appointment, *who, _appointment(request), basis))
    return _back(request) if checks.ok else _person(request, "people/end.html", checks)


def assign_form(request: Request) -> Response:
    """Show the form to assign somebody to a review; it begins with the note on which their appointment rests."""
    return _person(request, "people/assign.html", Checks(Form(), sent=False), begins=True)


def assign(request: Request) -> Response:
    """Assign somebody to a review."""
    checks = Checks(read_form(request))
    review, terms = checks.take("review", _review_from), terms_from(request, checks)
    if review and terms:
        who = (portal_of(request), caller_of(request), _id(request))
        checks.attempt(partial(assignments.assign_person, *who, _appointment(request), review, terms))
    return _back(request) if checks.ok else _person(request, "people/assign.html", checks)


def end_assignment_form(request: Request) -> Response:
    """Show the form to end an assignment."""
    return _person(request, "people/end.html", Checks(Form(), sent=False))


def end_assignment(request: Request) -> Response:
    """End an assignment."""
    checks = Checks(read_form(request))
    basis = perhaps_basis_from(request, checks)
    if checks.ok:
        who = (portal_of(request), caller_of(request), _id(request))
        assignment = AssignmentId(id_from(request, "assignment"))
        checks.attempt(partial(assignments.end_assignment, *who, assignment, basis))
    return _back(request) if checks.ok else _person(request, "people/end.html", checks)


def issue_link(request: Request) -> Response:
    """Issue a sign-in link, which is shown once or sent to the person."""
    checks = Checks(read_form(request))
    who = (portal_of(request), caller_of(request), _id(request))
    link = checks.attempt(partial(invitations.issue_link, *who, by_mail=_by_mail(checks.form)))
    return _person(request, "people/person.html", checks) if link is None else _link_page(request, _id(request), link)


def confirm_link(request: Request) -> Response:
    """Confirm, as the second person, a link of two parts; the second part is shown once."""
    checks = Checks(Form())
    who, link = (portal_of(request), caller_of(request)), InvitationId(id_from(request, "link"))
    person = persons.view_person(*who, _id(request))  # before: nothing shall fail between the act and what it shows
    second = checks.attempt(partial(invitations.confirm_link, *who, link, _id(request)))
    if second is None:
        return _person(request, "people/person.html", checks)
    return show(request, "people/second.html", person=person, second=second)


def revoke_link(request: Request) -> Response:
    """Revoke an open sign-in link."""
    checks = Checks(Form())
    who = (portal_of(request), caller_of(request), _id(request))
    checks.attempt(partial(invitations.revoke_link, *who, InvitationId(id_from(request, "link"))))
    return _back(request) if checks.ok else _person(request, "people/person.html", checks)


def end_sessions(request: Request) -> Response:
    """Sign somebody out everywhere."""
    checks = Checks(Form())
    checks.attempt(partial(care.end_sessions, portal_of(request), caller_of(request), _id(request)))
    return _back(request) if checks.ok else _person(request, "people/person.html", checks)


def mail_form(request: Request) -> Response:
    """Show the form of another mail address."""
    return _person(request, "people/mail.html", Checks(Form(), sent=False))


def change_mail(request: Request) -> Response:
    """Give somebody another mail address."""
    checks = Checks(read_form(request))
    mail = checks.take("mail", mail_address)
    if mail:
        checks.attempt(partial(care.change_mail, portal_of(request), caller_of(request), _id(request), mail))
    return _back(request) if checks.ok else _person(request, "people/mail.html", checks)


def role_from(raw: str) -> Role:
    """Read the role of an appointment.

    Raises:
        RefusedError: None was chosen, or one that isn't given by an appointment.
    """
    for role in Role:
        if role.value == raw:
            return role
    raise RefusedError(Problem("role", N_("Choose the role.")))


def _review_from(raw: str) -> ReviewId:
    try:
        return ReviewId(UUID(hex=raw))
    except ValueError:
        raise RefusedError(Problem("review", N_("Choose the review."))) from None


def _by_mail(form: Form) -> bool:
    return form.text("how") == "mail"


def _id(request: Request) -> PersonId:
    return PersonId(id_from(request, "id"))


def _appointment(request: Request) -> AppointmentId:
    return AppointmentId(id_from(request, "appointment"))


def _state(raw: str | None) -> StateCode | None:
    return asked_state(raw) if raw else None


def _back(request: Request) -> Response:
    return RedirectResponse(f"{PEOPLE}/{_id(request)}", 303)


def _new_page(request: Request, checks: Checks) -> Response:
    roles, own = directory.appointable(portal_of(request), caller_of(request))
    names = state_names(request)
    return show(
        request,
        "people/new.html",
        status=checks.status,
        role_options=words_of(request, {role: ROLES[role] for role in roles}),
        own=own,
        names=names,
        states=sorted(names.items(), key=lambda pair: pair[1].casefold()),
        language_options=list(LANGUAGES.items()),
        sends=bool(portal_of(request).settings.smtp_host),
        waits=portal_of(request).settings.confirm_appointments and own is not None,
        **checks.tell(request),
    )


def show_person(request: Request, checks: Checks) -> Response:
    """Show one person with a form that was sent, and what was found in it."""
    return _person(request, "people/person.html", checks)


def _person(request: Request, template: str, checks: Checks, *, begins: bool = False) -> Response:
    person = persons.view_person(portal_of(request), caller_of(request), _id(request))
    names = state_names(request)
    at = request.path_params.get("appointment", "")
    appointment = next((one for one in person.appointments if str(one.id) == at), None)
    if begins and appointment and appointment.basis:
        checks = Checks(filled(note=appointment.basis.number, dated=appointment.basis.dated.isoformat()), sent=False)
    assignment = request.path_params.get("assignment", "")
    return show(
        request,
        template,
        status=checks.status,
        person=person,
        names=names,
        roles=ROLES,
        role_options=words_of(request, {role: ROLES[role] for role in person.roles}),
        review_options=[(id_, names.get(code, code)) for id_, code in person.reviews],
        accounts=ACCOUNTS,
        standings=STANDINGS,
        confirmers=CONFIRMERS,
        appointment=appointment,
        assignment=next((one for one in person.assignments if str(one.id) == assignment), None),
        **profile_fields(request, checks.form, person.described),
        **checks.tell(request),
    )


def _link_page(request: Request, person_id: PersonId, link: IssuedLink) -> Response:
    """Show a link once: the page can't be loaded again."""
    person = persons.view_person(portal_of(request), caller_of(request), person_id)
    return show(request, "people/link.html", person=person, link=link, roles=ROLES, confirmers=CONFIRMERS)
