"""How many there are of something: counted by the database itself as they come, so that nobody has to."""

from typing import Final

from sqlmodel import Field

from storage.columns import Row, large

VERSIONS: Final = "version"


class Total(Row, table=True):
    """How many rows a table has of which none is ever deleted, and their bytes; a trigger counts (`triggers.py`)."""

    name: str = Field(primary_key=True, max_length=40)  # of the table
    count: int = large()
    bytes: int = large()  # of plaintext
