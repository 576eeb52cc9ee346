"""MACs over rows that give rights: a row written by hand, or a value moved in it, is found before it opens anything.

A guarded row is stamped whenever a session writes it and checked whenever a session loads it; neither can be
forgotten, because both hang on the session's own events. Deleting a row, or bringing back an old one, isn't seen
here but by `portal fsck`, which compares the rows with what the log says.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, Session, UOWTransaction
from sqlalchemy.orm.context import QueryContext

from storage.columns import Guarded
from storage.errors import Damaged

_CANONICAL = json.JSONEncoder(separators=(",", ":"))  # of columns that come sorted
GUARD_KEY = "guard_key"  # in Session.info
WRITTEN = "written"  # in Session.info: the guarded rows that this transaction wrote, for the log


def row_mac(key: bytes, row: Any) -> bytes:
    """Compute the MAC of a row: HMAC-SHA-256 over its table's name and all columns but `mac`, in canonical JSON."""
    table, names = _columns(row.__class__)
    loaded = row.__dict__  # a page checks hundreds of rows: attributes would take twice as long
    columns = {name: _plain(loaded[name] if name in loaded else getattr(row, name)) for name in names}
    text = _CANONICAL.encode([table, columns])
    return hmac.digest(key, text.encode(), hashlib.sha256)


def check_row(key: bytes, row: Any) -> None:
    """Refuse a guarded row whose MAC doesn't fit.

    Raises:
        Damaged: The row was written by something else than the portal.

    """
    if not hmac.compare_digest(row.mac, row_mac(key, row)):
        raise Damaged


def written_rows(session: Session) -> list[tuple[str, Any]]:
    """List the guarded rows that a transaction wrote: `table/key` and the row, which carries its MAC."""
    rows = {row_name(row): row for row in session.info.get(WRITTEN, ())}
    return sorted(rows.items())


def row_name(row: Any) -> str:
    """Name a row: its table and its key."""
    state = inspect(row)
    key = "/".join(str(part) for part in state.mapper.primary_key_from_instance(row))
    return f"{state.mapper.local_table.name}/{key}"


@cache
def _columns(kind: type) -> tuple[str, tuple[str, ...]]:
    """Name a guarded table and its columns but `mac`, sorted; asked for every row that is read, so kept."""
    mapper: Mapper[Any] = inspect(kind)
    return str(mapper.local_table), tuple(sorted(column.key for column in mapper.column_attrs if column.key != "mac"))


def _plain(value: Any) -> Any:
    plain = _PLAIN.get(value.__class__)
    return plain(value) if plain else value


# other types than these are JSON's own, or the encoder refuses them
_PLAIN: Final[dict[type, Callable[[Any], str]]] = {
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    date: lambda value: value.isoformat(),
    UUID: lambda value: value.hex,
    bytes: bytes.hex,
}


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, flush_context: UOWTransaction, instances: Iterable[Any] | None) -> None:
    del flush_context, instances
    for row in [*session.new, *session.dirty]:
        if isinstance(row, Guarded):
            row.mac = row_mac(session.info[GUARD_KEY], row)  # type: ignore[attr-defined]  # every guarded table has it
            session.info.setdefault(WRITTEN, []).append(row)


@event.listens_for(Guarded, "load", propagate=True)
def _check(row: Any, context: QueryContext) -> None:
    check_row(context.session.info[GUARD_KEY], row)


@event.listens_for(Guarded, "refresh", propagate=True)
def _check_again(row: Any, context: QueryContext, attributes: Iterable[str] | None) -> None:
    if attributes is None or set(attributes) >= {column.key for column in inspect(row).mapper.column_attrs}:
        check_row(context.session.info[GUARD_KEY], row)
