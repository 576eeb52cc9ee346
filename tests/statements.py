"""What a block asks of the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from starlette.testclient import TestClient

from tests.cast import World
from tests.databases import BEGINNING


@contextmanager
def statements(world: World, *, begun: bool = False) -> Iterator[list[str]]:
    """Collect the SQL statements of a block; with `begun` the words that open each transaction too, without times."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        if not text.startswith(BEGINNING):
            found.append(" ".join(text.split()))
        elif begun:
            found.append(re.sub(r"timeout ?= ?\d+", "timeout", text))

    event.listen(world.portal.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(world.portal.database.engine, "before_cursor_execute", note)


def asked_for(world: World, client: TestClient, path: str) -> list[str]:
    """Load a page twice, since keys are opened once; gives what the second time asked of the database."""
    assert client.get(path).status_code == 200
    with statements(world) as found:
        assert client.get(path).status_code == 200
    return found
