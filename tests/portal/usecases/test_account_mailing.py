"""Mail about accounts by a real server: at once, to the right address, saying what happened and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from portal.domain.account_events import ADVICE, HAPPENED, AccountEvent
from portal.domain.ids import PersonId
from portal.domain.legal import LegalBasis
from portal.domain.notices import Often
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.letters import INVITATION, OF_ACCOUNT, account_letter
from portal.usecases.account_mailing import send_account_mail
from portal.usecases.account_notices import tell_person
from portal.usecases.appointments import Newcomer, appoint_newcomer
from portal.usecases.bases import Terms
from portal.usecases.care import change_mail
from portal.usecases.invitations import confirm_link, issue_link, look_at_link, revoke_link
from portal.usecases.notices import set_often
from portal.usecases.trouble import report_trouble
from storage.accounts import AccountNotice
from storage.tables import Passphrase
from tests.cast import STATES, Caller, World, setting_up
from tests.databases import raw
from tests.mail_server import MailServer, mail_server
from tests.portal.usecases.test_mailing import parsed, text_of

STRANGER = Caller(address="192.0.2.9", client="test")


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[MailServer]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with mail_server(folder) as running:
        world.portal.settings = replace(world.portal.settings, **running.settings)
        yield running


def send_all(world: World) -> None:
    while send_account_mail(world.portal, account_letter):
        pass


def person(world: World, who: str) -> PersonId:
    return PersonId(world.members[who].person)


def tell(world: World, who: str, event: AccountEvent) -> None:
    with setting_up(world.portal) as (work, _):
        tell_person(work, person(world, who), event)


def rows(world: World) -> list[AccountNotice]:
    with world.portal.database.read() as session:
        return list(session.scalars(select(AccountNotice).order_by(col(AccountNotice.made_at))))


@pytest.mark.parametrize("often", list(Often))
def test_what_happened_to_ones_account_is_mailed_at_once_however_seldom_one_wants_mail(
    world: World, server: MailServer, often: Often
) -> None:
    with world.request():
        set_often(world.portal, world.caller("expert_xcc"), often)
    tell(world, "expert_xcc", AccountEvent.NEW_BROWSER)
    send_all(world)
    (taken,) = server.taken
    assert (taken.to, taken.tls) == (["expert_xcc@example.org"], True)
    send_all(world)
    assert len(server.taken) == 1


@pytest.mark.parametrize("event", [event for event in AccountEvent if event is not AccountEvent.INVITED])
def test_a_mail_says_what_happened_when_and_what_to_do_and_no_more(
    world: World, server: MailServer, event: AccountEvent
) -> None:
    tell(world, "expert_xcc", event)
    send_all(world)
    (taken,) = server.taken
    text = " ".join(text_of(taken.raw).split())
    assert parsed(taken.raw)["Subject"] == OF_ACCOUNT
    assert HAPPENED[event] in text
    assert ADVICE[event] in text
    assert "2026-05-04, 09:30 UTC" in text
    assert "http://localhost:8000" in text
    for word in (*STATES, *STATES.values(), "Expert", "expert", "Example", "/enter/", "/people/"):
        assert word not in text


def test_a_changed_address_is_told_to_the_former_one_and_to_the_new(world: World, server: MailServer) -> None:
    with world.request():
        change_mail(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), "new@example.org")
        change_mail(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), "newer@example.org")
    send_all(world)
    sent = sorted(taken.to[0] for taken in server.taken)
    # what is told to an address later than it was changed again goes to the one that counts
    assert sent == ["expert_xcc@example.org", "new@example.org", "newer@example.org", "newer@example.org"]
    assert all(row.address is None for row in rows(world))
    assert all("example.org" not in text_of(taken.raw) for taken in server.taken)


def test_who_asked_for_help_is_named_in_the_portal_only(world: World, server: MailServer) -> None:
    with world.request():
        report_trouble(world.portal, STRANGER, "expert_xcc@example.org")
    send_all(world)
    (taken,) = server.taken
    assert taken.to == ["focal_xcc@example.org"]
    assert "Xcc" not in text_of(taken.raw)
    assert str(person(world, "expert_xcc")) not in text_of(taken.raw)


def invite_ana(world: World) -> PersonId:
    newcomer = Newcomer("Ana B", "ana@example.org", "en", None)
    terms = Terms(LegalBasis("NV 1/2026", world.clock.now.date()))
    with world.request():
        made, link = appoint_newcomer(
            world.portal, world.caller("focal_xcc"), newcomer, Role.EXPERT, terms, by_mail=True
        )
    assert (link.address, link.mailed) == ("", True)
    return made


def test_an_invitation_brings_the_link_and_its_end_and_names_neither_state_nor_role(
    world: World, server: MailServer
) -> None:
    invite_ana(world)
    (row,) = rows(world)
    assert row.link is not None
    assert b"/enter/" not in row.link
    assert b"/enter/" not in raw(world.portal.database)
    send_all(world)
    (taken,) = server.taken
    text = text_of(taken.raw)
    assert (taken.to, parsed(taken.raw)["Subject"]) == (["ana@example.org"], INVITATION)
    token = text.partition("/enter/")[2].split()[0]
    with world.request():
        look_at_link(world.portal, STRANGER, token)
    assert "2026-05-11, 09:30 UTC" in text
    for word in (*STATES.values(), "XCC", "expert", "Ana"):
        assert word not in text
    assert rows(world)[0].link is None  # kept nowhere once it left


def test_an_invitation_of_two_parts_says_that_somebody_else_has_the_other(world: World, server: MailServer) -> None:
    newcomer = Newcomer("Olga W", "olga@example.org", "en", None)
    terms = Terms(LegalBasis("IOM 1/2026", world.clock.now.date()))
    with world.request():
        caller = world.caller("registrar")
        _, link = appoint_newcomer(world.portal, caller, newcomer, Role.OFFICER, terms, by_mail=True)
    with world.request():
        second = confirm_link(world.portal, world.caller("administrator"), link.invitation)
    send_all(world)
    text = next(text_of(taken.raw) for taken in server.taken if taken.to == ["olga@example.org"])
    assert "The link has a second part, which isn’t in this mail" in " ".join(text.split())
    assert second not in text


@pytest.mark.parametrize("how", ["revoked", "replaced", "expired"])
def test_a_link_that_does_not_work_any_more_is_not_sent(world: World, server: MailServer, how: str) -> None:
    ana = invite_ana(world)
    if how == "revoked":
        with setting_up(world.portal) as (work, _):
            link = work.identity.open_invitations(ana)[0].id
        with world.request():
            revoke_link(world.portal, world.caller("focal_xcc"), ana, link)  # type: ignore[arg-type]
    elif how == "replaced":
        with world.request():
            issue_link(world.portal, world.caller("focal_xcc"), ana)
    else:
        world.clock.forward(timedelta(days=8))
    send_all(world)
    assert not [taken for taken in server.taken if "/enter/" in text_of(taken.raw)]
    assert all(row.link is None for row in rows(world))


def test_a_later_link_is_never_sent_by_mail(world: World, server: MailServer) -> None:
    with setting_up(world.portal) as (work, _):
        work.identity.add(Passphrase(person_id=person(world, "expert_xcc"), verifier="-", created_at=work.now))
    with world.request(), pytest.raises(RefusedError, match="handed over by hand"):
        issue_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), by_mail=True)
    send_all(world)
    assert server.taken == []


def test_without_a_mail_server_no_link_is_sent_and_the_others_stay_as_they_were(world: World) -> None:
    with world.request():
        first = issue_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"))
    with world.request(), pytest.raises(RefusedError, match="No mail server"):
        issue_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), by_mail=True)
    with world.request():
        look_at_link(world.portal, STRANGER, first.address.rpartition("/")[2])
    assert not send_account_mail(world.portal, account_letter)


@pytest.mark.parametrize("mode", ["refuses", "busy", "drops"])
def test_what_the_server_does_not_take_is_tried_again(world: World, server: MailServer, mode: str) -> None:
    tell(world, "expert_xcc", AccountEvent.WAY_CHANGED)
    server.mode = mode
    send_all(world)
    (row,) = rows(world)
    assert (row.mailed_at, row.attempts) == (None, 1)
    server.mode = "takes"
    send_all(world)
    assert server.taken == []  # not before its time
    world.clock.forward(timedelta(minutes=2))
    send_all(world)
    assert len(server.taken) == 1


def test_a_link_never_goes_to_anybody_else_though_the_notice_was_altered(world: World, server: MailServer) -> None:
    invite_ana(world)
    with setting_up(world.portal) as (work, _):
        work.session.scalars(select(AccountNotice)).one().person_id = person(world, "expert_xcc")
    send_all(world)
    assert server.taken == []
    assert rows(world)[0].link is None
