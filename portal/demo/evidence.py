"""What is left behind: the disk searched byte by byte, the trail compared with what happened, the log recomputed."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.audit.bundle_checks import Expected, check_bundle
from portal.audit.bundles import read_lines
from portal.audit.verify import Wrong
from portal.demo.acts import DOWNLOADED, OPENED, Entry, Run
from portal.demo.disk import Needle, affordable, files_in, pieces, search, word
from portal.demo.documents import DemoDocument
from portal.demo.guards import proven_again
from portal.demo.journey import call, short
from portal.demo.refusals import OUTSIDERS
from portal.demo.report import Report, many, size_of
from portal.usecases.checks import check_records
from portal.usecases.tree import own_keys

DEEDS: Final = (OPENED, DOWNLOADED)
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the portal writes: data, keys, its temporary files, its own log; and where the originals lie."""

    written: tuple[Path, ...]
    logs: Sequence[Path]
    originals: Path


def search_disk(run: Run, report: Report, places: Places, invented: Sequence[DemoDocument], known: set[str]) -> None:
    """Search every byte that the portal wrote for what must not be there.

    Args:
        run: The demonstration.
        report: Where it is written.
        places: Where to search.
        invented: The invented documents, each with its mark.
        known: Words that an empty portal holds already; they would tell nothing.

    """
    paths = [*files_in(places.written), *places.logs]
    total = sum(path.stat().st_size for path in paths if path.exists())
    of_files = affordable([*_of_files(run, invented)], total)
    of_names = [needle for needle in _of_names(run) if needle.what not in known]
    sought = {path for paper in run.papers.values() for _, source in paper.versions for path in [source.path]}
    there, _ = search(sorted(sought), of_files)
    seen = {found.what for found in there}
    missed = sorted({needle.what for needle in of_files} - seen)
    report.check(
        f"The search works: in the {many(len(sought), 'original file')} it finds all {many(len(of_files), 'word')} and "
        "pieces of content that it looks for.",
        *(f"{what} was not found in the original" for what in missed[:5]),
    )
    found, read = search(paths, of_files)
    where = (
        f"{many(len(paths), 'file')}, {size_of(read)}: database, sealed contents, keys, temporary files, server’s log"
    )
    report.check(
        f"In all that the portal wrote ({where}) it finds none of them.",
        *sorted({f"{one.what} lies in {one.path.name}" for one in found})[:5],
    )
    _search_talk(run, report, paths)
    found, _ = search(paths, of_names)
    report.check(
        f"Nor any of {many(len(of_names), 'title, file name, name', 'titles, file names, names')}, mail addresses, "
        "passphrases, sign-in links and session cookies.",
        *sorted({f"{one.what} lies in {one.path.name}" for one in found})[:5],
    )


def _search_talk(run: Run, report: Report, paths: Sequence[Path]) -> None:
    """Search for what was said in the dialogue; each planted word was read on a page before."""
    talk = run.talk
    unread = [f"nobody has read {what}" for what in talk.words if what not in talk.seen]
    needles = [
        needle
        for said in (talk.words, talk.texts, talk.secrets)
        for what, text in said.items()
        for needle in word(what, text)
    ]
    found, _ = search(paths, needles)
    report.check(
        f"Nor anything of the dialogue: {many(len(needles), 'word and sentence', 'words and sentences')} of drafts, "
        "questions, answers, translations, comments, a logged call, reasons in the schedule, and a calendar’s address. "
        "Each word was read on a page of the portal by somebody whom it is for.",
        *unread[:3],
        *sorted({f"{one.what} lies in {one.path.name}" for one in found})[:5],
    )


def _of_files(run: Run, invented: Sequence[DemoDocument]) -> Iterator[Needle]:
    marks = {one.path: one.marker for one in invented}
    sources = {source.path: source for paper in run.papers.values() for _, source in paper.versions}
    for path, source in sources.items():
        if path in marks and path.suffix != ".png":
            yield Needle(f"the mark in “{source.shown}”", (marks[path].encode(),))
        yield from pieces(f"a piece of “{source.shown}”", path)


def _of_names(run: Run) -> Iterator[Needle]:
    for paper in run.papers.values():
        yield from word(f"the title “{paper.title}”", paper.title)
        for _, source in paper.versions:
            for name in {source.name, source.shown}:
                yield from word(f"the file name “{source.shown}”", name)
    for player in run.stage.players.values():
        yield from word(f"the name {player.name}", player.name)
        yield from word(f"the address {player.cast.mail}", player.cast.mail)
        yield from word(f"the sign-in link of {player.name}", player.link.rpartition("/")[2])
        if player.entered:
            yield from word(f"the session of {player.name}", player.visitor.cookies.get("portal-local", ""))
    yield from word("the passphrase", run.stage.passphrase)


def words_of_an_empty_portal(folders: Sequence[Path], names: Sequence[str]) -> set[str]:
    """Find which names of the visitor's files are words that an empty portal holds anyway, such as "document"."""
    needles = [
        needle for name in names for what in ("title", "file name") for needle in word(f"the {what} “{name}”", name)
    ]
    found, _ = search(files_in(folders), needles)
    return {one.what for one in found}


