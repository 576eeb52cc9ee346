"""States: imports as a whole or not at all, editing, who may."""

from collections.abc import Iterator

import pytest

from portal.domain.instruments import Instrument, Participation
from portal.domain.problems import RefusedError
from portal.domain.states import RegionalGroup
from portal.errors import NotFound
from portal.usecases import states
from portal.usecases.states import StateLine
from portal.work import Portal
from tests.cast import World


@pytest.fixture
def request_(world: World) -> Iterator[None]:
    with world.request():
        yield


def listed(world: World) -> dict[str, StateLine]:
    with world.request():
        return {line.code: line for line in states.list_states(world.portal, world.caller("registrar"))}


def take(world: World, *lines: str, who: str = "registrar") -> int:
    with world.request():
        return states.import_list(world.portal, world.caller(who), "\n".join(lines).encode())


def test_the_shipped_list_goes_into_an_empty_portal_by_the_importer(portal: Portal) -> None:
    count = states.import_shipped_states(portal)
    assert count == 197
    assert portal.state_names("en")["FRA"] == "France"
    assert states.import_shipped_states(portal) == count  # once more changes nothing


def test_a_list_adds_and_renames_and_removes_nothing(world: World) -> None:
    assert take(world, "code,name,group", "XZZ,Zembla,african", "XAA,Arandia and Isles,") == 2
    found = listed(world)
    assert (found["XZZ"].name, found["XZZ"].group, found["XZZ"].fictional) == ("Zembla", RegionalGroup.AFRICAN, True)
    assert found["XAA"].name == "Arandia and Isles"
    assert found["XBB"].name == "Belmora"


def test_every_wrong_line_is_named_and_nothing_is_taken(world: World) -> None:
    before = listed(world)
    with pytest.raises(RefusedError) as refused:
        take(world, "code,name,group", "XZZ,Zembla,african", "zz,Nowhere,african", "XZY,Elsewhere,northern")
    said = [problem.words() for problem in refused.value.problems]
    assert len(said) == 2
    assert said[0].startswith("Line 3")
    assert said[1].startswith("Line 4")
    assert listed(world) == before


def test_a_list_of_no_known_kind_says_what_first_lines_there_are(world: World) -> None:
    for data in ("", "name;code", "code,name", "\ufeff"):
        with pytest.raises(RefusedError, match="code,instrument,status,date,source"):
            take(world, data)


def test_names_in_a_further_language_are_read_in_it(world: World) -> None:
    assert world.portal.state_names("ar")["XAA"] == "Arandia"
    take(world, "code,language,name", "XAA,ar,أراندا")
    assert world.portal.state_names("ar")["XAA"] == "أراندا"
    assert world.portal.state_names("ar")["XBB"] == "Belmora"  # where there is none, in English


def test_names_of_unknown_states_are_refused_as_a_whole(world: World) -> None:
    with pytest.raises(RefusedError, match="XZZ"):
        take(world, "code,language,name", "XAA,ar,أراندا", "XZZ,ar,زمبلا")
    assert world.portal.state_names("ar")["XAA"] == "Arandia"


def test_a_list_of_who_takes_part_replaces_what_was_known_of_its_instruments(world: World) -> None:
    first = "code,instrument,status,date,source"
    take(world, first, "XAA,convention,party,2004-01-28,CN.1", "XBB,firearms,party,2006-01-01,CN.2")
    take(world, first, "XBB,convention,signatory,2003-01-01,CN.3")
    found = listed(world)
    assert found["XAA"].instruments == ()
    assert found["XBB"].instruments == (
        (Instrument.CONVENTION, Participation.SIGNATORY),
        (Instrument.FIREARMS, Participation.PARTY),
    )


def test_a_line_without_its_source_is_refused(world: World) -> None:
    with pytest.raises(RefusedError, match="source is missing"):
        take(world, "code,instrument,status,date,source", "XAA,convention,party,2004-01-28,")


@pytest.mark.usefixtures("request_")
def test_a_state_is_edited_and_a_name_taken_away(world: World) -> None:
    registrar = world.caller("registrar")
    names = {"en": "Arandia", "ar": "أراندا"}
    states.edit_state(world.portal, registrar, "XAA", RegionalGroup.AFRICAN, names)
    entry = states.view_state(world.portal, registrar, "XAA")
    assert (entry.group, entry.names) == (RegionalGroup.AFRICAN, names)
    states.edit_state(world.portal, registrar, "XAA", None, {"en": "Arandia", "ar": ""})
    entry = states.view_state(world.portal, registrar, "XAA")
    assert (entry.group, entry.names) == (None, {"en": "Arandia"})
    with pytest.raises(RefusedError):
        states.edit_state(world.portal, registrar, "XAA", None, {"en": ""})


@pytest.mark.usefixtures("request_")
def test_a_state_that_is_not_there_is_absent(world: World) -> None:
    with pytest.raises(NotFound):
        states.view_state(world.portal, world.caller("registrar"), "XZZ")
    with pytest.raises(NotFound):
        states.edit_state(world.portal, world.caller("registrar"), "XZZ", None, {"en": "Zembla"})


@pytest.mark.parametrize("who", ["focal_xaa", "expert_xbb", "officer", "oversight"])
def test_the_others_neither_see_nor_import_the_list(world: World, who: str) -> None:
    with pytest.raises(NotFound):
        take(world, "code,name,group", "XZZ,Zembla,african", who=who)
    with world.request(), pytest.raises(NotFound):
        states.list_states(world.portal, world.caller(who))


def test_the_administrator_keeps_the_list_too(world: World) -> None:
    assert take(world, "code,name,group", "XZZ,Zembla,african", who="administrator") == 1
