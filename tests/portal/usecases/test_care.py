"""The care of accounts: revoking a link, signing somebody out, another mail address; what people are told of it."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from portal.access.actions import Action
from portal.audit.events import REGISTRY_STREAM
from portal.audit.kinds import KINDS
from portal.domain.account_events import ADVICE, HAPPENED, AccountEvent
from portal.domain.ids import InvitationId, PersonId
from portal.domain.problems import RefusedError
from portal.domain.roles import Role
from portal.errors import Conflict, Forbidden, NotFound, SignedOut
from portal.usecases.account_notices import tell_person
from portal.usecases.authenticators import NewPassphrase
from portal.usecases.care import change_mail, count_others_sessions, end_everybodys_sessions, end_sessions
from portal.usecases.invitations import IssuedLink, Shown, issue_link, look_at_link, revoke_link, use_link
from portal.usecases.notices import list_notices
from portal.usecases.sessions import present
from portal.usecases.trouble import LinkState, report_trouble, state_of_link, token_in
from storage.accounts import AccountNotice
from storage.planning import CalendarFeed
from storage.tables import Appointment, Event, Invitation, Passphrase, Person, PortalSession
from tests.cast import Caller, World, add_member, setting_up
from tests.contents import said

NEW = NewPassphrase("-", None)
STRANGER = Caller(address="192.0.2.9", client="test")


def person(world: World, who: str) -> PersonId:
    return PersonId(world.members[who].person)


def shown(link: IssuedLink) -> Shown:
    return Shown(token_of(link))


def token_of(link: IssuedLink) -> str:
    return link.address.rpartition("/")[2]


def enrol(world: World, who: str) -> None:
    """Let somebody have signed in before."""
    with setting_up(world.portal) as (work, _):
        work.identity.add(Passphrase(person_id=person(world, who), verifier="-", created_at=work.now))


def issue(world: World, by: str, whom: str) -> IssuedLink:
    with world.request():
        return issue_link(world.portal, world.caller(by), person(world, whom))


def told(world: World, who: str) -> list[AccountNotice]:
    with world.portal.database.read() as session:
        question = select(AccountNotice).where(AccountNotice.person_id == person(world, who))
        return list(session.scalars(question.order_by(col(AccountNotice.made_at), col(AccountNotice.shown))))


def kinds(world: World, who: str) -> list[str]:
    return [row.kind for row in told(world, who)]


def here(world: World, who: str) -> bool:
    with world.request():
        try:
            return present(world.portal, replace(world.caller(who))) is not None
        except SignedOut:
            return False


def newest(world: World, action: Action) -> dict[str, object]:
    with world.portal.database.read() as session:
        question = select(Event.id).where(Event.kind == KINDS[action]).order_by(col(Event.number).desc())
        found = session.scalars(question).first()
    assert found
    return next(one for one in said(world, REGISTRY_STREAM) if one["id"] == str(found))


# --- links


def test_whoever_may_issue_a_link_revokes_one_that_is_open(world: World) -> None:
    link = issue(world, "focal_xcc", "expert_xcc")
    with world.request():
        look_at_link(world.portal, STRANGER, token_of(link))
        revoke_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), link.invitation)
    with world.request(), pytest.raises(NotFound):
        look_at_link(world.portal, STRANGER, token_of(link))
    with world.request(), pytest.raises(Conflict):
        revoke_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), link.invitation)


@pytest.mark.parametrize("by", ["focal_xbb", "focal_xff", "administrator", "registrar", "expert_xcc", "officer"])
def test_nobody_else_revokes_it(world: World, by: str) -> None:
    link = issue(world, "focal_xcc", "expert_xcc")
    with world.request(), pytest.raises((NotFound, Forbidden)):
        revoke_link(world.portal, world.caller(by), person(world, "expert_xcc"), link.invitation)
    with world.request():
        look_at_link(world.portal, STRANGER, token_of(link))


def test_a_link_is_revoked_at_the_person_whom_it_is_for_and_at_nobody_else(world: World) -> None:
    link = issue(world, "focal_xbb", "expert_xbb")
    own = issue(world, "focal_xcc", "expert_xcc")
    for at, which in (("expert_xcc", link), ("roster_xcc", own)):
        with world.request(), pytest.raises(NotFound):
            revoke_link(world.portal, world.caller("focal_xcc"), person(world, at), which.invitation)
    nowhere = InvitationId(uuid4())
    with world.request(), pytest.raises(NotFound):
        revoke_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), nowhere)


def test_nobody_revokes_a_link_of_their_own(world: World) -> None:
    link = issue(world, "registrar", "administrator")
    with world.request(), pytest.raises(Forbidden):
        revoke_link(world.portal, world.caller("administrator"), person(world, "administrator"), link.invitation)


def test_of_a_revocation_and_a_use_side_by_side_the_second_changes_nothing(world: World) -> None:
    link = issue(world, "focal_xcc", "expert_xcc")
    with world.request():
        use_link(world.portal, STRANGER, shown(link), "expert_xcc@example.org", NEW)
    with world.request(), pytest.raises(Conflict):
        revoke_link(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), link.invitation)
    other = issue(world, "focal_xcc", "roster_xcc")
    with world.request():
        revoke_link(world.portal, world.caller("focal_xcc"), person(world, "roster_xcc"), other.invitation)
    with world.request(), pytest.raises(NotFound):
        use_link(world.portal, STRANGER, shown(other), "roster_xcc@example.org", NEW)
    with world.portal.database.read() as session:
        assert session.get(Passphrase, person(world, "roster_xcc")) is None


# --- sessions


def test_signing_somebody_out_ends_sessions_and_neither_appointment_nor_calendar(world: World) -> None:
    assert here(world, "expert_xcc")
    with setting_up(world.portal) as (work, _):
        feed = CalendarFeed(
            id=uuid4(),
            person_id=person(world, "expert_xcc"),
            appointment_id=world.members["expert_xcc"].appointment,
            token_hash=b"x" * 32,
            created_at=work.now,
        )
        work.identity.add(feed)
    with world.request():
        assert end_sessions(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc")) == 1
    assert not here(world, "expert_xcc")
    assert here(world, "roster_xcc")
    assert kinds(world, "expert_xcc") == [AccountEvent.SESSIONS_ENDED]
    with world.portal.database.read() as session:
        row = session.get(Appointment, world.members["expert_xcc"].appointment)
        assert row is not None
        assert row.ended_at is None
        assert session.scalars(select(CalendarFeed)).one().ended_at is None
    assert newest(world, Action.END_SESSIONS)["detail"] == {"sessions_ended": 1}


def test_where_there_was_no_session_nobody_is_told(world: World) -> None:
    for _ in range(2):
        with world.request():
            end_sessions(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"))
    assert kinds(world, "expert_xcc") == [AccountEvent.SESSIONS_ENDED]


@pytest.mark.parametrize(
    ("by", "whom"),
    [
        ("focal_xbb", "expert_xcc"),  # both review the same State
        ("focal_xcc", "officer"),
        ("registrar", "expert_xcc"),
        ("administrator", "focal_xcc"),
        ("officer", "registrar"),
        ("confidentiality", "officer"),
        ("expert_xcc", "roster_xcc"),
    ],
)
def test_nobody_else_signs_somebody_out_or_changes_their_address(world: World, by: str, whom: str) -> None:
    with world.request(), pytest.raises((NotFound, Forbidden)):
        end_sessions(world.portal, world.caller(by), person(world, whom))
    with world.request(), pytest.raises((NotFound, Forbidden)):
        change_mail(world.portal, world.caller(by), person(world, whom), "mine@example.org")
    assert here(world, whom)
    assert kinds(world, whom) == []


@pytest.mark.parametrize("by", ["registrar", "administrator"])
def test_the_secretariat_cares_for_its_own(world: World, by: str) -> None:
    with world.request():
        assert end_sessions(world.portal, world.caller(by), person(world, "officer")) == 1
        change_mail(world.portal, world.caller(by), person(world, "officer"), "new@example.org")
    assert not here(world, "officer")


def test_the_administrator_signs_out_everybody_but_themselves(world: World) -> None:
    with world.request():
        count = count_others_sessions(world.portal, world.caller("administrator"))
        assert count == len(world.members) - 1
        assert end_everybodys_sessions(world.portal, world.caller("administrator")) == count
        assert count_others_sessions(world.portal, world.caller("administrator")) == 0
    assert [who for who in world.members if here(world, who)] == ["administrator"]
    assert all(kinds(world, who) == [AccountEvent.SESSIONS_ENDED] for who in world.members if who != "administrator")
    assert kinds(world, "administrator") == []


@pytest.mark.parametrize("by", ["registrar", "focal_xaa", "officer", "confidentiality", "expert_xbb"])
def test_nobody_else_signs_everybody_out(world: World, by: str) -> None:
    for act in (end_everybodys_sessions, count_others_sessions):
        with world.request(), pytest.raises(NotFound):
            act(world.portal, world.caller(by))
    assert all(here(world, who) for who in world.members)


# --- mail addresses


def test_another_address_counts_at_once_and_both_are_told(world: World) -> None:
    link = issue(world, "focal_xcc", "expert_xcc")
    with world.request():
        change_mail(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), "new@example.org")
    assert here(world, "expert_xcc")  # the sessions stay
    with world.request(), pytest.raises(NotFound):
        look_at_link(world.portal, STRANGER, token_of(link))
    another = issue(world, "focal_xcc", "expert_xcc")
    with world.request(), pytest.raises(NotFound):
        use_link(world.portal, STRANGER, shown(another), "expert_xcc@example.org", NEW)
    with world.request():
        use_link(world.portal, STRANGER, shown(another), "new@example.org", NEW)
    changed = [row for row in told(world, "expert_xcc") if row.kind == AccountEvent.MAIL_CHANGED]
    assert [(row.shown, row.address is None) for row in changed] == [(False, False), (True, True)]
    event = newest(world, Action.CHANGE_MAIL)
    assert event["detail"] == {"links_revoked": 1}
    assert "example.org" not in str(event)


def test_two_people_never_share_an_address_and_trying_one_is_recorded(world: World) -> None:
    with world.request(), pytest.raises(RefusedError, match="two people can’t share one"):
        change_mail(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), "focal_xbb@example.org")
    event = newest(world, Action.CHANGE_MAIL)
    assert (event["phase"], event["detail"]) == ("refusal", {"why": "mail-known"})
    with world.request(), pytest.raises(RefusedError, match="has already"):
        change_mail(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), "expert_xcc@example.org")
    assert kinds(world, "expert_xcc") == []


def test_a_stranger_to_the_person_never_learns_that_an_address_is_known(world: World) -> None:
    answers = []
    for mail in ("focal_xbb@example.org", "nobody@example.org"):
        with world.request(), pytest.raises(NotFound) as refused:
            change_mail(world.portal, world.caller("focal_xbb"), person(world, "expert_xcc"), mail)
        answers.append(str(refused.value))
    assert answers[0] == answers[1]


def test_the_registrar_puts_the_address_of_a_first_focal_point_right_until_they_came_in(world: World) -> None:
    add_member(world, "first_xee", Role.FOCAL_POINT, "XEE")
    with world.request():
        change_mail(world.portal, world.caller("registrar"), person(world, "first_xee"), "right@example.org")
    enrol(world, "first_xee")
    with world.request(), pytest.raises(Forbidden):
        change_mail(world.portal, world.caller("registrar"), person(world, "first_xee"), "mine@example.org")


# --- what people are told


def test_a_new_link_is_told_to_whom_it_is_for(world: World) -> None:
    issue(world, "focal_xcc", "expert_xcc")
    assert kinds(world, "expert_xcc") == [AccountEvent.LINK_ISSUED]
    assert kinds(world, "focal_xcc") == []


def test_what_anybody_can_bring_about_is_told_once_a_day(world: World) -> None:
    for hours in (0, 1, 22, 2):
        world.clock.forward(timedelta(hours=hours))
        with setting_up(world.portal) as (work, _):
            tell_person(work, person(world, "expert_xcc"), AccountEvent.MANY_ATTEMPTS)
            tell_person(work, person(world, "expert_xcc"), AccountEvent.WAY_ADDED)
    assert kinds(world, "expert_xcc").count(AccountEvent.MANY_ATTEMPTS) == 2
    assert kinds(world, "expert_xcc").count(AccountEvent.WAY_ADDED) == 4


def test_every_event_has_words_and_none_of_them_names_anybody() -> None:
    assert set(HAPPENED) == set(ADVICE) == set(AccountEvent)
    for words in (*HAPPENED.values(), *ADVICE.values()):
        assert "%(" not in words


def test_an_event_is_its_persons_alone(world: World) -> None:
    with world.request():
        end_sessions(world.portal, world.caller("administrator"), person(world, "officer"))
    for who, count in (("registrar", 0), ("focal_xcc", 0)):
        with world.request():
            assert len(list_notices(world.portal, world.caller(who)).events) == count


# --- somebody who can't come in


def test_asking_for_help_tells_the_states_focal_points_and_once_a_day(world: World) -> None:
    add_member(world, "deputy_xcc", Role.FOCAL_POINT, "XCC")
    for _ in range(2):
        with world.request():
            report_trouble(world.portal, STRANGER, "expert_xcc@example.org")
    for who in ("focal_xcc", "deputy_xcc"):
        (row,) = told(world, who)
        assert (row.kind, row.about) == (AccountEvent.TROUBLE_REPORTED, person(world, "expert_xcc"))
    assert all(kinds(world, who) == [] for who in ("focal_xbb", "registrar", "administrator", "expert_xcc"))
    with world.request():
        (line,) = list_notices(world.portal, world.caller("focal_xcc")).events
    assert (line.name, line.place) == ("Expert_Xcc Example", f"/people/{person(world, 'expert_xcc')}")
    world.clock.forward(timedelta(days=1, minutes=1))
    with world.request():
        report_trouble(world.portal, STRANGER, "expert_xcc@example.org")
    assert len(told(world, "focal_xcc")) == 2


def test_for_the_secretariat_and_a_lone_focal_point_registrar_and_administrator_are_told(world: World) -> None:
    for mail in ("officer@example.org", "focal_xdd@example.org", "registrar@example.org"):
        with world.request():
            report_trouble(world.portal, STRANGER, mail)
    assert len(told(world, "registrar")) == 2
    assert len(told(world, "administrator")) == 3


@pytest.mark.parametrize("how", ["suspended", "ended"])
def test_for_whoever_is_suspended_or_has_left_nobody_is_told(world: World, how: str) -> None:
    with setting_up(world.portal) as (work, _):
        if how == "suspended":
            work.session.get(Person, person(world, "expert_xcc")).suspended_at = work.now
        else:
            work.people.appointment(world.members["expert_xcc"].appointment).ended_at = work.now
    with world.request():
        report_trouble(world.portal, STRANGER, "expert_xcc@example.org")
    assert kinds(world, "focal_xcc") == []


def test_whom_one_may_not_see_any_more_is_left_out_of_ones_notices(world: World) -> None:
    with world.request():
        report_trouble(world.portal, STRANGER, "expert_xcc@example.org")
    with setting_up(world.portal) as (work, _):
        row = work.session.scalars(select(AccountNotice)).one()
        row.about = person(world, "expert_xbb")
    with world.request():
        assert list_notices(world.portal, world.caller("focal_xcc")).events == ()


# --- how a link stands


def test_whoever_holds_a_link_learns_how_it_stands(world: World) -> None:
    def state(link: IssuedLink) -> LinkState:
        with world.request():
            return state_of_link(world.portal, STRANGER, token_of(link))

    first = issue(world, "focal_xcc", "expert_xcc")
    assert state(first) is LinkState.WORKS
    assert state(first) is LinkState.WORKS  # looking uses nothing up
    second = issue(world, "focal_xcc", "expert_xcc")
    assert state(first) is LinkState.USED
    assert state(second) is LinkState.WORKS
    enrol(world, "officer")
    assert state(issue(world, "registrar", "officer")) is LinkState.WAITS
    with world.request():
        assert state_of_link(world.portal, STRANGER, "t" * 43) is LinkState.UNKNOWN
    gone = issue(world, "focal_xff", "stranger_xff")
    with setting_up(world.portal) as (work, _):
        work.people.appointment(world.members["focal_xff"].appointment).ended_at = work.now
    assert state(gone) is LinkState.CLOSED
    world.clock.forward(timedelta(days=8))
    assert state(second) is LinkState.EXPIRED


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("http://localhost:8000/enter/" + "a" * 43, "a" * 43),
        ("  <https://portal.example/enter/" + "a-_" * 14 + "b>.", "a-_" * 14 + "b"),
        ("a" * 43, ""),
        ("/enter/" + "a" * 44, ""),
        ("/enter/" + "a" * 42, ""),
        ("", ""),
        ("Call me Ishmael. " * 5000 + "/enter/" + "a" * 43, ""),
        ("/enter/" * 280, ""),
        ("/enter/" + "\uff41" * 43, ""),
    ],
)
def test_a_link_is_found_in_what_was_pasted_and_nothing_in_a_novel(pasted: str, found: str) -> None:
    assert token_in(pasted) == found


def test_the_session_rows_and_links_of_others_stay_as_they_are(world: World) -> None:
    link = issue(world, "focal_xbb", "expert_xbb")
    with world.request():
        change_mail(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"), "new@example.org")
        end_sessions(world.portal, world.caller("focal_xcc"), person(world, "expert_xcc"))
    with world.portal.database.read() as session:
        open_ones = session.scalars(select(Invitation).where(col(Invitation.revoked_at).is_(None))).all()
        assert [row.id for row in open_ones] == [UUID(str(link.invitation))]
        ended = session.scalars(select(PortalSession).where(col(PortalSession.ended_at).is_not(None))).all()
        assert {row.person_id for row in ended} == {person(world, "expert_xcc")}
    assert re.fullmatch(r".{43}", token_of(link))
