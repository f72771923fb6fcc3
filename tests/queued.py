"""What is queued for somebody, without a channel: templates and fields of the outbox."""

import json
from typing import Any

from sqlalchemy import select

from bot.core.rules.people import Actor
from bot.core.rules.say import from_plain
from bot.store.delivery import OutboxMessage
from bot.store.store import Store


async def queued(store: Store, person: Actor, template: str | None = None) -> list[dict[str, Any]]:
    """The fields of everything that was queued for a person, each with its ``template``; or of one template only."""
    async with store.read() as session:
        rows = await session.execute(
            select(OutboxMessage).where(OutboxMessage.person_id == person.person_id).order_by(OutboxMessage.position)
        )
        found: list[dict[str, Any]] = []
        for row in rows.scalars().all():
            text = await store.vault.read(session, f"outbox:{row.id}:payload", row.payload) if row.payload else None
            if text is not None:
                payload = json.loads(text)
                found.append({**from_plain(payload["d"]), "template": payload["t"]})
    return [one for one in found if template in (None, one["template"])]
