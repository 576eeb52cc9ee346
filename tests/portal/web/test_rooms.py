"""A room's page: who sees which documents of it, what is found in it, and what a page costs."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.cast import World
from tests.contents import said, send
from tests.filing import circulated, press, put, submitted
from tests.statements import statements
from tests.web_client import browser

MOST_STATEMENTS = 12


def room(world: World, name: str, file: str = "xaa") -> str:
    return f"/rooms/{world.files[file].rooms[name]}"


def shown(world: World, who: str, name: str) -> set[UUID]:
    text = browser(world, who).get(room(world, name)).text
    return {UUID(found) for found in re.findall(r'href="/documents/([0-9a-f-]{36})"', text)}


def test_each_sees_in_the_shared_room_what_has_come_to_them(world: World) -> None:
    """GL 15, 21: submitted, the State and the officer; circulated, all."""
    waiting, open_to_all = submitted(world, "Waiting"), circulated(world, "Open")
    draft = put(world, "officer", "shared", "Of the secretariat")
    assert shown(world, "focal_xaa", "shared") == {waiting, open_to_all}
    assert shown(world, "expert_xbb", "shared") == {open_to_all}
    assert shown(world, "observer_xcc", "shared") == {open_to_all}
    assert shown(world, "officer", "shared") == {waiting, open_to_all, draft}


def test_what_one_may_not_see_is_not_counted_either(world: World) -> None:
    submitted(world, "Waiting")
    text = browser(world, "expert_xbb").get(room(world, "shared")).text
    assert "Nothing is open to you here yet" in text
    assert "Waiting" not in text


@pytest.mark.parametrize("who", ["stranger_xff", "roster_xcc", "officer_other", "registrar", "administrator"])
def test_a_room_of_a_file_that_isnt_ones_own_is_absent(world: World, who: str) -> None:
    client = browser(world, who)
    for path in [*(f"/rooms/{id_}" for id_ in world.files["xaa"].rooms.values()), f"/rooms/{uuid4()}", "/rooms/x"]:
        assert client.get(path).status_code == 404
        assert press(client, f"{path}/find", words="x").status_code == 404


def test_an_officer_enters_a_national_room_only_when_asked_for_help(world: World) -> None:
    """ToR 16."""
    officer, national = browser(world, "officer"), room(world, "national XAA")
    help_form = f"/reviews/{world.files['xaa'].review}/help"
    assert officer.get(national).status_code == 404
    assert press(browser(world, "focal_xbb"), help_form, wanted="yes").status_code == 403
    assert press(browser(world, "focal_xaa"), help_form, wanted="yes").status_code == 303
    assert officer.get(national).status_code == 200
    assert officer.get(room(world, "national XBB")).status_code == 404
    assert press(browser(world, "focal_xaa"), help_form, wanted="no").status_code == 303
    assert officer.get(national).status_code == 404


def test_words_are_found_in_titles_and_file_names_of_any_script_and_leave_no_trace(world: World) -> None:
    law = put(world, "focal_xaa", "national XAA", "قانون العقوبات", kind="law", language="ar")
    case = put(world, "focal_xaa", "national XAA", "Дело Иванова", kind="case", language="ru", tags="UNTOC 5")
    client, path = browser(world, "focal_xaa"), room(world, "national XAA")

    def found(**fields: str) -> set[UUID]:
        answer = press(client, f"{path}/find", **fields)
        assert answer.status_code == 200
        assert answer.history == []
        return {UUID(one) for one in re.findall(r'href="/documents/([0-9a-f-]{36})"', answer.text)}

    assert found(words="قانون") == {law}
    assert found(words="ИВАНОВА дело") == {case}
    assert found(words="pdf") == {law, case}
    assert found(words="pdf", only_kind="case") == {case}
    assert found(only_language="ar") == {law}
    assert found(only_tag="UNTOC 5") == {case}
    assert found(words="nowhere") == set()
    assert found(only_kind="no such kind") == {law, case}
    told = str(said(world, world.files["xaa"].rooms["national XAA"]))
    assert "ИВАНОВА" not in told


def test_a_kind_or_language_may_stand_in_the_address(world: World) -> None:
    put(world, "focal_xaa", "national XAA", "Law", kind="law")
    put(world, "focal_xaa", "national XAA", "Case", kind="case")
    text = browser(world, "focal_xaa").get(room(world, "national XAA") + "?kind=case").text
    assert ("<bdi>Case</bdi>" in text, "<bdi>Law</bdi>" in text) == (True, False)


def test_new_is_what_changed_since_the_last_visit_and_stays_new_during_this_one(world: World) -> None:
    client, path = browser(world, "expert_xaa"), room(world, "national XAA")
    put(world, "focal_xaa", "national XAA", "Old")
    assert ">new<" not in client.get(path).text  # a first visit marks nothing
    world.clock.forward(timedelta(minutes=45))
    put(world, "focal_xaa", "national XAA", "Fresh")
    for _ in range(2):
        text = client.get(path).text
        assert text.count(">new<") == 1
        assert re.search(r"Fresh</bdi></a>\s*<span[^>]*>new<", text)
    world.clock.forward(timedelta(minutes=45))
    assert ">new<" not in client.get(path).text


def test_a_page_is_one_event_whatever_its_length(world: World) -> None:
    for number in range(3):
        put(world, "focal_xaa", "national XAA", f"Law {number}")
    stream = world.files["xaa"].rooms["national XAA"]
    before = len(said(world, stream))
    browser(world, "focal_xaa").get(room(world, "national XAA"))
    assert [one["action"] for one in said(world, stream)[before:]] == ["listRoom"]


def test_a_page_takes_few_statements_however_many_documents(world: World) -> None:
    client, path = browser(world, "focal_xaa"), room(world, "national XAA")
    costs = []
    for count in (5, 95):
        files = [
            (f"{count} {number}.pdf", f"%PDF-1.7 {count} {number}".encode(), "application/pdf")
            for number in range(count)
        ]
        assert send(browser(world, "expert_xaa"), f"{path}/documents", *files).status_code == 303
        client.get(path)  # keys are in memory
        world.clock.forward(timedelta(minutes=2))  # the session's and the visit's use are written down again
        with statements(world) as found:
            assert client.get(path).status_code == 200
        costs.append(len(found))
    assert costs[0] == costs[1]
    assert costs[0] <= MOST_STATEMENTS, found


def test_upload_is_offered_where_it_is_allowed(world: World) -> None:
    circulated(world)
    for who, name, offered in [
        ("focal_xaa", "national XAA", True),
        ("expert_xaa", "shared", False),
        ("observer_xcc", "shared", False),
        ("officer", "shared", True),
    ]:
        text = browser(world, who).get(room(world, name)).text
        assert ('action="' + room(world, name) + '/documents"' in text) is offered


def test_titles_cant_break_the_page(world: World) -> None:
    put(world, "focal_xaa", "national XAA", '"><script>alert(1)</script>', name="plain.pdf")
    text = browser(world, "focal_xaa").get(room(world, "national XAA")).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
