"""Certificates for proxy and portal: made whole, never over anything, and refused unless all of it fits."""

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from storage.certificates import AUTHORITY, CERTIFICATE, FILES, KEY, ends_of
from storage.certifying import SIDES, Authority, make_certificates
from storage.errors import Uncertified

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    make_certificates(tmp_path / "tls")
    return tmp_path / "tls"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_both_sides_get_what_they_need_and_nobody_the_authoritys_key(made: Path) -> None:
    assert set(contents(made)) == {f"{side}/{name}" for side in SIDES for name in FILES}
    for side in SIDES:
        assert stat.S_IMODE((made / side).stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in (made / side).iterdir()} == {0o600}
        assert timedelta(days=364) < ends_of(made / side, datetime.now(UTC)) - NOW <= timedelta(days=366)
    portal, proxy = (x509.load_pem_x509_certificate((made / side / CERTIFICATE).read_bytes()) for side in SIDES)
    authority = x509.load_pem_x509_certificate((made / "portal" / AUTHORITY).read_bytes())
    assert (made / "proxy" / AUTHORITY).read_bytes() == (made / "portal" / AUTHORITY).read_bytes()
    keys = b"".join(contents(made).values()).count(b"PRIVATE KEY-----") / 2
    assert keys == 2
    theirs = [one.public_key() for one in (portal, proxy, authority)]
    assert theirs[0] != theirs[1] != theirs[2] != theirs[0]
    uses = [set(one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) for one in (portal, proxy)]
    assert uses == [
        {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH},
        {ExtendedKeyUsageOID.CLIENT_AUTH},
    ]


def put_file(folder: Path) -> None:
    folder.write_bytes(b"somebody's")


def put_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "somebody's").write_bytes(b"words")


def put_certificates(folder: Path) -> None:
    make_certificates(folder)


@pytest.mark.parametrize(
    ("put", "renew"),
    [(put_file, False), (put_file, True), (put_folder, False), (put_folder, True), (put_certificates, False)],
)
def test_nothing_else_is_ever_replaced(tmp_path: Path, put: Callable[[Path], None], *, renew: bool) -> None:
    put(tmp_path / "tls")
    before = contents(tmp_path)
    with pytest.raises(Uncertified):
        make_certificates(tmp_path / "tls", renew=renew)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["tls"]


def test_certificates_with_anything_beside_them_are_not_renewed(made: Path) -> None:
    (made / "portal" / "notes").write_bytes(b"words")
    before = contents(made)
    with pytest.raises(Uncertified):
        make_certificates(made, renew=True)
    assert contents(made) == before


def test_a_folder_needs_another_one_to_be_made_in_and_may_be_there_empty(tmp_path: Path) -> None:
    with pytest.raises(Uncertified):
        make_certificates(tmp_path / "nowhere" / "tls")
    (tmp_path / "tls").mkdir()
    make_certificates(tmp_path / "tls")
    assert ends_of(tmp_path / "tls" / "portal", NOW)


def test_renewing_replaces_both_sides_and_leaves_them_to_their_accounts(made: Path) -> None:
    before = contents(made)
    if os.geteuid() == 0:
        for path in (made / "proxy", *(made / "proxy").iterdir()):
            os.chown(path, 12345, 12346)
    make_certificates(made, renew=True)
    after = contents(made)
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    assert [path.name for path in made.parent.iterdir()] == ["tls"]
    if os.geteuid() == 0:
        owners = {(path.stat().st_uid, path.stat().st_gid) for path in (made / "proxy", *(made / "proxy").iterdir())}
        assert owners == {(12345, 12346)}


def test_what_breaks_off_leaves_what_was_there(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = contents(made), Authority.write

    def break_off(authority: Authority, folder: Path, side: str) -> None:
        write(authority, folder, side)
        if side == SIDES[1]:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Authority, "write", break_off)
    with pytest.raises(OSError, match="space"):
        make_certificates(made, renew=True)
    assert contents(made.parent) == {f"tls/{name}": content for name, content in before.items()}


def test_where_new_ones_do_not_come_into_their_place_the_former_come_back(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename, done = contents(made.parent), Path.rename, []

    def fail_second(path: Path, target: Path) -> Path:
        done.append(path)
        if len(done) == 2:
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_second)
    with pytest.raises(OSError, match="output"):
        make_certificates(made, renew=True)
    assert contents(made.parent) == before


def lose(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def damage(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n")


def take_from_another(name: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        make_certificates(folder.parent.parent / "another")
        (folder / name).write_bytes((folder.parent.parent / "another" / "portal" / name).read_bytes())

    return act


def open_to_others(folder: Path) -> None:
    (folder / KEY).chmod(0o640)


def believe_others_too(folder: Path) -> None:
    make_certificates(folder.parent.parent / "another")
    another = (folder.parent.parent / "another" / "portal" / AUTHORITY).read_bytes()
    (folder / AUTHORITY).write_bytes((folder / AUTHORITY).read_bytes() + another)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        *((lose(name), rf"{name} can't be read") for name in FILES),
        *((damage(name), "is no certificate and its key") for name in FILES),
        (take_from_another(KEY), "isn't the key of"),
        (take_from_another(CERTIFICATE), "isn't of"),
        (take_from_another(AUTHORITY), "isn't of"),
        (open_to_others, "Others can read"),
        (believe_others_too, "must have one authority, not 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_file(made: Path, change: Callable[[Path], None], says: str) -> None:
    change(made / "portal")
    with pytest.raises(Uncertified, match=says):
        ends_of(made / "portal", NOW)


@pytest.mark.parametrize(("days", "says"), [(-1, "counts from"), (366, "ended on")])
def test_what_does_not_count_yet_or_any_more_is_refused(made: Path, days: int, says: str) -> None:
    with pytest.raises(Uncertified, match=says):
        ends_of(made / "portal", NOW + timedelta(days=days))
