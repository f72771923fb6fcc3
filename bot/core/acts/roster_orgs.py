"""团组织 in a roster: adds and changes organisations and keeps every path that of its parents."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from bot.core.rules.roster import OrgRow
from bot.store.base import new_id
from bot.store.delivery import DataKey
from bot.store.people import OrgUnit
from bot.store.unit import Unit


class Orgs:
    """The tree of organisations while a roster is brought in; ``ids`` is its result: code and id."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._rows: dict[str, dict[str, Any]] = {}
        self.ids: dict[str, int] = {}
        self.added = self.changed = 0

    async def load(self) -> None:
        """Read the organisations that exist."""
        found = await self._unit.session.execute(select(OrgUnit.__table__))
        self._rows = {row["code"]: dict(row) for row in found.mappings()}
        self.ids = {code: row["id"] for code, row in self._rows.items()}

    def parents(self) -> dict[str, str]:
        """Code and parent's code of what exists; "" for a root."""
        codes = {org_id: code for code, org_id in self.ids.items()}
        return {code: codes.get(row["parent_id"], "") for code, row in self._rows.items()}

    async def apply(self, rows: Sequence[OrgRow]) -> None:
        """Add and change organisations. The rows must have passed ``check_tree``."""
        new = [row.code for row in rows if row.code not in self.ids]
        self.ids |= {code: new_id() for code in new}
        before = {code: dict(row) for code, row in self._rows.items()}
        keys: list[dict[str, object]] = []
        for row in rows:
            target = self._rows.setdefault(row.code, {"id": self.ids[row.code], "code": row.code})
            if "key_id" not in target:
                target["key_id"], _, key = self._unit.vault.make_key(f"org:{target['id']}")
                keys.append(key)
            parent_id = self.ids[row.parent] if row.parent else None
            target |= {"name": row.name, "parent_id": parent_id, "level": row.level.value, "kind": row.kind.value}
        self._set_paths()
        # A parent stands before its children: foreign keys are checked row by row.
        ordered = sorted(self._rows.values(), key=lambda row: row["path"].count("/"))
        added = [row for row in ordered if row["code"] not in before]
        moved = [row for row in ordered if row["code"] in before and row != before[row["code"]]]
        session = self._unit.session
        if added:
            await session.execute(insert(DataKey), keys)
            await session.execute(insert(OrgUnit), added)
        if moved:
            await session.execute(update(OrgUnit), moved)
        listed = {row.code for row in rows}
        self.added = len(added)
        self.changed = sum(1 for row in moved if row["code"] in listed)

    def _set_paths(self) -> None:
        by_id = {row["id"]: row for row in self._rows.values()}
        paths: dict[int, str] = {}
        for row in by_id.values():
            way = [row]
            while way[-1]["id"] not in paths and way[-1]["parent_id"] is not None:
                way.append(by_id[way[-1]["parent_id"]])
            for step in reversed(way):
                paths.setdefault(step["id"], f"{paths.get(step['parent_id'], '/')}{step['id']}/")
        for org_id, path in paths.items():
            by_id[org_id]["path"] = path
