"""The session of a unit: rows for the outbox wait until the unit ends, and who was loaded stays loaded."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql.util import find_tables

from bot.store import outbox
from bot.store.delivery import OutboxMessage
from bot.store.people import Account, Person


class UnitSession(Session):
    """Outbox rows are written in one statement when the unit ends; a query that may need them writes them first."""

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.unsaid: list[dict[str, Any]] = []
        """Rows for the outbox that are not written yet."""
        self.said: set[int] = set()
        """Ids of those that are; a row whose idempotency key was there before is none of them."""
        self.kept: list[Account | Person] = []

    def say(self) -> None:
        """Write the rows that wait."""
        rows, self.unsaid = self.unsaid, []
        if rows:
            self.said |= outbox.insert(self.connection(), rows)


@event.listens_for(UnitSession, "do_orm_execute")
def _said_first(state: ORMExecuteState) -> None:
    session = state.session
    if isinstance(session, UnitSession) and session.unsaid and _concerns_outbox(state.statement):
        session.say()


def _concerns_outbox(statement: Any) -> bool:
    tables = find_tables(statement, include_crud=True, include_selects=True, include_joins=True, check_columns=True)
    return any(getattr(table, "name", "") == OutboxMessage.__tablename__ for table in tables)


@event.listens_for(UnitSession, "loaded_as_persistent")
def _keep(session: Session, loaded: object) -> None:
    """A session remembers weakly: without this, the same person would be read again by each who asks for them."""
    if isinstance(session, UnitSession) and isinstance(loaded, Account | Person):
        session.kept.append(loaded)
