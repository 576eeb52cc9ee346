"""What one person does in their browser: accepts, uploads, moves, downloads. Each act is written into a ledger.

The ledger is kept by the demonstration alone; at the end it is compared with what the portal tells of itself.
"""

import hashlib
import itertools
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from portal.demo.client import Answer, PageForm, ids_in
from portal.demo.seed import Player, Stage
from portal.domain.files import clean_name
from portal.domain.reviews import RoomKind
from portal.domain.roles import Role

DONE: Final = frozenset({200, 303})
WHOLE: Final = 200
PART: Final = 206
DOWNLOADED: Final = "downloaded the document"
OPENED: Final = "opened the page of the document"


class FailedError(Exception):
    """The portal didn't do what the demonstration is to show; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that somebody is to upload, with what they say of it."""

    path: Path
    name: str
    title: str
    kind: str
    language: str
    tags: str = ""

    @property
    def digest(self) -> str:
        """Give the SHA-256 of the file."""
        return _digest(self.path)

    @property
    def shown(self) -> str:
        """Give the name as the portal shows it: nothing in it can mislead a reader or a terminal."""
        return clean_name(self.name).name


@dataclass(slots=True)
class Paper:
    """A document in the portal: its id and its versions, each with the file that it must be equal to."""

    review: str
    title: str
    document: str
    versions: list[tuple[str, Source]]

    @property
    def newest(self) -> tuple[str, Source]:
        """Give the newest version's id and its file."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; the version is counted from 1 and named for downloads alone."""

    review: str
    who: str
    deed: str
    title: str
    version: str


