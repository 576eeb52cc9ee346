"""What everybody may read: no gate. These rows exist only once something was made public.

How a State's publication becomes so stands in making_public.py, an executive summary in public_summaries.py.

1. Nobody's reading is recorded: it is open to everybody, as a newspaper is.
2. The file is no secret, but it must be the State's, or the Conference's: it lies sealed as every content does, under
   a key that follows from its id and the portal's service key, so that who can write into the store publishes nothing
   in their name.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from portal.domain.documents import DocumentKind
from portal.domain.publications import Origin, read_kind
from portal.domain.ranges import Span
from portal.errors import NotFound
from portal.usecases.downloads import sealed_bytes
from portal.work import Portal
from storage.content import Reader, plain_size, version_context
from storage.errors import Damaged, Missing, StoreUnavailable
from storage.publications import PublicFile
from storage.repositories.publications import Mark, PublicRecords


@dataclass(frozen=True, slots=True)
class Public:
    """Something that is public; withdrawn: its file is gone, and this says so."""

    id: UUID
    origin: Origin
    state: str  # that was under review
    cycle: str
    kind: DocumentKind
    title: str
    language: str
    pages: int
    whole: bool
    size: int
    sha256: str
    published: datetime
    proof: str | None
    withdrawn: datetime | None
    reason: str | None
    object_name: str

    @property
    def conference(self) -> bool:
        """Tell whether it is a document of the Conference; otherwise its State published it."""
        return self.origin is Origin.CONFERENCE

    @property
    def translation(self) -> bool:
        """Tell whether what its State published is a language version of another document."""
        return self.origin is Origin.TRANSLATION

    @property
    def changed(self) -> datetime:
        """Tell when it changed last."""
        return self.withdrawn or self.published


def all_public(portal: Portal, known: Mark | None = None) -> tuple[Mark, tuple[Public, ...] | None]:
    """List what is public, newest first, what was withdrawn too, with a mark; None where nothing changed since one.

    Raises:
        Damaged: A row was written by something else than the portal.
        StoreUnavailable: The database can't be reached in time.

    """
    with portal.database.read() as session:
        records = PublicRecords(session)
        mark = records.mark()
        return mark, None if mark == known else tuple(_public(row) for row in records.all())


def public_key(portal: Portal, publication: UUID) -> bytes:
    """Give the key under which a public file lies: 32 bytes."""
    return portal.keyring.blind("public", publication.bytes)


def public_bytes(portal: Portal, one: Public, span: Span) -> Iterator[bytes]:
    """Read the file, or a part of it; nothing is looked up before the first block is asked for.

    Raises:
        NotFound: It was withdrawn.
        Damaged: It isn't what was made public.

    """
    if one.withdrawn is not None:
        raise NotFound
    sealed = portal.objects.size(one.object_name)
    if plain_size(sealed) != one.size:
        raise Damaged
    read = partial(sealed_bytes, portal, one.object_name)
    reader = Reader(public_key(portal, one.id), version_context(one.id), sealed, read)
    yield from reader.range(span.start, span.stop)


def take_away(portal: Portal, publication: UUID, name: str) -> bool:
    """Remove what no row names, or tell that one does; what can't be looked up or removed now is left to the sweeper.

    Raises:
        StoreUnavailable: The database is away: whether it is public can't be told.

    """
    with portal.database.begin() as session:  # no commit that could name it is under way
        public = session.get(PublicFile, publication)
        if public is not None and public.object_name == name:
            return True
    with suppress(StoreUnavailable, Missing):
        portal.objects.delete(name)
    return False


def _public(row: PublicFile) -> Public:
    kind, origin = read_kind(row.kind)
    return Public(
        id=row.id,
        origin=origin,
        state=row.state_code,
        cycle=row.cycle,
        kind=kind,
        title=row.title,
        language=row.language,
        pages=row.pages,
        whole=row.whole,
        size=row.size,
        sha256=row.sha256.hex(),
        published=row.published_at,
        proof=row.proof,
        withdrawn=row.withdrawn_at,
        reason=row.withdrawn_reason,
        object_name=row.object_name,
    )
