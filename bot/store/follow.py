"""Waiting messages move to the bot that heard their person last, while the other bot is away."""

import json

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address
from bot.store.delivery import OutboxMessage
from bot.store.outbox import conversation, dump_address
from bot.store.sealing import Vault, key_of


async def follow(session: AsyncSession, vault: Vault, *, old: Address, new: Address) -> int:
    """Move the waiting rows of one private chat to another one of the same person; returns how many.

    What is under way, or may have arrived, stays where it is.
    """
    rows = await session.execute(
        select(OutboxMessage.id, OutboxMessage.payload)
        .where(
            OutboxMessage.conv == conversation(vault, old),
            OutboxMessage.state == "ready",
            OutboxMessage.payload.is_not(None),
        )
        .with_for_update(skip_locked=True)
    )
    moved = 0
    for row_id, payload in rows.all():
        place = f"outbox:{row_id}:payload"
        text = await vault.read(session, place, payload)
        if not text:
            continue
        plain = json.loads(text) | {"to": dump_address(new)}
        sealed = vault.seal(key_of(payload), place, json.dumps(plain, ensure_ascii=False))
        await session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == row_id, OutboxMessage.state == "ready")
            .values(payload=sealed, bot_id=new.bot_id, conv=conversation(vault, new))
            .execution_options(synchronize_session=False)
        )
        moved += 1
    return moved
