"""更正 年龄段: what is still open of somebody's wishes goes with the age band they have now; what is over stays."""

import pytest
from sqlalchemy import select

from bot.core.rules.people import Actor, AgeBand
from bot.features.rights.acts.correct import correct_age
from bot.features.wish.acts.transition import change
from bot.features.wish.rules.wish import WishAct, WishParty
from bot.features.wish.tables import Wish
from bot.store.people import Account
from bot.store.store import Store
from tests.wishes_built import make_scene, make_wish


@pytest.mark.parametrize(("closed", "after"), [(False, AgeBand.MINOR), (True, AgeBand.ADULT)])
async def test_an_open_wish_follows_its_owners_age(any_store: Store, closed: bool, after: AgeBand) -> None:
    scene = await make_scene(any_store)
    me: Actor = scene.youth
    ref = await make_wish(scene)
    async with any_store.unit() as unit:
        if closed:
            wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
            await change(unit, me, wish, WishAct.WITHDRAW, WishParty.OWNER)
        await correct_age(unit, me, await unit.session.get_one(Account, me.account_id), "14–17")
    async with any_store.read() as session:
        assert await session.scalar(select(Wish.age_band).where(Wish.ref == ref)) == after
