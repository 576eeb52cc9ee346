"""The dialogue: a question from its draft to its end, by those whose job it is, and others that are under way.

At each step it is checked who reads what was written, and that nobody else finds it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from portal.demo.acts import OPENED, Paper, Run, download, see, upload
from portal.demo.client import ids_in
from portal.demo.journey import Material, call, short
from portal.demo.report import Report, named
from portal.demo.sayings import SAYINGS
from portal.demo.talk import (
    act,
    ask,
    ask_at_once,
    comment,
    file_of,
    follow,
    gone,
    hand_over,
    has,
    lacks,
    on_entry,
    pass_on,
    plant,
    save,
    send_text,
    submit_batch,
    type_on,
    word_of,
)
from portal.domain.reviews import RoomKind

REVIEW: Final = "qamaria"
# the parts: who asks, who reviews too, who answers, and who stands between them
WANG, LIN, PYOTR, ANNA = "expert-yunhai", "focal-yunhai", "expert-lunoslavia", "focal-lunoslavia"
LAYLA, SAMI, ELENA, NOOR = "focal-qamaria", "expert-qamaria", "officer-qamaria", "translator"
ANSWERING: Final = (LAYLA, SAMI)
REVIEWING: Final = (WANG, LIN, PYOTR, ANNA)
WEEKS: Final = 20  # since the draw of lots
DONE: Final = ("notify", "focal_point", "officer", "agree", "first_call", "response", "circulate")


def talk(run: Run, report: Report, material: Material) -> str:
    """Play the dialogue; gives the address of the question that is played to its end."""
    report.say("The review goes on: what the documents don’t say is asked. In the review of Qamaria:")
    _schedule(run, report)
    thread = _asked(run, report)
    _submitted(run, report, thread)
    _passed_on(run, report, thread)
    _answered(run, report, thread, material)
    _sent(run, report, thread, material)
    _followed(run, report, thread)
    _under_way(run, report)
    _elsewhere(run, report)
    return thread


def who(run: Run, key: str) -> str:
    """Name somebody with what they are."""
    return call(run.player(key).cast)


def first(run: Run, *keys: str) -> str:
    """Name people by their first names."""
    return named([short(run.player(key).cast) for key in keys])


def _today() -> date:
    return datetime.now(UTC).date()


def _schedule(run: Run, report: Report) -> None:
    page = f"{file_of(run, REVIEW)}/schedule"
    begins = (_today() - timedelta(weeks=WEEKS)).isoformat()
    act(run, ELENA, page, page, timetable="resolution", begins=begins, reason=plant(run, "draw"))
    for at, step in enumerate(DONE, 1):
        day = (_today() - timedelta(weeks=WEEKS - 2 * at)).isoformat()
        _set_step(run, step, plant(run, "response") if step == "response" else "Done.", done=day)
    agreed = (_today() + timedelta(weeks=1)).isoformat()
    _set_step(run, "desk_review", plant(run, "agreed"), agreed=agreed)
    wrong = has(run, LAYLA, f"{page}?step=response", "response")
    wrong += has(run, WANG, f"{page}?step=desk_review", "agreed")
    wrong += has(run, ELENA, f"{page}?step=begin", "draw")
    report.check(
        f"{who(run, ELENA)} began the schedule, entered what is done, and set a day that all had agreed on; the "
        "parties read it with her reasons.",
        *wrong,
    )


def _set_step(run: Run, step: str, reason: str, **days: str) -> None:
    page = f"{file_of(run, REVIEW)}/schedule"
    act(run, ELENA, f"{page}?step={step}", f"{page}/steps", reason=reason, **days)


def _asked(run: Run, report: Report) -> str:
    """Have two questions drafted, one typed on, and let the other reviewing State look."""
    file = file_of(run, REVIEW)
    act(run, LIN, f"{file}/clarifications", f"{file}/clearance", clears="yes")
    draft = ask(run, WANG, REVIEW, "predicates")
    hand_over(run, WANG, draft, "ready")
    draft = ask(run, WANG, REVIEW, "abroad")
    before, wrong = word_of(run, "abroad"), has(run, WANG, draft, "abroad")
    type_on(run, WANG, draft, "abroad")
    run.talk.words["an earlier wording of the question"] = before
    run.talk.seen.add("an earlier wording of the question")
    thread = hand_over(run, WANG, draft, "ready")
    comment(run, PYOTR, REVIEW, thread, RoomKind.REVIEWERS, "aside")
    wrong += has(run, PYOTR, thread, "abroad", "aside")
    report.check(
        f"{who(run, WANG)} drafted two questions; the page saved what was typed. {who(run, PYOTR)} read the draft in "
        "the room of the reviewing States, and wrote a side comment.",
        *wrong,
    )
    wrong = gone(run, (*ANSWERING, NOOR), thread, draft)
    wrong += lacks(run, LAYLA, f"{file}/clarifications?list=all", "abroad", more=[SAYINGS["abroad"].heading])
    report.check(
        f"{first(run, *ANSWERING)}, whose State is under review, find nothing of it: “not found”, and no number in "
        "their lists.",
        *wrong,
    )
    return thread


def _submitted(run: Run, report: Report, thread: str) -> None:
    """Have both questions cleared and submitted together."""
    listed = f"{file_of(run, REVIEW)}/clarifications?list=all"
    for one in ids_in(run.player(LIN).visitor.get(listed).text, "/clarifications/"):
        on_entry(run, LIN, f"/clarifications/{one}", "clear")
    count = submit_batch(run, WANG, REVIEW)
    wrong = [] if count == 2 else [f"{count} could be submitted"]  # noqa: PLR2004 - both that were drafted
    wrong += has(run, ELENA, thread, "abroad") + gone(run, ANSWERING, thread)
    report.check(
        f"{who(run, LIN)} cleared both, and {first(run, WANG)} submitted them together, as one batch: the officer "
        "reads them now, the State under review doesn’t yet.",
        *wrong,
    )


def _passed_on(run: Run, report: Report, thread: str) -> None:
    """Have the question translated and both passed on."""
    task = send_text(run, ELENA, thread, NOOR, "ar")
    wrong = has(run, NOOR, task, "abroad")
    wrong += lacks(run, NOOR, task, "predicates", "aside", more=[SAYINGS["abroad"].heading])
    act(run, NOOR, task, f"{task}/delivery", text=plant(run, "abroad-ar"))
    wrong += gone(run, (NOOR,), task, thread, f"{file_of(run, REVIEW)}/clarifications")
    run.talk.places[REVIEW, RoomKind.SHARED] = [task]
    report.check(
        f"{first(run, ELENA)} sent one of them to {who(run, NOOR)}, who saw just that text, without its heading, and "
        "nothing any more once her translation was delivered.",
        *wrong,
    )
    listed = ids_in(run.player(ELENA).visitor.get(f"{file_of(run, REVIEW)}/clarifications?list=all").text, "cations/")
    other = next(f"/clarifications/{one}" for one in listed if f"/clarifications/{one}" != thread)
    pass_on(run, ELENA, REVIEW, thread, _today() + timedelta(weeks=2))
    pass_on(run, ELENA, REVIEW, other, _today() + timedelta(weeks=3))
    for step in ("desk_review", "pass_on"):
        _set_step(run, step, "Done.", done=_today().isoformat())
    wrong = has(run, LAYLA, thread, "abroad", "abroad-ar") + has(run, SAMI, other, "predicates")
    wrong += lacks(run, LAYLA, thread, "aside")
    report.check(
        f"{first(run, ELENA)} passed both on, with the day by which an answer is hoped for. {who(run, LAYLA)} reads "
        "the question in English and in Arabic, and never the reviewers’ comment.",
        *wrong,
    )


def _answered(run: Run, report: Report, thread: str, material: Material) -> None:
    """Have the question given to an expert, and an answer drafted with a document."""
    judgment = upload(run, LAYLA, REVIEW, RoomKind.NATIONAL, material.of(REVIEW, "judgment"))
    run.papers[REVIEW, "national/judgment"] = judgment
    act(run, LAYLA, thread, f"{thread}/route", people=[str(run.player(SAMI).id)])
    draft = follow(run, SAMI, REVIEW, thread, "answer")
    save(run, SAMI, draft, "abroad-answer", attached=[judgment.newest[0]])
    hand_over(run, SAMI, draft, "ready")
    comment(run, LAYLA, REVIEW, thread, RoomKind.NATIONAL, "aside-national")
    wrong = has(run, SAMI, thread, "abroad-answer", "aside-national")
    report.check(
        f"{first(run, LAYLA)} gave it to {who(run, SAMI)}, who drafted an answer in the ministry’s own room and "
        f"attached “{judgment.newest[1].shown}”.",
        *wrong,
    )
    others = (*REVIEWING, ELENA)
    wrong = [one for key in others for one in lacks(run, key, thread, "abroad-answer", "aside-national")]
    wrong += gone(run, others, draft, f"/documents/{judgment.document}", f"/versions/{judgment.newest[0]}/content")
    report.check(
        f"{first(run, *others)} see nothing of it: no draft, no document, no comment of the ministry, and not who "
        "writes.",
        *wrong,
        *lacks(run, WANG, thread, more=[run.player(SAMI).name]),
    )


def _sent(run: Run, report: Report, thread: str, material: Material) -> None:
    """Have the answer sent and passed on, and its document opened."""
    on_entry(run, LAYLA, thread, "submit")
    run.notes(run.player(LAYLA), OPENED, run.papers[REVIEW, "national/judgment"])  # to see whether it was sent before
    wrong = lacks(run, WANG, thread, "abroad-answer") + has(run, ELENA, thread, "abroad-answer")
    pass_on(run, ELENA, REVIEW, thread)
    wrong += has(run, WANG, thread, "abroad-answer") + has(run, PYOTR, thread, "abroad-answer")
    source = material.of(REVIEW, "judgment")
    document = ids_in(run.player(WANG).visitor.get(thread).text, "/documents/")[0]
    paper = run.papers[REVIEW, "judgment"] = Paper(REVIEW, source.title, document, [])
    paper.versions.append((see(run, WANG, paper)[-1], source))
    wrong += download(run, WANG, paper)
    report.check(
        f"{first(run, LAYLA)} cleared and sent the answer, and {first(run, ELENA)} passed it on: not before, "
        f"{first(run, WANG)} and {first(run, PYOTR)} read it, and the document that goes with it, byte for byte.",
        *wrong,
    )


def _followed(run: Run, report: Report, thread: str) -> None:
    """Have a further question asked and answered, and the whole closed."""
    draft = follow(run, WANG, REVIEW, thread, "question")
    save(run, WANG, draft, "abroad-follows", "ready")
    wrong = lacks(run, LAYLA, thread, "abroad-follows") + gone(run, ANSWERING, draft)
    on_entry(run, LIN, thread, "submit")
    pass_on(run, ELENA, REVIEW, thread)
    wrong += has(run, LAYLA, thread, "abroad-follows")
    draft = follow(run, LAYLA, REVIEW, thread, "answer")
    save(run, LAYLA, draft, "abroad-last", "submit")
    wrong += lacks(run, PYOTR, thread, "abroad-last")
    pass_on(run, ELENA, REVIEW, thread)
    wrong += has(run, WANG, thread, "abroad-last")
    act(run, WANG, thread, f"{thread}/close")
    closed = run.player(LAYLA).visitor.get(f"{file_of(run, REVIEW)}/clarifications?list=closed").text
    wrong += [] if thread in closed else ["it isn’t among the closed ones"]
    report.check(
        f"{first(run, WANG)} asked what follows from it; that was answered too, by the same way, and the "
        "question was closed.",
        *wrong,
    )


def _under_way(run: Run, report: Report) -> None:
    """Leave more questions behind: answered, asked, with the officer, and a draft that waits for clearance."""
    answered = ask_at_once(run, PYOTR, REVIEW, "officials")
    pass_on(run, ELENA, REVIEW, answered, _today() + timedelta(weeks=2))
    save(run, LAYLA, follow(run, LAYLA, REVIEW, answered, "answer"), "officials-answer", "submit")
    pass_on(run, ELENA, REVIEW, answered)
    asked = ask_at_once(run, PYOTR, REVIEW, "legal")
    pass_on(run, ELENA, REVIEW, asked, _today() + timedelta(weeks=4))
    save(run, SAMI, follow(run, SAMI, REVIEW, asked, "answer"), "legal-answer", "ready")
    waiting = ask_at_once(run, PYOTR, REVIEW, "extradition")
    draft = hand_over(run, WANG, ask(run, WANG, REVIEW, "prevention"), "ready")
    page = f"{file_of(run, REVIEW)}/contacts"
    room = str(run.stage.room(REVIEW, RoomKind.REVIEWERS))
    act(run, PYOTR, page, page, kind="call", room=room, text=plant(run, "call"))
    wrong = has(run, WANG, answered, "officials", "officials-answer") + has(run, LAYLA, asked, "legal", "legal-answer")
    wrong += has(run, ELENA, waiting, "extradition") + has(run, LIN, draft, "prevention") + has(run, WANG, page, "call")
    report.check(
        f"More is under way: {first(run, PYOTR)} has one answer, waits for another, and has a question in Russian "
        f"with the officer; a draft of {first(run, WANG)} waits for clearance; and a call was logged.",
        *wrong,
    )
    wrong = gone(run, ANSWERING, waiting, draft) + lacks(run, LAYLA, page, "call")
    wrong += lacks(run, PYOTR, asked, "legal-answer")
    report.check("Of these, too, neither side finds what the other has not sent.", *wrong)


def _elsewhere(run: Run, report: Report) -> None:
    """Ask much the same in the other review."""
    other, asks, keeps, answers = "sabahia", "expert-songes", "officer-sabahia", "focal-sabahia"
    thread = ask_at_once(run, asks, other, "songes")
    pass_on(run, keeps, other, thread, _today() + timedelta(weeks=2))
    wrong = has(run, answers, thread, "songes") + gone(run, (*ANSWERING, WANG, LIN, PYOTR, ELENA), thread)
    report.check(
        f"In the review of Sabahia, {who(run, asks)} asked much the same in French. {who(run, answers)} reads it; "
        "nobody of the other review finds it.",
        *wrong,
    )
