"""Two releases on one schema: a later one adds, a former one goes on; and only one process takes the steps."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Inspector, inspect

from storage import schema
from storage.database import Database
from storage.repositories.checks import guarded_tables
from storage.stepping import LaterSchema, runs_since, take
from tests import databases
from tests.databases import by_hand

FIRST = "0021"  # the first step that was taken while replicas ran
LATER = """
import sqlalchemy as sa
import time
from alembic import op

revision = "9999"
down_revision = "{newest}"
{runs}

def upgrade() -> None:
    time.sleep({seconds})
    op.create_table("added", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("visit", sa.Column("added", sa.String(), nullable=True))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path | str]:
    yield databases.place(tmp_path / "made") if databases.ON_SERVER else tmp_path / "portal.db"
    databases.drop(tmp_path / "made")


def later(tmp_path: Path, runs: str, seconds: float = 0.0) -> Path:
    """Write the steps of a later release: ours, and one that adds."""
    steps = tmp_path / "migrations"
    shutil.copytree(schema.STEPS, steps)
    text = LATER.format(newest=schema.newest(), runs=runs, seconds=seconds)
    (steps / "versions" / "9999_later.py").write_text(text, "utf-8")
    return steps


def upgraded(place: Path | str, steps: Path | None = None) -> str:
    """Bring a database to the steps of a release, as a process of it does that starts."""
    with pytest.MonkeyPatch.context() as release:
        if steps is not None:
            release.setattr(schema, "STEPS", steps)
        database = Database(place)
        try:
            database.create()
        except LaterSchema:
            return "refused"
        finally:
            database.close()
    return "runs"


def kept(database: Database) -> list[tuple[str, str]]:
    with by_hand(database) as hand:
        return [tuple(row) for row in hand("SELECT step, since FROM schema_runs").fetchall()]


def test_a_database_says_from_which_release_on_it_may_be_used(place: Path | str) -> None:
    assert upgraded(place) == "runs"
    database = Database(place)
    assert kept(database) == [(schema.newest(), runs_since(schema.STEPS))]
    assert runs_since(schema.STEPS) <= (schema.newest() or "")
    database.close()


@pytest.mark.parametrize("runs", ['runs_since = "{newest}"', ""])
def test_a_former_release_starts_again_where_the_later_one_lets_it_and_only_there(
    place: Path | str, tmp_path: Path, runs: str
) -> None:
    upgraded(place)
    former = Database(place)
    steps = later(tmp_path, runs.format(newest=schema.newest()))
    assert upgraded(place, steps) == "runs"
    assert upgraded(place) == ("runs" if runs else "refused")
    assert former.fits() is bool(runs)  # of one that was running all the while
    assert kept(former) == [("9999", schema.newest() if runs else "9999")]
    assert upgraded(place, steps) == "runs"
    former.close()


def test_two_releases_back_is_too_far(place: Path | str) -> None:
    upgraded(place)
    database = Database(place)
    with by_hand(database) as hand:
        hand("UPDATE alembic_version SET version_num = '9999'")
        hand("UPDATE schema_runs SET step = '9999', since = '9998'")
    assert upgraded(place) == "refused"
    with by_hand(database) as hand:
        hand("UPDATE schema_runs SET step = '9998', since = '0001'")  # said of other steps than those it stands at
    assert upgraded(place) == "refused"
    database.close()


def test_two_that_start_at_once_take_the_steps_once_however_long_they_take(place: Path | str, tmp_path: Path) -> None:
    upgraded(place)
    steps = later(tmp_path, "", seconds=2.5)  # twice what anybody else waits
    with ProcessPoolExecutor(2, get_context("spawn")) as both:
        begun = [both.submit(upgraded, place, steps) for _ in range(2)]
        assert [one.result(60) for one in begun] == ["runs", "runs"]


def test_a_step_that_fails_leaves_the_former_schema_and_what_it_says(place: Path | str, tmp_path: Path) -> None:
    upgraded(place)
    steps = later(tmp_path, "")
    broken = (steps / "versions" / "9999_later.py").read_text() + "    raise ValueError('in the middle')\n"
    (steps / "versions" / "9999_later.py").write_text(broken, "utf-8")
    with pytest.raises(ValueError, match="in the middle"):
        upgraded(place, steps)
    database = Database(place)
    assert kept(database) == [(schema.newest(), runs_since(schema.STEPS))]
    assert not inspect(database.engine).has_table("added")
    assert upgraded(place) == "runs"
    database.close()


def test_looking_whether_it_fits_takes_no_lock(place: Path | str) -> None:
    upgraded(place)
    database = Database(place)
    with by_hand(database) as hand:
        hand.lock()
        assert database.fits()
    database.close()


# --- what a step may do that says that a former release still runs


