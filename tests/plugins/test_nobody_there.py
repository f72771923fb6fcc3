"""What nobody can take stands in the operator's list until somebody is there: nothing ends in nobody's list (P12)."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from bot.cli.waiting import Line, stranded
from bot.core.acts.offices import end_roles
from bot.core.rules.people import Role
from bot.core.shipped import labels
from bot.store.people import Account
from bot.store.store import Store
from tests.nameless import ADMIN, DUTY, YOUTHS, Nameless
from tests.people_built import make_person
from tests.said import Said
from tests.ticking import do_due

OFFICER = "30009"


async def waits(store: Store, kind: str) -> list[int]:
    """For how many days things of this kind wait, and how many."""
    lines: list[Line] = await stranded(store)
    return [n for line in lines if line.kind == labels()["stranded"][kind] for n in (line.count, line.days)]


@pytest.mark.rule("P27")
async def test_a_call_for_help_without_a_duty_officer_waits_in_the_list_until_one_is_there(store: Store) -> None:
    scene = await Nameless.build(store, duty=False)
    await scene.says(YOUTHS[0], "我真的不想活了")
    assert await waits(store, "crisis") == []  # nobody wants to be called yet
    await scene.says(YOUTHS[0], "1")
    assert await waits(store, "crisis") == [1, 0]
    scene.talk.advance(timedelta(days=2))
    assert await waits(store, "crisis") == [1, 2]
    await make_person(store, scene.county, "值班", number=DUTY, roles=(Role.DUTY_OFFICER,))
    assert await waits(store, "crisis") == []
    await do_due(store, scene.talk.clock.now(), "core")
    await scene.talk.sender.pump()
    assert scene.talk.last(DUTY) == Said("crisis/call")


@pytest.mark.rule("P27")
@pytest.mark.parametrize("how", ["office ends", "account gone"])
async def test_a_duty_officer_who_goes_leaves_it_to_the_list(store: Store, how: str) -> None:
    scene = await Nameless.build(store)
    await scene.says(YOUTHS[0], "我真的不想活了")
    await scene.says(YOUTHS[0], "1")
    assert await waits(store, "crisis") == []
    officer = scene.people[DUTY].person_id or 0
    async with store.unit() as unit:
        if how == "office ends":
            await end_roles(unit, [officer])
        else:
            await unit.session.execute(delete(Account).where(Account.person_id == officer))
    assert await waits(store, "crisis") == [1, 0]


@pytest.mark.rule("P7")
async def test_a_request_without_a_privacy_officer_waits_in_the_list_and_is_put_to_the_first_who_comes(
    store: Store,
) -> None:
    scene = await Nameless.build(store)
    await scene.says(YOUTHS[0], "联系负责人")
    scene.talk.advance(timedelta(days=1))
    assert await waits(store, "request") == [1, 1]
    await make_person(store, scene.city, "负责人", number=OFFICER, roles=(Role.PRIVACY_OFFICER,))
    assert await waits(store, "request") == []
    for _ in range(2):
        await do_due(store, scene.talk.clock.now(), "rights")
        await scene.talk.sender.pump()
    assert len(scene.talk.shown(OFFICER)) == 1


async def test_anonymous_voices_of_an_organ_without_an_admin_wait_in_the_list_once_they_are_out(
    store: Store,
) -> None:
    scene = await Nameless.build(store)
    for who in YOUTHS[:3]:
        await scene.writes(who)
    async with store.unit() as unit:
        await end_roles(unit, [scene.people[ADMIN].person_id or 0])
    assert await waits(store, "anonymous") == []
    await scene.batch()
    count, _ = await waits(store, "anonymous")
    assert count == 3
