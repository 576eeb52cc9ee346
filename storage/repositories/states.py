"""States, their names and instruments in the database."""

from collections.abc import Sequence

from sqlalchemy import select
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

    def names(self, language: str, codes: Sequence[str] | None = None) -> dict[str, str]:
        """Give the States' names in a language, in English where there is none, else the code."""
        question = select(StateName).where(col(StateName.language).in_({language, "en"}))
        if codes is not None:
            question = question.where(col(StateName.state_code).in_(codes))
        names: dict[str, str] = {code: code for code in codes or ()}
        for row in sorted(self._session.scalars(question), key=lambda row: row.language == language):
            names[row.state_code] = row.name
        return names

    def all_names(self) -> Sequence[StateName]:
        """List every name in every language."""
        return self._session.scalars(select(StateName)).all()

    def instruments(self, codes: Sequence[str] | None = None) -> Sequence[StateInstrument]:
        """List which States are party to, or signed, which instruments."""
        question = select(StateInstrument)
        if codes is not None:
            question = question.where(col(StateInstrument.state_code).in_(codes))
        return self._session.scalars(question).all()

    def save(self, row: State | StateName | StateInstrument) -> None:
        """Write a record, new or changed."""
        self._session.merge(row)
        self._session.flush()
