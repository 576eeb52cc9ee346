"""The paper that most tests write, and the fonts without which it can't be set."""

import pytest

from portal.papers.dialogue import Paper
from portal.papers.fonts import FontsMissing, shelf
from tests.dialogues import full_paper


@pytest.fixture
def paper() -> Paper:
    return full_paper()


@pytest.fixture(scope="session")
def fonts() -> None:
    """Need the fonts: without them these tests say which packages bring them."""
    try:
        shelf()
    except FontsMissing as missing:
        pytest.skip(str(missing))
