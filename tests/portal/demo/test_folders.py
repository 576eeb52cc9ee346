"""The demonstration's folders: it makes and removes its own, and leaves all others as they are."""

from pathlib import Path

import pytest

from portal.demo.folders import MARK, prepare_folders
from portal.demo.run import demo_settings
from portal.errors import Invalid
from portal.settings import Settings


def test_new_and_empty_folders_are_marked_and_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    prepare_folders(tmp_path / "data", tmp_path / "keys")
    assert (tmp_path / "data" / MARK).is_file()
    assert (tmp_path / "keys" / MARK).is_file()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    prepare_folders(tmp_path / "data")
    (tmp_path / "data" / "objects").mkdir()
    (tmp_path / "data" / "objects" / "one").touch()
    (tmp_path / "data" / "portal.db").touch()
    prepare_folders(tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == [MARK]


def test_a_link_in_a_folder_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    prepare_folders(tmp_path / "data")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "paper").touch()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "mine")
    prepare_folders(tmp_path / "data")
    assert (tmp_path / "mine" / "paper").exists()


@pytest.mark.parametrize("mark", [None, "Somebody else's words.\n"])
def test_somebody_elses_folder_stays_and_so_does_ours_beside_it(tmp_path: Path, mark: str | None) -> None:
    prepare_folders(tmp_path / "data")
    (tmp_path / "data" / "portal.db").touch()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "keyring.json").touch()
    if mark is not None:
        (tmp_path / "keys" / MARK).write_text(mark, "utf-8")
    with pytest.raises(Invalid, match="PORTAL_KEYS"):
        prepare_folders(tmp_path / "data", tmp_path / "keys")
    assert (tmp_path / "data" / "portal.db").exists()
    assert (tmp_path / "keys" / "keyring.json").exists()


def test_a_link_or_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(Invalid, match="leaves it alone"):
            prepare_folders(tmp_path / name)


def test_a_demonstration_keeps_to_its_own_folder_whatever_database_is_set() -> None:
    assert demo_settings(Settings(database="postgresql://portal@db.example.org/portal")).database == ""
