"""Wrong codes behind a right passphrase: counted for good, told, and closed at last, by nobody who doesn't know it."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pyotp
import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.access.caller import Caller
from portal.app import open_portal
from portal.domain.account_events import AccountEvent
from portal.errors import NotFound
from portal.identity.codes import step_of
from portal.usecases.checks import check_records
from portal.usecases.evidence import CODES_MOST, CODES_TOLD, Typed, find_account
from portal.usecases.people import mail_index
from portal.usecases.sessions import sign_in as enter
from storage.accounts import AccountNotice
from storage.authenticators import CodeApp, WrongCodes
from storage.schema import STEPS
from tests.attempts import forget_attempts
from tests.cast import World
from tests.databases import ONLY_SQLITE
from tests.portal.web.test_keys import MAIL, with_app
from tests.portal.web.test_keys import try_code as try_at_once
from tests.portal.web.test_signin import GOOD, OTHER, bare, phases, sign_in, visitor
from tests.statements import statements
from tests.web_client import ORIGIN, Browser

pytestmark = pytest.mark.database

WRONG = "no code"  # neither six figures nor a recovery code: so it is never right by chance


@pytest.fixture
def strict(world: World) -> World:
    """The cast's portal as it is set up by default: a passphrase lets in with a code alone."""
    world.portal.settings = replace(world.portal.settings, second_factor=True)
    return world


def counted(world: World) -> list[int]:
    """Give the counts of the apps that nobody removed."""
    with world.portal.database.read() as session:
        apps = session.scalars(select(CodeApp.id).where(CodeApp.removed_at == None)).all()  # noqa: E711  # SQL's own
        return [row.count for row in session.scalars(select(WrongCodes)).all() if row.app_id in apps]


def told(world: World) -> list[str]:
    """Give what of it the people were told, by their ids; each is due by mail at once."""
    kinds = (AccountEvent.WRONG_CODES, AccountEvent.CODES_CLOSED)
    with world.portal.database.read() as session:
        rows = [row for row in session.scalars(select(AccountNotice)).all() if row.kind in kinds]
        assert {row.person_id for row in rows} <= {world.members["expert_xaa"].person}
        assert all(row.shown and row.due_at == row.made_at for row in rows)
        return sorted(row.kind for row in rows)


def try_code(world: World, code: str, passphrase: str = GOOD) -> int:
    """Try a code, after a while in which attempts of all kinds were forgotten."""
    forget_attempts(world)
    return try_at_once(world, code, passphrase)


def miss(world: World, times: int) -> None:
    assert [try_code(world, WRONG) for _ in range(times)] == [422] * times


def prove(client: Browser, code: str) -> int:
    return client.form("/prove", "/prove", passphrase=GOOD, code=code, to="", next="/work").status_code


def test_after_twenty_wrong_codes_the_passphrase_lets_nobody_in_until_there_is_a_new_link(strict: World) -> None:
    _, app, recovery = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    miss(strict, CODES_MOST)
    assert [try_code(strict, code) for code in (app.at(strict.clock()), recovery[0])] == [422, 422]
    assert counted(strict) == [CODES_MOST]
    _, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    assert try_code(strict, app.at(strict.clock())) == 303


def test_the_last_try_but_one_still_lets_in_and_sets_the_count_back(strict: World) -> None:
    _, app, recovery = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    miss(strict, CODES_MOST - 1)
    assert try_code(strict, app.at(strict.clock())) == 303
    assert counted(strict) == [0]
    miss(strict, CODES_MOST - 1)
    assert try_code(strict, recovery[0]) == 303
    assert counted(strict) == [0]


def test_the_count_outlasts_the_process_and_every_window(strict: World) -> None:
    _, app, _ = with_app(strict)
    for _ in range(CODES_MOST):
        settings = strict.portal.settings
        strict.portal.database.close()
        strict.portal = open_portal(settings, strict.clock)
        strict.clock.now += timedelta(hours=1)
        miss(strict, 1)
    assert try_code(strict, app.at(strict.clock())) == 422


def test_a_code_that_was_taken_before_and_a_wrong_recovery_code_count_too(strict: World) -> None:
    _, app, recovery = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    code = app.at(strict.clock())
    assert [try_code(strict, one) for one in (code, code)] == [303, 422]
    assert [try_code(strict, one) for one in (recovery[0][:-1], "")] == [422, 422]
    assert counted(strict) == [3]


def test_who_does_not_know_the_passphrase_counts_nothing_up(strict: World) -> None:
    _, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    code = app.at(strict.clock())
    assert [try_code(strict, one, OTHER) for one in (WRONG, code) * CODES_MOST] == [422] * 2 * CODES_MOST
    assert counted(strict) == []
    assert told(strict) == []
    assert try_code(strict, code) == 303


def test_a_closed_passphrase_is_answered_as_a_wrong_one_with_as_many_questions(strict: World) -> None:
    _, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    miss(strict, CODES_MOST)
    answers, asked = [], []
    tried = ((MAIL, GOOD), (MAIL, OTHER), ("nobody@example.org", GOOD))
    for mail, passphrase in tried:
        with statements(strict, begun=True) as sent:
            answer = sign_in(visitor(strict.portal), mail, passphrase, code=app.at(strict.clock()))
        answers.append((answer.status_code, bare(answer.text).replace(mail, ""), sorted(answer.headers)))
        asked.append(sent)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 422
    assert len(asked[0]) > 5
    assert asked[0] == asked[1] == asked[2]
    assert counted(strict) == [CODES_MOST]


