"""The main job of the portal, done once by those whose job it is: from a ministry's room to the reviewers' desks."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from portal.demo.acts import (
    OPENED,
    Paper,
    Run,
    Source,
    accept,
    add_version,
    arrived,
    expect,
    press,
    see,
    take_copy,
    upload,
)
from portal.demo.cast import REVIEWS, STATES, CastPerson, CastReview
from portal.demo.client import ids_in
from portal.demo.documents import HANDS, DemoDocument
from portal.demo.report import Report, many, named, size_of
from portal.demo.seed import EVERYBODY, Player, enter
from portal.domain.documents import DocumentStage
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role
from portal.domain.words import ROLES

GONE: Final = 404
NAMES: Final = {state.code: state.name for state in STATES}


@dataclass(frozen=True, slots=True)
class Material:
    """What is uploaded: the invented documents, and the visitor's own in place of what Qamaria submits, if any."""

    invented: Sequence[DemoDocument]
    own: Sequence[Source]

    def of(self, review: str, key: str) -> Source:
        """Give one of the invented documents."""
        found = next(one for one in self.invented if one.review == review and one.key == key)
        return source_of(found)

    def submitted(self, review: str) -> list[str]:
        """Name what the State under review submits, in order."""
        if self.own and review == REVIEWS[0].key:
            return [f"own-{at}" for at in range(len(self.own))]
        focal = HANDS[review]["focal"]
        return [
            one.key
            for one in self.invented
            if one.review == review and one.by == focal and one.room is RoomKind.SHARED and not one.follows
        ]

    def source(self, review: str, key: str) -> Source:
        """Give the file behind a key."""
        return self.own[int(key.removeprefix("own-"))] if key.startswith("own-") else self.of(review, key)

    def circulates(self, review: str, key: str) -> bool:
        """Tell whether the officer circulates it in this demonstration."""
        if key.startswith("own-"):
            return True
        found = next(one for one in self.invented if one.review == review and one.key == key)
        return found.stage is DocumentStage.CIRCULATED


def source_of(document: DemoDocument) -> Source:
    """Say of an invented document what its uploader says."""
    tags = ", ".join(str(tag) for tag in document.tags)
    return Source(document.path, document.path.name, document.title, document.kind.value, document.language, tags)


def call(cast: CastPerson) -> str:
    """Name somebody for a reader of any script: a first name in Latin letters, and what they are."""
    role = ROLES[cast.role].lower().removeprefix("secretariat ").removeprefix("platform ").removeprefix("governmental ")
    home = f" of {NAMES[cast.state]}" if cast.state else " of the secretariat" if cast.role is Role.OFFICER else ""
    return f"{short(cast)} ({role}{home})"


def short(cast: CastPerson) -> str:
    """Give a first name in Latin letters, as it stands in the mail address."""
    return cast.mail.partition("@")[0].replace(".", " ").title()


def happen(run: Run, report: Report, material: Material) -> None:
    """Do the main job in both reviews and write what happened."""
    _come_in(run, report)
    _pledge(run, report)
    first, second = REVIEWS
    report.say(f"The review of {NAMES[first.parties.under_review]}, {_by(first)}:")
    _main_job(run, report, material, first.key)
    apart = Report(io.StringIO())
    _main_job(run, apart, material, second.key)
    people = named([short(run.player(key).cast) for key in HANDS[second.key].values()])
    report.say(f"The review of {NAMES[second.parties.under_review]}, {_by(second)}:")
    report.check(
        f"{people} did the same, with documents that differ from the first ones in little more than the State’s name: "
        "a leak from one review into the other would show.",
        *apart.failed,
    )


def _by(review: CastReview) -> str:
    return f"by {named([NAMES[state] for state in review.parties.reviewing])}"


def _main_job(run: Run, report: Report, material: Material, review: str) -> None:
    _prepare(run, report, material, review)
    _translate(run, report, material, review)
    _circulate(run, report, material, review)
    _work_apart(run, report, material, review)


def _come_in(run: Run, report: Report) -> None:
    for player in run.stage.players.values():
        if not player.entered and is_needed(player.cast):
            enter(run.stage, player.cast.key)
    entered = [player for player in run.stage.players.values() if player.entered]
    report.check(f"{many(len(entered), 'person', 'people')} opened a sign-in link of their own and chose a passphrase.")
    again = [player for player in entered if _link_status(player) != GONE]
    wrong = [f"the link of {short(player.cast)} still opens" for player in again]
    report.check("None of these links opens a second time.", *wrong)


def is_needed(cast: CastPerson) -> bool:
    """Tell whether somebody acts in the journey; the others keep their unused links for the visitor."""
    return not cast.key.startswith(("deputy-", "second-administrator"))


def _link_status(player: Player) -> int:
    return player.visitor.get(player.link.removeprefix(player.visitor.origin)).status


def _with_review(review: str) -> list[CastPerson]:
    parties = next(one.parties for one in REVIEWS if one.key == review)
    states = (parties.under_review, *parties.reviewing)
    return [
        cast
        for cast in EVERYBODY
        if is_needed(cast) and (review in cast.reviews or (cast.role is Role.FOCAL_POINT and cast.state in states))
    ]


