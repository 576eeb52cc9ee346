"""Absent and forbidden can't be told apart: not by status, body or headers, and not by the time that an answer takes.

Pairs of requests, one for a thing that is there and not the caller's, one for a thing that is nowhere, are sent
interleaved: the order of the routes and within each pair is drawn anew, so that whatever else the machine does falls on
both alike. The wait of a refusal is added to the time of its answer and not waited for. Were the times told apart by a
threshold, the area under its curve would leave one half; it counts ranks, so a few very long answers don't move it.
"""

import asyncio
import gc
import math
import random
import secrets
import statistics
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter_ns, sleep
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlmodel import select
from starlette.types import ASGIApp

from policies.engine import Decision, Engine
from portal import gate
from portal.access.actors import Actor
from portal.access.questions import Ask
from portal.app import web_app
from portal.domain.ids import PersonId
from portal.usecases.invitations import issue_link
from portal.web.routes import WAYS
from storage.tables import PortalSession
from tests.cast import World
from tests.contents import documents, form_token, send, versions
from tests.statements import statements
from tests.web_client import browser

PAIRS = 1200  # of each of the three kinds: by chance alone 0.009 from one half on average, and hardly ever 0.04
WARM_UP = 5  # pairs of each route that aren't counted
BOUND = 0.05  # how far the area may be from one half
FEW = 80  # pairs of each other route: by chance alone 0.036 from one half on average, and hardly ever 0.066
BOUND_OF_FEW = 0.07
STALE = {"/documents/{id}", "/rooms/{id}", "/reviews/{id}", "/versions/{id}/content"}
PAGE = ("law.pdf", b"%PDF-1.7\n" + b"x" * 40000, "application/pdf")


@dataclass(frozen=True, slots=True)
class Route:
    """One route that is asked, by whom, with what is there and not theirs, and with what is nowhere."""

    way: str
    who: str
    there: tuple[str, ...]
    nowhere: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    status: int = 404
    kind: str = ""  # by what it finds a thing, of the one route of that kind that is measured at length

    def path(self, *, forbidden: bool) -> str:
        given = iter(self.there if forbidden else self.nowhere or tuple(str(uuid4()) for _ in self.there))
        parts = [next(given) if part.startswith("{") else part for part in self.way.split("/")]
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    nanoseconds: int


class Asking:
    """The application with the cast behind it, asked without a network in between."""

    def __init__(self, world: World) -> None:
        self.app: ASGIApp = web_app(world.portal)
        self.tokens = {name: member.token for name, member in world.members.items()}
        self.waited = 0.0

    def wait(self, seconds: float) -> None:
        """Stand in for the sleep of a refusal."""
        self.waited += seconds

    async def ask(self, route: Route, *, forbidden: bool) -> Answer:
        """Send one request, and measure until the last byte of the answer."""
        scope, body = self._request(route, forbidden=forbidden)
        sent: list[MutableMapping[str, Any]] = []
        arriving = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> MutableMapping[str, Any]:
            return next(arriving, {"type": "http.disconnect"})

        async def give(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        self.waited = 0.0
        began = perf_counter_ns()
        await self.app(scope, receive, give)
        took = perf_counter_ns() - began + round(self.waited * 1e9)
        headers = tuple((name.decode(), value.decode()) for name, value in sent[0]["headers"])
        return Answer(sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:]), took)

    def _request(self, route: Route, *, forbidden: bool) -> tuple[dict[str, Any], bytes]:
        token = self.tokens[route.who]
        headers = {"host": "localhost:8000", "cookie": f"portal-local={token}", **dict(route.headers)}
        body = b""
        if route.method == "POST":
            body = f"csrf={quote(form_token(token))}".encode()
            headers |= {"origin": "http://localhost:8000", "content-type": "application/x-www-form-urlencoded"}
            headers |= {"content-length": str(len(body))}
        path = route.path(forbidden=forbidden)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": route.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        return scope, body


@pytest.fixture
def asking(world: World, monkeypatch: pytest.MonkeyPatch) -> Asking:
    made = Asking(world)
    monkeypatch.setattr(gate, "sleep", made.wait)
    return made


