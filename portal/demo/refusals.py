"""Who was refused: everybody else, on every address that would show something or change something.

1. A refusal looks like absence: 404, and the page of an address that leads nowhere, word for word.
2. No refusal tells anything of a document: no title, no file name, none of its words.
3. The ids are real ones, as if somebody had overheard them.
"""

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from typing import Final
from uuid import uuid4

from portal.demo.acts import Paper, Run, forged
from portal.demo.cast import REVIEWS
from portal.demo.client import Answer, Visitor
from portal.demo.guards import foreseen, replaced
from portal.demo.journey import GONE, call, short
from portal.demo.report import Report, many
from portal.demo.seed import Player
from portal.domain.reviews import RoomKind

SIGN_IN: Final = "/sign-in"
LED_ON: Final = 303
AT_ONCE: Final = 4  # people who try at the same time
SHORT: Final = 10  # characters; a shorter name may stand on any page
COPIED: Final = "national/"  # what was submitted, as it lies on in the ministry's own room
TALK: Final = ("/clarifications", "/dialogue.pdf")
SIGNED_OUT: Final = 401  # a download in parts isn't led on to a page
# who may not see anything of the first review, and why
OUTSIDERS: Final = (
    ("stranger", "whose State takes part in neither review"),
    ("focal-aurelia", "whose State takes part in neither review"),
    ("roster-yunhai", "on the list of a reviewing State, but assigned to no review"),
    ("second-lunoslavia", "of a reviewing State, but assigned to the other review"),
    ("expert-songes", "who works on the other review"),
    ("focal-sabahia", "whose State is under review in the other review"),
    ("officer-sabahia", "who keeps the other review"),
    ("translator", "who has delivered her translation"),
    ("registrar", "who opened the review and appointed its people"),
    ("administrator", "who runs the portal"),
)


@dataclass(frozen=True, slots=True)
class Try:
    """One request that must be refused; with fields it is a form that no page offered."""

    path: str
    post: bool = False
    part: bool = False


def refuse(run: Run, report: Report) -> None:
    """Let everybody else try, and write how it went."""
    report.say(
        "They all know the addresses, as if somebody had told them: pages, files and forms of the review of Qamaria "
        "are asked for by their real numbers. Each answer must be “not found”, word for word the page of a number that "
        "doesn’t exist, and must not contain a title or a file name."
    )
    everything = _everything(run, "qamaria")
    with ThreadPoolExecutor(AT_ONCE) as people:
        went = people.map(lambda outsider: _went(run, outsider[0], everything), OUTSIDERS)
        for (key, why), wrong in zip(OUTSIDERS, went, strict=True):
            _refused(report, f"{call(run.player(key).cast)}, {why}", everything, wrong)
    _former(run, report, everything)
    _inside(run, report)
    _swapped(run, report)
    _nobody(run, report, everything)
    foreseen(run, report)


def _everything(run: Run, review: str) -> list[Try]:
    """List the ways into a review: each document and room, for one of each every form and part, and the dialogue."""
    papers = [paper for (of, key), paper in run.papers.items() if of == review and not key.startswith(COPIED)]
    rooms = [str(id_) for (of, _, _), id_ in run.stage.rooms.items() if of == review]
    file = f"/reviews/{run.stage.reviews[review]}"
    return [
        *(Try(f"{file}{end}") for end in ("", "/trail", "/trail.csv", "/trail.pdf", "/trail.bundle", *TALK)),
        *(Try(places[-1]) for (of, _), places in run.talk.places.items() if of == review and places),
        *_more(papers[0], rooms[0]),
        *(one for paper in papers for one in _paper(paper)),
        *(Try(f"/rooms/{room}") for room in rooms),
    ]


def _paper(paper: Paper) -> list[Try]:
    return [
        Try(f"/documents/{paper.document}"),
        *(Try(f"/versions/{version}/content") for version, _ in paper.versions),
    ]


