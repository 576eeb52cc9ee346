"""Taking the steps of the schema, by Alembic; apart from storage/schema.py, since hardly any start takes one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from storage.errors import StorageError


class LaterSchema(StorageError):
    """The database was made by a later release than this one."""


def take(connection: Connection, steps: Path, to: str = "head") -> None:
    """Take the steps up to one.

    Raises:
        LaterSchema: The database has seen a step that isn't among them.

    """
    try:
        command.upgrade(_config(connection, steps), to)
    except CommandError as error:
        raise LaterSchema("This data was written by a later release of the portal: install that one.") from error


def stand(connection: Connection, steps: Path) -> None:
    """Note that a database is where all steps lead, without taking any."""
    command.stamp(_config(connection, steps), "head")


def runs_since(steps: Path) -> str:
    """Name the oldest step whose release runs where these steps lead."""
    taken = ScriptDirectory(str(steps)).walk_revisions()
    return max(getattr(step.module, "runs_since", step.revision) for step in taken)


def _config(connection: Connection, steps: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(steps))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
