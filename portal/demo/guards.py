"""Who is there: an old proof, somebody who is replaced, and what a State could open before it is let in."""

import re
from datetime import timedelta
from html import unescape
from typing import Final

from portal.demo.acts import FailedError, Run, accept, download, see
from portal.demo.cast import AURELIA, YUNHAI
from portal.demo.client import Answer, PageForm
from portal.demo.journey import NAMES, call, short
from portal.demo.report import Report

LED_ON: Final = 303
REFUSED: Final = 422
LAYLA: Final = "focal-qamaria"
ROW: Final = re.compile(r"<tr>\s*<t[hd].*?</tr>", re.DOTALL)
CELL: Final = re.compile(r"<td>\s*([^<]*?)\s*<")


def replaced(run: Run, report: Report) -> None:
    """Hand an expert's work over in the middle of his session: he is out, and his successor goes on.

    Raises:
        FailedError: It isn't done.

    """
    leaver, heir, focal = (run.player(key) for key in ("former-yunhai", "roster-yunhai", "focal-yunhai"))
    paper = run.papers["qamaria", "translation"]
    page = f"/people/{leaver.id}/appointments/{leaver.appointment}/hand-over"
    said = {"successor": str(heir.appointment), "note": "NV/XAC/2026/1", "dated": heir.cast.basis.dated.isoformat()}
    answer = focal.visitor.send(page, lambda form: form.action == page, **said)
    if answer.status != LED_ON:
        raise FailedError(f"{focal.name} couldn’t hand an expert’s work over: the portal answered {answer.status}")
    sheet = answer.place
    answer = leaver.visitor.get(f"/versions/{paper.newest[0]}/content")
    report.check(
        f"{call(leaver.cast)} was still signed in and had just read; then {call(focal.cast)} handed his work over to "
        f"{call(heir.cast)}: his very next request led to the sign-in page.",
        *([] if _led(answer, "/sign-in") else [f"it was answered with {answer.status}"]),
    )
    wrong = [] if heir.visitor.get(sheet).status == 200 else ["the sheet of the hand-over doesn’t open"]  # noqa: PLR2004 - it opens
    accept(run, heir.cast.key, "qamaria")
    see(run, heir.cast.key, paper)
    wrong += download(run, heir.cast.key, paper)
    report.check(
        f"{short(heir.cast)}, who had seen nothing before, accepted the undertaking and read on where "
        f"{short(leaver.cast)} had been.",
        *wrong,
    )


def foreseen(run: Run, report: Report) -> None:
    """Ask what the people of a State could open."""
    layla = run.player(LAYLA)
    strangers, reviewers = (_cells(layla.visitor.get(f"/states/{code}/view-as")) for code in (AURELIA, YUNHAI))
    wrong = [] if strangers and reviewers - {"no"} else ["the page doesn’t say"]
    wrong += [f"of {NAMES[AURELIA]} it says “{said}”" for said in sorted(strangers - {"no"})]
    report.check(
        f"{call(layla.cast)} asked the portal what the people of {NAMES[AURELIA]} and of {NAMES[YUNHAI]} would see: "
        f"the first nothing of her file, the second what was circulated.",
        *wrong,
    )


def _cells(answer: Answer) -> set[str]:
    """Give what the tables answer, without the first cell of each row, which names the thing."""
    return {unescape(said) for row in ROW.findall(answer.text) for said in CELL.findall(row.partition("</t")[2])}


def proven_again(run: Run, report: Report) -> None:
    """Leave a screen open until the proof of who sits there is old, and export."""
    layla, portal = run.player(LAYLA), run.stage.portal
    export = f"/reviews/{run.stage.reviews['qamaria']}/trail.csv"
    with run.stage.acting(LAYLA) as caller, portal.work(caller) as work:
        if work.who.session is not None:
            work.who.session.proven_at -= portal.settings.fresh + timedelta(seconds=1)
    answer = layla.visitor.get(export)
    wrong = [] if _led(answer, "/prove") else [f"the export was answered with {answer.status}"]
    for passphrase, status in ((f"not {run.stage.passphrase}", REFUSED), (run.stage.passphrase, LED_ON)):
        answer = layla.visitor.send(answer.place or "/prove", _asks_for_passphrase, passphrase=passphrase)
        wrong += [] if answer.status == status else [f"a passphrase was answered with {answer.status}"]
    report.check(
        f"{call(layla.cast)} had proved more than {portal.settings.fresh_minutes} minutes ago who she is: before an "
        "export the portal asked for it again, and another passphrase than hers opened nothing.",
        *wrong,
    )


def _asks_for_passphrase(form: PageForm) -> bool:
    return "passphrase" in form.fields


def _led(answer: Answer, place: str) -> bool:
    return answer.status == LED_ON and answer.place.startswith(place)
