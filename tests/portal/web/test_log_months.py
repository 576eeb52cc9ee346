"""What the Oversight Group sees of use: counts by month, of the whole portal, that say nothing of any State."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from portal.access.actions import Action
from portal.access.deeds import GROUPS
from portal.audit.kinds import KINDS
from portal.usecases.witnesses import REFUSED, SIGNED_IN
from storage.tables import Event, PortalSession
from tests.cast import STATES, World
from tests.portal.audit.files import Put, download, look, put
from tests.portal.audit.test_sequencer import sequence_all
from tests.web_client import browser

WHO = "oversight"
BEGUN = ("act", "intent")  # how a stream ended isn't counted once more
ROW = re.compile(r'<th scope="row">([^<]+)</th>((?:\s*<td class="number">[^<]+</td>)+)')


@pytest.fixture
def law(world: World) -> Put:
    """Let things happen in two months: much by one State's people in the first, little by another's in the second."""
    world.portal.settings = replace(world.portal.settings, session_idle_minutes=100_000)
    made = put(world, "officer", "shared", "Penal code")
    for _ in range(5):
        look(world, "expert_xbb", made)
    download(world, "expert_xbb", made, parts=3)
    assert browser(world, "focal_xdd").get(f"/reviews/{world.files['xaa'].review}").status_code == 404
    world.clock.forward(timedelta(days=28))
    with world.portal.database.begin() as session:
        for one in session.scalars(select(PortalSession)):
            one.seen_at = world.clock.now
    look(world, "expert_xcc", made)
    sequence_all(world)
    return made


def months(world: World) -> tuple[list[str], dict[str, list[int]], str]:
    """Read the table as it is shown: the months, the numbers of each kind in the order of the page, and all of it."""
    page = browser(world, WHO).get("/log").text
    part = page[page.index('<h2 id="months">') : page.index("Checking it yourself")]
    kinds = {word: re.findall(r'number">([^<]+)<', cells) for word, cells in ROW.findall(part)}
    numbers = {word: [0 if one == "–" else int(one.replace(",", "")) for one in row] for word, row in kinds.items()}
    return re.findall(r'<time datetime="(\d{4}-\d\d)"', part), numbers, part


@pytest.mark.usefixtures("law")
def test_the_counts_are_those_of_the_log_month_by_month(world: World) -> None:
    named, numbers, _ = months(world)
    assert named == ["2026-05", "2026-06"]
    done = Counter[tuple[str, int, str]]()
    with world.portal.database.read() as session:
        for event in session.scalars(select(Event)):
            done[f"{event.at:%Y-%m}", event.kind, event.phase] += 1

    def count(month: str, acts: set[Action]) -> int:
        kinds = {KINDS[act] for act in acts}
        return sum(
            many for (when, kind, phase), many in done.items() if when == month and kind in kinds and phase in BEGUN
        )

    groups = {SIGNED_IN: {Action.SIGN_IN, Action.USE_INVITATION}, **{one.words: set(one.acts) for one in GROUPS}}
    assert numbers == {
        **{words: [count(month, acts) for month in named] for words, acts in groups.items()},
        REFUSED: [
            sum(many for (at, _, phase), many in done.items() if (at, phase) == (month, "refusal")) for month in named
        ],
    }
    opened = next(one.words for one in GROUPS if one.name == "opened")
    downloaded = next(one.words for one in GROUPS if one.name == "downloaded")
    assert (numbers[opened][1], numbers[downloaded], numbers[REFUSED]) == (1, [3, 0], [1, 0])


@pytest.mark.usefixtures("law")
def test_no_state_is_named_or_ranked(world: World) -> None:
    """The rows are the same kinds in the same order, whoever did how much; the States aren't in them."""
    _, numbers, part = months(world)
    files = [str(file.review) for file in world.files.values()]
    assert list(numbers) == [SIGNED_IN, *(one.words for one in GROUPS), REFUSED], "in a fixed order, not by how many"
    assert not [word for word in (*STATES, *STATES.values(), *files) if word in part]
    assert part.count("<table") == 1
    assert "no State apart" in part


def test_looking_at_it_is_an_event(world: World) -> None:
    with world.portal.database.read() as session:
        before = len(session.scalars(select(Event).where(Event.kind == KINDS[Action.VIEW_LOG])).all())
    months(world)
    with world.portal.database.read() as session:
        looks = session.scalars(select(Event).where(Event.kind == KINDS[Action.VIEW_LOG])).all()
    assert [len(looks), looks[-1].phase] == [before + 1, "act"]
