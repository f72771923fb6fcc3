"""Builders of what cadres send up: a row, and nobody told of it."""

from bot.core.rules.people import Actor
from bot.features.upward.reads.sent import LETTERS
from bot.features.upward.tables import SentUp
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.refs import new_ref
from bot.store.store import Store

WORDS = "流动团课每周三晚上开，送餐间隙也能听"


async def make_sent_up(store: Store, table: type[SentUp], cadre: Actor, org: OrgUnit) -> str:
    """Something that waits for this organ; its reference."""
    async with store.unit() as unit:
        row_id = new_id()
        row = table(
            id=row_id,
            ref=await new_ref(unit, LETTERS[table]),
            sender_id=cadre.person_id,
            from_org_id=org.id,
            org_id=org.id,
            text=await unit.seal(org.key_id, f"{table.__tablename__}:{row_id}:text", WORDS),
            state="received",
            sent_at=unit.now,
        )
        unit.session.add(row)
    return f"{LETTERS[table]}{row.ref}"