def _pledge(run: Run, report: Report) -> None:
    """Let everybody try to look into their file, and then accept the undertaking of confidentiality."""
    pledges = [(cast, review.key) for review in REVIEWS for cast in _with_review(review.key)]
    wrong = []
    for cast, review in pledges:
        answer = run.player(cast.key).visitor.get(f"/rooms/{run.stage.room(review, RoomKind.SHARED)}")
        wrong += [f"{short(cast)} could look before"] if answer.status != GONE else []
        accept(run, cast.key, review)
    report.check(
        "Nobody could look into their file before they undertook to keep it confidential; "
        f"{len(pledges)} undertakings were accepted.",
        *wrong,
    )


def _prepare(run: Run, report: Report, material: Material, review: str) -> None:
    """Upload into the national room, add a version, keep a draft, submit the rest."""
    focal = HANDS[review]["focal"]
    player = run.player(focal)
    room = f"{NAMES[player.cast.state]}’s own room" if player.cast.state else "the room"
    keys = material.submitted(review)
    drafts = {key: upload(run, focal, review, RoomKind.NATIONAL, material.source(review, key)) for key in keys}
    total = sum(paper.newest[1].path.stat().st_size for paper in drafts.values())
    report.check(f"{call(player.cast)} put {many(len(keys), 'file')} ({size_of(total)}) into {room}:")
    report.lines([[f"“{paper.newest[1].shown}”"] for paper in list(drafts.values())[:12]])
    if len(drafts) > 12:  # noqa: PLR2004 - a list that can be read at a glance
        report.lines([[f"and {len(drafts) - 12} more"]])
    if "law" in drafts:
        newer = material.of(review, "law-consolidated")
        add_version(run, focal, drafts["law"], newer)
        report.check(f"A newer version of one of them followed: “{newer.name}”.")
    kept = upload(run, focal, review, RoomKind.NATIONAL, material.of(review, "draft-answer"))
    run.papers[review, "draft-answer"] = kept
    for key, paper in drafts.items():
        run.papers[review, f"national/{key}"] = paper
        version, source = paper.newest
        answer = press(run, focal, paper, "/submit", version=version, target=RoomKind.SHARED.value)
        run.papers[review, key] = arrived(run, focal, review, answer, source)
    report.check(
        f"{short(player.cast)} submitted these to the room that is shared with the reviewing States; a draft that the "
        f"ministry hasn’t cleared (“{kept.newest[1].shown}”) stayed where it was."
    )


def _translate(run: Run, report: Report, material: Material, review: str) -> None:
    """Send the first document for translation, and deliver it."""
    officer, translator = run.player(HANDS[review]["officer"]), run.player(HANDS[review]["translator"])
    first, delivered = run.papers[review, material.submitted(review)[0]], material.of(review, "translation")
    page = f"/documents/{first.document}/translations"
    language = "fr" if first.newest[1].language == delivered.language else delivered.language
    said = {"version": first.newest[0], "translator": str(translator.id), "language": language}
    answer = officer.visitor.send(page, lambda form: form.action == page, **said)
    expect(answer, f"{officer.name} sends a text for translation")
    run.notes(officer, OPENED, first)
    accept(run, translator.cast.key, review)
    task = ids_in(translator.visitor.get("/translations").text, "/translations/")[0]
    form = translator.visitor.form(f"/translations/{task}", lambda form: form.action.endswith("/delivery"))
    run.notes(translator, OPENED, first)
    wrong = take_copy(run, translator.cast.key, first)
    answer = translator.visitor.upload(form, [(delivered.name, delivered.path)], title=delivered.title)
    expect(answer, f"{translator.name} delivers a translation")
    bound = run.player(HANDS[review]["focal"]).visitor.get(f"/documents/{first.document}").text
    run.notes(run.player(HANDS[review]["focal"]), OPENED, first)
    document = next(one for one in ids_in(bound, "/documents/") if one != first.document)
    run.papers[review, "translation"] = paper = Paper(review, delivered.title, document, [])
    paper.versions.append((see(run, HANDS[review]["officer"], paper)[-1], delivered))
    report.check(
        f"{call(officer.cast)} sent “{first.title}” to {call(translator.cast)}, who saw nothing else of the file and "
        f"delivered “{delivered.name}”.",
        *wrong,
    )


def _circulate(run: Run, report: Report, material: Material, review: str) -> None:
    officer = HANDS[review]["officer"]
    keys = [key for key in (*material.submitted(review), "translation") if material.circulates(review, key)]
    for key in keys:
        press(run, officer, run.papers[review, key], "/circulate")
    waiting = [key for key in material.submitted(review) if key not in keys]
    held = f"; {many(len(waiting), 'more')} waits for that" if waiting else ""
    report.check(
        f"{call(run.player(officer).cast)} circulated {many(len(keys), 'document')} to the reviewing States{held}."
    )


def _work_apart(run: Run, report: Report, material: Material, review: str) -> None:
    """Write in the reviewers' and the secretariat's room."""
    for key, part, kind in (
        ("division", "first", RoomKind.REVIEWERS),
        ("desk-review", "second", RoomKind.REVIEWERS),
        ("handling", "officer", RoomKind.SECRETARIAT),
    ):
        run.papers[review, key] = upload(run, HANDS[review][part], review, kind, material.of(review, key))
    experts = named([call(run.player(HANDS[review][part]).cast) for part in ("first", "second")])
    report.check(f"{experts} put their notes into the room of the reviewing States.")
