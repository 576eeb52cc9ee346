"""`portal doctor` on whole installations, each broken in one way that it must name; and what it must not do."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import SQLModel

from policies.engine import PolicyError
from portal.app import create_portal, open_portal
from portal.cli import main
from portal.demo.servers import free_port
from portal.doctor import examination, house, stores
from portal.doctor.examination import examine
from portal.doctor.findings import Finding, Mark, as_json, as_text, is_sound
from portal.settings import DATABASE, Settings
from portal.usecases.installation import make_first_administrator
from portal.usecases.tree import sequence
from storage import permits
from storage.certifying import make_certificates
from storage.database import Database
from storage.fields import Place
from storage.issuers import Issuer
from storage.permits import ISSUERS
from storage.tables import Person
from tests.backing_up import backed_up, recoverable
from tests.cast import World
from tests.conftest import Loaded
from tests.issuer import serving
from tests.mail_server import mail_server

SECRET = "violet-anchor-secret"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Read the policies once, and start a confined process in one test alone: both take a while."""
    monkeypatch.setattr(stores, "Engine", Loaded)
    if "sound" not in request.node.name:
        monkeypatch.setattr(examination, "_confinement", lambda: iter(()))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A portal that was just made, and has begun its log."""
    made = Settings(data=tmp_path / "data", keys=tmp_path / "keys", port=1)
    with closing(create_portal(made).database), permits.request(uuid4()):
        portal = open_portal(made)
        make_first_administrator(portal, "Ada Quillwort", "ada@example.org")
        while sequence(portal, "test"):
            pass
        portal.database.close()
    return made


def found(settings: Settings, check: str) -> list[Finding]:
    return [one for one in examine(lambda: settings) if one.check == check]


def wrongs(settings: Settings) -> set[str]:
    return {one.check for one in examine(lambda: settings) if one.mark is Mark.WRONG}


def test_a_database_on_a_network_without_tls_is_told(settings: Settings) -> None:
    clear = replace(settings, database="postgresql://portal:Quillwort@db.example.org/portal")
    (found,) = [one for one in examine(lambda: clear) if one.check == "database"]
    assert found.mark is Mark.WRONG
    assert "db.example.org must be spoken to by TLS" in found.says
    assert "sslmode=verify-full" in found.says
    assert "Quillwort" not in found.says


def test_a_portal_that_was_just_made_is_sound(settings: Settings) -> None:
    findings = examine(lambda: settings)
    assert is_sound(findings), as_text(findings)
    ok = {one.check for one in findings if one.mark is Mark.OK}
    assert {"settings", "data", "space", "database", "keys", "policies", "objects", "log", "sequencer", "files"} <= ok


def break_keys_gone(settings: Settings) -> None:
    shutil.rmtree(settings.keys)


def break_keys_open(settings: Settings) -> None:
    (settings.keys / "keyring.json").chmod(0o644)


def break_keys_foreign(settings: Settings) -> None:
    other = Settings(data=settings.data.parent / "other", keys=settings.data.parent / "other-keys")
    create_portal(other).database.close()
    shutil.copy(other.keys / "keyring.json", settings.keys)


def break_data_open(settings: Settings) -> None:
    settings.data.chmod(0o755)


def break_database_open(settings: Settings) -> None:
    (settings.data / DATABASE).chmod(0o644)


def break_database_gone(settings: Settings) -> None:
    for path in settings.data.glob(f"{DATABASE}*"):
        path.unlink()


def break_database_older(settings: Settings) -> None:
    change(settings, "UPDATE alembic_version SET version_num = '0001'")


def break_objects(settings: Settings) -> None:
    shutil.rmtree(settings.data / "objects")
    (settings.data / "objects").write_bytes(b"")


def break_log(settings: Settings) -> None:
    change(settings, "UPDATE tree_tile SET hashes = zeroblob(length(hashes))")


def break_checkpoint(settings: Settings) -> None:
    change(settings, "UPDATE tree_head SET note = replace(note, '/audit/log', '/audit/lag')")


def change(settings: Settings, *statements: str) -> None:
    """Change the database past the portal, as whoever has the file could."""
    database = Database(settings.data / DATABASE)
    with database.engine.begin() as connection:
        triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for trigger in triggers:
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount
    database.close()


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (break_keys_gone, "keys"),
        (break_keys_open, "keys"),
        (break_keys_foreign, "keys"),
        (break_data_open, "data"),
        (break_database_open, "database"),
        (break_database_gone, "database"),
        (break_database_older, "database"),
        (break_objects, "objects"),
        (break_log, "log"),
        (break_checkpoint, "log"),
    ],
)
def test_what_is_broken_is_named_with_what_to_do(
    settings: Settings, damage: Callable[[Settings], None], check: str
) -> None:
    damage(settings)
    findings = examine(lambda: settings)
    assert {one.check for one in findings if one.mark is Mark.WRONG} == {check}, as_text(findings)
    assert all(one.mend for one in findings if one.mark in {Mark.WRONG, Mark.ADVICE})


@pytest.mark.parametrize(
    ("chosen", "check"),
    [
        ({"origin": "https://portal.example"}, "address"),
        ({"origin": "https://portal.example", "proxies": ("0.0.0.0/0",)}, "address"),
        ({"origin": "http://portal.example", "proxies": ("127.0.0.1",)}, "address"),
        ({"origin": "https://portal.example/review", "proxies": ("127.0.0.1",)}, "address"),
        ({"host": "192.0.2.1"}, "settings"),
        ({"smtp_host": "mail.example", "smtp_security": "none"}, "settings"),
        ({"smtp_host": "127.0.0.1", "smtp_port": 1, "mail_from": "portal@example.org"}, "mail"),
        ({"objects": "attic"}, "objects"),
        ({"objects": "s3", "s3_endpoint": "http://objects.example"}, "objects"),
        ({"objects": "s3", "s3_endpoint": "http://127.0.0.1:1", "s3_bucket": "portal"}, "objects"),
        ({"witness_policy": "/nowhere/policy"}, "witnesses"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings: Settings, chosen: dict[str, Any], check: str) -> None:
    make_certificates(settings.data.parent / "tls")
    assert wrongs(replace(settings, tls_folder=str(settings.data.parent / "tls" / "portal"), **chosen)) == {check}


@pytest.mark.parametrize(("days", "marks"), [(364, [Mark.OK]), (367, [Mark.OK, Mark.ADVICE])])
def test_a_key_that_wraps_for_over_a_year_is_told(settings: Settings, days: int, marks: list[Mark]) -> None:
    path = settings.keys / "keyring.json"
    ring = json.loads(path.read_bytes())
    ring["keys"][0]["created"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    path.write_text(json.dumps(ring))
    assert [one.mark for one in found(settings, "keys")] == marks


def test_keys_in_the_data_folder_are_wrong(settings: Settings) -> None:
    inside = settings.data / "keys"
    settings.keys.rename(inside)
    assert wrongs(replace(settings, keys=inside)) == {"key place"}


def test_another_account_touches_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.os, "geteuid", lambda: settings.data.stat().st_uid + 1)
    (settings.data / DATABASE).unlink()
    findings = examine(lambda: settings)
    assert {one.check for one in findings if one.mark is Mark.WRONG} == {"account"}
    assert "database" not in {one.check for one in findings}


def test_a_disk_that_fills_is_told_before_and_after(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(settings.data))
    for free, mark in ((10**12, Mark.OK), (settings.upload_bytes - 1, Mark.ADVICE), (10**9, Mark.WRONG)):
        monkeypatch.setattr(house.shutil, "disk_usage", lambda _path, free=free: usage(2 * 10**12, 10**12, free))
        assert [one.mark for one in house.space(settings)] == [mark]


def test_a_clock_from_before_the_release_is_wrong() -> None:
    assert [one.mark for one in house.clock(datetime(1970, 1, 1, tzinfo=UTC))] == [Mark.WRONG]


def test_a_file_of_settings_that_others_read_or_that_lies_in_the_data_is_wrong(settings: Settings) -> None:
    file = settings.data.parent / "portal.toml"
    file.write_text("")
    for mode, wrong in ((0o640, False), (0o644, True), (0o660, True)):
        file.chmod(mode)
        assert [one.mark is Mark.WRONG for one in house.settings_fit(settings, (file,))] == [wrong], oct(mode)
    inside = settings.data / "portal.toml"
    inside.touch(0o600)
    assert any(one.mark is Mark.WRONG for one in house.settings_fit(settings, (inside,)))


def test_a_file_of_settings_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "portal.toml"
    found = [one.says for one in house.names({"PORTAL_CONFIG": str(file)})]
    assert found == [f"PORTAL_CONFIG names {file}, which isn't there"]
    file.touch()
    assert not [*house.names({"PORTAL_CONFIG": str(file)})]


def test_a_variable_that_is_no_setting_is_told() -> None:
    given = {"PORTAL_DATA": "x", "PORTAL_TEST_DATABASE": "x", "PORTAL_LOG_PUBLIK": "true"}
    assert [one.says for one in house.names(given)] == ["no setting is called PORTAL_LOG_PUBLIK"]


def test_events_that_wait_are_advice_while_nothing_runs(world: World) -> None:
    portal = world.portal
    opened = stores.Opened(replace(portal.settings, port=free_port()))
    opened.portal = portal
    assert [one.mark for one in stores.log(opened) if one.check == "sequencer"] == [Mark.OK]  # the cast's clock
    portal.clock = lambda: datetime.now(UTC)
    assert [one.mark for one in stores.log(opened) if one.check == "sequencer"] == [Mark.ADVICE]


def test_a_mail_server_is_greeted_and_gets_nothing(settings: Settings, tmp_path: Path) -> None:
    with mail_server(tmp_path) as server:
        assert [one.mark for one in found(replace(settings, **server.settings), "mail")] == [Mark.OK]
        other = replace(settings, **{**server.settings, "smtp_password": "another"})
        assert [one.mark for one in found(other, "mail")] == [Mark.WRONG]
        assert not server.taken


def test_an_identity_provider_that_is_away_or_another_is_named(settings: Settings) -> None:
    with serving() as issuer:
        connect(settings, issuer.url, "http://127.0.0.1:1")
        marks = {one.says.split()[0]: one.mark for one in found(settings, "sign-in")}
        assert marks == {issuer.url: Mark.OK, "http://127.0.0.1:1": Mark.WRONG}


def connect(settings: Settings, *urls: str) -> None:
    """Connect identity providers past the use case."""
    portal = open_portal(settings)
    with portal.database.begin() as session:
        by = session.scalars(select(Person.id)).first()
        for url in urls:
            issuer = uuid4()
            secret = portal.keyring.seal_log(session, ISSUERS, Place("issuer", "client_secret", issuer), b"secret")
            row = Issuer(id=issuer, url=url, name="IdP", client_id="us", client_secret=secret, added_by=by)
            row.added_at = portal.clock()
            session.add(row)
    portal.database.close()


def test_policies_that_do_not_validate_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> None:
        raise PolicyError(SECRET)

    monkeypatch.setattr(stores.Engine, "load", refuses)
    findings = examine(lambda: settings)
    assert {one.check for one in findings if one.mark is Mark.WRONG} == {"policies"}
    assert SECRET not in as_text(findings)


# --- what it says and does not do ---------------------------------------------------------------------------------


def test_no_secret_is_shown_whatever_is_wrong(settings: Settings) -> None:
    secret = {one.name: SECRET for one in fields(Settings) if not one.repr}
    told = replace(
        settings, **secret, smtp_host="127.0.0.1", smtp_port=1, smtp_user="portal", mail_from="a@example.org"
    )
    bucket = replace(told, objects="s3", s3_endpoint="http://127.0.0.1:1", s3_bucket="portal")
    for chosen in (told, bucket):
        findings = examine(lambda chosen=chosen: chosen)
        said = as_text(findings) + json.dumps(as_json(findings))
        assert SECRET not in said
        assert "Quillwort" not in said
        assert "ada@example.org" not in said


def kept(settings: Settings) -> dict[str, Any]:
    """Give all that a portal keeps: every row, every object, every key."""
    database = Database(settings.data / DATABASE)
    with database.engine.connect() as connection:
        rows = {name: connection.execute(table.select()).all() for name, table in SQLModel.metadata.tables.items()}
    database.close()
    files = {str(path): path.read_bytes() for path in settings.data.glob("objects/**/*") if path.is_file()}
    return {**rows, **files, "keys": (settings.keys / "keyring.json").read_bytes()}


def test_an_examination_changes_nothing(settings: Settings) -> None:
    before = kept(settings)
    examine(lambda: settings)
    assert kept(settings) == before


def test_one_look_that_fails_hides_no_other(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_settings: Settings) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(house, "space", breaks)
    findings = examine(lambda: settings)
    assert [one.says for one in findings if one.check == "space"] == ["it couldn't be looked at: RuntimeError"]
    assert "log" in {one.check for one in findings}


def test_the_command_ends_as_its_findings_are(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(settings.data.parent)
    for name in ("data", "keys", "port"):
        monkeypatch.setenv(f"PORTAL_{name.upper()}", str(getattr(settings, name)))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("looked at.\n")
    monkeypatch.setenv("PORTAL_ORIGIN", "https://portal.example")
    assert main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert {"address", "tls"} == {one["check"] for one in told["findings"] if one["mark"] == "wrong"}
    monkeypatch.setenv("PORTAL_PORT", "many")
    assert main(["doctor"]) == 1
    assert "the setting port can't be 'many'" in capsys.readouterr().out


def test_when_the_last_backup_was_made_is_said_and_an_old_one_is_wrong(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (none,) = found(settings, "backups")
    assert (none.mark, none.says) == (Mark.ADVICE, "none came to its end yet")
    portal = open_portal(settings)
    recoverable(portal)
    made = backed_up(portal, tmp_path / "elsewhere" / "backups").made
    portal.database.close()
    (last,) = found(settings, "backups")
    assert last.mark is Mark.OK
    assert f"{made:%d %B %Y, %H:%M}" in last.says
    for away in (timedelta(days=3), timedelta(days=-3)):
        with monkeypatch.context() as patched:
            kept = stores.Portal.__init__

            def begun(self: Any, *given: Any, kept: Any = kept, away: timedelta = away) -> None:
                kept(self, *given, lambda: made + away)

            patched.setattr(stores.Portal, "__init__", begun)
            (old,) = found(settings, "backups")
        assert old.mark is Mark.WRONG
        assert "portal backup" in old.mend
