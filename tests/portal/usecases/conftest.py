"""Places beside the cast's portal: where backups lie, and a machine on which nothing is yet."""

from pathlib import Path

import pytest

from portal.settings import Settings


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another device, for backups."""
    return tmp_path_factory.mktemp("elsewhere") / "backups"


@pytest.fixture
def new(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Another machine, empty."""
    place = tmp_path_factory.mktemp("new")
    return Settings(data=place / "data", keys=place / "keys", second_factor=False)
