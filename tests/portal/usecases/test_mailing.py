"""Mail by a real server: what is due leaves, once, to those who may open it now, and holds nothing of what it is."""

import email
import email.policy
import logging
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from portal import background, post
from portal.access.actions import Action
from portal.audit.events import MACHINERY_STREAM
from portal.domain.notices import Often
from portal.errors import Invalid
from portal.letters import SUBJECT, letter
from portal.settings import Settings
from portal.usecases import mailing, posting
from portal.usecases.administration import Health, view_health
from portal.usecases.mailing import send_due
from portal.usecases.notices import set_often
from storage.errors import NotPermitted
from storage.notices import Notice
from storage.permits import NAMES
from storage.tables import Appointment, Assignment, Person, Undertaking
from tests.cast import STATES, World, setting_up
from tests.contents import said
from tests.databases import by_hand, raw
from tests.filing import circulated, press, submitted
from tests.mail_server import FROM, MailServer, mail_server
from tests.web_client import browser

TITLE = "Unguessable-Pangolin"
READERS = {"focal_xaa", "expert_xaa", "focal_xbb", "expert_xbb", "focal_xcc", "expert_xcc", "observer_xcc"}

# they are told of what was circulated, the officer and the expert of the State under review of its submission too
WAITING = len(READERS) + 2


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[MailServer]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with mail_server(folder) as running:
        world.portal.settings = replace(world.portal.settings, **running.settings)
        yield running


def send_all(world: World) -> None:
    """Send what is due now, as the background does."""
    while send_due(world.portal, letter):
        pass


def address(who: str) -> str:
    return f"{who}@example.org"


def recipients(server: MailServer) -> list[str]:
    return sorted(one.removesuffix("@example.org") for taken in server.taken for one in taken.to)


def notices(world: World, who: str | None = None) -> list[Notice]:
    question = select(Notice).order_by(Notice.made_at)
    if who is not None:
        question = question.where(Notice.person_id == world.members[who].person)
    with world.portal.database.read() as session:
        return list(session.scalars(question))


def waiting(world: World, who: str | None = None) -> int:
    return sum(row.due_at is not None for row in notices(world, who))


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(raw: bytes) -> str:
    body = parsed(raw).get_body()
    assert body is not None
    return str(body.get_content())


def change(world: World, table: type, who: str, column: str) -> None:
    """Set a time of a row of somebody's to now, as the act would."""
    with setting_up(world.portal) as (work, _):
        mine = table.id if table is Person else table.person_id
        for row in work.session.query(table).filter(mine == world.members[who].person):
            setattr(row, column, work.now)


def health(world: World) -> Health:
    with world.request():
        return view_health(world.portal, world.caller("administrator"))


def test_whoever_may_open_what_was_circulated_gets_one_mail_and_the_actor_none(
    world: World, server: MailServer
) -> None:
    circulated(world, TITLE)
    send_all(world)
    # the officer was told of the submission, the others of the circulation
    assert recipients(server) == sorted(READERS | {"officer"})
    assert all(taken.tls for taken in server.taken)
    send_all(world)
    assert len(server.taken) == len(READERS) + 1
    assert waiting(world) == 0
    assert all(row.mailed_at == world.clock.now for row in notices(world))


def test_one_mail_gathers_all_that_is_due(world: World, server: MailServer) -> None:
    for at in range(3):
        circulated(world, f"{TITLE} {at}")
    send_all(world)
    own = [taken for taken in server.taken if taken.to == [address("expert_xbb")]]
    assert len(own) == 1
    assert "There are 3 notices for you." in text_of(own[0].raw)


def test_a_mail_holds_nothing_of_what_it_is_about(world: World, server: MailServer) -> None:
    document = circulated(world, TITLE)
    assert press(browser(world, "focal_xaa"), f"/reviews/{world.files['xaa'].review}/help", wanted="yes").is_redirect
    send_all(world)
    assert server.taken
    ids = [document, *world.files["xaa"].rooms.values(), world.files["xaa"].review]
    ids += [member.person for member in world.members.values()]
    words = [TITLE, "Example", "Response", "xaa", "xbb", "law", "document", *map(str, ids)]
    words += [*STATES.values(), *STATES, "submitted", "circulated", "help", "review of"]
    for taken in server.taken:
        own = taken.to[0]
        raw = taken.raw.replace(own.encode(), b"").replace(FROM.encode(), b"").replace(b"Auto-Submitted", b"")
        everything = (raw.decode() + text_of(taken.raw)).lower()
        assert [word for word in words if word.lower() in everything] == []
        assert "@" not in text_of(taken.raw)
        message = parsed(taken.raw)
        assert message["Subject"] == SUBJECT
        assert (message["To"], message["From"]) == (own, FROM)
        assert message["Auto-Submitted"] == "auto-generated"
        assert "http://localhost:8000/work\n" in text_of(taken.raw).replace("\r\n", "\n")


