"""Who could read: everybody who should opens everything that was shown to them, and compares each byte."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import Final

from portal.demo.acts import DOWNLOADED, WHOLE, Paper, Run, download, download_in_parts, see
from portal.demo.cast import REVIEWS
from portal.demo.journey import NAMES, Material, call, short
from portal.demo.report import Report, many
from portal.domain.reviews import RoomKind

PARTS: Final = 3
ARCHIVE_MOST: Final = 200_000_000  # bytes that are compared in memory
READERS: Final = {
    "qamaria": (
        "expert-yunhai", "former-yunhai", "focal-yunhai", "expert-lunoslavia", "focal-lunoslavia",
        "officer-qamaria", "expert-qamaria", "observer-qamaria",
    ),
    "sabahia": ("expert-songes", "second-lunoslavia", "focal-lunoslavia", "officer-sabahia", "expert-sabahia"),
}  # fmt: skip


def read(run: Run, report: Report, material: Material) -> None:
    """Let people read what was circulated, and write who did."""
    report.say(
        "Each person opens the page of every document that was circulated to them and downloads it. What arrives is "
        "compared with the original file, byte for byte (by SHA-256)."
    )
    for review in REVIEWS:
        papers = circulated(run, material, review.key)
        report.say(f"In the review of {NAMES[review.parties.under_review]}:")
        for key in READERS[review.key]:
            _reads(run, report, key, papers)
    _otherwise(run, report, circulated(run, material, "qamaria"))


def _otherwise(run: Run, report: Report, shared: Sequence[Paper]) -> None:
    """Read in parts, as an archive, and in the reviewers' room."""
    report.say("And in other ways:")
    cut, largest = run.player("expert-lunoslavia"), max(shared, key=lambda paper: paper.newest[1].path.stat().st_size)
    wrong = download_in_parts(run, "expert-lunoslavia", largest, PARTS)
    report.check(
        f"{short(cut.cast)} took one in {PARTS} parts, as after a broken connection: together the same file.", *wrong
    )
    if sum(paper.newest[1].path.stat().st_size for paper in shared) <= ARCHIVE_MOST:
        whole = run.player("expert-yunhai")
        wrong = _archive(run, "expert-yunhai", shared)
        report.check(
            f"{short(whole.cast)} took the whole shared room as one archive: {many(len(shared), 'file')}, all the same "
            "as the originals.",
            *wrong,
        )
    notes = [run.papers["qamaria", key] for key in ("division", "desk-review")]
    wrong = [
        one for key in ("expert-yunhai", "expert-lunoslavia") for paper in notes for one in _opens(run, key, paper)
    ]
    experts = " and ".join(short(run.player(key).cast) for key in ("expert-yunhai", "expert-lunoslavia"))
    report.check(f"{experts} read each other’s notes in the room of the reviewing States.", *wrong)


def circulated(run: Run, material: Material, review: str) -> list[Paper]:
    """List the documents that all parties to a review see."""
    keys = [key for key in material.submitted(review) if material.circulates(review, key)]
    return [run.papers[review, key] for key in (*keys, "translation")]


def _reads(run: Run, report: Report, key: str, papers: Sequence[Paper]) -> None:
    wrong = [one for paper in papers for one in _opens(run, key, paper)]
    count = many(len(papers), "document")
    report.check(f"{call(run.player(key).cast)} read {count}, each the same as the original.", *wrong)


def _opens(run: Run, key: str, paper: Paper) -> list[str]:
    see(run, key, paper)
    return download(run, key, paper)


def _archive(run: Run, key: str, papers: Sequence[Paper]) -> list[str]:
    player = run.player(key)
    room = run.stage.room("qamaria", RoomKind.SHARED)
    answer = player.visitor.get(f"/rooms/{room}/archive")
    if answer.status != WHOLE:
        return [f"the portal answered {answer.status}"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        there = sorted(hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist())
    for paper in papers:
        run.notes(player, DOWNLOADED, paper, paper.newest[0])
    return [] if there == sorted(paper.newest[1].digest for paper in papers) else ["it holds other files"]