def _more(paper: Paper, room: str) -> list[Try]:
    document, version = f"/documents/{paper.document}", paper.newest[0]
    return [
        Try(f"{document}/trail"),
        Try(f"{document}/versions", post=True),
        Try(f"/versions/{version}/content", part=True),
        Try(f"/rooms/{room}/archive"),
        Try(f"/rooms/{room}/documents", post=True),
    ]


def _tries(run: Run, report: Report, key: str, who: str, tries: Sequence[Try]) -> None:
    _refused(report, who, tries, _went(run, key, tries))


def _refused(report: Report, who: str, tries: Sequence[Try], wrong: Sequence[str]) -> None:
    report.check(f"{who}: {many(len(tries), 'request')}, not found every time.", *wrong[:5])


def _went(run: Run, key: str, tries: Sequence[Try]) -> list[str]:
    """Let somebody try; gives what was not refused as it should be."""
    player = run.player(key)
    absent = _page(player.visitor.get(f"/documents/{uuid4()}"))
    wrong: list[str] = []
    for one in tries:
        answer = _ask(run, player, one)
        if answer.status != GONE:
            wrong.append(f"{_spelt(one)} was answered with {answer.status}")
        elif not one.post and _page(answer) != absent:
            wrong.append(f"{_spelt(one)} was refused in other words than an address that leads nowhere")
        wrong += [f"{_spelt(one)} tells of a document"] if _tells(run, answer) else []
    return wrong


def _ask(run: Run, player: Player, one: Try) -> Answer:
    if one.post:
        file = run.papers["qamaria", "handling"].newest[1].path
        return player.visitor.upload(forged(player, one.path), [("Note.docx", file)], kind="note", language="en")
    return player.visitor.get(one.path, **({"Range": "bytes=0-99"} if one.part else {}))


def _spelt(one: Try) -> str:
    kind = re.sub(r"[0-9a-f-]{36}", "...", one.path)
    return f"{'POST' if one.post else 'GET'} {kind}{' (a part)' if one.part else ''}"


def _page(answer: Answer) -> str:
    """Take out of a page what differs each time: tokens, and the number of the request."""
    return re.sub(r"[\w+/=-]{20,}", "", answer.text)


def _tells(run: Run, answer: Answer) -> bool:
    words = {paper.title for paper in run.papers.values()}
    words |= {source.shown for paper in run.papers.values() for _, source in paper.versions}
    words |= set(run.talk.words.values())
    text = unescape(answer.text)
    return any(word in text for word in words if len(word) > SHORT)


def _former(run: Run, report: Report, everything: Sequence[Try]) -> None:
    """Replace somebody in the middle of a session, and let him go on."""
    replaced(run, report)
    player = run.player("former-yunhai")
    said = {"mail": player.cast.mail, "passphrase": run.stage.passphrase}
    player.visitor.send(SIGN_IN, lambda form: "passphrase" in form.fields, **said)
    who = f"{short(player.cast)} signed in again with his passphrase, and tried again"
    _tries(run, report, "former-yunhai", who, everything)


