"""Holding a text that is to disclose nothing against a file: all that was written in it, and what its documents say.

1. Texts, titles, file names and people's names are opened here, and what was typed in grants (purposes, reasons, the
   titles that they gave) and for publications that aren't public. Documents are read in processes that can do nothing
   else (portal/publishing/wording.py), each in its own, and every version: what a draft said is the file's, too.
2. A State is told the words that quote rooms, grants and publications which it sees itself; of the others, only that
   something is quoted.
3. A document that nobody can take words out of (a scan, a picture, one that opens with a password) is named to whoever
   sees it, and counted for whoever doesn't: a person says then that they looked.
4. A State that is concerned because of a grant alone is told no names, and asked alike whatever can't be read.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from uuid import UUID

from portal.domain.problems import Problem, RefusedError
from portal.domain.quoting import File, Kind, Quoted, quotes
from portal.domain.rendering import SENTENCES, Failure, NotRendered
from portal.domain.texts import N_
from portal.publishing.publishing import find_quotes
from portal.rendering.confinement import Confinement, Limits
from portal.usecases.downloads import sealed_bytes
from portal.usecases.particulars import scope_of
from portal.usecases.people import name_of
from portal.work import Portal
from storage.content import open_all, version_context
from storage.errors import Damaged, Missing
from storage.fields import Place
from storage.permits import Permit
from storage.repositories.cases import Sealed, Spoken
from storage.tables import Person, Version

CONFINEMENT: Final = Confinement(Limits(seconds=60), waits_seconds=300)
UNREAD_NAMED: Final = 20
UNREAD = N_(
    "The portal couldn’t read these documents whole, for example because they are scans. Make sure yourself that the "
    "version says nothing of them: %(titles)s"
)
UNSEEN_UNREAD = N_(
    "Of the documents that you don’t see yourself, the portal can’t read this many: %(count)d. Whoever sees them knows "
    "what is in them; make sure that the version says nothing that you have from there."
)

BEYOND = N_(
    "The portal may not have been able to read all documents of the file, and doesn’t tell your State which there are. "
    "Make sure that the version says nothing but what you may say."
)


@dataclass(frozen=True, slots=True)
class Held:
    """A file to compare with: its sealed texts, the versions of its documents, who worked on it."""

    spoken: Spoken
    versions: tuple[Version, ...]
    people: tuple[Person, ...] = ()

    @property
    def places(self) -> frozenset[UUID]:
        """Name the rooms, grants and publications that it lies in."""
        return frozenset({*(one.within for one in self.spoken.sealed), *(one.room_id for one in self.versions)})

    @property
    def publications(self) -> frozenset[UUID]:
        """Name those of them that are publications."""
        return frozenset(one.within for one in self.spoken.sealed if one.table == "publication")

    def within(self, seen: frozenset[UUID], *, inside: bool, named: bool) -> "Held":
        """Give the part of it in these rooms, grants and publications, or the one outside; named: with the names."""
        sealed = tuple(one for one in self.spoken.sealed if (one.within in seen) is inside)
        versions = tuple(one for one in self.versions if (one.room_id in seen) is inside)
        return Held(replace(self.spoken, sealed=sealed), versions, self.people if named else ())


@dataclass(frozen=True, slots=True)
class Unread:
    """A version that wasn't read whole."""

    version: UUID
    document: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a text quotes, and what wasn't read whole."""

    quoted: tuple[Quoted, ...]
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a comparison needs of a file, opened before anything is read: a permit ends earlier than long reading."""

    said: File
    titles: Mapping[UUID, str]
    keys: tuple[tuple[Version, bytes], ...]


def open_held(portal: Portal, permit: Permit, held: Held) -> Opened:
    """Open what was written in a file, and the keys of its documents; the permit's event is committed."""
    keys = tuple((one, _key(portal, permit, one)) for one in _different(held.versions))
    said = [(one, _open(portal, permit, one)) for one in held.spoken.sealed]
    titles = {one.id: text for one, text in said if (one.table, one.column) == ("document", "title")}
    return Opened(_file(said, _names(portal, permit, held.people)), titles, keys)


