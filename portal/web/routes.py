"""Every address of the portal: method, path, handler, and the act that the gate is asked for."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute, Route

from portal.access.actions import Action
from portal.web import (
    account,
    administration,
    assets,
    audit,
    calendars,
    cases,
    clarifications,
    comments,
    concerns,
    contacts,
    desks,
    dialogues,
    documents,
    downloads,
    entries,
    examinations,
    exhibits,
    granted,
    grants,
    handovers,
    hearings,
    issuers,
    keys,
    links,
    log,
    notes,
    notices,
    people,
    profiles,
    proofs,
    public,
    publications,
    register,
    reports,
    reviews,
    rooms,
    schedules,
    signals,
    signin,
    states,
    submissions,
    summaries,
    tracing,
    translations,
    trouble,
    uploads,
    viewas,
)
from portal.web.ways import Way

WAYS: tuple[Way, ...] = (
    # what States made public; first, since routes are looked through in order and most of these are asked for
    Way("GET", "/public", public.register, None),  # only rows that exist because something was made public
    Way("GET", "/public/feed.atom", public.feed, None),  # likewise
    Way("GET", "/public/{id}", public.view, None),  # likewise
    Way("GET", "/public/{id}/file.pdf", public.download, None),  # the file that two people of its State made public
    Way("GET", "/public/{id}/proof", public.proof, None),  # of an entry that says ids and a hash
    # signing in and out
    Way("GET", "/", signin.start, None),  # only leads on
    Way("GET", "/sign-in", signin.enter_form, None),  # an empty form
    Way("POST", "/sign-in", signin.enter, Action.SIGN_IN),
    Way("GET", "/trouble", trouble.view, None),  # what the browser itself shows, nothing of anybody's
    Way("POST", "/trouble/link", trouble.look, Action.USE_INVITATION),
    Way("POST", "/trouble/help", trouble.ask, Action.REPORT_TROUBLE),
    Way("POST", "/sign-in/passkey", signin.enter_by_passkey, Action.SIGN_IN),
    Way("POST", "/sign-out", signin.leave, Action.SIGN_OUT),
    Way("GET", "/prove", proofs.prove_form, None),  # an empty form
    Way("POST", "/prove", proofs.prove, Action.PROVE_AGAIN, long=True),
    Way("POST", "/prove/passkey", proofs.prove_by_passkey, Action.PROVE_AGAIN, long=True),
    Way("GET", "/enter/{token}", links.link_form, Action.USE_INVITATION),
    Way("POST", "/enter/{token}", links.use_link, Action.USE_INVITATION, long=True),
    Way("GET", "/sign-in/issuers/{id}", issuers.leave, None),  # only leads to the identity provider
    Way("GET", "/sign-in/issuers/{id}/return", issuers.come_back, Action.SIGN_IN),
    Way("POST", "/sign-in/issuers/{id}/return", issuers.bind, Action.USE_INVITATION),
    Way("POST", "/sign-in/issuers/{id}/logout", issuers.log_out, Action.END_SESSIONS_BY_ISSUER, machine=True),
    Way("GET", "/enter/{token}/issuers/{id}", issuers.leave_with_link, None),  # only leads there too
    Way("GET", "/acting", signin.acting, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/acting", signin.act_as, Action.CHOOSE_APPOINTMENT),
    # one's own account
    Way("GET", "/account", account.view, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/account", account.prefer, Action.CHANGE_OWN_ACCOUNT),
    Way("POST", "/account/passphrase", account.change_passphrase, Action.CHANGE_OWN_ACCOUNT),
    Way("POST", "/account/passkeys", keys.add_passkey, Action.ADD_AUTHENTICATOR, long=True),
    Way("POST", "/account/passkeys/{id}/remove", keys.remove_passkey, Action.REMOVE_AUTHENTICATOR),
    Way("GET", "/account/codes", keys.codes_form, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/account/codes", keys.use_codes, Action.ADD_AUTHENTICATOR),
    Way("POST", "/account/recovery", keys.new_recovery, Action.ADD_AUTHENTICATOR),
    Way("POST", "/account/sign-out", account.end_all, Action.SIGN_OUT),
    Way("POST", "/account/sessions/end", account.end_others, Action.END_OWN_SESSION),
    Way("POST", "/account/sessions/{id}/end", account.end_one, Action.END_OWN_SESSION),
    Way("POST", "/account/notices", account.set_mail, Action.CHANGE_OWN_ACCOUNT),
    Way("POST", "/account/profile", profiles.describe_oneself, Action.DESCRIBE_PERSON, long=True),
    # what one is told of
    Way("GET", "/work", desks.view, Action.LIST_NOTICES),  # to which mail leads
    Way("GET", "/notices", notices.listing, Action.LIST_NOTICES),
    Way("POST", "/notices/seen", notices.see, Action.SEE_NOTICES),
    Way("POST", "/notices/account/seen", notices.see_account, Action.SEE_NOTICES),
    Way("GET", "/calendar", calendars.view, Action.VIEW_OWN_ACCOUNT),
    Way("POST", "/calendar", calendars.issue, Action.ISSUE_FEED),
    Way("POST", "/calendar/end", calendars.revoke, Action.REVOKE_FEED),
    Way("GET", "/calendar/{token}.ics", calendars.feed, Action.VIEW_CALENDAR),
    # who opened what
    Way("GET", "/documents/{id}/trail", audit.of_document, Action.VIEW_DOCUMENT_TRAIL),
    Way("GET", "/documents/{id}/openings", audit.of_openings, Action.VIEW_DOCUMENT_TRAIL),
    Way("GET", "/documents/{id}/trail.csv", audit.export_document, Action.VIEW_DOCUMENT_TRAIL),
    Way("GET", "/reviews/{id}/trail", audit.of_review, Action.VIEW_REVIEW_TRAIL),
    Way("GET", "/reviews/{id}/trail.csv", audit.export_review, Action.EXPORT_REVIEW_TRAIL),
    Way("GET", "/reviews/{id}/trail.pdf", audit.export_paper, Action.EXPORT_REVIEW_TRAIL),
    Way("GET", "/reviews/{id}/trail.bundle", audit.export_bundle, Action.EXPORT_REVIEW_TRAIL),
    Way("GET", "/trail/people", audit.of_people, Action.VIEW_OWN_PEOPLE_TRAIL),
    Way("GET", "/log", log.view, Action.VIEW_LOG),
    Way("GET", "/log/checkpoint.txt", log.keep_checkpoint, Action.VIEW_LOG),
    Way("GET", "/log/policy.txt", log.keep_policy, Action.VIEW_LOG),
    # a copy that was found
    Way("GET", "/trace", tracing.form, Action.TRACE_COPY),
    Way("POST", "/trace", tracing.trace, Action.TRACE_COPY, upload=True),
    # signals
    Way("GET", "/signals", signals.listing, Action.LIST_SIGNALS),
    Way("GET", "/signals/rules", signals.rules, Action.VIEW_SIGNAL_RULES),
    Way("GET", "/signals/{id}", signals.view, Action.VIEW_SIGNAL),
    Way("POST", "/signals/{id}/aside", signals.set_aside, Action.SET_SIGNAL_ASIDE),
    # the portal's health
    Way("GET", "/healthz", signin.alive, None),  # a word of the process itself
    Way("GET", "/audit/log/checkpoint", log.checkpoint, None),  # keyed hashes, which say nothing of any event
    Way("GET", "/audit/log/tile/{path:path}", log.tile, None),  # likewise
    Way("GET", "/readyz", signin.readiness, None),  # whether its parts answer, nothing of what is in them
    # reviews, as those in them see them
    Way("GET", "/reviews", reviews.listing, Action.LIST_REVIEWS),
    Way("GET", "/reviews/{id}", reviews.view, Action.VIEW_REVIEW),
    Way("POST", "/reviews/{id}/undertaking", reviews.accept, Action.ACCEPT_UNDERTAKING),
    Way("POST", "/reviews/{id}/stage", reviews.advance, Action.ADVANCE_REVIEW),
    Way("POST", "/reviews/{id}/help", reviews.ask_for_help, Action.ASK_FOR_HELP),
    Way("GET", "/reviews/{id}/schedule", schedules.view, Action.VIEW_SCHEDULE),
    Way("POST", "/reviews/{id}/schedule", schedules.plan, Action.PLAN_REVIEW),
    Way("POST", "/reviews/{id}/schedule/steps", schedules.set_step, Action.SET_STEP),
    # publication by the State under review
    Way("GET", "/reviews/{id}/publications", publications.listing, Action.LIST_PUBLICATIONS),
    Way("POST", "/reviews/{id}/publications", publications.prepare, Action.PREPARE_PUBLICATION),
    Way("GET", "/publications/{id}", publications.view, Action.VIEW_PUBLICATION),
    Way("GET", "/publications/{id}/file", publications.preview, Action.PREVIEW_PUBLICATION),
    Way("POST", "/publications/{id}/confirm", publications.confirm, Action.CONFIRM_PUBLICATION),
    Way("POST", "/publications/{id}/cancel", publications.cancel, Action.CANCEL_PUBLICATION),
    Way("POST", "/publications/{id}/withdraw", publications.withdraw, Action.WITHDRAW_PUBLICATION),
    # concerns about confidentiality, and breach cases
    Way("GET", "/reviews/{id}/concerns", concerns.filing, Action.LIST_CONCERNS),
    Way("POST", "/reviews/{id}/concerns", concerns.file, Action.FILE_CONCERN, long=True),
    Way("GET", "/concerns/{id}", concerns.view, Action.VIEW_CONCERN),
    Way("POST", "/concerns/{id}/aside", concerns.set_aside, Action.SET_CONCERN_ASIDE, long=True),
    Way("GET", "/cases", cases.listing, Action.LIST_CASES),
    Way("GET", "/cases/new", cases.proposing, Action.LIST_CASES),
    Way("POST", "/cases", cases.propose, Action.PROPOSE_CASE, long=True),
    Way("GET", "/cases/{id}", cases.view, Action.VIEW_CASE),
    Way("POST", "/cases/{id}/confirm", cases.confirm, Action.CONFIRM_CASE),
    Way("POST", "/cases/{id}/decline", cases.decline, Action.DECLINE_CASE),
    Way("GET", "/cases/{id}/trail", audit.of_case, Action.VIEW_CASE_TRAIL),
    Way("POST", "/cases/{id}/exhibits", exhibits.add, Action.ADD_EXHIBIT, upload=True),
    Way("GET", "/exhibits/{id}", exhibits.download, Action.DOWNLOAD_EXHIBIT),
    Way("GET", "/cases/{id}/snapshot.json", cases.snapshot, Action.VIEW_SNAPSHOT),
    Way("POST", "/cases/{id}/containments", examinations.contain, Action.BEGIN_CONTAINMENT, long=True),
    Way("POST", "/containments/{id}/lift", examinations.lift, Action.LIFT_CONTAINMENT, long=True),
    Way("POST", "/cases/{id}/entries", examinations.add, Action.ADD_CASE_ENTRY, long=True),
    Way("POST", "/cases/{id}/person", examinations.name, Action.NAME_CONCERNED),
    Way("POST", "/cases/{id}/grants", examinations.name_grant, Action.NAME_CONCERNED),
    Way("POST", "/cases/{id}/hearing", examinations.ask, Action.ASK_HEARING, long=True),
    Way("POST", "/cases/{id}/finding", examinations.find, Action.RECORD_FINDING, long=True),
    Way("POST", "/cases/{id}/submission", submissions.submit, Action.SUBMIT_CASE, long=True),
    Way("POST", "/cases/{id}/disclosure", submissions.disclose, Action.DISCLOSE_CASE),
    Way("POST", "/cases/{id}/closing", submissions.close, Action.CLOSE_CASE, long=True),
    Way("GET", "/submissions/{id}", submissions.view, Action.VIEW_SUBMISSION),
    Way("POST", "/submissions/{id}", submissions.decide, Action.DECIDE_CASE, long=True),
    Way("GET", "/statement", submissions.statement, Action.VIEW_STATEMENT),
    # being heard in a case of one's own
    Way("GET", "/hearings", hearings.listing, Action.LIST_OWN_CASES),
    Way("GET", "/hearings/{id}", hearings.view, Action.VIEW_OWN_CASE),
    Way("POST", "/hearings/{id}", hearings.answer, Action.ANSWER_CASE, long=True),
    # grants: another State reads a report
    Way("GET", "/grants", grants.listing, Action.LIST_GRANTS),
    Way("GET", "/grants/new", grants.asking, Action.LIST_GRANTS),
    Way("POST", "/grants/new", grants.ask, Action.ASK_GRANT, long=True),
    Way("GET", "/reviews/{id}/offer", grants.offering, Action.WEIGH_GRANT),
    Way("POST", "/reviews/{id}/offer", grants.offer, Action.OFFER_GRANT, long=True),
    Way("GET", "/grants/{id}", grants.view, Action.VIEW_GRANT),
    Way("POST", "/grants/{id}/preview", grants.preview, Action.WEIGH_GRANT),
    Way("POST", "/grants/{id}/decide", grants.decide, Action.DECIDE_GRANT),
    Way("POST", "/grants/{id}/refuse", grants.refuse, Action.REFUSE_GRANT, long=True),
    Way("POST", "/grants/{id}/change", grants.change, Action.CHANGE_GRANT),
    Way("POST", "/grants/{id}/revoke", grants.revoke, Action.REVOKE_GRANT, long=True),
    Way("POST", "/grants/{id}/answer", grants.answer, Action.ANSWER_OFFER, long=True),
    Way("POST", "/grants/{id}/readers", grants.name, Action.NAME_READERS),
    Way("GET", "/grants/{id}/openings", grants.openings, Action.VIEW_GRANT_OPENINGS),
    # what one reads under a grant
    Way("GET", "/granted", granted.listing, Action.LIST_GRANTED),
    Way("GET", "/granted/{id}", granted.view, Action.OPEN_GRANTED),
    Way("POST", "/granted/{id}/undertaking", granted.accept, Action.ACCEPT_GRANTED),
    Way("GET", "/granted/{id}/concerns", concerns.filing_granted, Action.LIST_CONCERNS),
    Way("POST", "/granted/{id}/concerns", concerns.file_granted, Action.FILE_CONCERN, long=True),
    Way("GET", "/granted/versions/{id}", granted.page, Action.VIEW_GRANTED),
    Way("GET", "/granted/versions/{id}/image", granted.image, Action.VIEW_GRANTED),
    Way("GET", "/granted/versions/{id}/copy", granted.copy, Action.DOWNLOAD_GRANTED),
    # rooms and their documents
    Way("GET", "/rooms/{id}", rooms.view, Action.LIST_ROOM),
    Way("POST", "/rooms/{id}/find", rooms.find, Action.LIST_ROOM),
    Way("GET", "/documents/{id}", documents.view, Action.VIEW_DOCUMENT),
    Way("POST", "/documents/{id}/describe", documents.describe, Action.DESCRIBE_DOCUMENT),
    Way("POST", "/documents/{id}/submit", documents.submit, Action.SUBMIT_DOCUMENT),
    Way("POST", "/documents/{id}/circulate", documents.circulate, Action.CIRCULATE_DOCUMENT),
    Way("POST", "/documents/{id}/withdraw", documents.withdraw, Action.WITHDRAW_DOCUMENT),
    # the dialogue: lists, one clarification, its drafts and what was sent
    Way("GET", "/reviews/{id}/clarifications", clarifications.listing, Action.LIST_CLARIFICATIONS),
    Way("POST", "/reviews/{id}/clarifications/find", clarifications.find, Action.LIST_CLARIFICATIONS),
    Way("GET", "/reviews/{id}/clarifications/new", clarifications.new, Action.LIST_ROOM),
    Way("POST", "/reviews/{id}/clarifications", clarifications.ask, Action.ASK_CLARIFICATION, long=True),
    Way("POST", "/reviews/{id}/clarifications/batch", clarifications.submit_batch, Action.SUBMIT_ENTRY),
    Way("POST", "/reviews/{id}/clearance", clarifications.set_clearance, Action.SET_CLEARANCE),
    Way("GET", "/reviews/{id}/contacts", contacts.listing, Action.LIST_CLARIFICATIONS),
    Way("POST", "/reviews/{id}/contacts", contacts.log, Action.ADD_REMARK, long=True),
    Way("GET", "/reviews/{id}/dialogue.pdf", dialogues.as_pdf, Action.EXPORT_DIALOGUE),
    Way("GET", "/reviews/{id}/dialogue.docx", dialogues.as_docx, Action.EXPORT_DIALOGUE),
    Way("GET", "/clarifications/{id}", clarifications.view, Action.VIEW_CLARIFICATION),
    Way("POST", "/clarifications/{id}/drafts", clarifications.draft, Action.DRAFT_ENTRY),
    Way("POST", "/clarifications/{id}/comments", clarifications.comment, Action.ADD_REMARK, long=True),
    Way("POST", "/clarifications/{id}/merge", clarifications.merge, Action.MERGE_CLARIFICATION),
    Way("POST", "/clarifications/{id}/route", clarifications.route, Action.ROUTE_CLARIFICATION),
    Way("POST", "/clarifications/{id}/close", clarifications.close, Action.CLOSE_CLARIFICATION),
    Way("GET", "/entries/{id}", entries.view, Action.VIEW_ENTRY),
    Way("POST", "/entries/{id}", entries.save, Action.EDIT_ENTRY, long=True),
    Way("POST", "/entries/{id}/autosave", entries.autosave, Action.EDIT_ENTRY, long=True),
    Way("POST", "/entries/{id}/discard", entries.discard, Action.DISCARD_ENTRY),
    Way("POST", "/entries/{id}/clear", entries.clear, Action.CLEAR_ENTRY),
    Way("POST", "/entries/{id}/submit", entries.submit, Action.SUBMIT_ENTRY),
    Way("POST", "/entries/{id}/pass", entries.pass_on, Action.PASS_ON_ENTRY),
    Way("GET", "/entries/{id}/translations", entries.sendings, Action.VIEW_ENTRY),
    Way("POST", "/entries/{id}/translations", entries.send, Action.SEND_ENTRY),
    Way("GET", "/texts/{id}", entries.text, Action.VIEW_ENTRY),
    Way("POST", "/texts/{id}/recall", entries.recall, Action.RECALL_ENTRY),
    Way("POST", "/texts/{id}/delivery", entries.deliver, Action.DELIVER_ENTRY, long=True),
    # the agreement on the report
    Way("GET", "/reviews/{id}/report", reports.view, Action.VIEW_REPORT),
    Way("POST", "/reviews/{id}/report", reports.propose, Action.PROPOSE_MANIFEST),
    Way("POST", "/manifests/{id}/agree", reports.agree, Action.AGREE_MANIFEST),
    Way("POST", "/manifests/{id}/disagree", reports.disagree, Action.DISAGREE_MANIFEST, long=True),
    # comments on its drafts
    Way("GET", "/reviews/{id}/report/comments", comments.listing, Action.LIST_COMMENTS),
    Way("POST", "/reviews/{id}/report/comments", comments.comment, Action.ADD_REMARK, long=True),
    Way("POST", "/reviews/{id}/report/comments/taken", comments.take_up, Action.SETTLE_COMMENT),
    Way("GET", "/comments/{id}", comments.view, Action.LIST_COMMENTS),
    Way("POST", "/comments/{id}/replies", comments.reply, Action.ADD_REMARK, long=True),
    Way("POST", "/comments/{id}/disposition", comments.settle, Action.SETTLE_COMMENT, long=True),
    # executive summaries on their way out
    Way("POST", "/versions/{id}/summary", summaries.confirm, Action.CONFIRM_SUMMARY),
    Way("POST", "/reviews/{id}/report/summary", summaries.transmit, Action.TRANSMIT_SUMMARY),
    Way("GET", "/summaries", summaries.listing, Action.LIST_SUMMARIES),
    Way("GET", "/summaries/{id}/content", downloads.download_summary, Action.DOWNLOAD_SUMMARY),
    # translation
    Way("GET", "/documents/{id}/translations", translations.sendings, Action.VIEW_DOCUMENT),
    Way("POST", "/documents/{id}/translations", translations.send, Action.SEND_FOR_TRANSLATION),
    Way("GET", "/translations", translations.listing, Action.LIST_TRANSLATIONS),
    Way("GET", "/translations/{id}", translations.view, Action.VIEW_DOCUMENT),
    Way("POST", "/translations/{id}/recall", translations.recall, Action.RECALL_TRANSLATION),
    Way("POST", "/translations/{id}/delivery", translations.deliver, Action.DELIVER_TRANSLATION, upload=True),
    # contents, in and out
    Way("POST", "/rooms/{id}/documents", uploads.put_documents, Action.UPLOAD_DOCUMENT, upload=True),
    Way("POST", "/documents/{id}/versions", uploads.add_version, Action.ADD_VERSION, upload=True),
    Way("GET", "/versions/{id}/content", downloads.download, Action.DOWNLOAD_VERSION),
    Way("GET", "/rooms/{id}/archive", downloads.download_room, Action.DOWNLOAD_ROOM),
    # States
    Way("GET", "/states", states.listing, Action.LIST_STATES),
    Way("GET", "/states/import", states.import_form, Action.LIST_STATES),
    Way("POST", "/states/import", states.import_list, Action.IMPORT_STATES, upload=True),
    Way("POST", "/states/shipped", states.import_shipped, Action.IMPORT_STATES),
    Way("GET", "/states/{code}", states.view, Action.LIST_STATES),
    Way("POST", "/states/{code}", states.edit, Action.EDIT_STATE),
    Way("GET", "/states/{code}/view-as", viewas.state, Action.VIEW_AS),
    # cycles and the register of reviews
    Way("GET", "/cycles", register.list_cycles, Action.LIST_CYCLES),
    Way("POST", "/cycles", register.open_cycle, Action.OPEN_CYCLE),
    Way("GET", "/register", register.listing, Action.LIST_REGISTER),
    Way("GET", "/register/new", register.open_form, Action.LIST_REGISTER),
    Way("POST", "/register/new", register.open_review, Action.OPEN_REVIEW),
    Way("GET", "/register/{id}", register.view, Action.VIEW_REGISTER_ENTRY),
    Way("GET", "/register/{id}/settings", register.settings_form, Action.VIEW_REGISTER_ENTRY),
    Way("POST", "/register/{id}/settings", register.settings, Action.SET_REVIEW),
    Way("GET", "/register/{id}/parties", register.parties_form, Action.VIEW_REGISTER_ENTRY),
    Way("POST", "/register/{id}/parties", register.change_parties, Action.CHANGE_PARTIES),
    Way("GET", "/register/{id}/officers", register.officer_form, Action.VIEW_REGISTER_ENTRY),
    Way("POST", "/register/{id}/officers", register.assign_officer, Action.ASSIGN_OFFICER),
    Way("GET", "/register/{id}/officers/{assignment}/end", register.end_form, Action.VIEW_REGISTER_ENTRY),
    Way("POST", "/register/{id}/officers/{assignment}/end", register.end_officer, Action.END_ASSIGNMENT),
    Way("GET", "/register/{id}/close", register.close_form, Action.VIEW_REGISTER_ENTRY),
    Way("POST", "/register/{id}/close", register.close, Action.CLOSE_REVIEW),
    # people, their appointments and assignments
    Way("GET", "/people", people.listing, Action.LIST_PEOPLE),
    Way("GET", "/people/new", people.new_form, Action.LIST_PEOPLE),
    Way("POST", "/people/new", people.add, Action.ADD_PERSON),
    Way("GET", "/people/roster", profiles.roster, Action.VIEW_ROSTER),
    Way("GET", "/people/{id}", people.view, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/profile", profiles.describe, Action.DESCRIBE_PERSON, long=True),
    Way("POST", "/people/{id}/appointments/{appointment}/copies", notes.add, Action.ADD_NOTE, upload=True),
    Way("POST", "/people/{id}/assignments/{assignment}/copies", notes.add, Action.ADD_NOTE, upload=True),
    Way("GET", "/copies/{id}", downloads.download_copy, Action.OPEN_NOTE),
    Way("GET", "/people/{id}/view-as", viewas.person, Action.VIEW_AS),
    Way("POST", "/people/{id}/link", people.issue_link, Action.ISSUE_LINK),
    Way("POST", "/people/{id}/links/{link}/confirm", people.confirm_link, Action.CONFIRM_LINK),
    Way("POST", "/people/{id}/links/{link}/revoke", people.revoke_link, Action.REVOKE_LINK),
    Way("POST", "/people/{id}/sessions/end", people.end_sessions, Action.END_SESSIONS),
    Way("GET", "/people/{id}/mail", people.mail_form, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/mail", people.change_mail, Action.CHANGE_MAIL),
    Way("GET", "/people/{id}/appoint", people.appoint_form, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/appoint", people.appoint, Action.APPOINT),
    Way("POST", "/people/{id}/appointments/{appointment}/confirm", people.confirm, Action.CONFIRM_APPOINTMENT),
    Way("GET", "/people/{id}/appointments/{appointment}/end", people.end_appointment_form, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/appointments/{appointment}/end", people.end_appointment, Action.END_APPOINTMENT),
    Way("GET", "/people/{id}/appointments/{appointment}/assign", people.assign_form, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/appointments/{appointment}/assign", people.assign, Action.ASSIGN_PERSON),
    Way("GET", "/people/{id}/assignments/{assignment}/end", people.end_assignment_form, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/assignments/{assignment}/end", people.end_assignment, Action.END_ASSIGNMENT),
    # replacing somebody
    Way("GET", "/people/{id}/appointments/{appointment}/hand-over", handovers.form, Action.VIEW_PERSON),
    Way("POST", "/people/{id}/appointments/{appointment}/hand-over", handovers.hand_over, Action.HAND_OVER),
    Way("GET", "/handovers/{id}", handovers.view, Action.VIEW_HANDOVER),
    # what the administrator sees
    Way("GET", "/administration", administration.accounts, Action.VIEW_ACCOUNTS),
    Way("GET", "/administration/sessions", administration.sessions_form, Action.VIEW_ACCOUNTS),
    Way("POST", "/administration/sessions/end", administration.end_sessions, Action.END_ALL_SESSIONS),
    Way("GET", "/administration/health", administration.health, Action.VIEW_HEALTH),
    Way("GET", "/administration/settings", administration.settings, Action.VIEW_HEALTH),
    # identity providers
    Way("GET", "/administration/issuers", issuers.listing, Action.VIEW_ISSUERS),
    Way("GET", "/administration/issuers/new", issuers.new_form, Action.VIEW_ISSUERS),
    Way("POST", "/administration/issuers/new", issuers.add, Action.ADD_ISSUER),
    Way("POST", "/administration/issuers/{id}/confirm", issuers.confirm, Action.CONFIRM_ISSUER),
    Way("POST", "/administration/issuers/{id}/end", issuers.end, Action.END_ISSUER),
    Way("GET", "/issuers", issuers.own, Action.VIEW_ISSUERS),
    Way("POST", "/issuers/{id}/confirm", issuers.confirm, Action.CONFIRM_ISSUER),
    Way("POST", "/issuers/{id}/end", issuers.end, Action.END_ISSUER),
)


_ROUTES: Final = tuple((way, way.route()) for way in WAYS)


def routes() -> Sequence[BaseRoute]:
    """Give Starlette's routes."""
    return [*(route for _, route in _ROUTES), Route(assets.PREFIX + "{name:path}", assets.serve)]


def is_long(path: str) -> bool:
    """Tell whether a route takes a form with a long text."""
    return any(way.long and route.path_regex.match(path) for way, route in _ROUTES)


def is_machine(path: str) -> bool:
    """Tell whether a route is called by another server, without a page of ours."""
    return any(way.machine and route.path_regex.match(path) for way, route in _ROUTES)


def is_upload(path: str) -> bool:
    """Tell whether a route reads a body of any length itself."""
    return any(way.upload and route.path_regex.match(path) for way, route in _ROUTES)
