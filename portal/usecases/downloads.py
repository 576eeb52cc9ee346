"""Contents on their way out: one version of a document, whole or a part of it.

1. The intent is durable before the first byte leaves; the outcome follows, whatever it is.
2. Key, length and header are checked before an answer begins: what doesn't fit is an error, not half a file.
3. A whole content is opened in one stream, which also proves its end; a part opens only the chunks it needs.
4. To whom PDF files leave as marked copies alone (marked_copies.py), no part of a file leaves and no validator of one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Self
from uuid import UUID

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.domain.media import PDF
from portal.domain.ranges import ByteRange, Span
from portal.errors import Invalid
from portal.usecases.marked_copies import (
    ENDING,
    MARKED_ALONE,
    Copying,
    Marking,
    Taker,
    begin_marking,
    draw_copy,
    is_pdf,
    leaves_marked,
    mark_of,
)
from portal.usecases.particulars import Particulars, open_particulars, scope_of
from portal.work import Intent, Portal, Work
from storage.content import Reader, open_all, plain_size, version_context
from storage.errors import Damaged
from storage.permits import Permit
from storage.tables import Version

COMPLETE: Final = "complete"
ABORTED: Final = "aborted"  # whoever asked for it left
STOPPED: Final = "stopped"  # the access ended in the middle
FAILED: Final = "failed"
REFUSED: Final = "refused"  # as many were under way already as may be; it didn't begin


@dataclass(frozen=True, slots=True)
class Download:
    """A version that may be read now.

    Attributes:
        name: The cleaned file name.
        media_type: What the first bytes told, or else what the file was declared as.
        size: Bytes of the whole content.
        span: The bytes to send; None where the range asked for lies beyond the content.
        intent: The outcome that is owed once the bytes went; None where none go.
        marked: PDF files leave to whoever asks as marked copies alone.
        copying: The copy that leaves in place of the bytes, if one does.
        ending: What records its end in place of `end_download`, where something follows from that.
    """

    version: UUID
    name: str
    media_type: str
    size: int
    span: Span | None
    intent: Intent | None
    _portal: Portal = field(repr=False)
    _object: str = field(repr=False)
    _key: bytes = field(repr=False)
    marked: bool = False
    copying: Copying | None = None
    ending: Callable[[str, int], None] | None = field(default=None, repr=False)

    def blocks(self) -> Iterator[bytes]:
        """Open the bytes of the span.

        Raises:
            Damaged: They are not what was sealed; whoever hands them on breaks off.
            Invalid: A marked copy leaves in their place.

        """
        if self.copying is not None:
            raise Invalid(MARKED_ALONE)
        if self.span is None:
            return iter(())
        if self.span == Span(0, self.size):
            return open_all(self._key, version_context(self.version), sealed_bytes(self._portal, self._object))
        return self._reader().range(self.span.start, self.span.stop)

    def check(self) -> None:
        """Find out before the first byte whether key, length and header of the object fit.

        Raises:
            Damaged: They don't.
            Missing: There is no object.

        """
        if self._reader().size != self.size:
            raise Damaged

    def marked_for(
        self, caller: Caller, permit: Permit, said: Particulars, taker: Taker | None, marking: Marking | None
    ) -> Self:
        """Give what leaves in its place to whom PDF files leave as marked copies alone; other files stay what they are.

        Raises:
            Invalid: It is a PDF, and nothing marks it here.

        """
        if self.intent is None or not is_pdf(said):
            return replace(self, marked=True)
        if taker is None or marking is None:
            raise Invalid(MARKED_ALONE)
        mark = mark_of(self._portal, permit, taker)
        copying = begin_marking(self._portal, caller, marking.renderer, mark, lambda _: self.blocks())
        stem = self.name[: -len(ENDING)] if self.name.lower().endswith(ENDING) else self.name
        return replace(self, name=f"{stem} {mark.copy}{ENDING}", media_type=PDF, marked=True, copying=copying)

    def end(self, result: str, sent: int) -> None:
        """Record how it ended, and after how many bytes."""
        end = self.ending or partial(end_download, self._portal, self.intent)
        end(result, sent)

    def _reader(self) -> Reader:
        sealed = self._portal.objects.size(self._object)
        if plain_size(sealed) != self.size:
            raise Damaged
        read = partial(sealed_bytes, self._portal, self._object)
        return Reader(self._key, version_context(self.version), sealed, read)


def begin_download(
    portal: Portal,
    caller: Caller,
    version_id: UUID,
    *,
    wanted: ByteRange | None = None,
    streams: bool = True,
    gets: bool = True,
    marking: Marking | None = None,
) -> Download:
    """Ask for a version's content, or for a part of it.

    Args:
        portal: The portal.
        caller: Who asks.
        version_id: The version.
        wanted: The range; None: all of it.
        streams: Bytes will follow, and an outcome; otherwise only what a head says (HEAD, not modified).
        gets: The same for whom no validator holds, since PDF files leave to them marked.
        marking: What marks copies; without it no PDF leaves to them.

    Raises:
        NotFound: There is no such version, or the actor may not know of it.
        Forbidden: The actor sees the document but may not download it.
        Invalid: It could leave as a marked copy alone, and nothing marks it here.
        Damaged: The stored object isn't what was put there.

    """
    with portal.work(caller) as work:
        found = work.documents.find_version(version_id)
        version, permit = work.require(Action.DOWNLOAD_VERSION, Version, found, asked=version_id)
        marked = leaves_marked(work)
        taker = draw_copy(work, permit, version.review_id, version.id, marking) if marked and gets else None
        span, intent = begin_span(
            work, permit, version.size, None if marked else wanted, streams=gets if marked else streams
        )
    try:
        said = open_particulars(portal, permit, version)
        key = portal.keyring.open_content_key(permit, scope_of(version), version.id, version.wrapped_key)
        kind = said.detected or said.declared
        download = Download(version.id, said.name, kind, version.size, span, intent, portal, version.object_name, key)
        download.check()
        return download.marked_for(caller, permit, said, taker, marking) if marked else download
    except BaseException:
        end_download(portal, intent, FAILED, 0)
        raise


def begin_span(
    work: Work, permit: Permit, size: int, wanted: ByteRange | None, *, streams: bool
) -> tuple[Span | None, Intent | None]:
    """Make a permit's event the intent of what will follow; gives the span, and the intent if bytes follow."""
    span = wanted.within(size) if wanted else Span(0, size)
    if wanted is not None:
        work.note(permit, range=f"{span.start}-{span.stop - 1}" if span else "beyond the end")
    if not streams:
        work.note(permit, head=True)
    return span, work.begins(permit) if streams and span else None


def end_download(portal: Portal, intent: Intent | None, result: str, sent: int) -> None:
    """Record how a download ended, and after how many bytes."""
    if intent is not None:
        portal.record_outcome(intent, result=result, bytes=sent)


def whose(intent: Intent | None) -> str:
    """Tell whose transfer it is: the person that the log names."""
    return str(intent.entry.who.get("person")) if intent else ""


def sealed_bytes(portal: Portal, name: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Read an object; whoever stops early closes the iterator, which gives the store's file or connection back."""
    with portal.objects.get(name, start, stop) as blocks:
        yield from blocks
