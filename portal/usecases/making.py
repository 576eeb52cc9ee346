"""Making a public file anew: the one place that knows the engine (portal/publishing).

A Word file is settled first (tracked changes as if all were accepted, comments gone), then set as PDF, and that is made
anew as any other.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from portal.domain.problems import Problem, RefusedError
from portal.domain.publications import SOURCE_BYTES, Caution, check_pages
from portal.domain.rendering import SENTENCES, NotRendered
from portal.domain.texts import N_
from portal.publishing.findings import REASONS, Finding, Unpublishable
from portal.publishing.publishing import LIMITS, count_pages, inspect_docx, make_public, settle_docx
from portal.rendering.confinement import Confinement
from portal.rendering.office import Office
from portal.turns import Taken
from portal.work import Portal

# a long report takes a processor for a minute, and a whole one is in memory: one is made at a time
CONFINEMENT: Final = Confinement(replace(LIMITS, seconds=300, input_bytes=SOURCE_BYTES), at_once=1)
PORTAL: Final = ""  # whose turn it is when the portal makes what was transmitted public
BUSY: Final = Problem(
    "publication-busy",
    N_(
        "Another file is being made for publication at this moment. Nothing was changed, and what you entered is still "
        "here: try again in a few minutes."
    ),
)
IN_DOUBT: Final = Problem(
    "publication-in-doubt",
    N_(
        "This file waits for now, and becomes public by itself once it can. Another file can be confirmed in its place "
        "meanwhile."
    ),
)
UNSENT: Final = Problem(
    "publication-unsent",
    N_("This file waits for now, and becomes public by itself once it can. Another file would wait as well."),
)
OFFICE: Final = Office()
LATER: Final = N_(
    "The portal could not make the public file. It tries again by itself; if that doesn’t help, tell the administrator."
)
# why a file can't be made anew, by the code of the refusal
WHY: Final = {
    **{f"publication-{failure.value}": sentence for failure, sentence in SENTENCES.items()},
    **{f"publication-{reason.value}": sentence for reason, sentence in REASONS.items()},
    IN_DOUBT.code: IN_DOUBT.sentence,
    UNSENT.code: UNSENT.sentence,
}
ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Made:
    """A file made anew.

    Args:
        file: The public file.
        chosen: Which pages of the document it has.
        left_out: Which it doesn't have.
        removed: What of the document it doesn't have, with words as examples, which are as confidential as that.
        cautions: What is to be known of it: kind and how often.
    """

    file: bytes
    chosen: tuple[int, ...]
    left_out: tuple[int, ...]
    removed: tuple[Finding, ...]
    cautions: tuple[tuple[str, int], ...]

    @property
    def whole(self) -> bool:
        """Tell whether it has all pages of the document."""
        return not self.left_out


@contextmanager
def turn(portal: Portal, whose: str) -> Iterator[None]:
    """Take the one place in which a public file is made, for a State; whoever finds it taken doesn't wait.

    Raises:
        RefusedError: It is taken, or another State's turn comes first.
    """
    with ExitStack() as place:
        try:
            place.enter_context(portal.turns.take(whose))
        except Taken:
            raise RefusedError(BUSY) from None
        yield


def make_anew(source: bytes, pages: tuple[int, ...], title: str, language: str) -> Made:
    """Make the public file of a PDF or DOCX file from the pages chosen (none: all).

    Raises:
        RefusedError: It can't be made; the sentence says why.
    """
    try:
        pdf, before = _as_pdf(source)
        there = count_pages(CONFINEMENT, pdf)
        chosen = check_pages(pages, there)
        made = make_public(CONFINEMENT, pdf, chosen, title, language)
    except Unpublishable as refused:
        raise RefusedError(Problem(f"publication-{refused.reason.value}", refused.sentence)) from refused
    except NotRendered as failed:
        raise RefusedError(Problem(f"publication-{failed.failure.value}", SENTENCES[failed.failure])) from failed
    cautions = (
        (Caution.PICTURES.value, sum(page.pictures_only for page in made.pages)),
        (Caution.UNSURE.value, sum(len(page.unsure) for page in made.pages)),
    )
    # of a Word file, what it carried itself; what LibreOffice put into the PDF is nobody's secret
    removed = made.removed if before is None else before
    left_out = tuple(page for page in range(1, there + 1) if page not in set(chosen))
    return Made(made.file, chosen, left_out, removed, tuple(one for one in cautions if one[1]))


def _as_pdf(source: bytes) -> tuple[bytes, tuple[Finding, ...] | None]:
    """Give a file as PDF, and what a Word file holds that its pages don't show."""
    if not source.startswith(ZIP):
        return source, None
    found = inspect_docx(CONFINEMENT, source)
    return OFFICE.pdf_of(settle_docx(CONFINEMENT, source), "docx"), found