def _inside(run: Run, report: Report) -> None:
    """Let people of the review reach for the rooms in it that aren't theirs."""
    closed = [run.papers["qamaria", key] for key in ("division", "desk-review", "handling")]
    parties = next(review.parties for review in REVIEWS if review.key == "qamaria")
    rooms = [run.stage.room("qamaria", kind) for kind in (RoomKind.REVIEWERS, RoomKind.SECRETARIAT)]
    rooms += [run.stage.room("qamaria", RoomKind.NATIONAL, state) for state in parties.reviewing]
    tries = [one for paper in closed for one in _paper(paper)] + [Try(f"/rooms/{room}") for room in rooms]
    tries += _more(closed[0], str(rooms[0]))
    tries += [Try(place) for place in run.talk.places["qamaria", RoomKind.REVIEWERS]]
    for key in ("focal-qamaria", "expert-qamaria"):
        who = f"{call(run.player(key).cast)} reached for the rooms of the reviewing States and of the secretariat"
        _tries(run, report, key, who, tries)
    drafts = [paper for (of, key), paper in run.papers.items() if of == "qamaria" and _is_draft(key)]
    own = str(run.stage.room("qamaria", RoomKind.NATIONAL, parties.under_review))
    tries = [one for paper in drafts for one in _paper(paper)] + _more(drafts[0], own)
    tries += [Try(place) for place in run.talk.places["qamaria", RoomKind.NATIONAL]]
    for key in ("expert-yunhai", "focal-lunoslavia", "officer-qamaria", "observer-qamaria"):
        who = f"{call(run.player(key).cast)} reached for the drafts in Qamaria’s own room"
        _tries(run, report, key, who, tries)
    waiting = run.papers.get(("qamaria", "cases"))
    if waiting is not None:
        for key in ("expert-yunhai", "expert-lunoslavia"):
            who = f"{call(run.player(key).cast)} reached for a document that was submitted but not circulated yet"
            _tries(run, report, key, who, _paper(waiting))


def _is_draft(key: str) -> bool:
    return key == "draft-answer" or key.startswith(COPIED)


def _swapped(run: Run, report: Report) -> None:
    """Let people of one review use the other one's ids in every place of their own requests."""
    tries = _everything(run, "sabahia")
    for key in ("focal-qamaria", "expert-yunhai", "officer-qamaria"):
        who = f"{call(run.player(key).cast)} used the numbers of the other review"
        _tries(run, report, key, who, tries)
    mixed = _mixed(run)
    wrong = [f"{what} was answered with {answer.status}" for what, answer in mixed if answer.status != GONE]
    report.check(
        f"Numbers of both reviews mixed in one form, in {many(len(mixed), 'way')}: not found every time.", *wrong
    )


def _mixed(run: Run) -> list[tuple[str, Answer]]:
    """Send forms in which the address is of one review and a field is of the other."""
    layla, elena = run.player("focal-qamaria"), run.player("officer-qamaria")
    mine, theirs = run.papers["qamaria", "draft-answer"], run.papers["sabahia", "draft-answer"]
    shared, foreign = run.papers["qamaria", "translation"], run.papers["sabahia", "translation"]
    translator = str(run.player("translator").id)
    return [
        ("another file’s version, submitted as one’s own", _post(layla, mine, "submit", version=theirs.newest[0])),
        ("one’s own version, submitted as another file’s", _post(layla, theirs, "submit", version=mine.newest[0])),
        ("another file’s document, circulated", _post(elena, foreign, "circulate")),
        ("another file’s document, withdrawn", _post(layla, foreign, "withdraw", reason="mine")),
        (
            "another file’s version, sent for translation",
            _post(elena, shared, "translations", version=foreign.newest[0], translator=translator, language="fr"),
        ),
    ]


def _post(player: Player, paper: Paper, act: str, **values: str) -> Answer:
    action = f"/documents/{paper.document}/{act}"
    return player.visitor.post(action, {**forged(player, action).fields, "target": RoomKind.SHARED.value, **values})


def _nobody(run: Run, report: Report, everything: Iterable[Try]) -> None:
    visitor = Visitor(run.stage.port)
    pages = [one for one in everything if not one.post]
    wrong = []
    for one in pages:
        answer = visitor.get(one.path, **({"Range": "bytes=0-99"} if one.part else {}))
        led = answer.status == LED_ON and answer.place.startswith(SIGN_IN) and not answer.body
        if not led and not (one.part and answer.status == SIGNED_OUT and not _tells(run, answer)):
            wrong.append(f"{_spelt(one)} was answered with {answer.status}")
    report.check(
        f"Somebody who isn’t signed in: {many(len(pages), 'request')}, led to the sign-in page every time.", *wrong[:5]
    )
