"""The recovery key in use: every key is sealed to it, those to come too, and its shares lie nowhere."""

import os
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from portal.cli import main
from portal.cli_recovery import read_shares
from portal.usecases.checks import check_records
from portal.usecases.recovery import check_shares, find_recovery_key, new_recovery_key, seal_all, use_recovery_key
from portal.work import Portal
from storage import permits
from storage.backups import RecoveryKey
from storage.errors import BadShares, Damaged
from storage.holders import PROVIDER, holder_context
from storage.permits import Scope
from storage.recovery import offline, shares
from storage.tables import KeyHolder, KeyVersion
from tests.cast import World
from tests.conftest import use
from tests.databases import by_hand


def in_use(portal: Portal, threshold: int = 2, count: int = 3) -> tuple[str, ...]:
    made = new_recovery_key(threshold, count)
    with permits.request(uuid4()):
        use_recovery_key(portal, made.seed, threshold, count)
    return made.shares


def opened(portal: Portal, words: tuple[str, ...]) -> dict[tuple[str, int], bytes]:
    """Open every key with shares alone."""
    opener = offline.Opener(shares.join(words))
    holder = f"recovery/{offline.fingerprint(opener.public)}"
    with portal.database.read() as session:
        rows = session.scalars(select(KeyHolder).where(col(KeyHolder.holder) == holder)).all()
    return {
        (row.scope, row.version): opener.open(row.wrapped, holder_context(Scope(row.scope), row.version, holder))
        for row in rows
    }


def provided(portal: Portal) -> dict[tuple[str, int], bytes]:
    with portal.database.read() as session:
        rows = session.scalars(select(KeyHolder).where(col(KeyHolder.holder) == PROVIDER)).all()
        assert len(rows) == len(session.scalars(select(KeyVersion)).all())
    unwrap = portal.keyring.provider.unwrap
    return {
        (row.scope, row.version): unwrap(row.wrapped, holder_context(Scope(row.scope), row.version)) for row in rows
    }


def test_every_key_opens_with_the_shares_and_every_new_one(world: World) -> None:
    words = in_use(world.portal)
    assert opened(world.portal, words[1:]) == provided(world.portal)
    with world.portal.database.begin() as session:
        world.portal.keyring.current(session, Scope("room/new/new"))
    after = opened(world.portal, words[:2])
    assert ("room/new/new", 1) in after
    assert after == provided(world.portal)


def test_the_shares_lie_nowhere(world: World, tmp_path: Path) -> None:
    made = new_recovery_key(2, 3)
    with permits.request(uuid4()):
        use_recovery_key(world.portal, made.seed, 2, 3)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        assert made.seed not in raw
        assert not any(words.encode() in raw for words in made.shares)


def test_a_new_recovery_key_ends_the_former_one(world: World) -> None:
    former = in_use(world.portal)
    with permits.request(uuid4()):
        assert check_shares(world.portal, former[:2])
    words = in_use(world.portal)
    assert opened(world.portal, former) == {}
    assert opened(world.portal, words) == provided(world.portal)
    with pytest.raises(BadShares):
        check_shares(world.portal, former[:2])
    with world.portal.database.read() as session:
        ended = [row.ended_at is not None for row in session.scalars(select(RecoveryKey))]
    assert sorted(ended) == [False, True]
    assert check_records(world.portal).ok


def test_a_key_that_is_not_sealed_for_recovery_is_named_and_sealed_later(world: World) -> None:
    words = in_use(world.portal)
    with world.portal.database.begin() as session:
        holder = f"recovery/{offline.fingerprint(offline.Opener(shares.join(words)).public)}"
        session.delete(session.get_one(KeyHolder, ("service", 1, holder)))
    assert [one.code for one in check_records(world.portal).findings] == ["key-unrecoverable"]
    with permits.request(uuid4()):
        assert seal_all(world.portal) == 1
        assert seal_all(world.portal) == 0
    assert check_records(world.portal).ok
    assert opened(world.portal, words) == provided(world.portal)


def test_a_public_key_put_in_by_hand_gets_no_key(world: World) -> None:
    in_use(world.portal)
    with by_hand(world.portal.database) as hand:
        hand.allow("recovery_key_never_rewritten")
    with world.portal.database.engine.begin() as connection:
        connection.execute(update(RecoveryKey).values(public=offline.Opener(b"x" * 32).public))
    with pytest.raises(Damaged):
        find_recovery_key(world.portal)
    with world.portal.database.begin() as session, pytest.raises(Damaged):
        world.portal.keyring.current(session, Scope("room/new/new"))