def test_what_was_closed_while_a_sign_in_was_under_way_lets_nobody_in(strict: World) -> None:
    _, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    account = find_account(strict.portal, mail_index(strict.portal, MAIL))
    assert account
    miss(strict, CODES_MOST)
    step = step_of(strict.portal, account.salt, app.at(strict.clock()))
    assert step is not None
    with strict.request(), pytest.raises(NotFound):
        enter(strict.portal, Caller(address="192.0.2.1"), account.person, Typed(account, step))
    assert counted(strict) == [CODES_MOST]


def test_a_wrong_code_is_answered_as_a_wrong_passphrase(strict: World) -> None:
    with_app(strict)
    pages = [sign_in(visitor(strict.portal), MAIL, one, code=WRONG).text for one in (GOOD, OTHER)]
    assert bare(pages[0]) == bare(pages[1])


def test_two_wrong_codes_at_the_same_moment_both_count(strict: World) -> None:
    with_app(strict)
    found: list[int] = []
    many = [Thread(target=lambda: found.append(try_code(strict, WRONG))) for _ in range(4)]
    for one in many:
        one.start()
    for one in many:
        one.join()
    assert found == [422] * 4
    assert counted(strict) == [4]


def test_each_wrong_code_is_one_refusal_in_the_log_that_keeps_the_count(strict: World) -> None:
    _, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    before = len(phases(strict.portal, Action.SIGN_IN))
    miss(strict, 3)
    assert phases(strict.portal, Action.SIGN_IN)[before:] == ["refusal"] * 3
    assert check_records(strict.portal).ok
    with strict.portal.database.begin() as session:
        session.scalars(select(WrongCodes)).one().count = 0  # past the log
    assert {one.code for one in check_records(strict.portal).findings} == {"row-other"}
    assert try_code(strict, app.at(strict.clock())) == 303


def test_the_person_is_told_at_the_fifth_and_when_it_closes(strict: World) -> None:
    with_app(strict)
    for _ in range(CODES_TOLD - 1):
        miss(strict, 1)
    assert told(strict) == []
    miss(strict, 1)
    assert told(strict) == [AccountEvent.WRONG_CODES]
    miss(strict, CODES_MOST - CODES_TOLD)
    assert told(strict) == [AccountEvent.CODES_CLOSED, AccountEvent.WRONG_CODES]
    miss(strict, 5)
    assert told(strict) == [AccountEvent.CODES_CLOSED, AccountEvent.WRONG_CODES]


def test_wrong_codes_of_whoever_proves_anew_count_as_well_and_close_that_too(strict: World) -> None:
    client, app, _ = with_app(strict)
    strict.clock.now += timedelta(minutes=1)
    assert [prove(client, WRONG) for _ in range(2)] == [422, 422]
    assert counted(strict) == [2]
    assert prove(client, app.at(strict.clock())) == 303
    assert counted(strict) == [0]
    miss(strict, CODES_MOST)
    strict.clock.now += timedelta(minutes=1)
    assert prove(client, app.at(strict.clock())) == 422


def made_after(step: str, indexes: set[str]) -> tuple[list[str], set[str], set[str]]:
    """List the tables that later steps of the schema make, the triggers, and which of these indexes."""
    later = [file.read_text("utf-8") for file in (STEPS / "versions").glob("*.py") if file.name[: len(step)] > step]
    said = "".join(later)
    made = set(re.findall(r'(?:CREATE TRIGGER |Refusal\(\s*")(\w+)', said)) - set(
        re.findall(r"DROP TRIGGER (\w+)", said)
    )
    begun = "".join(text for text in later if "drop_index" not in text)  # else they are there before
    new = {one for one in indexes if f'"{one}"' in begun}
    return re.findall(r'create_table\(\s*"(\w+)"', said), made, new


@ONLY_SQLITE
def test_a_portal_from_before_the_count_keeps_its_apps_and_counts_from_then_on(strict: World) -> None:
    _, app, _ = with_app(strict)
    settings = strict.portal.settings
    strict.portal.database.close()
    with closing(sqlite3.connect(strict.portal.database.place)) as connection:
        there = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        tables, triggers, indexes = made_after("0009", {row[0] for row in there})
        for index in indexes:
            connection.execute(f"DROP INDEX {index}")
        for trigger in {"event_waits_for_the_tree", "stream_never_deleted", *triggers}:
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        connection.execute("DELETE FROM stream WHERE kind = 'cases'")
        for table in tables:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0009'")
        connection.commit()
    strict.portal = open_portal(settings, strict.clock)
    strict.clock.now += timedelta(minutes=1)
    miss(strict, 1)
    assert counted(strict) == [1]
    assert try_code(strict, app.at(strict.clock())) == 303
    assert check_records(strict.portal).ok


def test_another_app_of_whoever_came_in_another_way_begins_anew(strict: World) -> None:
    client, *_ = with_app(strict)
    miss(strict, CODES_MOST)
    page = client.get("/account/codes").text
    hidden = re.search(r'name="app" value="([^"]+)"', page)
    key = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert hidden
    assert key
    assert token
    app = pyotp.TOTP(key[1].replace(" ", ""))
    sent = {"csrf": token[1], "app": hidden[1], "code": app.at(strict.clock())}
    assert client.post("/account/codes", data=sent, headers={"Origin": ORIGIN}).status_code == 200
    strict.clock.now += timedelta(minutes=1)
    assert try_code(strict, app.at(strict.clock())) == 303
