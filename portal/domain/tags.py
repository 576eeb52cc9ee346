"""Tags of documents by instrument and article, written as experts cite them: UNTOC 5, TIP 9(1)(a)."""

import re
from dataclasses import dataclass
from typing import Final

from portal.domain.instruments import SIGNS, Instrument
from portal.domain.problems import Problem, RefusedError
from portal.domain.texts import N_

_TAG: Final = re.compile(
    r"\s*(?P<sign>[A-Za-z]+)\s*(?:art(?:icle|\.)?\s*)?(?P<article>[0-9]{1,3})"
    r"(?P<parts>(?:\s*\(\s*[0-9A-Za-z]{1,5}\s*\)){0,4})\s*",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"\(\s*([0-9A-Za-z]+)\s*\)")
_PARAGRAPH: Final = re.compile(r"(?:\([0-9a-z]{1,5}\)){0,4}")
_INSTRUMENTS: Final = {sign: instrument for instrument, sign in SIGNS.items()}
_ORDER: Final = tuple(Instrument)


@dataclass(frozen=True, slots=True)
class ArticleTag:
    """An article of an instrument, with the paragraph as it is cited: "(1)(a)", or nothing."""

    instrument: Instrument
    article: int
    paragraph: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.article <= self.instrument.articles:
            raise RefusedError(
                Problem(
                    "tag-article",
                    N_("%(sign)s has articles 1 to %(last)d; there is no article %(article)d."),
                    {"sign": self.instrument.sign, "last": self.instrument.articles, "article": self.article},
                )
            )
        if not _PARAGRAPH.fullmatch(self.paragraph):
            raise RefusedError(Problem("tag-paragraph", N_("Write the paragraph in brackets, such as (1) or (1)(a).")))

    def __str__(self) -> str:
        return f"{self.instrument.sign} {self.article}{self.paragraph}"

    @property
    def sort_key(self) -> tuple[int, int, tuple[tuple[int, str], ...]]:
        """Where the tag stands in a list: by instrument, article and paragraph, numbers as numbers."""
        parts = tuple((int(part), "") if part.isdigit() else (0, part) for part in _PART.findall(self.paragraph))
        return _ORDER.index(self.instrument), self.article, parts


def parse_tag(text: str) -> ArticleTag:
    """Read a tag as an expert types it.

    Raises:
        RefusedError: It names no instrument under review, or an article that the instrument doesn't have.
    """
    match = _TAG.fullmatch(text)
    instrument = _INSTRUMENTS.get(match["sign"].upper()) if match else None
    if match is None or instrument is None:
        raise RefusedError(
            Problem(
                "tag-unknown",
                N_("“%(tag)s” is no article: write one such as UNTOC 5, TIP 9(1)(a), SOM 6 or FIREARMS 5."),
                {"tag": text.strip()[:40]},
            )
        )
    parts = "".join(f"({part.lower()})" for part in _PART.findall(match["parts"]))
    return ArticleTag(instrument, int(match["article"]), parts)


def parse_tags(text: str) -> tuple[ArticleTag, ...]:
    """Read a field of tags, divided by commas or semicolons; each stands once, in order.

    Raises:
        RefusedError: With a sentence for each wrong tag.
    """
    tags: set[ArticleTag] = set()
    problems: list[Problem] = []
    for piece in re.split(r"[,;\u060c\u061b\uff0c\uff1b\n]", text):
        if not piece.strip():
            continue
        try:
            tags.add(parse_tag(piece))
        except RefusedError as refused:
            problems.extend(refused.problems)
    if problems:
        raise RefusedError(*problems)
    return tuple(sorted(tags, key=lambda tag: tag.sort_key))
