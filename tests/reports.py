"""The agreement on a report, carried by the cast: what a test needs to have happened before its own step."""

from contextlib import suppress
from itertools import pairwise
from uuid import UUID

from sqlmodel import col, select

from portal.domain.comments import CommentPlace
from portal.domain.documents import DocumentKind
from portal.domain.moves import STEPS
from portal.domain.reviews import ReviewStage
from portal.domain.undertakings import WORDING
from portal.domain.words import LANGUAGES
from portal.errors import Conflict
from portal.usecases import comments, disagreeing, reports, summaries
from portal.usecases.comments import Commented
from portal.usecases.contents import take_content
from portal.usecases.deliveries import begin_delivery, keep_delivery
from portal.usecases.disagreeing import Disagreed
from portal.usecases.documents import circulate_document
from portal.usecases.reports import Proposed
from portal.usecases.reviews import advance_review
from portal.usecases.translations import send_for_translation
from portal.usecases.undertakings import accept_undertaking
from portal.usecases.uploads import Described, begin_upload, keep_document
from storage.reports import Agreement, Manifest, SummaryLanguage
from storage.tables import Review, TranslationTask
from tests.cast import World
from tests.filing import PDF, newest

PARTIES = ("focal_xaa", "focal_xbb", "focal_xcc")


def set_stage(world: World, stage: ReviewStage, file: str = "xaa") -> None:
    """Put a review to a stage, past the officer's steps."""
    with world.portal.database.begin() as session:
        session.get_one(Review, world.files[file].review).stage = stage.value


def to_report(world: World, file: str = "xaa", who: str = "officer") -> None:
    """Have the officer bring a review to the stage of its report, step by step."""
    with world.portal.database.read() as session:
        at = STEPS.index(ReviewStage(session.get_one(Review, world.files[file].review).stage))
    for seen, wanted in pairwise(STEPS[at:]):
        with world.request():
            advance_review(world.portal, world.caller(who), world.files[file].review, seen, wanted)


def circulated(
    world: World,
    kind: DocumentKind,
    text: str,
    file: str = "xaa",
    who: str = "officer",
    content: bytes | None = None,
) -> UUID:
    """Have the officer circulate a text of this kind."""
    portal, caller = world.portal, world.caller(who)
    content = content or f"%PDF-1.7 {text}".encode()
    name = f"{text}.docx" if content.startswith(b"PK") else f"{text}.pdf"
    with world.request():
        upload = begin_upload(
            portal,
            caller,
            world.files[file].rooms["shared"],
            name,
            PDF,
        )
        arrived = take_content(portal, upload, [content])
        document = keep_document(portal, caller, upload, arrived, Described(kind, "en", text)).document
        circulate_document(portal, caller, document)
    return document


def texts(world: World, file: str = "xaa", who: str = "officer") -> Proposed:
    """Have a report and a summary in the shared room, at the stage of the report."""
    to_report(world, file, who)
    report = circulated(world, DocumentKind.REPORT, "Report", file, who)
    return Proposed(report, circulated(world, DocumentKind.SUMMARY, "Summary", file, who), 0)


def propose(world: World, proposed: Proposed, who: str = "focal_xbb", file: str = "xaa") -> UUID:
    """Propose texts to agree on; gives the manifest."""
    with world.request():
        return reports.propose_manifest(world.portal, world.caller(who), world.files[file].review, proposed)


def agree(world: World, manifest: UUID, who: str) -> bool:
    with world.request():
        return reports.agree(world.portal, world.caller(who), manifest)


def disagree(world: World, manifest: UUID, who: str, reason: str = "Page 3 says what we did not say.") -> None:
    with world.request():
        disagreeing.disagree(world.portal, world.caller(who), manifest, Disagreed(reason))


def agreed(world: World) -> Manifest:
    """Have everything proposed and agreed on by all parties."""
    manifest = propose(world, texts(world))
    assert [agree(world, manifest, who) for who in PARTIES] == [False, False, True]
    return row(world, manifest)


def row(world: World, manifest: UUID) -> Manifest:
    with world.portal.database.read() as session:
        return session.get_one(Manifest, manifest)


def answers(world: World) -> list[Agreement]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(Agreement).order_by(col(Agreement.said_at))))


def stage(world: World) -> str:
    with world.portal.database.read() as session:
        return session.get_one(Review, world.files["xaa"].review).stage


def comment(world: World, draft: UUID, who: str = "expert_xaa", file: str = "xaa", page: str = "3") -> UUID:
    """Comment on a draft; gives the comment."""
    said = Commented(draft, CommentPlace("UNTOC 5", page), "We said *otherwise*.")
    with world.request():
        return comments.comment(world.portal, world.caller(who), world.files[file].review, said)


def translated(
    world: World,
    manifest: Manifest,
    language: str,
    *,
    of: str = "summary",
    document: UUID | None = None,
    circulates: bool = True,
    content: bytes | None = None,
) -> UUID:
    """Have a final text, or another document, translated and the language version circulated; gives its newest version.

    Args:
        world: The cast.
        manifest: What the parties agreed on.
        language: Into which.
        of: Which of the two texts.
        document: Another document in its place.
        circulates: Whether it is circulated.
        content: Of the language version, in place of a stand-in.

    """
    original: UUID = document or getattr(manifest, f"{of}_id")
    version = newest(world, document) if document else getattr(manifest, f"{of}_version_id")
    portal, officer, translator = world.portal, world.caller("officer"), world.caller("translator")
    with world.request():
        send_for_translation(
            *(portal, officer, original, version),
            *(world.members["translator"].person, language),
        )
    with portal.database.read() as session:
        tasks = select(TranslationTask.id).where(TranslationTask.language == language)
        task = session.scalars(tasks.where(col(TranslationTask.delivered_at).is_(None))).one()
    with world.request(), suppress(Conflict):
        accept_undertaking(portal, translator, manifest.review_id, WORDING)
    with world.request():
        upload = begin_delivery(portal, translator, task, f"{language}.pdf", PDF)
        arrived = take_content(portal, upload, [content or f"%PDF-1.7 summary in {language}".encode()])
        delivered = keep_delivery(portal, translator, task, f"Summary, {language}", upload, arrived).document
    if circulates:
        with world.request():
            circulate_document(portal, officer, delivered)
    return newest(world, delivered)


def confirm(world: World, version: UUID, who: str = "officer") -> None:
    with world.request():
        summaries.confirm_summary(world.portal, world.caller(who), version)


def complete(world: World) -> Manifest:
    """Have a report agreed on, and its summary confirmed in all six languages."""
    manifest = agreed(world)
    in_all_languages(world, manifest)
    return manifest


def in_all_languages(world: World, manifest: Manifest, who: str = "officer") -> None:
    """Have the final summary confirmed in all six languages."""
    confirm(world, manifest.summary_version_id, who)
    for language in sorted(set(LANGUAGES) - {"en"}):
        confirm(world, translated(world, manifest, language), who)


def confirmed(world: World) -> str:
    """Name the languages of the summary that are confirmed, as the page does whose form gives them out."""
    with world.portal.database.read() as session:
        rows = session.scalars(select(SummaryLanguage.id).where(col(SummaryLanguage.ended_at).is_(None)))
        return " ".join(str(one) for one in rows)


def transmit(world: World) -> None:
    seen = confirmed(world).split()
    with world.request():
        summaries.transmit_summary(world.portal, world.caller("officer"), world.files["xaa"].review, seen)


def transmitted(world: World) -> Manifest:
    manifest = complete(world)
    transmit(world)
    return manifest
