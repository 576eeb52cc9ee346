"""What is kept of what is public: while the database is away, after it came back, and while something changes."""

import logging
from typing import Any, cast
from uuid import uuid4

import anyio
import pytest

from portal.errors import NotFound
from portal.usecases.public import Public
from portal.web import public
from portal.web.public import AWAY_SECONDS, SECONDS, Shelf
from portal.work import Portal
from storage.errors import Damaged, StoreUnavailable


class Rows:
    """Answers as the database would, at times of its own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked = 0
        self.answer: Exception | tuple[Public, ...] = ()

    def all_public(self, _portal: Portal, _known: object) -> tuple[object, tuple[Public, ...] | None]:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return None, self.answer


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    made = Rows()
    monkeypatch.setattr(public, "all_public", made.all_public)
    monkeypatch.setattr(public, "monotonic", lambda: made.now)
    return made


def file() -> Public:
    return cast("Public", type("File", (), {"id": uuid4()})())


def look(shelf: Shelf) -> Any:
    return anyio.run(shelf.look)


def test_the_database_is_asked_every_two_seconds_and_for_a_minute_nobody_notices_that_it_is_away(rows: Rows) -> None:
    shelf, there = Shelf(cast("Portal", None)), file()
    rows.answer = (there,)
    assert [look(shelf).rows for _ in range(5)] == [(there,)] * 5
    assert rows.asked == 1
    rows.answer = StoreUnavailable("away")
    rows.now += AWAY_SECONDS
    assert look(shelf).find(there.id) is there
    rows.now += SECONDS
    with pytest.raises(StoreUnavailable):
        look(shelf)


def test_while_it_is_away_it_is_not_asked_more_often(rows: Rows) -> None:
    shelf = Shelf(cast("Portal", None))
    rows.answer = StoreUnavailable("away")
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            look(shelf)
    assert rows.asked == 1
    rows.answer, rows.now = (), rows.now + SECONDS
    assert look(shelf).rows == ()


def test_what_does_not_fit_is_an_alarm_at_once(rows: Rows, caplog: pytest.LogCaptureFixture) -> None:
    rows.answer = Damaged()
    with pytest.raises(StoreUnavailable):
        look(Shelf(cast("Portal", None)))
    assert [(one.levelno, one.message.partition(":")[0]) for one in caplog.records] == [(logging.ERROR, "alarm")]


def test_a_page_of_what_was_is_never_shown_once_something_changed(rows: Rows) -> None:
    """Not even one that was begun before and is ready after."""
    shelf, gone = Shelf(cast("Portal", None)), file()
    rows.answer = (gone,)
    before = look(shelf)
    rows.answer, rows.now = (), rows.now + SECONDS
    after = look(shelf)
    assert anyio.run(before.page, "register", lambda: b"with it") == b"with it"
    assert anyio.run(after.page, "register", lambda: b"without") == b"without"
    with pytest.raises(NotFound):
        after.find(gone.id)
