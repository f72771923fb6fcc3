"""What a database says about how it will carry out a statement, and which statements a store is asked for."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ClauseElement, Connection, Insert, TextClause, event
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause

from bot.store.base import Base
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement as it was asked for, and with what."""

    statement: ClauseElement
    values: dict[str, Any]


SAVEPOINTS: Final = (SavepointClause, RollbackToSavepointClause, ReleaseSavepointClause)
"""They read nothing."""


class _Ready(Exception):
    """The statement as the driver would get it."""

    def __init__(self, statement: str, parameters: Any) -> None:
        super().__init__(statement)
        self.statement, self.parameters = statement, parameters


def _explained(connection: Connection, asked: Asked) -> Any:
    """The plan, of exactly what the driver would be asked."""

    def stop(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("EXPLAIN"):
            raise _Ready(statement, parameters)

    event.listen(connection, "before_cursor_execute", stop)
    try:
        connection.execute(asked.statement, asked.values)  # type: ignore[call-overload]
        raise AssertionError("it went to the database")
    except _Ready as ready:
        how = "QUERY PLAN" if connection.dialect.name == "sqlite" else "(FORMAT JSON)"
        return connection.exec_driver_sql(f"EXPLAIN {how} {ready.statement}", ready.parameters).all()
    finally:
        event.remove(connection, "before_cursor_execute", stop)


@contextmanager
def asked_of(store: Store) -> Iterator[dict[str, Asked]]:
    """Every statement this store is asked for meanwhile, once each, by its words."""
    heard: dict[str, Asked] = {}
    seen: set[object] = set()
    dialect = store.engines.writer.dialect

    def hear(_conn: Any, element: Any, multiparams: Any, params: Any, _options: Any) -> None:
        if isinstance(element, (TextClause, Insert, *SAVEPOINTS)) or not isinstance(element, ClauseElement):
            return
        key = element._generate_cache_key()  # pyright: ignore[reportPrivateUsage] -- compiling is the dear part
        if key is not None and key.key in seen:
            return
        seen.add(key.key if key is not None else element)
        try:
            words = str(element.compile(dialect=dialect))
        except CompileError:
            return
        values = dict(multiparams[0]) if multiparams else dict(params)
        heard.setdefault(words, Asked(element, values))

    engines = [store.engines.reader.sync_engine, store.engines.writer.sync_engine]
    for engine in engines:
        event.listen(engine, "before_execute", hear)
    try:
        yield heard
    finally:
        for engine in engines:
            event.remove(engine, "before_execute", hear)


async def scanned(connection: AsyncConnection, asked: Asked) -> list[tuple[str, str]]:
    """Tables that the database would read from end to end for this statement, and by which index if by one."""
    rows = await connection.run_sync(_explained, asked)
    if connection.dialect.name == "sqlite":
        found = [re.match(r"SCAN (\w+?)(?:_\d+)?(?: USING (?:COVERING )?INDEX (\w+))?$", row[-1]) for row in rows]
        return [(one[1], one[2] or "") for one in found if one and one[1] in Base.metadata.tables]
    told = rows[0][0]
    plan = told if isinstance(told, list) else json.loads(told)
    return [(name, "") for name in _sequential(plan[0]["Plan"])]


def _sequential(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for below in node.get("Plans", ()):
        yield from _sequential(below)
