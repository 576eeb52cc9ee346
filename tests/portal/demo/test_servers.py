"""The servers of the scaled-out demonstration: what is missing is said in one sentence, before anything is touched."""

from pathlib import Path

import pytest

from portal.app import create_portal, object_store
from portal.demo import servers
from portal.demo.run import run_demo
from portal.demo.servers import database_and_store
from portal.errors import Invalid
from portal.settings import Settings
from tests.databases import IN_POSTGRESQL


@pytest.mark.parametrize(("program", "mends"), [("_postgresql", "apt-get install postgresql"), ("_weed", "make setup")])
def test_a_server_that_is_not_installed_is_named_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, mends: str
) -> None:
    monkeypatch.setattr(servers, "_postgresql", lambda: tmp_path)
    monkeypatch.setattr(servers, program, lambda: None)
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    with pytest.raises(Invalid, match=mends) as told:
        run_demo(settings, None, once=True, scaled=True)
    assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
@IN_POSTGRESQL
def test_both_serve_a_portal_and_leave_nothing_behind(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    with database_and_store(settings) as (used, folders):
        portal = create_portal(used)
        portal.database.close()
        objects = object_store(used)
        objects.put("1" * 32, [b"sealed"])
        assert objects.size("1" * 32) == len(b"sealed")
        assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders)
        assert not list(settings.data.glob("*.db"))
    assert not any(folder.exists() for folder in folders)
