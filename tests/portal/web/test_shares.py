"""A State has a share of what draws pages and sets papers, and takes no more: others go on as usual."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from portal.turns import Crowd, Taken
from portal.usecases import granted_pages
from portal.usecases.shares import AT_ONCE, OF_ONE_STATE
from portal.web import dialogues
from portal.web import trail_papers as trails
from tests.cast import World
from tests.granting import granted, page, pledged
from tests.web_client import Browser, browser


@contextmanager
def busy(world: World, state: str, count: int = OF_ONE_STATE) -> Iterator[None]:
    """Have somebody of a State wait for so many things."""
    with ExitStack() as inside:
        for _ in range(count):
            inside.enter_context(world.portal.crowd.one_of({f"large{state}".encode(): 100}))
        yield


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set no real paper: that has tests of its own."""
    monkeypatch.setattr(dialogues, "write_pdf", lambda _: b"%PDF-1.7")
    monkeypatch.setattr(dialogues, "write_docx", lambda _: b"PK")
    monkeypatch.setattr(trails, "write_trail", lambda _: b"%PDF-1.7")


@pytest.mark.usefixtures("setting")
@pytest.mark.parametrize("paper", ["dialogue.pdf", "dialogue.docx", "trail.pdf"])
def test_papers_of_one_state_wait_for_each_other_and_those_of_others_for_none_of_them(world: World, paper: str) -> None:
    path = f"/reviews/{world.files['xaa'].review}/{paper}"
    theirs, others = browser(world, "focal_xaa"), browser(world, "focal_xbb")
    with busy(world, "XAA", OF_ONE_STATE - 1):
        assert theirs.get(path).status_code == 200
    with busy(world, "XAA"):
        turned_away = theirs.get(path)
        assert turned_away.status_code == 503
        assert "in the making at this moment, for you, your colleagues or others" in turned_away.text
        assert others.get(path).status_code == 200
    assert theirs.get(path).status_code == 200
    assert world.portal.crowd.inside == 0


@pytest.mark.usefixtures("setting")
def test_papers_of_all_states_together_leave_threads_for_pages(world: World) -> None:
    path = f"/reviews/{world.files['xaa'].review}/dialogue.pdf"
    theirs = browser(world, "focal_xaa")
    with ExitStack() as inside:
        for _ in range(AT_ONCE):
            inside.enter_context(world.portal.crowd.one_of({b"all that is large": 100}))
        assert theirs.get(path).status_code == 503
    assert theirs.get(path).status_code == 200


def test_pages_under_a_grant_wait_for_those_of_ones_own_state_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granted_pages, "_page", lambda *_, **__: pytest.fail("it was drawn"))
    grant = granted(world)
    pledged(world, grant)
    path, reader = f"/granted/versions/{page(world, grant).given[0].version}", browser(world, "reader_xff")
    with busy(world, "XFF"):
        assert "try again in a minute" in reader.get(path).text
        assert drawn(reader, f"{path}/image?page=1") == 404  # as any image that can’t be shown
    monkeypatch.setattr(granted_pages, "_page", lambda *_, **__: granted_pages.Shown(b"RIFF", 1, 1, 1))
    with busy(world, "XAA"):
        assert reader.get(path).status_code == 200
        assert drawn(reader, f"{path}/image?page=1") == 200


def drawn(client: Browser, path: str) -> int:
    return int(client.get(path).status_code)


def test_an_error_frees_the_place() -> None:
    crowd = Crowd()
    with pytest.raises(ValueError, match="broke"), crowd.one_of({b"one": 1}):
        raise ValueError("broke")
    with crowd.one_of({b"one": 1, b"other": 2}):
        with pytest.raises(Taken), crowd.one_of({b"one": 1, b"other": 2}):
            pytest.fail("there is no room")
        with crowd.one_of({b"other": 2}):
            pass
    assert crowd.inside == 0