def test_all_mails_are_alike_but_for_recipient_time_and_number(world: World, server: MailServer) -> None:
    circulated(world, TITLE)
    submitted(world, f"{TITLE} 2")
    send_all(world)
    bodies = {re.sub(r"(is|are) \d notices?", "N", text_of(taken.raw)) for taken in server.taken}
    assert len(bodies) == 1
    names = {tuple(sorted(parsed(taken.raw).keys())) for taken in server.taken}
    assert len(names) == 1


# --- who may not open it any more ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "column"), [(Appointment, "ended_at"), (Assignment, "ended_at"), (Person, "suspended_at")]
)
def test_whose_access_ended_between_making_and_sending_gets_nothing(
    world: World, server: MailServer, table: type, column: str
) -> None:
    circulated(world, TITLE)
    assert waiting(world, "expert_xbb") == 1
    change(world, table, "expert_xbb", column)
    send_all(world)
    assert recipients(server) == sorted(READERS - {"expert_xbb"} | {"officer"})
    assert waiting(world, "expert_xbb") == 0
    assert notices(world, "expert_xbb")[0].mailed_at is None


def test_of_a_document_that_was_withdrawn_its_owner_alone_is_told(world: World, server: MailServer) -> None:
    document = circulated(world, TITLE)
    assert press(browser(world, "focal_xaa"), f"/documents/{document}/withdraw", reason="A mistake.").is_redirect
    send_all(world)
    assert recipients(server) == ["expert_xaa", "focal_xaa"]


def test_who_has_not_accepted_the_undertaking_is_not_told(world: World, server: MailServer) -> None:
    with setting_up(world.portal) as (work, _):
        assert (
            work.session.query(Undertaking).filter(Undertaking.person_id == world.members["expert_xcc"].person).count()
        )
    with by_hand(world.portal.database) as hand:
        hand.allow("undertaking_never_deleted")
        hand("DELETE FROM undertaking WHERE person_id = ?", (world.members["expert_xcc"].person,))
    circulated(world, TITLE)
    send_all(world)
    assert "expert_xcc" not in recipients(server)
    assert not notices(world, "expert_xcc")


def test_what_was_seen_in_the_portal_is_not_mailed(world: World, server: MailServer) -> None:
    circulated(world, TITLE)
    client = browser(world, "expert_xbb")
    newest = notices(world, "expert_xbb")[-1].id
    assert press(client, "/notices/seen", newest=str(newest)).is_redirect
    send_all(world)
    assert "expert_xbb" not in recipients(server)


# --- as each wants it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("often", "hours"),
    # Monday, 4 May 2026, 9:30 in UTC: the next morning there is 21:30 hours away, the next Monday's a week less 2:30
    [(Often.AT_ONCE, 0), (Often.DAILY, 21.5), (Often.WEEKLY, 7 * 24 - 2.5)],
)
def test_mail_goes_out_as_often_as_a_person_wants(world: World, server: MailServer, often: Often, hours: float) -> None:
    with world.request():
        set_often(world.portal, world.caller("expert_xbb"), often)
    circulated(world, TITLE)
    if hours:
        world.clock.forward(timedelta(hours=hours, seconds=-1))
        send_all(world)
        assert "expert_xbb" not in recipients(server)
        world.clock.forward(timedelta(seconds=1))
    send_all(world)
    assert recipients(server).count("expert_xbb") == 1


def test_who_wants_no_mail_gets_none_and_is_still_told_in_the_portal(world: World, server: MailServer) -> None:
    with world.request():
        set_often(world.portal, world.caller("expert_xbb"), Often.NEVER)
    circulated(world, TITLE)
    world.clock.forward(timedelta(days=30))
    send_all(world)
    assert "expert_xbb" not in recipients(server)
    assert len(notices(world, "expert_xbb")) == 1


def test_a_wish_holds_for_what_waits_already(world: World, server: MailServer) -> None:
    circulated(world, TITLE)
    with world.request():
        set_often(world.portal, world.caller("expert_xbb"), Often.NEVER)
        set_often(world.portal, world.caller("focal_xbb"), Often.DAILY)
    send_all(world)
    assert not {"expert_xbb", "focal_xbb"} & set(recipients(server))
    world.clock.forward(timedelta(days=1))
    send_all(world)
    assert "focal_xbb" in recipients(server)
    assert "expert_xbb" not in recipients(server)