@dataclass(slots=True)
class Talk:
    """What was said in the dialogue: each text and the word planted in it, by what it is; and who may not find what.

    Args:
        texts: What each text says, without its word.
        words: The planted words; one with a text was seen on a page by somebody whom it is for.
        secrets: What is found on no page again, such as the address of a calendar.
        places: The addresses, by review and by the room that they belong to.
    """

    texts: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)
    places: dict[tuple[str, RoomKind], list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """The demonstration under way."""

    stage: Stage
    papers: dict[tuple[str, str], Paper] = field(default_factory=dict)
    ledger: Counter[Entry] = field(default_factory=Counter)
    talk: Talk = field(default_factory=Talk)

    def player(self, key: str) -> Player:
        """Give somebody of the cast."""
        return self.stage.players[key]

    def notes(self, player: Player, deed: str, paper: Paper, version: str = "") -> None:
        """Write an act into the ledger."""
        number = next((str(at) for at, one in enumerate(paper.versions, 1) if one[0] == version), "")
        self.ledger[Entry(paper.review, player.name, deed, paper.title, number)] += 1


@cache
def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def expect(answer: Answer, what: str) -> Answer:
    """Go on only if an act was done.

    Raises:
        FailedError: It wasn't.

    """
    if answer.status not in DONE:
        raise FailedError(f"{what}: the portal answered {answer.status}")
    return answer


def accept(run: Run, key: str, review: str) -> None:
    """Accept the undertaking of confidentiality for a review, as the first thing in it.

    Raises:
        FailedError: It can't be accepted.

    """
    player = run.player(key)
    file = f"/reviews/{run.stage.reviews[review]}"
    page = "/translations" if player.cast.role is Role.TRANSLATOR else file
    answer = player.visitor.send(page, lambda form: form.action == f"{file}/undertaking", accepted="yes")
    expect(answer, f"{player.name} accepts the undertaking")


def upload(run: Run, key: str, review: str, kind: RoomKind, source: Source) -> Paper:
    """Put a file into a room of a review; a national room is that of the person's own State.

    Raises:
        FailedError: It wasn't kept.

    """
    player = run.player(key)
    room = run.stage.room(review, kind, player.cast.state if kind is RoomKind.NATIONAL else None)
    form = player.visitor.form(f"/rooms/{room}", lambda form: form.action.endswith(f"/rooms/{room}/documents"))
    said = {"title": source.title, "kind": source.kind, "language": source.language, "tags": source.tags}
    answer = player.visitor.upload(form, [(source.name, source.path)], **said)
    return arrived(run, key, review, answer, source)


def arrived(run: Run, key: str, review: str, answer: Answer, source: Source) -> Paper:
    """Find the document that an act made, by where its answer leads.

    Raises:
        FailedError: Nothing was made.

    """
    expect(answer, f"{run.player(key).name} keeps {source.title}")
    # an answer that tells something of the file (its name was cleaned, its type differs) is a page with the way on
    document = ids_in(answer.place or answer.text, "/documents/")[0]
    paper = Paper(review, source.title, document, [])
    paper.versions.append((see(run, key, paper)[-1], source))
    return paper


def see(run: Run, key: str, paper: Paper) -> list[str]:
    """Open a document's page; gives the ids of its versions, oldest first.

    Raises:
        FailedError: It can't be opened.

    """
    player = run.player(key)
    page = expect(player.visitor.get(f"/documents/{paper.document}"), f"{player.name} opens {paper.title}")
    run.notes(player, OPENED, paper)
    newest_first = ids_in(page.text, "/versions/", "/content")
    return newest_first[::-1]


def add_version(run: Run, key: str, paper: Paper, source: Source) -> None:
    """Add a version to a document.

    Raises:
        FailedError: It wasn't kept.

    """
    player, action = run.player(key), f"/documents/{paper.document}/versions"
    form = player.visitor.form(f"/documents/{paper.document}", lambda form: form.action.endswith(action))
    run.notes(player, OPENED, paper)
    expect(player.visitor.upload(form, [(source.name, source.path)]), f"{player.name} adds a version")
    known = {version for version, _ in paper.versions}
    fresh = [version for version in see(run, key, paper) if version not in known]
    paper.versions.append((fresh[-1], source))


def press(run: Run, key: str, paper: Paper, ending: str, **values: str) -> Answer:
    """Use the form of a document's page whose address ends so.

    Raises:
        FailedError: It wasn't done.
        LookupError: The page has no such form.

    """
    player = run.player(key)
    run.notes(player, OPENED, paper)
    answer = player.visitor.send(
        f"/documents/{paper.document}", lambda form: form.action.partition("?")[0].endswith(ending), **values
    )
    return expect(answer, f"{player.name} does {ending} on {paper.title}")


def take_copy(run: Run, key: str, paper: Paper) -> list[str]:
    """Download a version as who is no party to its file: a PDF comes as a marked copy; gives what is wrong."""
    version, source = paper.newest
    if source.path.suffix.lower() != ".pdf":
        return download(run, key, paper)
    player, received = run.player(key), bytearray()
    answer = player.visitor.fetch(f"/versions/{version}/content", received.extend)
    if answer.status != WHOLE:
        return [f"“{paper.title}”: the portal answered {answer.status}"]
    run.notes(player, DOWNLOADED, paper, version)
    marked = received.startswith(b"%PDF-") and hashlib.sha256(received).hexdigest() != source.digest
    return [] if marked else [f"“{paper.title}”: it bears no mark"]


def download(run: Run, key: str, paper: Paper, at: int = -1) -> list[str]:
    """Download a version and compare it with its file; gives what is wrong."""
    player = run.player(key)
    version, source = paper.versions[at]
    received = hashlib.sha256()
    answer = player.visitor.fetch(f"/versions/{version}/content", received.update)
    if answer.status != WHOLE:
        return [f"“{paper.title}”: the portal answered {answer.status}"]
    run.notes(player, DOWNLOADED, paper, version)
    same = received.hexdigest() == source.digest
    return [] if same else [f"“{paper.title}”: the bytes differ from the original"]


def download_in_parts(run: Run, key: str, paper: Paper, parts: int) -> list[str]:
    """Download a version in ranges, as after a broken connection; gives what is wrong."""
    player = run.player(key)
    version, source = paper.newest
    size = source.path.stat().st_size
    parts = min(parts, size)
    edges = [size * at // parts for at in range(parts + 1)]
    received = hashlib.sha256()
    for start, stop in itertools.pairwise(edges):
        wanted = f"bytes={start}-{stop - 1}"
        answer = player.visitor.fetch(f"/versions/{version}/content", received.update, Range=wanted)
        if answer.status != PART or answer.headers.get("content-range") != f"bytes {start}-{stop - 1}/{size}":
            return [f"“{paper.title}”: a part was answered with {answer.status}"]
        run.notes(player, DOWNLOADED, paper, version)
    same = received.hexdigest() == source.digest
    return [] if same else [f"“{paper.title}”: the parts don’t make the original"]


def forged(player: Player, action: str) -> PageForm:
    """Make a form that no page offers to this person, with the token of one that is theirs."""
    session = player.visitor.token()
    if session not in player.tokens:
        form = player.visitor.form("/account", lambda form: "csrf" in form.fields)
        player.tokens[session] = form.fields["csrf"]
    return PageForm(action, {"csrf": player.tokens[session]})
