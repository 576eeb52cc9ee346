"""Says in words why somebody may or may not do something, from the policies that decided.

Every policy has a sentence here (a test compares), so "Why can I see this?" never shows a bare id.
"""

from collections.abc import Sequence
from typing import Final

from portal.domain.texts import N_

NO_POLICY: Final = N_("No rule gives you this.")

REASONS: Final = {
    # refusals
    "guardrails.absent": N_("There is no such thing."),
    "guardrails.not-running": N_("Your appointment does not run now."),
    "guardrails.suspended": N_("Your access is suspended."),
    "guardrails.suspended-adds-nothing": N_("Your access is suspended."),
    "guardrails.feed": N_("A calendar reads dates and does nothing else."),
    "guardrails.fresh": N_("This takes a fresh proof of who you are."),
    "guardrails.undertaking": N_("You have not accepted the undertaking of confidentiality for this review yet."),
    "guardrails.closed": N_("This review is closed; its file stays as it is."),
    "guardrails.parties-in-preparation": N_(
        "The reviewing States change only while the review is in preparation. If one has to be replaced all the same, "
        "the officer assigned to the review sets it back to that stage first."
    ),
    "guardrails.after-the-review": N_(
        "This review is closed, and with it the access of the reviewing States has ended."
    ),
    "guardrails.withdrawn-content": N_("This document was withdrawn; its content is for its owner only."),
    "publications.withdrawn-content": N_("This document was withdrawn; its content is for its owner only."),
    "guardrails.withdrawn-work": N_("This document was withdrawn and is not worked on any more."),
    "guardrails.final": N_("All parties have agreed on this document, so it stays as it is."),
    "guardrails.report-stage": N_(
        "A report is proposed while the review is at the stage of its report; this one isn’t, or isn’t any more."
    ),
    "guardrails.manifest-running": N_(
        "This proposal has ended or is final, so nothing was recorded. Load the page again and look at what is "
        "proposed now."
    ),
    "guardrails.answered-once": N_("Your State has answered this proposal already."),
    "guardrails.circulated-once": N_("This document was circulated already."),
    "guardrails.sent-text": N_(
        "This text was sent or discarded meanwhile. What was sent is never edited: if it has to be put right, "
        "write a correction."
    ),
    "guardrails.passed-on-once": N_("This was passed on already, or is still a draft."),
    "guardrails.oneself": N_("Nobody does this for themselves."),
    "guardrails.second-person-appointment": N_("You made this appointment; somebody else has to confirm it."),
    "guardrails.second-person-issuer": N_("You added this provider; somebody else has to confirm it."),
    "guardrails.second-person-link": N_("You issued this link; somebody else has to confirm it."),
    "guardrails.exclusive-roles": N_("You hold two roles that exclude one another, so you may act under neither."),
    "guardrails.exclusive-appointment": N_("This person holds a role that excludes the one to be given."),
    "guardrails.exclusive-assignment": N_("This person holds a role that excludes being the officer of a review."),
    "guardrails.case-on-oneself": N_("This case is about you, so you don’t act in it."),
    "guardrails.concern-on-oneself": N_("This concern is about you."),
    "guardrails.case-own-act": N_(
        "You filed the concern or have worked on this review yourself; nobody examines their own act."
    ),
    "guardrails.exhibit-own-act": N_(
        "You have worked on this review yourself, and an exhibit may show what you did: somebody else of the "
        "secretariat opens it."
    ),
    "guardrails.second-person-case": N_("You proposed this case; somebody else has to confirm it."),
    "guardrails.case-own-hand": N_("You had a part in bringing this case here; another member decides on it."),
    "guardrails.contained": N_(
        "You are held back from this review while a breach of confidentiality is looked into. Ask the confidentiality "
        "officer, or your State’s focal point."
    ),
    "guardrails.stopped": N_(
        "Downloads are stopped in this review while a breach of confidentiality is looked into. Nothing is lost; ask "
        "the confidentiality officer, or your State’s focal point."
    ),
    "guardrails.grant-party": N_("This State is party to the review, so it has access already: it needs no grant."),
    "guardrails.grant-final": N_(
        "The parties haven’t agreed on the report yet. Once all three have, it can be granted; the request stays open."
    ),
    "guardrails.grant-once": N_("Somebody decided on this before you. Nothing was changed; look at it again."),
    "guardrails.grant-ended": N_("This was refused, declined or revoked before. Nothing was changed."),
    "guardrails.grant-undertaking": N_("You have not accepted the undertaking of confidentiality for this grant yet."),
    "guardrails.grant-held": N_(
        "This grant is suspended while a breach of confidentiality is looked into. Ask your State’s focal point."
    ),
    "guardrails.grant-withdrawn": N_("This document was withdrawn, so no other State reads it any more."),
    "guardrails.case-running": N_("A case is examined from its registration to its end, and this one isn’t under way."),
    "guardrails.heard-before-finding": N_(
        "The person concerned is heard before any finding: ask them, and wait until they said all, or for the day."
    ),
    "guardrails.finding-once": N_("There is a finding already; what led to it stays as it is."),
    "guardrails.case-once": N_("This case was confirmed, declined or closed before."),
    # one's own presence
    "sessions.visitor": N_("Anybody may try to sign in, or say that they can’t."),
    "sessions.own-account": N_("This is your own account."),
    "sessions.own-appointment": N_("This is an appointment of your own."),
    "sessions.own-session": N_("This is a session of your own."),
    "notices.own": N_("These are your own notices."),
    # the registry
    "states.staff": N_("You keep the list of States, as registrar or administrator."),
    "states.importer": N_("The list of States is brought in from the command line."),
    "reviews.registrar": N_("You keep the register of reviews, as registrar."),
    "reviews.registrar-assigns-officers": N_("You assign officers to reviews, as registrar."),
    # a review file
    "reviews.list-delegate": N_("You see the reviews that your appointment opens."),
    "reviews.list-officer": N_("You see the reviews that you are assigned to."),
    "reviews.focal-point": N_("You are a focal point of a State that is party to this review."),
    "reviews.assigned": N_("Your State is party to this review, and you are assigned to it."),
    "reviews.officer": N_("You are the officer assigned to this review."),
    "reviews.translator-undertaking": N_("A text of this review was sent to you for translation."),
    "reviews.ask-for-help": N_("Your State is under review, and you are its focal point."),
    # the agreement on its report
    "reports.view-focal-point": N_("Your State is party to this review, and you are its focal point."),
    "reports.view-assigned": N_("Your State is party to this review, and you are assigned to it."),
    "reports.view-officer": N_("You are the officer assigned to this review."),
    "reports.propose": N_("Your State reviews this State, and you are its focal point."),
    "reports.propose-officer": N_("You are the officer assigned to this review."),
    "reports.settle": N_("Your State reviews this State, and you draft the report with the others."),
    "reports.settle-officer": N_("You are the officer assigned to this review."),
    "reports.agree": N_("Your State is party to this review, and you are its focal point."),
    # its executive summary
    "summaries.confirm": N_("You are the officer assigned to this review."),
    "summaries.transmit": N_("You are the officer assigned to this review."),
    "summaries.list": N_("You are a member of a body of the Conference that is given executive summaries."),
    "summaries.read": N_("This summary was given to the body of the Conference that you are a member of."),
    # its schedule, and the calendars that read it
    "schedules.focal-point": N_("Your State is party to this review, and you are its focal point."),
    "schedules.assigned": N_("Your State is party to this review, and you are assigned to it."),
    "schedules.officer": N_("You keep the schedule, as the officer assigned to this review."),
    "schedules.feed-delegate": N_("You can have reviews, so you may have their dates in your calendar."),
    "schedules.feed-officer": N_("You can have reviews, so you may have their dates in your calendar."),
    "schedules.calendar-delegate": N_("This is the secret address of your own calendar."),
    "schedules.calendar-officer": N_("This is the secret address of your own calendar."),
    "schedules.revoke": N_("This is the secret address of your own calendar."),
    # its rooms
    "rooms.national-focal-point": N_("This is the national room of your State, and you are its focal point."),
    "rooms.national-expert": N_(
        "This is the national room of your State, and you are an expert assigned to this review."
    ),
    "rooms.shared-focal-point": N_(
        "This is the shared room, and you are a focal point of a State that is party to this review."
    ),
    "rooms.shared-assigned": N_(
        "This is the shared room; your State is party to this review, and you are assigned to it."
    ),
    "rooms.reviewers-focal-point": N_(
        "This is the room of the reviewing States, and you are a focal point of one of them."
    ),
    "rooms.reviewers-expert": N_(
        "This is the room of the reviewing States, and you are an expert of one of them, assigned to this review."
    ),
    "rooms.officer": N_("This is a room in which the officer assigned to this review works, and that is you."),
    "rooms.officer-help": N_(
        "The State under review has asked the secretariat for help, and you are the officer assigned to this review."
    ),
    # its documents
    "documents.circulated-focal-point": N_(
        "It was circulated to the parties to this review, and you are a focal point of one of them."
    ),
    "documents.circulated-assigned": N_(
        "It was circulated to the parties to this review; your State is one of them, and you are assigned to it."
    ),
    "documents.submitted-focal-point": N_("Your State submitted it, and you are its focal point."),
    "documents.submitted-assigned": N_("Your State submitted it, and you are assigned to this review."),
    "documents.upload-national": N_("You work in the national room of your State."),
    "documents.upload-reviewers": N_("You work in the room of the reviewing States, for one of them."),
    "documents.upload-officer": N_("You are the officer assigned to this review."),
    "documents.draft-national": N_("It is a draft of your State, in its national room."),
    "documents.draft-reviewers": N_("It is a draft of your State, in the room of the reviewing States."),
    "documents.draft-officer": N_("It is a draft of the secretariat, and you are the officer assigned to this review."),
    "documents.submit-own-file": N_("You clear what your State submits to its review, as its focal point."),
    "documents.submit-to-reviewers": N_("You bring a draft of your State to the other reviewing State."),
    "documents.submit-from-reviewers": N_("You clear what your State’s experts send, as its focal point."),
    "documents.submit-officer": N_("It is of the secretariat, and you are the officer assigned to this review."),
    "documents.circulate": N_("You circulate what was submitted, as the officer assigned to this review."),
    "documents.withdraw-own": N_("Your State submitted it, and you are its focal point."),
    "documents.withdraw-officer": N_("It is of the secretariat, and you are the officer assigned to this review."),
    # the dialogue
    "clarifications.list-focal-point": N_("Your State is party to this review, and you are its focal point."),
    "clarifications.list-assigned": N_("Your State is party to this review, and you are assigned to it."),
    "clarifications.list-officer": N_("You are the officer assigned to this review."),
    "clarifications.view-reviewing-focal-point": N_("Your State reviews this State, and you are its focal point."),
    "clarifications.view-reviewing-expert": N_(
        "Your State reviews this State, and you are its expert assigned to this review."
    ),
    "clarifications.view-asked-focal-point": N_("It was passed on to your State, and you are its focal point."),
    "clarifications.view-asked-assigned": N_(
        "It was passed on to the parties to this review, and you are assigned to it."
    ),
    "clarifications.view-officer": N_("You are the officer assigned to this review."),
    "clarifications.entry-passed-focal-point": N_(
        "It was passed on to the parties to this review, and you are a focal point of one of them."
    ),
    "clarifications.entry-passed-assigned": N_(
        "It was passed on to the parties to this review, and you are assigned to it."
    ),
    "clarifications.entry-submitted-focal-point": N_("Your State submitted it, and you are its focal point."),
    "clarifications.entry-submitted-assigned": N_("Your State submitted it, and you are assigned to this review."),
    "clarifications.translator": N_("This text was sent to you for translation."),
    "clarifications.ask": N_("Your State reviews this State, and you work in the reviewers’ room."),
    "clarifications.follow-up": N_("Your State reviews this State, and you work in the reviewers’ room."),
    "clarifications.answer": N_("Your State was asked, and you work in its national room."),
    "clarifications.draft-question": N_("It is a draft of your State, in the room of the reviewing States."),
    "clarifications.draft-answer": N_("It is a draft of your State, in its national room."),
    "clarifications.clear": N_("You clear what your State’s experts ask, as its focal point."),
    "clarifications.submit-question-focal-point": N_("You clear what your State asks, as its focal point."),
    "clarifications.submit-question-expert": N_("It is a question of your State, and nobody has to clear it any more."),
    "clarifications.submit-answer": N_("You clear what your State answers, as its focal point."),
    "clarifications.pass-on": N_("You pass on what was submitted, as the officer assigned to this review."),
    "clarifications.translate": N_("You have texts translated, as the officer assigned to this review."),
    "clarifications.merge": N_("It is a draft of your State."),
    "clarifications.route": N_("Your State was asked, and you are its focal point."),
    "clarifications.close": N_("Your State asked this."),
    "clarifications.close-officer": N_("You are the officer assigned to this review."),
    "clarifications.set-clearance": N_("You decide how your State asks, as its focal point."),
    "clarifications.remark-national": N_("You work in the national room of your State."),
    "clarifications.remark-reviewers": N_("You work in the room of the reviewing States, for one of them."),
    "clarifications.remark-shared": N_("This is the shared room, and you work for a party to this review."),
    "clarifications.remark-officer": N_(
        "This is a room in which the officer assigned to this review works, and that is you."
    ),
    # translation
    "translations.officer": N_("You have texts translated, as the officer assigned to this review."),
    "translations.translator": N_("This version was sent to you for translation."),
    "translations.list-translator": N_("You see what was sent to you for translation."),
    "translations.list-officer": N_("You are the officer assigned to this review."),
    # people
    "people.focal-point-list": N_("You keep the list of your State’s people, as its focal point."),
    "people.focal-point-view": N_("This person is of your State, and you are its focal point."),
    "people.staff": N_("You keep the list of people, as registrar or administrator."),
    "issuers.administrator": N_("You keep the identity providers, as administrator."),
    "issuers.focal-point": N_("It is a provider of your State, and you are its focal point."),
    "issuers.administrator-confirms": N_("It is the secretariat’s provider, and you are an administrator."),
    "issuers.machine": N_("The portal asks the provider by itself."),
    "people.accounts": N_("You see to the accounts, as administrator."),
    "people.focal-point-appoints": N_("You appoint your State’s experts and observers, as its focal point."),
    "people.registrar-appoints": N_("You record this kind of appointment, as registrar."),
    "people.administrator-appoints": N_("You make this kind of appointment, as administrator."),
    "people.staff-confirms": N_("You confirm appointments in the secretariat, as registrar or administrator."),
    "people.focal-point-confirms": N_("You confirm other focal points of your State, as its focal point."),
    "people.first-focal-point": N_(
        "You confirm the focal point of a State that has no other, as registrar or administrator."
    ),
    "people.focal-point-confirms-restored": N_("You confirm anew who acts for your State, as its focal point."),
    "people.registrar-confirms-restored": N_("You confirm anew whom you record, as registrar."),
    "people.registrar-confirms": N_("You confirm what focal points appoint, as registrar."),
    "people.focal-point-assigns": N_("You assign your State’s people to its reviews, as its focal point."),
    "people.focal-point-hands-over": N_(
        "You appoint and assign your State’s experts and observers, as its focal point, and hand over between them."
    ),
    "people.registrar-hands-over": N_("You record this kind of appointment, as registrar, and hand over between them."),
    "people.successor": N_("This was handed over to you."),
    "people.focal-point-links": N_("You help your State’s people to sign in, as its focal point."),
    "people.first-link": N_("You invite the first focal point of a State, as registrar."),
    "people.staff-links": N_("You issue links for the secretariat, as registrar or administrator."),
    "people.focal-point-cares": N_("You care for the accounts of your State’s people, as its focal point."),
    "people.staff-cares": N_("You care for the accounts of the secretariat, as registrar or administrator."),
    "people.administrator-ends-all": N_("You see to the accounts, as administrator."),
    "people.staff-link-confirmed": N_(
        "You confirm links that the secretariat issued, as another registrar or administrator."
    ),
    "people.focal-point-confirms-link": N_("You confirm links for your State’s people, as its focal point."),
    # scanned copies of legal bases, and the roster
    "notes.own": N_("It is the note that your own appointment or assignment rests on."),
    "notes.focal-point": N_("It is about somebody of your State, and you are its focal point."),
    "roster.own-profile": N_("This is what the roster says of yourself."),
    "roster.focal-point": N_("You keep your State’s part of the roster, as its focal point."),
    "roster.focal-point-describes": N_("This person is of your State, and you are its focal point."),
    "roster.registrar": N_("You keep the roster, as registrar."),
    "roster.registrar-describes": N_("This person is of no State, and you keep the roster, as registrar."),
    "people.focal-point-views-as": N_("This person is of your State, and you are its focal point."),
    "people.officer-views-as": N_("This person works on a review that you are assigned to as its officer."),
    "people.focal-point-views-as-state": N_("You speak for your State, as its focal point."),
    "people.officer-views-as-state": N_("This State is party to a review that you are assigned to as its officer."),
    # accountability
    "audit.national": N_("It lies in the national room of your State, and you are its focal point."),
    "audit.shared-document": N_("Your State sees this document, and you are its focal point."),
    "audit.shared-room": N_("Your State is party to this review, and you are its focal point."),
    "audit.reviewers": N_("It lies in the room of the reviewing States, and you are a focal point of one of them."),
    "audit.review": N_("Your State is party to this review, and you are its focal point."),
    "audit.own-people": N_("These are the accesses of your own State’s people, and you are its focal point."),
    "audit.log-delegate": N_("You are a focal point, and answer for a State’s file."),
    "audit.log-staff": N_("You run the portal, or care for its confidentiality."),
    "audit.log-oversight": N_("You are a member of the Implementation Oversight Group."),
    "audit.group-observers": N_("You are an observer of the Implementation Oversight Group."),
    # grants to other States
    "grants.focal-point-lists": N_("You speak for your State, as its focal point."),
    "grants.asks": N_("You ask for your State, as its focal point."),
    "grants.receiving": N_("Your State asked for this or was offered it, and you are its focal point."),
    "grants.under-review": N_("It is your State’s report, and you are its focal point."),
    "grants.reader-lists": N_("You act for a State to which another one may open its report."),
    "grants.reader": N_("The State under review named you as a reader of its report."),
    "grants.reads": N_("The State under review named you as a reader of its report."),
    "grants.copies": N_("The State under review named you as a reader, and lets readers take marked copies."),
    "grants.operator-traces": N_("Whoever runs the machine traces a copy that was found."),
    "grants.traces": N_("You trace copies that were found, as confidentiality officer."),
    # breach cases
    "cases.reader-lists": N_("You, or your State, read this report under a grant, and may file a concern about it."),
    "cases.reader-files": N_("You, or your State, read this report under a grant, and may file a concern about it."),
    "cases.grantee": N_("You are a focal point of a State that was granted what the case is about."),
    "cases.grantee-submits": N_("You are a focal point of a State that was granted what the case is about."),
    "cases.state-exhibits": N_(
        "You are the focal point of the State under review, which opens the exhibits of a case."
    ),
    "cases.oversight-exhibits": N_("You are a member of the Oversight Group, and the exhibit was given to it."),
    "cases.focal-point-files": N_("Your State is party to this review, and you are its focal point."),
    "cases.assigned-files": N_("Your State is party to this review, and you are assigned to it."),
    "cases.staff-files": N_("You work on this review, as its officer or translator."),
    "cases.own-concern": N_("You filed this concern."),
    "cases.officer-concerns": N_("You look into concerns, as confidentiality officer."),
    "cases.officer": N_("You look into breach cases, as confidentiality officer."),
    "cases.officer-examines": N_("You examine this case, as confidentiality officer."),
    "publications.focal-point-sees": N_("Your State decides what is published of its review."),
    "publications.expert-sees": N_("Your State decides what is published of its review, and you work on it."),
    "publications.prepare": N_("It is your State’s to publish: all parties agreed on it, or your State submitted it."),
    "publications.prepare-language-version": N_(
        "It is your State’s to publish: a language version of what all parties agreed on."
    ),
    "publications.prepare-jointly": N_("All parties have it: it is published when each of the three consents."),
    "publications.consenting-sees": N_("It isn’t published without your State’s consent."),
    "publications.consents": N_("It isn’t published without your State’s consent."),
    "publications.no-word-missing": N_("The consent of a State is missing."),
    "publications.focal-point-confirms": N_("A focal point of the State under review confirms what it publishes."),
    "publications.expert-confirms": N_("After a focal point, another person of the State confirms what it publishes."),
    "publications.call-off": N_("A focal point calls a publication off, or withdraws it."),
    "publications.confirmer-calls-off": N_("Whoever confirmed a publication may call it off."),
    "publications.two-people": N_("Two people confirm a publication, and you are one of them already."),
    "publications.open-first": N_(
        "Read the public file first: you confirm exactly that file, and haven’t opened it yet."
    ),
    "publications.confirm-once": N_("This publication was confirmed by two people, or was called off."),
    "publications.cancel-in-time": N_("What is public can’t be called off any more, only withdrawn."),
    "publications.withdraw-once": N_("Only what is public can be withdrawn, once."),
    "publications.machine-publishes": N_("Two people confirmed it, and it was thought over."),
    "publications.machine-proves": N_("It is public."),
    "summaries.machine-publishes": N_("It was given to the bodies of the Conference, and that was thought over."),
    "summaries.machine-proves": N_("It is public."),
    "cases.own-list": N_("These are the cases in which you are heard."),
    "cases.own-case": N_("You are heard in this case."),
    "cases.own-answer": N_("You are heard in this case."),
    "cases.state-submits": N_("This case concerns your State, and you are its focal point."),
    "cases.secretariat-submits": N_("You submit cases for the secretariat, as confidentiality officer."),
    "cases.state-discloses": N_("Your State is under review, and you are its focal point."),
    "cases.officer-closes": N_("You close cases that nobody submitted, as confidentiality officer."),
    "cases.oversight-lists": N_("You see what was submitted to the Oversight Group, as its member."),
    "cases.oversight": N_("This case was submitted to the Oversight Group, and you are its member."),
    "cases.oversight-decides": N_("You record what the Oversight Group decided, as its member."),
    "cases.officer-states": N_("You make the yearly statement, as confidentiality officer."),
    "cases.focal-point-lists": N_("You see the cases that concern your State, as its focal point."),
    "cases.state-concerned": N_("This case concerns your State, and you are its focal point."),
    # signals
    "signals.officer": N_("You care for the portal’s confidentiality."),
    "signals.rules": N_("Everybody who works with the portal may know by which rules it gives signals."),
    "signals.oneself": N_("This is about yourself: another confidentiality officer looks at it."),
    # running the portal
    "machinery.health": N_("You see to the portal’s health, as administrator."),
    "machinery.init": N_("An empty installation is being set up."),
    "machinery.worker": N_("The portal closes what a crash left open in its log."),
    "machinery.week": N_("The portal tells focal points each week that their file was opened."),
    "machinery.sweeper": N_("The portal sweeps away what no record names."),
    "machinery.rotation": N_("The portal rewraps its keys."),
    "machinery.fsck": N_("The portal compares its records, objects and log."),
    "machinery.watcher": N_("The portal reads its log for signals."),
    "machinery.operator": N_("Whoever runs the machine makes an administrator."),
    "machinery.operator-shreds": N_("Whoever runs the machine destroys a version for good."),
    "machinery.backup": N_("The portal copies its records and sealed objects to a folder."),
    "machinery.restorer": N_("The portal is brought back from a backup."),
    "machinery.escrow": N_("Whoever runs the machine seals keys for the State under review to keep."),
    "machinery.mailer": N_("The portal sends mail to those who are told of something."),
}


def reasons(policies: Sequence[str]) -> list[str]:
    """Return a sentence for each policy that decided, untranslated, each once; for none, that no rule gives it."""
    return list(dict.fromkeys(REASONS.get(policy, policy) for policy in policies)) or [NO_POLICY]