def test_the_letter_is_in_the_language_of_whoever_gets_it(world: World, server: MailServer) -> None:
    with setting_up(world.portal) as (work, _):
        work.session.get_one(Person, world.members["expert_xbb"].person).language = "ar"
    circulated(world, TITLE)
    send_all(world)
    languages = {taken.to[0]: parsed(taken.raw)["Content-Language"] for taken in server.taken}
    assert languages[address("expert_xbb")] == "ar"
    assert languages[address("focal_xbb")] == "en"


def test_an_unknown_language_is_written_to_in_english() -> None:
    assert letter(Settings(), "tlh", 1).language == "en"
    assert "There is 1 notice for you." in letter(Settings(), "en", 1).text


# --- a server that is not as it should be -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ("refuses", {"SMTPRecipientsRefused"}),
        ("busy", {"SMTPDataError"}),
        ("drops", {"SMTPServerDisconnected", "ConnectionResetError"}),
        ("slow", {"TimeoutError"}),
    ],
)
def test_nothing_is_lost_with_a_server_that_fails_and_all_leaves_once_it_works(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch, mode: str, kinds: set[str]
) -> None:
    monkeypatch.setattr(post, "TIMEOUT_SECONDS", 0.6)
    for who in READERS - {"expert_xbb", "focal_xbb"}:  # two are enough where each takes its time
        with world.request():
            set_often(world.portal, world.caller(who), Often.NEVER)
    server.mode = mode
    circulated(world, TITLE)
    send_all(world)
    assert not server.taken
    told = ("expert_xbb", "focal_xbb", "officer")
    assert [waiting(world, who) for who in told] == [1, 1, 1]
    assert {row.failure for who in told for row in notices(world, who)} <= kinds
    shown = health(world)
    assert (shown.mail.notices, shown.mail.failure in kinds, shown.mail_set_up) == (3, True, True)
    server.mode = "takes"
    send_all(world)
    assert not server.taken, "it is not tried again at once"
    world.clock.forward(timedelta(minutes=1))
    send_all(world)
    assert recipients(server) == sorted(told)
    assert (health(world).mail.notices, health(world).mail.failure) == (0, "")


def test_it_is_tried_again_after_longer_and_longer_times_and_never_given_up(world: World, server: MailServer) -> None:
    server.mode = "refuses"
    submitted(world, TITLE)
    tries = []
    for minutes in range(60 * 10):
        before = notices(world, "officer")[0].attempts
        send_all(world)
        if notices(world, "officer")[0].attempts > before:
            tries.append(minutes)
        world.clock.forward(timedelta(minutes=1))
    assert tries == [0, 1, 6, 21, 81, 321, 561]
    assert waiting(world, "officer") == 1


def test_an_address_that_is_refused_holds_up_nobody_else(world: World, server: MailServer) -> None:
    server.refuses = address("focal_xaa")
    circulated(world, TITLE)
    send_all(world)
    assert recipients(server) == sorted(READERS - {"focal_xaa"} | {"officer"})
    assert waiting(world, "focal_xaa") == 1


def test_a_server_that_is_down_loses_nothing(world: World, tmp_path: Path) -> None:
    with mail_server(tmp_path) as gone:
        world.portal.settings = replace(world.portal.settings, **gone.settings)
    circulated(world, TITLE)
    assert not send_due(world.portal, letter), "there is no use in going on at once"
    assert {row.failure for row in notices(world)} == {"ConnectionRefusedError"}
    assert waiting(world) == len(notices(world)) == WAITING


def test_without_a_server_mail_waits_and_the_administrator_sees_it(world: World) -> None:
    circulated(world, TITLE)
    send_all(world)
    page = browser(world, "administrator").get("/administration/health").text
    assert "not set up: mail waits" in page
    assert health(world).mail.notices == WAITING
    assert "@example.org" not in page


def test_the_administrator_sees_what_went_wrong_without_addresses(world: World, server: MailServer) -> None:
    server.mode = "refuses"
    circulated(world, TITLE)
    send_all(world)
    page = browser(world, "administrator").get("/administration/health").text
    assert "SMTPRecipientsRefused" in page
    assert "@example.org" not in page