def test_at_the_command_line_shares_become_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PORTAL_KEYS", str(tmp_path / "keys"))
    assert main(["init", "--name", "Ada Example", "--mail", "ada@example.org"]) == 0
    assert main(["keys", "recovery", "make", "sheets", "--shares", "3", "--needed", "2"]) == 0
    said = capsys.readouterr().out
    files = sorted((tmp_path / "sheets").iterdir())
    assert [file.name for file in files] == [f"share-{number}-of-3.txt" for number in (1, 2, 3)]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    words = read_shares(files)
    assert [len(one.split()) for one in words] == [33, 33, 33]
    assert not any(" ".join(one.split()[4:8]) in said for one in words)  # no word of them on the screen
    given = [part for file in files[1:] for part in ("--share", str(file))]
    assert main(["keys", "recovery", "check", *given]) == 0
    assert main(["keys", "recovery", "check", *given[:2]]) == 1
    assert main(["keys", "recovery", "make", "more"]) == 1  # not without --yes
    assert main(["keys", "recovery", "make", "sheets", "--yes"]) == 1  # never over other shares
    assert main(["keys", "recovery", "make", "more", "--shares", "2", "--needed", "2", "--yes"]) == 0
    assert main(["keys", "recovery", "check", *given]) == 1


def test_a_share_that_is_mistyped_or_of_another_key_is_named(tmp_path: Path) -> None:
    made, others = shares.split(b"k" * 32, 3, 4), shares.split(b"o" * 32, 3, 4)
    files = [tmp_path / str(number) for number in range(4)]

    def put(*words: str) -> None:
        for file, one in zip(files, words, strict=False):
            file.write_text(one, "utf-8")

    def refused() -> str:
        with pytest.raises(BadShares) as found:
            read_shares(files)
        assert "zzz" not in str(found.value)  # no word of a share on the screen
        return str(found.value)

    typed = "\ufeff" + "\r\n\r\n".join(" ".join(made[3].upper().split()[at : at + 6]) for at in range(0, 33, 6))
    put(*made[:3], typed)  # by an editor that marks its files, with an empty line after each
    assert shares.join(read_shares(files)) == b"k" * 32
    first, second, *rest = made[1].split()
    put(made[0], " ".join([second, first, *rest]))
    assert refused().startswith(f"{files[1]}: a word in it is mistyped")
    put(made[0], " ".join(["zzz", second, "yyy", *rest[1:]]))
    assert refused().startswith(f"{files[1]}: mistyped")
    assert refused().endswith(" 1, 3.")
    put(made[0], " ".join([second, *rest]))
    assert refused() == f"{files[1]}: a share has 33 words, and here are 32."
    put(*made[:2], others[2], made[3])
    assert refused().endswith(f": {files[0]}, {files[1]}, {files[3]}; of another: {files[2]}.")


def test_shares_dont_go_to_what_they_open(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, world.portal.settings)
    monkeypatch.chdir(world.portal.settings.data)  # as the operator's command does
    for folder in ("shares", str(world.portal.settings.keys / "shares")):
        assert main(["keys", "recovery", "make", folder]) == 1
        assert "whole path" in capsys.readouterr().err
    assert find_recovery_key(world.portal) is None
    assert not Path("shares").exists()


def test_the_shares_are_on_the_disk_before_anything_is_sealed_to_them(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, flush = [], os.fsync

    def seen(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        flush(descriptor)

    def used(*_given: object) -> int:
        done.extend(synced)
        return 0

    done: list[str] = []
    use(monkeypatch, world.portal.settings)
    monkeypatch.setattr(os, "fsync", seen)
    monkeypatch.setattr("portal.usecases.recovery.use_recovery_key", used)
    folder = tmp_path / "outside" / "shares"
    assert main(["keys", "recovery", "make", str(folder), "--shares=2", "--needed=2"]) == 0
    files = {str(path) for path in folder.iterdir()}
    assert len(files) == 2
    last = max(done.index(one) for one in files)
    assert {str(folder), str(folder.parent)} <= set(done[last + 1 :])
