"""How old a release may be that still runs on this database (storage/schema.py)."""

from typing import ClassVar

from sqlmodel import Field

from storage.columns import Row


class SchemaRuns(Row, table=True):
    """The one row that says for a step of the schema which step's release may still run on it."""

    __tablename__: ClassVar[str] = "schema_runs"

    id: int = Field(primary_key=True)
    step: str = Field(max_length=32)
    since: str = Field(max_length=32)
