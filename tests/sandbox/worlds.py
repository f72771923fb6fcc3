"""A small invented world for the tests of the sandbox."""

from datetime import datetime

from bot.clock import SHANGHAI, ManualClock
from bot.sandbox.spec import ChipPlace, ChipSpec, GroupSpec, PersonSpec, WorldSpec
from bot.sandbox.world import World

BOT = 10000
LIN, ZHAO, KAI, ALONE = 20001, 20002, 20003, 20004
CLEAR_CREEK, QUIET = 88001, 88002

SPEC = WorldSpec(
    bot_number=BOT,
    bot_name="知心",
    people=(
        PersonSpec(LIN, "林晓舟", "团干部", "开一次谈心，记一场活动"),
        PersonSpec(ZHAO, "小赵", "青年", "报名、许愿、看自己的数据"),
        PersonSpec(KAI, "阿凯", "青年"),
        PersonSpec(ALONE, "路人", "访客", "还没有加好友，也不在群里"),
    ),
    groups=(
        GroupSpec(CLEAR_CREEK, "清溪青年", LIN, (LIN, ZHAO, KAI), cards=((ZHAO, "赵师傅"),)),
        GroupSpec(QUIET, "机电 2301 团支部", KAI, (KAI,), has_bot=False),
    ),
    friends=(LIN, ZHAO),
    chips=(
        ChipSpec("帮助"),
        ChipSpec("关联本群", ChipPlace.GROUP, ("团干部",)),
        ChipSpec("我的同意", ChipPlace.PRIVATE, ("青年",)),
        ChipSpec("许愿 ", send=False, labels=("青年",)),
    ),
)


def make_clock() -> ManualClock:
    """A clock that stands at 2026-11-24 19:00 in Shanghai."""
    return ManualClock(datetime(2026, 11, 24, 19, 0, tzinfo=SHANGHAI))


def make_world(spec: WorldSpec = SPEC, clock: ManualClock | None = None) -> World:
    """The small world, with messages numbered from 1001."""
    return World(spec, clock or make_clock(), first_id=1000)