def new_steps() -> list[str]:
    found = ScriptDirectory(str(schema.STEPS)).walk_revisions()
    return sorted(one.revision for one in found if one.revision >= FIRST)


def described(found: Inspector, tables: set[str]) -> dict[str, Any]:
    """Describe tables by what a former release would notice of them."""
    said: dict[str, Any] = {}
    for table in tables & set(found.get_table_names()):
        for column in found.get_columns(table):
            said[f"{table}.{column['name']}"] = (str(column["type"]), column["nullable"])
        said[f"{table} key"] = found.get_pk_constraint(table)["constrained_columns"]
        said[f"{table} unique"] = sorted(str(one["column_names"]) for one in found.get_unique_constraints(table))
        said[f"{table} unique indexes"] = sorted(
            (str(one["name"]), str(one["column_names"])) for one in found.get_indexes(table) if one["unique"]
        )
        said[f"{table} foreign"] = sorted(str(one["constrained_columns"]) for one in found.get_foreign_keys(table))
        said[f"{table} checks"] = sorted(str(one["sqltext"]) for one in found.get_check_constraints(table))
    return said


def wrong_in(before: dict[str, Any], after: dict[str, Any], optional: set[str]) -> set[str]:
    """Name what a former release would stumble over."""
    guarded = {str(table.__tablename__) for table in guarded_tables()}
    changed = {name for name, said in before.items() if after.get(name) != said}
    added = {name for name in after.keys() - before.keys() if "." in name}
    return changed | {name for name in added if name not in optional or name.split(".")[0] in guarded}


def taken(place: Path, step: str) -> tuple[dict[str, Any], dict[str, Any], set[str], list[str]]:
    """Take a step; gives its tables before and after, new columns that nobody has to fill, and new triggers on them."""
    database = Database(place)
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({})"
    with database.engine.begin() as connection:
        script = ScriptDirectory(str(schema.STEPS)).get_revision(step)
        take(connection, schema.STEPS, str(script.module.runs_since))
        tables = set(inspect(connection).get_table_names())
        names = triggers.format(", ".join(f"'{table}'" for table in tables))
        before, had = described(inspect(connection), tables), set(connection.exec_driver_sql(names).scalars())
        take(connection, schema.STEPS, step)
        after, has = described(inspect(connection), tables), set(connection.exec_driver_sql(names).scalars())
        optional = {
            f"{table}.{one['name']}"
            for table in tables & set(inspect(connection).get_table_names())
            for one in inspect(connection).get_columns(table)
            if one["nullable"] or one["default"] is not None
        }
    database.close()
    return before, after, optional, sorted(has - had)


@databases.ONLY_SQLITE
@pytest.mark.parametrize("step", new_steps())
def test_a_step_on_which_a_former_release_runs_only_adds_what_nobody_has_to_fill(tmp_path: Path, step: str) -> None:
    if not hasattr(ScriptDirectory(str(schema.STEPS)).get_revision(step).module, "runs_since"):
        pytest.skip("no former release runs on it, it says")
    before, after, optional, triggers = taken(tmp_path / "portal.db", step)
    assert wrong_in(before, after, optional) == set()
    assert triggers == []  # on tables in which a former release writes


ADDS = {
    "a column that may be empty": 'op.add_column("visit", sa.Column("x", sa.String()))',
    "one that fills itself": 'op.add_column("visit", sa.Column("x", sa.Integer(), nullable=False, server_default="1"))',
    "an index": 'op.create_index("visit_by_time", "visit", ["seen_at"])',
}
TAKES = {
    "a table": 'op.drop_table("visit")',
    "a column": 'op.execute("ALTER TABLE visit DROP COLUMN before")',
    "the name of a column": 'op.execute("ALTER TABLE visit RENAME COLUMN before TO former")',
    "the freedom to write twice": 'op.create_index("visit_once", "visit", ["person_id"], unique=True)',
    "the freedom to write": 'op.execute("CREATE TRIGGER x BEFORE INSERT ON visit BEGIN SELECT 1; END")',
    "a MAC": 'op.add_column("person", sa.Column("x", sa.String()))',  # what it covers changes
}


@databases.ONLY_SQLITE
@pytest.mark.parametrize("what", [*ADDS, *TAKES])
def test_what_a_former_release_would_stumble_over_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    steps = later(tmp_path, f'runs_since = "{schema.newest()}"')
    file = steps / "versions" / "9999_later.py"
    file.write_text(file.read_text().split("    op.")[0] + f"    {(ADDS | TAKES)[what]}\n", "utf-8")
    monkeypatch.setattr(schema, "STEPS", steps)
    before, after, optional, triggers = taken(tmp_path / "portal.db", "9999")
    assert bool(wrong_in(before, after, optional) or triggers) is (what in TAKES)
