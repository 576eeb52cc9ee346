"""States, their names and instruments in the database."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.tables import State, StateInstrument, StateName


class StateRecords:
    """States, seen through one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, code: str) -> State | None:
        """Find a State."""
        return self._session.get(State, code)

    def all(self) -> Sequence[State]:
        """List all States by code."""
        return self._session.scalars(select(State).order_by(col(State.code))).all()

    def some(self) -> bool:
        """Tell whether there is any State yet."""
        return self._session.scalar(select(col(State.code)).limit(1)) is not None

    def names(self, language: str, codes: Sequence[str] | None = None) -> dict[str, str]:
        """Give the States' names in a language, in English where there is none, else the code."""
        question = select(StateName).where(col(StateName.language).in_({language, "en"}))
        if codes is not None:
            question = question.where(col(StateName.state_code).in_(codes))
        names: dict[str, str] = {code: code for code in codes or ()}
        for row in sorted(self._session.scalars(question), key=lambda row: row.language == language):
            names[row.state_code] = row.name
        return names

    def all_names(self, code: str | None = None) -> Sequence[StateName]:
        """List every name in every language, of one State if one is named."""
        question = select(StateName)
        if code is not None:
            question = question.where(col(StateName.state_code) == code)
        return self._session.scalars(question).all()

    def forget_name(self, code: str, language: str) -> None:
        """Take away a State's name in a language."""
        self._session.execute(
            delete(StateName).where(col(StateName.state_code) == code, col(StateName.language) == language)
        )

    def instruments(self, codes: Sequence[str] | None = None) -> Sequence[StateInstrument]:
        """List which States are party to, or signed, which instruments."""
        question = select(StateInstrument)
        if codes is not None:
            question = question.where(col(StateInstrument.state_code).in_(codes))
        return self._session.scalars(question).all()

    def replace_instruments(self, instruments: Sequence[str], rows: Sequence[StateInstrument]) -> None:
        """Write who takes part in these instruments, instead of what was known of them."""
        self._session.execute(delete(StateInstrument).where(col(StateInstrument.instrument).in_(instruments)))
        self._session.add_all(rows)
        self._session.flush()

    def save(self, row: State | StateName | StateInstrument) -> None:
        """Write a record, new or changed."""
        self._session.merge(row)
        self._session.flush()
