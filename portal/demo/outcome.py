"""What a review comes to: a report that all parties agree on, another State that may read it, what is public of it.

It happens in the second review, while the first one is still at its questions.
"""

from itertools import pairwise
from pathlib import Path
from typing import Final

from portal.demo.acts import WHOLE, Run, Source, expect, press, upload
from portal.demo.cast import AURELIA
from portal.demo.client import Answer, Visitor, forms_of, ids_in
from portal.demo.journey import GONE, NAMES, call, short
from portal.demo.pdf import pdf
from portal.demo.report import Report, named
from portal.demo.summaries import give_out
from portal.demo.talk import act
from portal.demo.waiting import wait
from portal.domain.documents import DocumentKind
from portal.domain.moves import STEPS
from portal.domain.reviews import ReviewStage, RoomKind

REVIEW: Final = "sabahia"
OFFICER: Final = "officer-sabahia"
OWN: Final = "focal-sabahia"
SECOND: Final = "expert-sabahia"
PARTIES: Final = (OWN, "focal-songes", "focal-lunoslavia")
ASKS: Final = "focal-aurelia"
READS: Final = "stranger"
REFUSED: Final = 403
TITLE: Final = "Country review report"
IN_PUBLIC: Final = "What Sabahia publishes of its review"
GOOD: Final = "Sabahia answers each request for assistance within ninety days."
KEPT: Final = "A case before the courts of Sabahia stands as an example here."
SAYS: Final = {
    DocumentKind.REPORT: (TITLE, [GOOD, "\f", KEPT]),
    DocumentKind.SUMMARY: ("The findings in brief", ["Sabahia implements the articles that were reviewed."]),
}


def come_to(run: Run, report: Report, folder: Path) -> None:
    """Agree on a report, let another State read it, publish its first page, and give its summary out.

    Raises:
        FailedError: It isn't done.
        LookupError: A page has no such form.
    """
    version = _agreed(run, report, folder)
    _granted(run, report, version)
    _published(run, report, version)
    give_out(run, report, folder, REVIEW, OFFICER)


def _agreed(run: Run, report: Report, folder: Path) -> str:
    """Bring the review to its report, and have all three States agree; gives the version of the report."""
    file = f"/reviews/{run.stage.reviews[REVIEW]}"
    officer = run.player(OFFICER)
    stage = officer.visitor.form(file, lambda form: form.action.endswith("/stage")).fields["seen"]
    for _, wanted in pairwise(STEPS[STEPS.index(ReviewStage(stage)) :]):
        act(run, OFFICER, file, f"{file}/stage", stage=wanted.value)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, (title, words) in SAYS.items():
        path = folder / f"{kind.value}.pdf"
        path.write_bytes(pdf(title, words))
        source = Source(path, path.name, title, kind.value, "en")
        run.papers[REVIEW, kind.value] = upload(run, OFFICER, REVIEW, RoomKind.SHARED, source)
        press(run, OFFICER, run.papers[REVIEW, kind.value], "/circulate")
    text, summary = (run.papers[REVIEW, kind.value] for kind in SAYS)
    first, *others = PARTIES
    said = {"report": text.document, "summary": summary.document}
    act(run, others[0], f"{file}/report", f"{file}/report", **said)
    own = run.player(first)
    manifest = ids_in(own.visitor.get(f"{file}/report").text, "/manifests/", "/agree")[0]
    for key in PARTIES:
        act(run, key, f"{file}/report", f"/manifests/{manifest}/agree")
    wrong = [] if "are final" in own.visitor.get(f"{file}/report").text else ["the page doesn’t say so"]
    forms = forms_of(officer.visitor.get(f"/documents/{text.document}").text)
    wrong += ["a newer version could still follow"] if any("/versions" in form.action for form in forms) else []
    people = named([call(run.player(key).cast) for key in PARTIES])
    report.check(
        f"{call(officer.cast)} circulated the report and its summary; {people} agreed on exactly these two files, by "
        "their fingerprints. They are final: nobody can add a version any more.",
        *wrong,
    )
    return text.newest[0]