def test_what_the_server_says_is_written_nowhere(
    world: World, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.mode = "refuses"
    with caplog.at_level(logging.DEBUG):
        circulated(world, TITLE)
        send_all(world)
    assert "mail waits: SMTPRecipientsRefused" in caplog.text
    own = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # which is the server's
    assert not [words for words in own if "@example.org" in words or "there is no" in words]
    assert b"there is no" not in raw(world.portal.database)


def test_a_mail_that_was_taken_without_an_answer_comes_again(world: World, server: MailServer) -> None:
    """At least once: what isn't known to have left is sent again."""
    server.mode = "drops afterwards"
    submitted(world, TITLE)
    send_all(world)
    assert waiting(world, "officer") == 1
    server.mode = "takes"
    world.clock.forward(timedelta(minutes=2))
    send_all(world)
    assert recipients(server).count("officer") == 2
    assert waiting(world) == 0


def test_a_breakdown_after_the_sending_sends_twice_and_never_not_at_all(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(world, TITLE)

    def breaks(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(mailing, "surely", breaks)
        with pytest.raises(KeyboardInterrupt):
            send_all(world)
    assert recipients(server).count("officer") == 1
    send_all(world)
    assert recipients(server).count("officer") == 1, "it is taken for five minutes"
    world.clock.forward(mailing.CLAIMED)
    send_all(world)
    assert recipients(server).count("officer") == 2
    assert waiting(world) == 0


def test_two_workers_at_once_send_once(world: World, server: MailServer) -> None:
    both = threading.Barrier(2)
    for at in range(4):
        circulated(world, f"{TITLE} {at}")

    def work() -> None:
        both.wait()
        send_all(world)

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(work), pool.submit(work)]:
            one.result()
    assert recipients(server) == sorted(READERS | {"officer"})


def test_while_one_worker_sends_the_other_takes_nothing_of_it(world: World, server: MailServer) -> None:
    submitted(world, TITLE)
    server.during = lambda: send_all(world)
    send_all(world)
    assert recipients(server).count("officer") == 1


def test_what_takes_too_long_is_asked_about_anew_before_it_leaves(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    circulated(world, TITLE)
    moments = iter([0.0, 0.0, 0.0])
    monkeypatch.setattr(posting, "monotonic", lambda: next(moments, 100.0))
    assert send_due(world.portal, letter)
    assert len(server.taken) == 1
    first = recipients(server)[0]
    left = [who for who in READERS if who != first]
    assert {row.claimed_until for who in left for row in notices(world, who)} == {None}
    assert {row.attempts for row in notices(world)} == {0}
    change(world, Appointment, left[0], "ended_at")
    send_all(world)
    assert recipients(server) == sorted(READERS - {left[0]} | {"officer"})


def test_a_server_that_takes_its_minute_to_let_us_in_is_none(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(world, TITLE)
    monkeypatch.setattr(mailing, "SENDING_SECONDS", 0.0)
    assert not send_due(world.portal, letter)
    assert not server.taken
    assert {row.failure for row in notices(world)} == {"TimeoutError"}


@pytest.mark.parametrize(
    "evil", ["a@example.org\r\nBcc: all@example.org", "a@example.org\nX: y", "", "@", "a@b, c@d.org"]
)
def test_an_address_adds_no_head_and_no_recipient(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch, evil: str
) -> None:
    circulated(world, TITLE)
    person, opens = world.members["focal_xbb"].person, mailing.mail_of
    monkeypatch.setattr(mailing, "mail_of", lambda *a: evil if a[2].id == person else opens(*a))
    send_all(world)
    assert recipients(server) == sorted(READERS - {"focal_xbb"} | {"officer"})
    assert not [taken for taken in server.taken if b"Bcc" in taken.raw or b"X: y" in taken.raw]
    assert waiting(world, "focal_xbb") == 1


@pytest.mark.parametrize("good", ["o'neill+mail@example.org", "жанна@example.org"])
def test_an_address_of_any_script_is_written_to(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch, good: str
) -> None:
    submitted(world, TITLE)
    monkeypatch.setattr(mailing, "mail_of", lambda *_: good)
    send_all(world)
    assert {one for taken in server.taken for one in taken.to} == {good}


# --- confidential on the way --------------------------------------------------------------------------------------


def test_a_server_with_another_certificate_gets_nothing(world: World, server: MailServer) -> None:
    world.portal.settings = replace(world.portal.settings, smtp_ca_file="")
    submitted(world, TITLE)
    send_all(world)
    assert not server.taken
    assert {row.failure for row in notices(world, "officer")} == {"SSLCertVerificationError"}


def test_a_server_of_another_name_gets_nothing(world: World, tmp_path: Path) -> None:
    with mail_server(tmp_path, name="127.0.0.2") as other:
        world.portal.settings = replace(world.portal.settings, **other.settings)
        submitted(world, TITLE)
        send_all(world)
        assert not other.taken
    assert {row.failure for row in notices(world, "officer")} == {"SSLCertVerificationError"}


def test_a_server_without_starttls_gets_nothing(world: World, tmp_path: Path) -> None:
    with mail_server(tmp_path, starttls=False) as plain:
        world.portal.settings = replace(world.portal.settings, **plain.settings)
        submitted(world, TITLE)
        send_all(world)
        assert not plain.taken
    assert {row.failure for row in notices(world, "officer")} == {"SMTPNotSupportedError"}


def test_to_this_machine_itself_mail_may_go_in_the_clear(world: World, tmp_path: Path) -> None:
    with mail_server(tmp_path, starttls=False) as plain:
        chosen = {**plain.settings, "smtp_user": "", "smtp_security": "none"}
        world.portal.settings = replace(world.portal.settings, **chosen)
        submitted(world, TITLE)
        send_all(world)
        assert "officer" in recipients(plain)


def test_a_wrong_password_is_told_by_its_kind(world: World, server: MailServer) -> None:
    world.portal.settings = replace(world.portal.settings, smtp_password="another")
    submitted(world, TITLE)
    send_all(world)
    assert not server.taken
    assert health(world).mail.failure == "SMTPAuthenticationError"


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_security": "maybe"},
        {"smtp_security": "none"},
        {"mail_from": ""},
        {"mail_from": "portal@example.org\r\nBcc: all@example.org"},
        {"mail_from": "nobody"},
    ],
)
def test_settings_by_which_mail_would_not_be_safe_stop_the_start(wrong: dict[str, str]) -> None:
    sound = Settings(smtp_host="mail.example.org", mail_from=FROM)
    post.check_post(sound)
    post.check_post(Settings())
    with pytest.raises(Invalid, match="the setting"):
        post.check_post(replace(sound, **wrong))


def test_the_secret_of_the_mail_server_is_never_shown() -> None:
    assert Settings(smtp_password="secret").shown()["smtp_password"] == "(set)"


# --- the log and the permit ---------------------------------------------------------------------------------------


def test_the_log_knows_to_whom_mail_went_before_it_leaves(world: World, server: MailServer) -> None:
    submitted(world, TITLE)
    seen: list[list[dict[str, object]]] = []
    server.during = lambda: seen.append(said(world, MACHINERY_STREAM)[-1:])
    send_all(world)
    assert seen[0][0]["phase"] == "intent"
    intent, outcome = said(world, MACHINERY_STREAM)[-2:]
    assert intent["action"] == outcome["action"] == Action.SEND_MAIL.value
    assert intent["who"] == {"machine": "mailer"}
    assert str(world.members["officer"].person) in intent["detail"]["people"]
    assert (outcome["intent"], outcome["detail"]["failed"]) == (intent["id"], 0)


def test_the_permit_to_send_opens_addresses_and_no_names(
    world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(world, TITLE)
    asked: list[UUID] = []

    def curious(portal, permit, person: Person) -> str:  # noqa: ANN001  # as the one that it stands for
        with pytest.raises(NotPermitted):
            portal.keyring.open(permit, NAMES, None, person.name)
        asked.append(person.id)
        return "somebody@example.org"

    monkeypatch.setattr(mailing, "mail_of", curious)
    send_all(world)
    assert asked
    assert {one for taken in server.taken for one in taken.to} == {"somebody@example.org"}


def test_an_altered_record_of_one_person_holds_up_nobody_else(world: World, server: MailServer) -> None:
    circulated(world, TITLE)
    with by_hand(world.portal.database) as hand:
        hand("UPDATE person SET zone = 'Mars/Olympus' WHERE id = ?", (world.members["focal_xcc"].person,))
    send_all(world)
    assert recipients(server) == sorted(READERS - {"focal_xcc"} | {"officer"})
    assert {row.failure for row in notices(world, "focal_xcc")} == {"Damaged"}


def test_the_background_sends_by_itself(world: World, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "TICK_SECONDS", 0.05)
    submitted(world, TITLE)
    with background.Background(world.portal):
        until = time.monotonic() + 10
        while waiting(world):
            assert time.monotonic() < until
            time.sleep(0.05)
    assert "officer" in recipients(server)
