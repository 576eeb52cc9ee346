"""What pages ask of the database doesn't grow with what isn't on them: no question looks through a whole large table.

The plans are those of SQLite without statistics, which is how a portal runs, and don't depend on how many rows there
are; tests/bench/visiting.py measures the pages at full scale, on both databases.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from sqlalchemy import event

from portal.web.routes import WAYS
from tests import databases
from tests.office import Office

pytestmark = pytest.mark.skipif(databases.ON_SERVER, reason="a server plans by its statistics")
# what grows with reviews, people, documents and time; the others are as large as the world has States, or as a machine
GROWS: Final = frozenset(
    [
        *("event", "tree_entry", "tree_tile", "tree_head", "stream", "document", "version", "review"),
        *("review_party", "room", "person", "appointment", "assignment", "undertaking", "visit", "session"),
        *("invitation", "notice", "account_notice", "clarification", "entry", "remark", "attachment", "routing"),
        *("draft_comment", "manifest", "agreement", "translation_task", "entry_task", "publication", "public_file"),
        *("access_grant", "grant_terms", "grant_document", "grant_reader", "grant_nominee", "grant_undertaking"),
        *("marked_copy", "note_copy", "profile", "handover", "case_entry", "breach_case", "concern", "signal"),
        *("signal_step", "key_version", "key_holder", "review_schedule", "schedule_step", "publication_consent"),
        *("publication_opening", "exhibit", "containment"),
    ]
)
# indexes by what rows of all States have in common, and the roles of people that there are of each State
WIDE: Final = frozenset(["appointment_by_role", "appointment_to_confirm"])
OF_EACH_STATE: Final = frozenset(["focal_point", "expert", "observer", "reader"])
OK: Final = 200
ENOUGH: Final = 2  # of those who see a page of something
ROLES: Final = (
    *("focal_xaa", "expert_xbb", "officer", "registrar", "administrator", "translator", "oversight", "confidentiality"),
)


@dataclass(frozen=True)
class Whole:
    """A question that may look through a whole table, and why that is no matter."""

    table: str
    words: str  # of the question
    why: str


WHOLE: Final = (
    Whole("signal", "FROM signal", "the officer's list counts what waits; signals are few, and one a day for a rule"),
    Whole("breach_case", "FROM breach_case", "in the order of an index, up to a limit; of breaches there are few"),
    Whole("concern", "FROM concern", "in the order of an index, up to a limit; or the yearly statement counts them"),
    Whole("containment", "review_on <=", "of containments there are few"),
    Whole("tree_head", "LIMIT", "the newest, by its key"),
    Whole("public_file", "FROM public_file", "once for all readers, when something was published; else three indexes"),
    Whole("review", "GROUP BY review.cycle_id", "counted on the page of the cycles"),
    Whole("stream", "sum(", "the administrator's page of the health: numbers, not events"),
    Whole("person", "SELECT count(", "everybody's accounts are counted"),
    Whole("person", "ORDER BY person.state_code NULLS FIRST", "in the order of an index, up to a limit"),
    Whole("key_version", "key_version.created_at <", "counted once by a process: all that came up to then"),
    Whole("version", "version.created_at <", "likewise"),
    Whole("document", "WHERE 0 = 1", "nothing is looked for"),
    Whole("review", "review.id IS NOT NULL ORDER BY", "the machine's and the register's own"),
    Whole("appointment", "appointment.role IN", "who confirms, or did: few roles of the secretariat"),
    Whole("appointment", "needs_confirmation IS 1", "what waits for a confirmation is on the page, or counted"),
)


def scans(office: Office, *paths: tuple[str, str]) -> dict[str, set[str]]:
    """Ask for pages; gives the large tables that were looked through, with the questions that did."""
    asked: dict[tuple[str, bool], Any] = {}

    def note(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001  # as it is called
        if text.startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not many:
            asked.setdefault((text, not OF_EACH_STATE.isdisjoint(parameters)), parameters)

    engines = (office.world.portal.database.engine, office.world.portal.database._looks)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    shown = Counter[str]()
    for who, path in paths:
        if shown[path] < ENOUGH or "-" not in path:  # without an id it is a list, another one for each role
            shown[path] += office.client(who).get(path, follow_redirects=False).status_code == OK
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    return _looked_through(office, asked)


def _looked_through(office: Office, asked: dict[tuple[str, bool], Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with office.world.portal.database.read() as session:
        connection = session.connection()
        for (text, wide), parameters in asked.items():
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
            for table in _scanned([row[-1] for row in rows], text, wide=wide):
                found.setdefault(table, set()).add(" ".join(text.split()))
    return found


def _scanned(steps: list[str], text: str, *, wide: bool) -> Iterator[str]:
    """Name the tables that were looked through; wide: a search by a role counts as that, since all States have it."""
    for step in steps:
        words = re.match(r"(?:SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if words is None or not (step.startswith("SCAN") or (wide and words[2] in WIDE)):
            continue
        name = re.search(rf"(\w+) AS {words[1]}\b", text)
        table = name[1] if name else words[1]
        if table in GROWS:
            yield table


def test_no_page_looks_through_a_whole_large_table(office: Office) -> None:
    gets = [way for way in WAYS if way.method == "GET"]
    # a page of something is asked for by whoever may; lists are somebody else's for each role
    paths = [(who, office.address(way)) for way in gets for who in ROLES]
    paths.append(("administrator", "/administration?state=all"))
    found = scans(office, *paths)
    for allowed in WHOLE:
        found[allowed.table] = {text for text in found.get(allowed.table, ()) if allowed.words not in text}
    assert {table: texts for table, texts in found.items() if texts} == {}


def test_a_look_through_a_large_table_is_found(office: Office) -> None:
    """Else the test above would pass whatever is asked."""
    with office.world.portal.database.begin() as session:
        session.connection().exec_driver_sql("DROP INDEX party_by_review")
    found = scans(office, ("officer", f"/reviews/{office.world.files['xaa'].review}"))
    assert "review_party" in found
