"""导出: everything that is held about one person, as plain rows for chat, page and JSON (P7)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Executable, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import features
from bot.core.person_data import Rows, Section
from bot.core.reads.unreadable import shown
from bot.core.rules.say import to_plain
from bot.features.rights.rules.rights import RightsKind
from bot.features.rights.tables import RightsRequest
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit, Person
from bot.store.sealing import Vault

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Export:
    """导出 of one person: ``person`` and one list of rows a kind; instants are aware datetimes."""

    at: datetime
    person: dict[str, Any] = field(repr=False)
    sections: dict[str, Rows] = field(repr=False)

    def counts(self) -> dict[str, int]:
        """Rows of each kind, for the audit (P15)."""
        return {name: len(rows) for name, rows in self.sections.items()}

    def plain(self) -> dict[str, Any]:
        """JSON-able, instants as ISO 8601 with their zone."""
        return _iso({"at": self.at, "person": self.person, **self.sections})


def _iso(value: Any) -> Any:
    plain = to_plain(value)

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            if len(node) == 1 and ("$at" in node or "$on" in node):
                return next(iter(node.values()))
            return {k: walk(v) for k, v in node.items()}
        return [walk(v) for v in node] if isinstance(node, list) else node

    return walk(plain)


async def export_person(session: AsyncSession, vault: Vault, person_id: int, *, now: datetime) -> Export:
    """Collect everything of this person; the caller has made sure who asks."""
    person = await session.get_one(Person, person_id)
    org = await session.get(OrgUnit, person.org_id) if person.org_id is not None else None
    return Export(
        now,
        {
            "name": await shown(session, vault, f"people:{person.id}:name", person.name),
            "org": org.name if org else "",
            "age_band": person.age_band or "",
            "state": person.state,
            "is_youth": person.is_youth,
            "reminders_off": person.reminders_off,
            "since": person.created_at,
        },
        {section.name: await section.read(session, vault, person_id) for section in sections()},
    )


def still_held(person_id: int) -> Executable:
    """Statement that gives the same as long as nothing an export shows was withdrawn, removed or erased.

    How many words of each kind there are, and the last act about this person that was no reading.
    """
    words = [held for section in sections() for held in section.words]
    acts = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_id == person_id, AuditEntry.action.not_like("read.%")
    )
    counts = (select(func.count(column)).where(owner == person_id).scalar_subquery() for column, owner in words)
    return select(*counts, acts.scalar_subquery())


def sections() -> list[Section]:
    """Every kind of rows, in the order in which an export has them."""
    declared = [section for feature in features() for section in feature.sections]
    return sorted(declared, key=lambda section: (section.order, section.name))


async def exported_lately(session: AsyncSession, person_id: int, *, now: datetime) -> bool:
    """Whether this person asked for an export within a day: its pages may still be asked for."""
    mine = (RightsRequest.person_id == person_id, RightsRequest.kind == RightsKind.EXPORT)
    asked = select(RightsRequest.id).where(*mine, RightsRequest.asked_at > now - DAY)
    return (await session.execute(asked.limit(1))).first() is not None


async def export_requests(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """What this person asked for about their own data."""
    rows = await session.execute(
        select(RightsRequest).where(RightsRequest.person_id == person_id).order_by(RightsRequest.asked_at)
    )
    return [
        {"kind": r.kind, "state": r.state, "asked": r.asked_at, "due": r.due_at, "done": r.done_at}
        for r in rows.scalars().all()
    ]