def compare_trail(run: Run, report: Report) -> None:
    """Let the focal point read who opened what, and compare it with what really happened."""
    layla = run.player("focal-qamaria")
    proven_again(run, report)
    answer = layla.visitor.get(f"/reviews/{run.stage.reviews['qamaria']}/trail.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    told = Counter(_entry(row) for row in rows if row["Act"] in DEEDS and row["What is recorded"] in {"begun", "done"})
    happened = _hers(run)
    report.say(f"{call(layla.cast)} opens “Who opened what” of her State’s file. It says, summed up by person:")
    report.lines([["", "pages opened", "downloads"], *_table(run, told)])
    lacking = [f"{one.who}: {one.deed}, “{one.title}”, isn’t told" for one in happened - told]
    added = [f"{one.who}: {one.deed}, “{one.title}”, never happened" for one in told - happened]
    report.check(
        f"That is what really happened, no more and no less: {sum(happened.values())} openings and downloads were "
        "counted while they happened, and each is there, with its person, document and version.",
        *(lacking + added)[:6],
    )
    unended = [row["Outcome"] for row in rows if row["Act"] == DOWNLOADED and row["Outcome"] not in {"", "complete"}]
    report.check("Every download is there with its end: complete.", *unended[:3])
    inside = {"translator", "roster-yunhai"}  # before, and since the hand-over
    refused = {run.player(key).name for key, _ in OUTSIDERS if key not in inside} & {one.who for one in told}
    report.check("None of those who were refused is in the list.", *(f"{name} is in it" for name in refused))
    _taken_home(run, report)
    _on_the_page(run, report)


def _taken_home(run: Run, report: Report) -> None:
    """Let the focal point take the trail home, and check it with the log's public keys and nothing else."""
    layla, review = run.player("focal-qamaria"), run.stage.reviews["qamaria"]
    raw = layla.visitor.get(f"/reviews/{review}/trail.bundle").body
    expected = Expected(own_keys(run.stage.portal), review=review)
    forged = raw.replace(b'\\"kind\\":407', b'\\"kind\\":406', 1)
    wrong, taken = [], 0
    try:
        taken = check_bundle(read_lines(io.BytesIO(raw)), expected).entries
    except Wrong as error:
        wrong.append(str(error))
    try:
        check_bundle(read_lines(io.BytesIO(forged)), expected)
        wrong.append("a download that was made a look was not found")
    except Wrong:
        pass
    report.check(
        f"She takes it home as a bundle: {many(taken, 'entry', 'entries')}, each proven to be in the log, no number "
        "missing, by the log’s public keys alone. One in which a download was made a look is refused.",
        *wrong,
    )


def _entry(row: Row) -> Entry:
    version = row["Version"] if row["Act"] == DOWNLOADED else ""
    return Entry("qamaria", row["Person"], row["Act"], row["Title"], version)


def _hers(run: Run) -> Counter[Entry]:
    """Choose from the ledger what happened in the rooms of the first review that its focal point sees."""
    closed = {run.papers["qamaria", key].title for key in ("division", "desk-review", "handling")}
    return Counter(
        {one: count for one, count in run.ledger.items() if one.review == "qamaria" and one.title not in closed}
    )


def _table(run: Run, told: Counter[Entry]) -> Iterator[list[str]]:
    for player in run.stage.players.values():
        counts = [
            sum(count for one, count in told.items() if (one.who, one.deed) == (player.name, deed)) for deed in DEEDS
        ]
        if any(counts):
            yield [call(player.cast), *(f"{count:>9}" for count in counts)]


def _on_the_page(run: Run, report: Report) -> None:
    layla, reader = run.player("focal-qamaria"), run.player("expert-yunhai")
    page = layla.visitor.get(f"/documents/{run.papers['qamaria', 'translation'].document}/trail")
    wrong = [] if reader.name in page.text else [f"{reader.name} isn’t on the page (status {page.status})"]
    report.check(f"The page “Who opened this” of one document names {short(reader.cast)}, who read it.", *wrong)


def check_log(run: Run, report: Report) -> None:
    """Compute the log anew from its entries, and compare records, objects and keys with it."""
    found = check_records(run.stage.portal)
    wrong = [problem.words(str) for problem in found.findings[:6]]
    counts = found.counts
    report.check(
        f"{many(counts.get('events', 0), 'entry', 'entries')} in {many(counts.get('streams', 0), 'stream')}: each was "
        "opened, its leaf was computed anew from what it says, and no number is missing or there twice.",
        *wrong,
    )
    rows, versions = counts.get("rows", 0), counts.get("versions", 0)
    report.check(
        f"{many(rows, 'record')} that give rights or place documents are as the log has them, "
        f"{many(versions, 'sealed file')} are there in full, and {many(counts.get('keys', 0), 'key')} open.",
        *wrong,
    )
    broken = counts.get("open intents", 0)
    report.check("Everything that began has an end in the log.", *([f"{broken} have none"] if broken else []))
    report.say("`portal fsck` makes the same check at any time.")
