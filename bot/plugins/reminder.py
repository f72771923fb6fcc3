"""提醒 Reminders: set, listed, stopped, started, changed, skipped and deleted; and for oneself."""

from bot.chat.args import PageArg, RefArg, Rest
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.question import Asked
from bot.core.rules.message import ChatKind
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.reminder.acts import make, manage
from bot.features.reminder.acts.make import DRAFT, ReminderTemplatesShown
from bot.features.reminder.reads.list import list_reminders
from bot.features.reminder.reads.templates import ReminderTemplates

__plugin_meta__ = plugin_meta("reminder")


def in_private(ctx: Context) -> bool:
    """Whether it was said to the bot alone."""
    return ctx.incoming.kind is ChatKind.PRIVATE


@command(
    "reminder.set", "提醒 新建", who=Who.CADRE_OR_ORGAN, where=Place.ANY, offer=Offer.OWN_GROUP, args=(Rest("text"),)
)
async def set_(ctx: Context, text: str) -> Say | None:
    """Into the group where it was typed; in private for oneself."""
    chat, private = ctx.chat, in_private(ctx)
    return await make.set_reminder(ctx.unit, ctx.actor, text, chat, ctx.services.workdays, private=private)


@command("reminder.own", "提醒我", who=Who.KNOWN, where=Place.PRIVATE, args=(Rest("text"),))
async def own(ctx: Context, text: str) -> Say | None:
    """For oneself alone."""
    return await make.set_reminder(ctx.unit, ctx.actor, text, None, ctx.services.workdays, private=True)


@command(
    "reminder.templates", "提醒 模板", who=Who.CADRE_OR_ORGAN, where=Place.ANY, offer=Offer.OWN_GROUP, writes=False
)
async def templates(ctx: Context) -> Say:
    """What is built in, or the organ's own."""
    found = ctx.services.installation.of(ReminderTemplates).by_name.values()
    return ReminderTemplatesShown(tuple(f"{one.name}：{one.when}" for one in found), asked=True)


@command(
    "reminder.use", "提醒 用", who=Who.CADRE_OR_ORGAN, where=Place.ANY, offer=Offer.OWN_GROUP, args=(Rest("text"),)
)
async def use(ctx: Context, text: str) -> Say | None:
    """A template, at its usual time or at another."""
    found = ctx.services.installation.of(ReminderTemplates)
    private, workdays = in_private(ctx), ctx.services.workdays
    return await make.use_template(ctx.unit, ctx.actor, text, ctx.chat, found, workdays, private=private)


@command(
    "reminder.list",
    "提醒 列表",
    "我的提醒",
    who=Who.KNOWN,
    where=Place.ANY,
    offer=Offer.OWN_GROUP,
    args=(PageArg(),),
    writes=False,
)
async def list_(ctx: Context, page: int) -> Say:
    """Those of the group, or one's own."""
    workdays, private = ctx.services.workdays, in_private(ctx)
    return await list_reminders(
        ctx.session, ctx.vault, ctx.actor, ctx.chat, workdays, page, now=ctx.now, private=private
    )


@command("reminder.stop", "提醒 停", who=Who.KNOWN, where=Place.ANY, offer=Offer.OWN_GROUP, args=(RefArg("ref", "R"),))
async def stop(ctx: Context, ref: Ref) -> Say:
    """Nothing of it goes out for now."""
    return await manage.stop(ctx.unit, ctx.actor, ref.number, ctx.services.workdays)


@command("reminder.start", "提醒 开", who=Who.KNOWN, where=Place.ANY, offer=Offer.OWN_GROUP, args=(RefArg("ref", "R"),))
async def start(ctx: Context, ref: Ref) -> Say:
    """It goes on."""
    return await manage.start(ctx.unit, ctx.actor, ref.number, ctx.services.workdays)


@command(
    "reminder.delete", "提醒 删", who=Who.KNOWN, where=Place.ANY, offer=Offer.OWN_GROUP, args=(RefArg("ref", "R"),)
)
async def delete(ctx: Context, ref: Ref) -> Say:
    """It is gone."""
    return await manage.delete(ctx.unit, ctx.actor, ref.number, ctx.services.workdays)


@command(
    "reminder.change",
    "提醒 改",
    who=Who.KNOWN,
    where=Place.ANY,
    offer=Offer.OWN_GROUP,
    args=(RefArg("ref", "R"), Rest("text")),
)
async def change(ctx: Context, ref: Ref, text: str) -> Say | None:
    """When it comes, or what it says, or both."""
    return await make.change_reminder(ctx.unit, ctx.actor, ref.number, text, ctx.services.workdays)


@command(
    "reminder.skip",
    "提醒 这次不发",
    "提醒 跳过",
    who=Who.KNOWN,
    where=Place.ANY,
    offer=Offer.OWN_GROUP,
    args=(RefArg("ref", "R"),),
)
async def skip(ctx: Context, ref: Ref) -> Say:
    """Only the next one."""
    return await manage.skip(ctx.unit, ctx.actor, ref.number, ctx.services.workdays)


@question(DRAFT)
async def draft(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """One missing part."""
    return await make.answer_draft(ctx.unit, ctx.actor, asked, answer, ctx.services.workdays)