def compare_with(portal: Portal, text: str, opened: Opened) -> Found:
    """Find what a text quotes of a file.

    Raises:
        RefusedError: Too many documents are being read at this moment.
        StoreUnavailable: The store of objects is away.
    """
    found, unread = [*quotes(text, opened.said)], []
    for version, key in opened.keys:
        quoted, whole = _quoted(portal, version, key, text)
        found += [Quoted(Kind.WORDS, words) for words in quoted]
        if not whole:
            unread.append(Unread(version.id, version.document_id, opened.titles[version.document_id]))
    return Found(tuple(dict.fromkeys(found)), tuple(unread))


def unseen(found: Found) -> tuple[Quoted, ...]:
    """Tell without words that something is quoted, if it is."""
    return (Quoted(Kind.UNSEEN, ""),) if found.quoted else ()


def warnings(unread: Sequence[Unread], visible: frozenset[UUID], *, party: bool) -> tuple[Problem, ...]:
    """Tell what wasn't read whole, by title only of documents that the actor sees.

    The codes stand for just these versions, so that no others are confirmed by them. Whoever reads under a grant alone
    (no party) is asked always and alike: not even whether there is such a document, nor how many, is told.
    """
    if not party:
        return (Problem("unseen-beyond-the-grant", BEYOND),)
    told = []
    seen, hidden = ([one for one in unread if (one.document in visible) is shown] for shown in (True, False))
    if seen:
        titles = list(dict.fromkeys(one.title for one in seen))
        more = ["…"] if len(titles) > UNREAD_NAMED else []
        told.append(Problem(_code("unread", seen), UNREAD, {"titles": "; ".join([*titles[:UNREAD_NAMED], *more])}))
    if hidden:
        told.append(Problem(_code("unseen", hidden), UNSEEN_UNREAD, {"count": len(hidden)}))
    return tuple(told)


def _code(word: str, unread: Sequence[Unread]) -> str:
    return f"{word}-{sha256(b''.join(sorted(one.version.bytes for one in unread))).hexdigest()[:32]}"


def _different(versions: Iterable[Version]) -> Iterator[Version]:
    """Give each content of a room once."""
    return iter({(one.room_id, one.equal): one for one in versions}.values())


def _key(portal: Portal, permit: Permit, version: Version) -> bytes:
    if not version.wrapped_key:
        return b""  # it was destroyed: read by nobody, so a person says that they looked
    return portal.keyring.open_content_key(permit, scope_of(version), version.id, version.wrapped_key)


def _quoted(portal: Portal, version: Version, key: bytes, text: str) -> tuple[tuple[str, ...], bool]:
    """Find what a text quotes of a version, and tell whether all of it was read."""
    if not key:
        return (), False
    content = open_all(key, version_context(version.id), sealed_bytes(portal, version.object_name))
    try:
        quoted, more = find_quotes(CONFINEMENT, content, text)
    except (Missing, Damaged):  # it was lost before, or is not what was put there: nobody can read it
        return (), False
    except NotRendered as failed:
        if failed.failure is Failure.BUSY:
            raise RefusedError(Problem("comparing-busy", SENTENCES[Failure.BUSY])) from None
        return (), False
    return quoted, not more


def _file(said: Iterable[tuple[Sealed, str]], names: Iterable[str]) -> File:
    """Put what was written in a file where it is compared: as a title, or as a text."""
    titles, texts = [], []
    for one, text in said:
        match one.column:
            case "title":
                titles.append(text)
            case "particulars":
                titles.append(_stem(json.loads(text)["name"]))
            case "said":
                titles.append(json.loads(text)["title"])
            case "subject" | "draft_subject":
                texts.append(json.loads(text)["heading"])
            case _:
                texts.append(text)
    return File(tuple(texts), tuple(names), tuple(titles))


def _names(portal: Portal, permit: Permit, people: Iterable[Person]) -> Iterator[str]:
    return (name_of(portal, permit, person) for person in people)


def _open(portal: Portal, permit: Permit, one: Sealed) -> str:
    return portal.open_text(permit, one.scope, Place(one.table, one.column, one.id), one.blob)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
