"""Brings a database to the schema of this release, forward only, step by step (storage/migrations/versions)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from storage.errors import StorageError

STEPS = Path(__file__).parent / "migrations"


class LaterSchema(StorageError):
    """The database was made by a later release than this one."""


def upgrade(engine: Engine) -> None:
    """Take every step that the database hasn't seen, in one transaction; nothing when it has seen all.

    Raises:
        LaterSchema: The database has seen a step that this release doesn't know.
    """
    if is_current(engine):
        return
    with engine.begin() as connection:
        try:
            command.upgrade(_config(connection), "head")
        except CommandError as error:
            raise LaterSchema("This data was written by a later release of the portal: install that one.") from error


def is_current(engine: Engine) -> bool:
    """Tell whether a database has seen every step of this release and none of a later one."""
    with engine.connect() as connection:
        seen = MigrationContext.configure(connection).get_current_revision()
    return seen == newest()


def newest() -> str | None:
    """Name the last step of this release."""
    return ScriptDirectory(str(STEPS)).get_current_head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
