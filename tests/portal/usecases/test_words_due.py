"""The hand-over sheet says what waits for the State's word: to whom may give it, and nobody else."""

from datetime import date
from uuid import UUID

import pytest

from portal.domain.ids import AppointmentId, HandoverId, PersonId
from portal.domain.legal import LegalBasis
from portal.domain.roles import Role
from portal.usecases import handovers
from portal.usecases.handover_sheets import HandoverSheet, view_handover
from portal.usecases.undertakings import accept_undertaking
from portal.usecases.words_due import WordKind
from storage.publications import Publication
from tests import granting, publicity, reports
from tests.breaches import stays_signed_in
from tests.cast import World, add_member
from tests.filing import press
from tests.web_client import browser

NOTE = LegalBasis("NV/70/2026", date(2026, 5, 1))


@pytest.fixture
def heir(world: World) -> World:
    """Somebody stands ready in the focal point's place, and in the expert's."""
    stays_signed_in(world)
    add_member(world, "next_focal", Role.FOCAL_POINT, "XAA")
    add_member(world, "next_xaa", Role.EXPERT, "XAA")
    return world


def hand_over(world: World, who: str, leaver: str, successor: str) -> HandoverId:
    found, to = world.members[leaver], AppointmentId(world.members[successor].appointment)
    with world.request():
        handover = handovers.hand_over(
            world.portal, world.caller(who), PersonId(found.person), AppointmentId(found.appointment), to, NOTE
        )
    with world.request():
        accept_undertaking(world.portal, world.caller(successor), world.files["xaa"].review, "1")
    return handover


def sheet(world: World, who: str, handover: HandoverId) -> HandoverSheet:
    with world.request():
        return view_handover(world.portal, world.caller(who), handover)


def words(found: HandoverSheet, review: UUID) -> list[tuple[WordKind, str]]:
    return [(one.kind, one.place) for one in found.words_of(review)]


def test_a_successor_finds_the_proposal_the_request_and_the_publication_that_wait(heir: World) -> None:
    review, granted = heir.files["xaa"].review, granting.reader(heir)
    assert granted
    grant = granting.asked(heir)
    publication = publicity.prepared(heir)
    reports.propose(heir, reports.texts(heir))
    found = sheet(heir, "next_focal", hand_over(heir, "registrar", "focal_xaa", "next_focal"))
    assert words(found, review) == [
        (WordKind.MANIFEST, f"/reviews/{review}/report"),
        (WordKind.PUBLICATION, f"/publications/{publication}"),
        (WordKind.REQUEST, f"/grants/{grant}"),
    ]
    page = browser(heir, "next_focal").get(f"/handovers/{found.id}").text
    for _, place in words(found, review):
        assert f'href="{place}"' in page
        assert browser(heir, "next_focal").get(place).status_code == 200


def test_what_was_answered_waits_no_more(heir: World) -> None:
    manifest = reports.propose(heir, reports.texts(heir))
    handover = hand_over(heir, "registrar", "focal_xaa", "next_focal")
    assert len(sheet(heir, "next_focal", handover).words) == 1
    reports.agree(heir, manifest, "next_focal")
    assert sheet(heir, "next_focal", handover).words == ()


def test_an_offer_of_another_state_waits_too(heir: World) -> None:
    granting.agreed_second(heir)
    given = {name: value for name, value in granting.terms(heir, "focal_xaa").items() if name != "readers"}
    grant = granting.offered(heir, "xdd", **{**given, "state": "XAA"})  # type: ignore[arg-type]  # several of one name
    found = sheet(heir, "next_focal", hand_over(heir, "registrar", "focal_xaa", "next_focal"))
    assert [(one.kind, one.place) for one in found.offers] == [(WordKind.OFFER, f"/grants/{grant}")]
    assert found.words_of(heir.files["xdd"].review) == []


def test_the_registrar_who_handed_over_is_told_of_none_of_it(heir: World) -> None:
    granting.reader(heir)
    granting.asked(heir)
    publicity.prepared(heir)
    reports.propose(heir, reports.texts(heir))
    handover = hand_over(heir, "registrar", "focal_xaa", "next_focal")
    assert sheet(heir, "registrar", handover).words == ()


def test_an_expert_is_told_of_what_an_expert_may_confirm_alone(heir: World) -> None:
    review, publication = heir.files["xaa"].review, publicity.prepared(heir)
    reports.propose(heir, reports.texts(heir))
    handover = hand_over(heir, "focal_xaa", "expert_xaa", "next_xaa")
    assert words(sheet(heir, "next_xaa", handover), review) == []
    publicity.confirm(heir, "focal_xaa", publication)
    assert words(sheet(heir, "next_xaa", handover), review) == [(WordKind.PUBLICATION, f"/publications/{publication}")]
    with heir.portal.database.read() as session:
        document = session.get_one(Publication, publication).document_id
    withdrawn = press(browser(heir, "focal_xaa"), f"/documents/{document}/withdraw", reason="A mistake.")
    assert withdrawn.status_code == 303
    assert words(sheet(heir, "next_xaa", handover), review) == []
    assert sheet(heir, "focal_xaa", handover).words == ()  # of an expert's place nothing waits for the focal point