def routes(world: World) -> list[Route]:
    """Name the routes by id, by name and by range, each asked by somebody out of reach of it or within."""
    mine, other = world.files["xaa"], world.files["xdd"]
    for room in (mine.rooms["reviewers"], mine.rooms["shared"]):
        assert send(browser(world, "officer"), f"/rooms/{room}/documents", PAGE).status_code == 303
    by_room = {document.room_id: document.id for document in documents(world)}
    content = {version.room_id: version.id for version in versions(world)}
    kept, hidden = str(by_room[mine.rooms["shared"]]), str(by_room[mine.rooms["reviewers"]])
    part = (("range", "bytes=100-199"),)

    def version(room: str) -> tuple[str]:
        return (str(content[mine.rooms[room]]),)

    colleagues = str(world.members["expert_xbb"].person)
    with world.request():
        issued = issue_link(world.portal, world.caller("focal_xbb"), PersonId(world.members["expert_xbb"].person))
    link = str(issued.invitation)
    outside, party, colleague = "officer_other", "expert_xaa", "expert_xbb_other"
    asked = [
        Route("/documents/{id}", outside, (kept,)),
        Route("/documents/{id}", party, (hidden,), kind="id"),
        Route("/documents/{id}/trail", "focal_xaa", (hidden,)),
        Route("/documents/{id}/translations", party, (hidden,)),
        Route("/rooms/{id}", colleague, (str(mine.rooms["shared"]),)),
        Route("/rooms/{id}", party, (str(mine.rooms["reviewers"]),)),
        Route("/rooms/{id}/archive", party, (str(mine.rooms["reviewers"]),)),
        Route("/reviews/{id}", outside, (str(mine.review),)),
        Route("/reviews/{id}", colleague, (str(mine.review),)),
        Route("/reviews/{id}/trail", "focal_xdd", (str(mine.review),)),
        Route("/reviews/{id}/trail.csv", "focal_xdd", (str(mine.review),)),
        Route("/reviews/{id}", "stranger_xff", (str(other.review),)),
        Route("/register/{id}", party, (str(mine.review),)),
        Route("/versions/{id}/content", outside, version("shared"), headers=part),
        Route("/versions/{id}/content", colleague, version("shared"), headers=part),
        Route("/versions/{id}/content", party, version("reviewers"), headers=part, kind="range"),
        Route("/states/{code}", party, ("XDD",), ("XZZ",), kind="name"),
        Route("/people/{id}", "focal_xaa", (str(world.members["expert_xbb"].person),)),
        Route("/people/{id}/sessions/end", "focal_xaa", (colleagues,), method="POST"),
        Route("/people/{id}/links/{link}/revoke", "focal_xaa", (colleagues, link), method="POST"),
        Route("/account/sessions/{id}/end", party, (session_of(world, "officer"),), method="POST"),
    ]
    assert {(route.method, route.way) for route in asked} <= {(way.method, way.path) for way in WAYS}
    return [*asked, *(stale(route) for route in asked if route.way in STALE and not route.headers)]


def stale(route: Route) -> Route:
    """Send a form about the same thing, with a token that is stale: whom to ask is told to those who see the thing."""
    return replace(route, method="POST", headers=(("x-csrf-token", "stale"),), status=403, kind="")


def session_of(world: World, who: str) -> str:
    with world.portal.database.read() as session:
        question = select(PortalSession).where(PortalSession.person_id == world.members[who].person)
        return str(session.scalars(question).one().id)


def area(forbidden: Sequence[int], absent: Sequence[int]) -> float:
    """Compute the area under the curve: how often a forbidden answer took longer than an absent one."""
    ranked = sorted([(took, 1) for took in forbidden] + [(took, 0) for took in absent])
    ranks = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind)
    count = len(forbidden)
    return (ranks - count * (count + 1) / 2) / (count * len(absent))


Times = dict[Route, dict[bool, list[int]]]


async def times(world: World, asking: Asking, asked: Sequence[Route], pairs: int, drawn: random.Random) -> Times:
    """Send pairs to all routes in turn; of the refusals some are events of their own, the others counted as floods."""
    took: Times = {route: {True: [], False: []} for route in asked}
    for turn in range(pairs + WARM_UP):
        world.clock.forward(timedelta(seconds=1))
        for route in drawn.sample(asked, len(asked)):
            for forbidden in drawn.sample((True, False), 2):
                answer = await asking.ask(route, forbidden=forbidden)
                assert answer.status == route.status, route
                if turn >= WARM_UP:
                    took[route][forbidden].append(answer.nanoseconds)
    return took


