"""`portal doctor` beside a portal that runs: it asks it as people do, and as its proxy does."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.doctor import network
from portal.doctor.findings import Finding, Mark
from portal.settings import Settings
from storage.certifying import make_certificates
from tests.cast import World
from tests.e2e.conftest import Server, serve

pytestmark = pytest.mark.e2e

ORIGIN = "https://portal.invalid"  # RFC 6761: a name that leads nowhere


def settings_of(world: World, server: Server, **more: object) -> Settings:
    return replace(world.portal.settings, port=urlsplit(server.url).port, origin=server.url, **more)


def told(settings: Settings) -> dict[str, Finding]:
    return {one.check: one for one in network.service(settings)}


def test_a_portal_that_runs_is_asked_whether_it_can_work(world: World, server: Server) -> None:
    settings = settings_of(world, server)
    assert {check: one.mark for check, one in told(settings).items()} == {"service": Mark.OK}
    objects = world.portal.settings.data / "objects" / "new"
    objects.rmdir()
    assert told(settings)["service"].mark is Mark.WRONG
    assert told(replace(settings, port=1))["service"].mark is Mark.ADVICE


def test_a_portal_that_knows_itself_by_another_name_than_the_settings_is_named(world: World, tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls")
    own, proxys = (str(tmp_path / "tls" / side) for side in ("portal", "proxy"))
    with serve(world, origin=ORIGIN, proxies="127.0.0.1", second_factor="true", tls_folder=own) as server:
        settings = replace(settings_of(world, server), origin=ORIGIN, proxies=("127.0.0.1",), tls_folder=proxys)
        found = told(settings)
        assert found["service"].mark is Mark.OK
        assert found["proxy"].mark is Mark.ADVICE, "it knows itself, and the name leads nowhere from here"
        other = told(replace(settings, origin="https://other.invalid"))
        assert other["proxy"].mark is Mark.WRONG
        assert "other.invalid" in other["proxy"].says
