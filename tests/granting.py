"""A grant to another State, step by step through the application, for tests: each step as somebody of the cast."""

from datetime import timedelta
from uuid import UUID

from httpx2 import Response

from portal.demo.pdf import pdf
from portal.domain.documents import DocumentKind
from portal.domain.reviews import ReviewStage
from portal.domain.roles import Role
from portal.domain.undertakings import READER_WORDING
from portal.usecases.grants import GrantPage, view_grant
from portal.usecases.reports import Proposed
from storage.reports import Manifest
from storage.repositories.grants import GrantRecords
from tests import reports
from tests.cast import World, add_member
from tests.filing import press
from tests.web_client import browser

PURPOSE = "We draft a law on mutual legal assistance, and wish to learn from your practice."
WHY = "A change of law makes the report out of date."


def reader(world: World, name: str = "reader_xff", state: str = "XFF", role: Role = Role.READER) -> UUID:
    """Give a State somebody who reads."""
    return add_member(world, name, role, state).person


def asked(world: World, who: str = "focal_xff", *readers: str, file: str = "xaa") -> UUID:
    """Have a State ask for the report of a review."""
    answer = ask(world, who, *(readers or ("reader_xff",)), file=file)
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].removeprefix("/grants/"))


def ask(world: World, who: str, *readers: str, file: str = "xaa") -> Response:
    people = [str(world.members[one].person) for one in readers]
    return press(
        browser(world, who), "/grants/new", review=str(world.files[file].review), purpose=PURPOSE, readers=people
    )  # type: ignore[arg-type]  # several of one name


def terms(world: World, *readers: str, **more: object) -> dict[str, object]:
    """Fill in what the State under review gives: the report and the summary, for 90 days, on the screen."""
    with world.portal.database.read() as session:
        manifest = session.query(Manifest).one()
    return {
        "documents": [str(manifest.report_id), str(manifest.summary_id)],
        "languages": ["en"],
        "readers": [str(world.members[one].person) for one in readers or ("reader_xff",)],
        "mode": "view",
        "first": "",
        "last": ahead(world, 90),
        "seen": "0",
        **more,
    }


def ahead(world: World, days: int) -> str:
    """Name a day that lies so many ahead."""
    return (world.portal.clock().date() + timedelta(days=days)).isoformat()


def act(world: World, who: str, grant: UUID, step: str, **fields: object) -> Response:
    """Have somebody take a step of a grant."""
    return press(browser(world, who), f"/grants/{grant}/{step}", **fields)  # type: ignore[arg-type]  # several of one name


def agreed(world: World, office: bytes | None = None) -> None:
    """Have a report of two pages and a summary agreed on, as real PDF files, or the report as an office file."""
    reports.set_stage(world, ReviewStage.REPORT)
    words = ["Okapi is on page one.", "\f", "Quokka is on page two."]
    report, summary = (
        reports.circulated(world, kind, kind.title(), content=made or pdf(kind.title(), words))
        for kind, made in ((DocumentKind.REPORT, office), (DocumentKind.SUMMARY, None))
    )
    manifest = reports.propose(world, Proposed(report, summary, 0))
    assert [reports.agree(world, manifest, who) for who in reports.PARTIES] == [False, False, True]


def granted(world: World, *readers: str, real: bool = False, office: bytes | None = None, **more: object) -> UUID:
    """Have the report agreed on, asked for by another State and granted to its reader; real: as PDF files."""
    agreed(world, office) if real else reports.agreed(world)
    if "reader_xff" not in world.members:
        reader(world)
    grant = asked(world, "focal_xff", *(readers or ("reader_xff",)))
    answer = act(world, "focal_xaa", grant, "decide", **terms(world, *readers, **more))
    assert answer.status_code == 303, answer.text
    return grant


def pledged(world: World, grant: UUID, who: str = "reader_xff") -> None:
    """Have a reader accept the undertaking."""
    answer = press(browser(world, who), f"/granted/{grant}/undertaking", wording=READER_WORDING, accepted="yes")
    assert answer.status_code == 303, answer.text


def page(world: World, grant: UUID, who: str = "focal_xaa") -> GrantPage:
    """Look at a grant as somebody."""
    with world.request():
        return view_grant(world.portal, world.caller(who), grant)


def agreed_second(world: World) -> Manifest:
    """Have the second review's report agreed on."""
    add_member(world, "focal_xee", Role.FOCAL_POINT, "XEE", undertaken=("xdd",))
    texts = reports.texts(world, "xdd", "officer_other")
    manifest = reports.propose(world, texts, "officer_other", "xdd")
    for who in ("focal_xdd", "focal_xbb", "focal_xee"):
        reports.agree(world, manifest, who)
    return reports.row(world, manifest)


def offered(world: World, file: str, **given: str) -> UUID:
    """Have the State under review offer its report."""
    path, said = f"/reviews/{world.files[file].review}/offer", {"state": "XFF", "purpose": PURPOSE, **given}
    answer = press(browser(world, "focal_xdd"), path, **said)
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].removeprefix("/grants/"))


def close(world: World, file: str) -> None:
    """Have whatever is open for the other State ended."""
    with world.portal.database.read() as session:
        row = GrantRecords(session).open(world.files[file].review, "XFF")
    if row is not None:
        step = "revoke" if row.terms else "refuse"
        assert act(world, "focal_xdd", row.grant.id, step, **{f"{step}_reason": WHY}).status_code == 303
