"""TLS between proxy and portal: without certificates that count nothing is served to others."""

import socket
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from portal import __main__, ready
from portal.cli import main
from portal.demo.servers import free_port
from portal.doctor import house, network
from portal.doctor.findings import Mark
from portal.errors import Invalid
from portal.settings import Settings
from portal.tls import Certificates, check_tls
from storage.certifying import make_certificates

OTHERS = Settings(origin="https://portal.example", proxies=("127.0.0.1",))


def test_a_portal_for_others_without_certificates_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert check_tls(Settings()) is None, "the demonstration is this machine's alone"
    for settings in (OTHERS, replace(OTHERS, origin="http://portal.example")):
        with pytest.raises(Invalid, match="portal tls make"):
            check_tls(settings)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_ORIGIN", OTHERS.origin)
    assert main(["serve"]) == 1, "before it looks for a portal"


def test_certificates_that_were_set_and_are_gone_are_no_reason_to_go_on_in_the_clear(tmp_path: Path) -> None:
    for settings in (Settings(), OTHERS):
        with pytest.raises(Invalid, match=r"tls_folder: .*authority.pem|key.pem can't be read"):
            check_tls(replace(settings, tls_folder=str(tmp_path / "nowhere")))


def test_what_to_do_is_said_as_they_are_missing_or_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(OTHERS, tls_folder=str(tmp_path / "tls" / "portal"))
    with pytest.raises(Invalid, match=r"Make them with `portal tls make FOLDER`,"):
        check_tls(settings)
    make_certificates(tmp_path / "tls")

    def denied(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(Invalid, match=r"to the account that the portal runs under$"):
        check_tls(settings)


def test_the_doctor_says_when_they_end(tmp_path: Path) -> None:
    ends = make_certificates(tmp_path / "tls")
    settings = replace(OTHERS, tls_folder=str(tmp_path / "tls" / "portal"))

    def told(at: datetime, of: Settings = settings) -> tuple[Mark, str]:
        (found,) = house.certificates(of, at)
        assert found.mend or found.mark in {Mark.OK, Mark.UNUSED}
        return found.mark, found.says

    assert told(datetime.now(UTC)) == (
        Mark.OK,
        f"portal and proxy know each other by certificates, until {ends:%d %B %Y}",
    )
    assert told(ends - timedelta(days=29))[0] is Mark.ADVICE
    mark, says = told(ends)
    assert mark is Mark.WRONG
    assert f"ended on {ends:%d %B %Y}" in says
    assert told(ends, replace(settings, tls_folder=str(tmp_path)))[0] is Mark.WRONG
    assert told(ends, Settings())[0] is Mark.UNUSED


def test_the_command_makes_them_and_says_what_is_to_be_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "tls"
    assert main(["tls", "make", str(folder)]) == 0
    assert f"{folder / 'proxy'} " in capsys.readouterr().out
    assert stat.S_IMODE((folder / "portal" / "key.pem").stat().st_mode) == 0o600
    assert main(["tls", "make", str(folder)]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["tls", "make", str(folder), "--renew"]) == 0


def test_whoever_asks_a_portal_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_PORT", str(free_port()))
    monkeypatch.setattr("sys.argv", ["portal", "ready", "--alive"])
    assert __main__.main() == 1
    assert "not alive: nothing answers on 127.0.0.1" in capsys.readouterr().err
    monkeypatch.setenv("PORTAL_PORT", "many")
    assert __main__.main() == 1
    assert "the setting port" in capsys.readouterr().err


def test_whether_a_portal_runs_is_found_out_without_its_certificates(tmp_path: Path) -> None:
    """As in a pod for the operator's hand, which has none; moving the portal takes that it doesn't run."""
    settings = replace(OTHERS, port=free_port(), tls_folder=str(tmp_path / "nowhere"))
    assert not network.serves(settings)
    with socket.create_server(("127.0.0.1", settings.port)):
        assert ready.status(settings, "/readyz") == ready.STRANGE
        assert network.serves(settings)


def test_a_portal_that_runs_by_former_certificates_is_not_said_to_be_silent(tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls")
    settings = Settings(port=free_port(), tls_folder=str(tmp_path / "tls" / "portal"))
    with socket.create_server(("127.0.0.1", settings.port)) as server:
        former = Certificates(tmp_path / "tls" / "portal").server()

        def greet() -> None:
            for _ in range(3):
                line, _ = server.accept()
                with suppress(OSError), line, former.wrap_socket(line, server_side=True) as safe:
                    safe.recv(1024)

        Thread(target=greet, daemon=True).start()
        make_certificates(tmp_path / "tls", renew=True)
        assert ready.status(settings, "/readyz") == ready.STRANGE
        (found,) = network.service(settings)
    assert (found.mark, "other certificates" in found.says, "again" in found.mend) == (Mark.WRONG, True, True)


def test_a_host_that_the_certificate_does_not_name_is_refused(tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls")
    with pytest.raises(Invalid, match=r"set host to one of these, not 127\.0\.0\.2"):
        check_tls(replace(OTHERS, host="127.0.0.2", tls_folder=str(tmp_path / "tls" / "portal")))
