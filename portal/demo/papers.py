"""What leaves the dialogue: words that are looked for, the whole as a paper, dates in a calendar, notices by mail."""

import re
from typing import Final

from portal.demo.acts import Run
from portal.demo.cast import STATE_NAMES, STATES
from portal.demo.client import Visitor
from portal.demo.dialogue import LAYLA, PYOTR, REVIEW, SAMI, WANG, first, who
from portal.demo.reading import words_of
from portal.demo.report import Report, many
from portal.demo.sayings import SAYINGS
from portal.demo.talk import file_of, find, lacks, word_of
from storage.repositories.notices import NoticeRecords
from storage.repositories.reviews import Reach

FEED: Final = r"http://localhost:\d+(/calendar/([\w-]+)\.ics)"


def leave(run: Run, report: Report, thread: str) -> None:
    """Look for words, take the dialogue along, read one's calendar and one's notices."""
    report.say("And what leads out of the dialogue:")
    _found(run, report, thread)
    _paper(run, report)
    _calendar(run, report)
    _notices(run, report)


def _found(run: Run, report: Report, thread: str) -> None:
    looked = "الاتفاق أينما"
    answer = find(run, SAMI, REVIEW, looked)
    wrong = [] if thread in answer.text and not answer.place else [f"it isn’t found (status {answer.status})"]
    mine, theirs = find(run, PYOTR, REVIEW, word_of(run, "aside")), find(run, LAYLA, REVIEW, word_of(run, "aside"))
    wrong += [] if thread in mine.text else ["the comment isn’t found by those who read it"]
    wrong += ["the comment is found by the other side"] if thread in theirs.text else []
    foreign = find(run, WANG, REVIEW, word_of(run, "songes")).text
    wrong += ["a word of the other review is found"] if "/clarifications/" in _rows(foreign) else []
    report.check(
        f"{who(run, SAMI)} looked for words of the answer and found the question; a word of the reviewers’ comment is "
        f"found by {first(run, PYOTR)} and not by {first(run, LAYLA)}, one of the other review by nobody here.",
        *wrong,
    )


def _rows(page: str) -> str:
    """Give the table of a list, if there is one."""
    found = re.search(r"<tbody>.*?</tbody>", page, re.DOTALL)
    return found[0] if found else ""


def _paper(run: Run, report: Report) -> None:
    answer = run.player(WANG).visitor.get(f"{file_of(run, REVIEW)}/dialogue.pdf")
    says = words_of(answer.body)
    held = ("abroad", "abroad-answer", "abroad-follows", "abroad-last", "predicates", "officials-answer", "legal")
    kept = ("aside", "aside-national", "call", "legal-answer", "extradition", "prevention", "songes")
    wrong = [f"it lacks {SAYINGS[said].what}" for said in held if word_of(run, said) not in says]
    wrong += [f"it holds {SAYINGS[said].what}" for said in kept if word_of(run, said) in says]
    report.check(
        f"{first(run, WANG)} took the whole dialogue along as a PDF: it holds all that was asked and answered, and no "
        "draft, no comment, no call.",
        *([f"the portal answered {answer.status}"] if not says else wrong),
    )


def _calendar(run: Run, report: Report) -> None:
    player = run.player(WANG)
    page = player.visitor.send("/calendar", lambda form: form.action == "/calendar").text
    made = re.search(FEED, page)
    address = made[1] if made else "/calendar"
    run.talk.secrets["the address of a calendar"] = made[2] if made else ""
    answer = Visitor(run.stage.port).get(address)
    feed = answer.text.replace("\r\n ", "")
    names = {state.name for state in STATES} | {name.name for name in STATE_NAMES}
    people = {one.name for one in run.stage.players.values()}
    told = [name for name in (*sorted(names | people), *run.talk.words.values()) if name in feed]
    entries = feed.count("BEGIN:VEVENT")
    report.check(
        f"{first(run, WANG)}’s calendar reads {many(entries, 'date')} of the schedule at a secret address: numbers "
        "of steps and their general words, the name of no State, of no person, and no reason.",
        *(f"it names {name}" for name in told),
        *([] if entries else [f"there is none (status {answer.status})"]),
    )


def _notices(run: Run, report: Report) -> None:
    headings = [said.heading for said in SAYINGS.values() if said.heading]
    wrong = lacks(run, LAYLA, "/notices", *SAYINGS, more=headings) + lacks(run, LAYLA, "/work", *SAYINGS)
    portal = run.stage.portal
    with portal.database.read() as session:
        waiting = len(NoticeRecords(session, Reach(None)).due(portal.clock(), len(run.stage.players)))
    report.check(
        f"{first(run, LAYLA)}’s notices say what happened, and nothing of what was written. "
        f"Mail waits for {many(waiting, 'person', 'people')} (this demonstration sends none).",
        *wrong,
        *([] if waiting else ["none waits"]),
    )
