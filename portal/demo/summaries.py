"""What everybody gets to read of a review: its executive summary, in the six languages of the United Nations.

The officer has the agreed summary translated, confirms each language and gives it out; the portal makes it public.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portal.demo.acts import OPENED, WHOLE, Paper, Run, Source, expect, press, see
from portal.demo.client import Visitor, forms_of, ids_in
from portal.demo.journey import call, short
from portal.demo.report import Report
from portal.demo.talk import act
from portal.demo.waiting import wait
from portal.domain.documents import DocumentKind
from portal.papers.fonts import shelf
from portal.papers.pdf import write

TRANSLATOR: Final = "translator"
# titles of the file, sealed; in public it bears another one, which the portal makes
TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "ar": ("النتائج بإيجاز", "تنفّذ سباحيا المواد التي جرى استعراضها."),
    "zh": ("审议结论要点", "萨巴希亚执行了受审议的条款。"),
    "fr": ("Les constats en bref", "La Sabahie applique les articles examinés."),
    "ru": ("Выводы вкратце", "Сабахия выполняет рассмотренные статьи."),
    "es": ("Las conclusiones en breve", "Sabahia aplica los artículos examinados."),
}
IN_PUBLIC: Final = "Document of the Conference"
TEMPLATE: Final = b"""#let paper = json(bytes(sys.inputs.paper))
#set document(title: paper.title, date: none)
#set text(font: paper.families, fallback: false, lang: paper.language)
= #paper.title
#paper.text
"""


def give_out(run: Run, report: Report, folder: Path, review: str, officer: str) -> None:
    """Have the final summary translated into all languages, give it out, and read it as anybody does.

    Raises:
        FailedError: It isn't done.
        LookupError: A page has no such form.
    """
    summary, file = run.papers[review, DocumentKind.SUMMARY.value], f"/reviews/{run.stage.reviews[review]}"
    for language, (title, text) in TEXTS.items():
        path = folder / f"summary-{language}.pdf"
        path.write_bytes(write(TEMPLATE, {"title": title, "text": text, "language": language}, shelf()))
        source = Source(path, path.name, title, DocumentKind.SUMMARY.value, language)
        press(run, officer, _translated(run, officer, summary, source), "/circulate")
    page, anybody = f"{file}/report", Visitor(run.stage.port)
    clerk = run.player(officer)
    for form in forms_of(clerk.visitor.get(page).text):
        if form.action.startswith("/versions/"):
            act(run, officer, page, form.action)
    wrong = ["it was public before"] if IN_PUBLIC in anybody.get("/public?lang=en").text else []
    act(run, officer, page, f"{file}/report/summary")
    wait("all six languages are public", lambda: len(_listed(anybody)) == len(TEXTS) + 1)
    wait("all that is public is proven to be in the log", lambda: _all_proven(anybody))
    for address in _listed(anybody):
        made = anybody.get(f"{address}/file.pdf")
        if made.status != WHOLE or not made.body.startswith(b"%PDF-"):
            wrong.append(f"{address} doesn’t open")
        if any(made.body == source.path.read_bytes() for _, source in summary.versions):
            wrong.append(f"{address} is the file itself")
    report.check(
        f"{call(run.player(TRANSLATOR).cast)} translated the agreed summary into five languages; {short(clerk.cast)} "
        "gave all six to the bodies of the Conference. They stand in the public register (/public) as documents of the "
        "Conference, each made anew, with its hash and the proof of its entry. The report stays where it is.",
        *wrong,
    )


def _translated(run: Run, officer: str, summary: Paper, source: Source) -> Paper:
    """Send the summary for translation into a language and deliver it; gives the language version."""
    clerk, translator, page = run.player(officer), run.player(TRANSLATOR), f"/documents/{summary.document}/translations"
    said = {"version": summary.newest[0], "translator": str(translator.id), "language": source.language}
    act(run, officer, page, page, **said)
    run.notes(clerk, OPENED, summary)
    task = ids_in(translator.visitor.get("/translations").text, "/translations/")[0]
    form = translator.visitor.form(f"/translations/{task}", lambda form: form.action.endswith("/delivery"))
    run.notes(translator, OPENED, summary)
    known = {paper.document for paper in run.papers.values()}
    answer = translator.visitor.upload(form, [(source.name, source.path)], title=source.title)
    expect(answer, f"{translator.name} delivers a translation")
    bound = clerk.visitor.get(f"/documents/{summary.document}").text
    run.notes(clerk, OPENED, summary)
    document = next(one for one in ids_in(bound, "/documents/") if one not in known)
    run.papers[summary.review, f"summary-{source.language}"] = paper = Paper(summary.review, source.title, document, [])
    paper.versions.append((see(run, officer, paper)[-1], source))
    return paper


def _all_proven(anybody: Visitor) -> bool:
    addresses = [f"/public/{one}" for one in ids_in(anybody.get("/public?lang=en").text, "/public/")]
    return all(anybody.get(f"{address}/proof").status == WHOLE for address in addresses)


def _listed(anybody: Visitor) -> list[str]:
    """Give the addresses of the documents of the Conference in the register."""
    rows = anybody.get("/public?lang=en").text.split("<tr>")
    return [f"/public/{ids_in(row, '/public/')[0]}" for row in rows if IN_PUBLIC in row]
