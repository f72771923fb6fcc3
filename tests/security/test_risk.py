"""The door for own QQ accounts opens only after its risks were accepted; who, when and which text is kept."""

import json
from pathlib import Path

from sqlalchemy import select

from bot.chat.text import qq_risk_notice
from bot.core.acts.risk import ACCEPTED, keep_acceptance
from bot.store import audit
from bot.store.delivery import AuditEntry, Setting
from bot.store.store import Store

DOC = Path(__file__).parents[2] / "docs" / "onebot.zh-CN.md"


async def accept(store: Store, text: str, by: str = "zhixin") -> bool:
    async with store.unit() as unit:
        return await keep_acceptance(unit, text, by=by)


async def test_an_acceptance_is_kept_with_who_when_and_which_text(any_store: Store) -> None:
    assert await accept(any_store, "旧的告知")
    assert not await accept(any_store, "旧的告知")
    assert await accept(any_store, "新的告知")
    assert await accept(any_store, "新的告知", "another")
    async with any_store.read() as session:
        kept = (await session.execute(select(Setting).where(Setting.name == ACCEPTED))).scalar_one()
        entries = (await session.execute(select(AuditEntry).order_by(AuditEntry.seq))).scalars().all()
        assert (await audit.verify(session, any_store.vault))[1] == []
    assert json.loads(kept.value)["by"] == "another"
    assert kept.at == any_store.clock.now()
    assert [(e.action, e.actor_role, e.facts["by"]) for e in entries] == [
        (ACCEPTED, "operator", "zhixin"),
        (ACCEPTED, "operator", "zhixin"),
        (ACCEPTED, "operator", "another"),
    ]
    assert len({e.facts["text"] for e in entries}) == 2


def test_the_text_that_is_accepted_is_the_one_that_is_read() -> None:
    assert qq_risk_notice() in DOC.read_text(encoding="utf-8")
