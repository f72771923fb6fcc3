"""谈心谈话: a talk goes with everything stored of it."""

from sqlalchemy import delete

from bot.core.acts.prompt import cancel
from bot.features.talk.acts.close import AMEND, CO_SIGN
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
from bot.store.delivery import DataKey
from bot.store.unit import Unit


async def delete_talk(unit: Unit, talk: Talk) -> None:
    """Remove a talk and everything stored of it, and destroy its key."""
    await cancel(unit, CO_SIGN, AMEND, subject_id=talk.id)
    talk_id, key_id = talk.id, talk.key_id
    await unit.session.flush()
    unit.session.expunge(talk)
    for table, column in (
        (TalkMessage, TalkMessage.talk_id),
        (Gap, Gap.talk_id),
        (TalkPart, TalkPart.talk_id),
        (Talk, Talk.id),
    ):
        await unit.session.execute(delete(table).where(column == talk_id).execution_options(synchronize_session=False))
    await unit.session.execute(delete(DataKey).where(DataKey.id == key_id))
    unit.destroyed(key_id)
    unit.erased = True