def _granted(run: Run, report: Report, version: str) -> None:
    """Let a State that takes part in no review ask for the report, and one of its people read it."""
    asks, reads, own = (run.player(key) for key in (ASKS, READS, OWN))
    said: dict[str, str | list[str]] = {"review": str(run.stage.reviews[REVIEW]), "readers": [str(reads.id)]}
    purpose = "We draft a law on mutual legal assistance."
    grant = act(run, ASKS, "/grants/new", "/grants/new", purpose=purpose, **said)
    shown = f"/granted/versions/{version}"
    wrong = [] if reads.visitor.get(shown).status == GONE else ["the report opened before"]
    papers = [run.papers[REVIEW, kind.value].document for kind in SAYS]
    given: dict[str, str | list[str]] = {"documents": papers, "languages": ["en"], "readers": [str(reads.id)]}
    act(run, OWN, grant, f"{grant}/decide", **given)
    place = f"/granted/{grant.rpartition('/')[2]}"
    act(run, READS, place, f"{place}/undertaking", accepted="yes")
    page, image = expect(reads.visitor.get(shown), "the reader opens the report"), reads.visitor.get(f"{shown}/image")
    wrong += [] if GOOD in page.text and KEPT not in page.text else ["the page doesn’t show the words of one page"]
    wrong += [] if image.headers.get("content-type") == "image/webp" else ["there is no image of the page"]
    report.check(
        f"{call(asks.cast)} asked to read it, for a purpose; {short(own.cast)} granted it for a time, to one person. "
        f"{call(reads.cast)} undertook to keep it confidential and read it page by page, each with his name across it.",
        *wrong,
    )
    others = {f"{short(player.cast)} read it too": player.visitor.get(shown) for player in (asks, run.player(SECOND))}
    others["the file itself could be downloaded"] = reads.visitor.get(f"/versions/{version}/content")
    others["he could see the review"] = reads.visitor.get(f"/reviews/{run.stage.reviews[REVIEW]}")
    report.check(
        f"Nobody else of {NAMES[AURELIA]} can open it there, and {short(reads.cast)} gets neither the file nor "
        "anything else of the review.",
        *[what for what, answer in others.items() if answer.status != GONE],
    )


def _published(run: Run, report: Report, version: str) -> None:
    """Publish the first page of the report: two people of the State confirm, anybody reads."""
    own, second = run.player(OWN), run.player(SECOND)
    page = f"/reviews/{run.stage.reviews[REVIEW]}/publications"
    chosen = {"version": version, "pages": "1", "title": IN_PUBLIC, "language": "en"}
    place = act(run, OWN, page, page, **chosen)
    public = f"/public/{ids_in(place, '/publications/')[0]}"
    wait("the public file is made", lambda: bool(_confirms(own.visitor.get(place))))
    unopened = own.visitor.send(place, lambda form: form.action == f"{place}/confirm")
    wrong = [] if unopened.status == REFUSED else ["it could be confirmed unread"]
    expect(own.visitor.get(f"{place}/file"), "the first person reads the file")
    act(run, OWN, place, f"{place}/confirm")
    wrong += [] if second.visitor.get(public).status == GONE else ["one person was enough"]
    read = expect(second.visitor.get(f"{place}/file"), "the second person reads the file").body
    act(run, SECOND, place, f"{place}/confirm")
    anybody = Visitor(run.stage.port)
    wait("the file is published", lambda: anybody.get(public).status == WHOLE)
    file = anybody.get(f"{public}/file.pdf")
    wrong += [] if file.status == WHOLE and file.body.startswith(b"%PDF-") else ["the file doesn’t open"]
    wrong += [] if file.body == read else ["it isn’t the file that was confirmed"]
    words = anybody.get(public).text
    wrong += [] if IN_PUBLIC in words else ["the page doesn’t name it"]
    wrong += [] if "published a part of this document" in words else ["the page doesn’t say that it is a part"]
    report.check(
        f"{short(own.cast)} prepared one page of it for the public, {short(second.cast)} confirmed as the second "
        f"person ({public}), each after reading exactly that file: it is made anew from what the page shows, and "
        "anybody reads it without signing in. "
        "Here it was public at once; usually a day passes, in which either of them can call it off.",
        *wrong,
    )


def _confirms(answer: Answer) -> list[str]:
    return [form.action for form in forms_of(answer.text) if form.action.endswith("/confirm")]
