"""A file's trail as PDF: for reading and for the files of a ministry; what it says is checked with a bundle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from babel import Locale
from babel.numbers import format_decimal
from starlette.requests import Request

from portal.access.deeds import GROUPS
from portal.domain.texts import N_
from portal.errors import Unavailable
from portal.papers.fonts import FontsMissing, shelf
from portal.papers.pdf import write_trail
from portal.papers.trail import TrailPaper
from portal.usecases.shares import a_share
from portal.usecases.trail_exports import ALTERED, RESULTS, WITHHELD, Words
from portal.usecases.trail_lines import Line
from portal.usecases.trail_papers import ToRead, pages
from portal.web.languages import RIGHT_TO_LEFT, language_of, say
from portal.web.pages import written_moment, written_size
from portal.web.ways import caller_of, portal_of

NO_FONTS: Final = N_(
    "The portal lacks the fonts for this paper, so none was made. Tell your administrator; the trail can be had as a "
    "table meanwhile."
)
CUT: Final = N_(
    "Only the newest %(count)s lines are on this paper; there are older ones. For those, search up to %(day)s, or take "
    "the trail as a table."
)
NUMBERED: Final = N_(
    "The entries of each room are numbered without a gap: a number that is missing was taken away. An entry with two "
    "numbers has a beginning and an end."
)
CHECKED: Final = N_(
    "This paper is for reading. What it says can be checked with a bundle of the same trail, without the portal."
)
COLUMNS: Final = (
    (N_("When (UTC)"), 10),
    (N_("Who"), 14),
    (N_("What"), 17),
    (N_("Document"), 15),
    (N_("Outcome"), 9),
    (N_("Entry"), 11),
)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes lines in the reader's language."""

    request: Request
    words: Words
    locale: Locale
    wanted: ToRead

    def say(self, sentence: str, **values: object) -> str:
        """Give a sentence in the reader's language."""
        return say(self.request, sentence, **values)

    def moment(self, at: datetime) -> str:
        """Write a moment in UTC."""
        return written_moment(self.locale, at.astimezone(UTC))

    def number(self, count: int) -> str:
        """Write a number."""
        return str(format_decimal(count, locale=self.locale))

    def states(self, codes: Sequence[str]) -> str:
        """Name some States."""
        return ", ".join(self.words.state(code) for code in codes)


def paper_blocks(request: Request, wanted: ToRead, names: Mapping[str, str]) -> Iterator[bytes]:
    """Read the trail, then give the paper; while it reads, blocks are empty, so that whoever waits can leave.

    Raises:
        Unavailable: The fonts are missing, or the State has several papers in the making.

    """
    try:
        shelf()  # before the first block, which begins the answer
    except FontsMissing as error:
        raise Unavailable(NO_FONTS) from error
    language = language_of(request)
    pen = _Pen(request, Words(partial(say, request), dict(names)), Locale.parse(language), wanted)
    lines: list[Line] = []
    cut = False
    with a_share(portal_of(request), caller_of(request)):
        for found, more in pages(wanted):
            lines, cut = lines + found, more
            yield b""
        made = write_trail(_paper(pen, lines, language, cut=cut))
    yield made


def _paper(pen: _Pen, lines: Sequence[Line], language: str, *, cut: bool) -> TrailPaper:
    state = pen.words.state(pen.wanted.state)
    older = []
    if cut and lines:
        day = lines[-1].at.astimezone(UTC).date().isoformat()
        older = [pen.say(CUT, count=pen.number(len(lines)), day=day)]
    return TrailPaper(
        title=pen.say(N_("Who opened what")),
        subtitle=pen.say(N_("Review of %(state)s"), state=state),
        facts=(*_search(pen), (pen.say(N_("Lines")), pen.number(len(lines)))),
        made_at=pen.moment(pen.wanted.made) + " UTC",
        language=language,
        rtl=language in RIGHT_TO_LEFT,
        notes=(*older, pen.say(NUMBERED), pen.say(CHECKED)),
        columns=tuple(pen.say(head) for head, _ in COLUMNS),
        widths=tuple(width for _, width in COLUMNS),
        rows=tuple(_row(pen, line) for line in lines),
        mark=pen.say(N_("Confidential")),
    )


def _search(pen: _Pen) -> Iterator[tuple[str, str]]:
    """Tell what was looked for."""
    search = pen.wanted.export.search
    group = next((group for group in GROUPS if group.name == search.group), None)
    if group:
        yield pen.say(N_("What")), pen.say(group.words)
    if search.since:
        yield pen.say(N_("From")), pen.moment(search.since)
    if search.until:
        yield pen.say(N_("Before")), pen.moment(search.until)
    if search.person:
        yield pen.say(N_("Who")), pen.say(N_("Only what one person did is shown."))
    if search.document:
        yield pen.say(N_("Document")), pen.say(N_("Only what happened to one document is shown."))


def _row(pen: _Pen, line: Line) -> tuple[tuple[str, ...], ...]:
    place = pen.words.room(pen.wanted.places[line.stream])
    when = (
        pen.moment(line.at),
        *([pen.say(N_("first %(first)s"), first=pen.moment(line.began))] if line.began else []),
    )
    entry = (line.spans, place)
    if line.withheld or line.altered:
        return when, (), (pen.say(ALTERED if line.altered else WITHHELD),), (), (), entry
    return when, _who(pen, line), _what(pen, line), _document(pen, line), _end(pen, line), entry


def _who(pen: _Pen, line: Line) -> tuple[str, ...]:
    who = line.who
    if who is None or who.id is None:
        return (pen.say(N_("The portal itself")),)
    role = [pen.say(who.role)] if who.role else []
    return (who.name, *role, *([pen.words.state(who.state)] if who.state else []))


def _what(pen: _Pen, line: Line) -> tuple[str, ...]:
    said = [pen.say(line.deed)]
    if line.asked and line.asked.number:
        said.append(pen.say(N_("Question %(number)s"), number=pen.number(line.asked.number)))
    elif line.asked:
        said.append(pen.say(N_("Draft %(number)s"), number=pen.number(line.asked.draft_number)))
    if line.left:
        said += [
            f"{pen.say(N_('left:'))} {pen.states(line.left)}",
            f"{pen.say(N_('joined:'))} {pen.states(line.joined)}",
        ]
    if line.key:
        said.append(pen.say(N_("key %(key)s"), key=line.key))
    if line.sent:
        language = pen.say(line.sent.language)
        said.append(pen.say(N_("to %(name)s, into %(language)s"), name=line.sent.to, language=language))
    if line.times > 1:
        said.append(pen.say(N_("parts: %(count)s"), count=pen.number(line.times)))
    return tuple(said)


def _document(pen: _Pen, line: Line) -> tuple[str, ...]:
    if line.what is None:
        return ()
    version = [pen.say(N_("version %(number)s"), number=pen.number(line.what.version))] if line.what.version else []
    return (f"{pen.number(line.what.number)}. {line.what.title}", *version)


def _end(pen: _Pen, line: Line) -> tuple[str, ...]:
    if line.refused:
        times = [pen.say(N_("times in a minute: %(count)s"), count=pen.number(line.refusals))] if line.refusals else []
        return (pen.say(N_("refused")), *times)
    if not line.streamed:
        return ()
    if not line.result:
        return (pen.say(N_("no end recorded")),)
    size = [written_size(pen.locale, line.size)] if line.size or line.result != "complete" else []
    return (pen.say(RESULTS.get(line.result, line.result)), *size)