def areas(world: World, asking: Asking, asked: Sequence[Route], pairs: int) -> dict[Route, float]:
    """Send so many pairs to each route and compute the areas."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown with a failure
    gc.collect()
    gc.disable()
    try:
        took = asyncio.run(times(world, asking, asked, pairs, random.Random(seed)))
    finally:
        gc.enable()
    found = {route: area(both[True], both[False]) for route, both in took.items()}
    for route, both in took.items():
        middles = [statistics.median(both[forbidden]) / 1e6 for forbidden in (True, False)]
        print(f"{found[route]:.3f} {middles[0]:.2f} {middles[1]:.2f} ms {route.method} {route.way} {route.who}")  # noqa: T201 - likewise
    return found


def test_absent_and_forbidden_answer_alike(world: World, asking: Asking) -> None:
    async def ask_both(route: Route) -> list[Answer]:
        return [await asking.ask(route, forbidden=kind) for kind in (True, False)]

    for route in routes(world):
        forbidden, absent = asyncio.run(ask_both(route))
        assert forbidden.status == absent.status == route.status, route
        assert forbidden.body == absent.body, route
        assert forbidden.headers == absent.headers, route  # all of them: none is random


def test_absent_and_forbidden_ask_the_same_questions(
    world: World, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts: list[str] = []
    decide = gate._decide

    def noted(engine: Engine, actor: Actor, ask: Ask) -> Decision:
        acts.append(ask.action.value)
        return decide(engine, actor, ask)

    async def ask_twice(route: Route, *, forbidden: bool) -> list[str]:
        await asking.ask(route, forbidden=forbidden)  # what is kept in memory is kept now
        acts.clear()
        world.clock.forward(timedelta(seconds=20))
        with statements(world, begun=True) as asked:
            await asking.ask(route, forbidden=forbidden)
        return [*acts, *asked]

    monkeypatch.setattr(gate, "_decide", noted)
    routes_asked = routes(world)
    asyncio.run(ask_twice(routes_asked[0], forbidden=True))  # the keys of the log are kept in memory after that
    for route in routes_asked:
        forbidden, absent = (asyncio.run(ask_twice(route, forbidden=kind)) for kind in (True, False))
        assert forbidden == absent, route
        assert len(forbidden) > 4


def test_absent_and_forbidden_take_the_same_time(world: World, asking: Asking) -> None:
    """By id, by name and by range: PAIRS pairs each, the area within 0.45 and 0.55."""
    asked = [route for route in routes(world) if route.kind]
    assert sorted(route.kind for route in asked) == ["id", "name", "range"]
    found = areas(world, asking, asked, PAIRS)
    assert {route.kind: one for route, one in found.items() if abs(one - 0.5) >= BOUND} == {}


@pytest.mark.slow  # every run measures by id, by name and by range, above
def test_no_other_route_takes_longer_for_one_of_them(world: World, asking: Asking) -> None:
    """Fewer pairs, so more chance: how far from one half the areas are on average, whichever way each of them leans."""
    asked = [route for route in routes(world) if not route.kind]
    apart = [abs(found - 0.5) for found in areas(world, asking, asked, FEW).values()]
    assert statistics.mean(apart) < BOUND_OF_FEW
    assert max(apart) < BOUND + 5 * math.sqrt(1 / (6 * FEW))  # chance again, of each by itself


def test_the_wait_of_a_refusal_is_a_real_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "sleep", sleep)  # other tests don't wait
    asking, route = Asking(world), routes(world)[0]
    for forbidden in (True, False):
        assert asyncio.run(asking.ask(route, forbidden=forbidden)).nanoseconds > gate.STEP_SECONDS * 1e9


def test_the_area_finds_a_difference() -> None:
    drawn = random.Random(1)
    one, other = ([drawn.gauss(middle, 1) for _ in range(500)] for middle in (0.5, 0.0))
    assert area([round(x * 1000) for x in one], [round(x * 1000) for x in other]) > 0.55
    assert abs(area(range(500), range(500)) - 0.5) < 0.01
