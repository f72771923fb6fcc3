"""帮助: what this person may do here, or one command's usage and example."""

from dataclasses import dataclass
from typing import ClassVar

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.offer import Here
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, table
from bot.chat.text import command_texts, labels
from bot.core.reads.linked import is_host
from bot.core.rules.message import ChatKind
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.core.rules.text import after_slash, match_word, nearest

__plugin_meta__ = plugin_meta("help")


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """The commands of one feature."""

    title: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Menu(Say):
    """Everything this person may type here, by feature."""

    template: ClassVar[str] = "help/menu"
    private: bool
    known: bool
    groups: tuple[MenuGroup, ...]


@dataclass(frozen=True, slots=True)
class OneCommand(Say):
    """One command: what it does, where it is typed, usage, example."""

    template: ClassVar[str] = "help/one"
    word: str
    help: str
    usage: str
    example: str
    in_private: bool
    in_group: bool


@dataclass(frozen=True, slots=True)
class NoSuchCommand(Say):
    """No command of this name, as far as this person may know."""

    template: ClassVar[str] = "help/none"
    nearest: tuple[str, ...]


@command(
    "help.show", "帮助", "菜单", who=Who.ANYONE, where=Place.ANY, args=(Rest("word", required=False),), writes=False
)
async def show(ctx: Context, word: str | None) -> Say:
    """``帮助 [词]``."""
    if word is None:
        return await _menu(ctx)
    allowed = {key: c for key, c in table.words.items() if c.who.allows(ctx.actor)}
    found = match_word(after_slash(word) or word, allowed)
    if found is None:
        return NoSuchCommand(nearest(word, dict.fromkeys(c.words[0] for c in allowed.values())))
    one = found[0]
    texts = command_texts()[one.id]
    private, group = bool(one.where & Place.PRIVATE), bool(one.where & (Place.GROUP | Place.LINKED))
    return OneCommand(one.words[0], texts["help"], texts["usage"], texts["example"], private, group)


async def _menu(ctx: Context) -> Menu:
    here = await _here(ctx)
    titles = labels()["feature"]
    found: dict[str, list[str]] = {}
    for one in table.offered(ctx.actor, _place(ctx), here):
        found.setdefault(one.feature if one.feature in titles else "other", []).append(one.words[0])
    groups = tuple(MenuGroup(titles[key], tuple(found[key])) for key in titles if key in found)
    return Menu(here.private, ctx.actor.known, groups)


def _place(ctx: Context) -> Place:
    if ctx.incoming.kind is ChatKind.PRIVATE:
        return Place.PRIVATE
    linked = ctx.chat is not None and ctx.chat.state == "linked"
    return Place.GROUP | Place.LINKED if linked else Place.GROUP


async def _here(ctx: Context) -> Here:
    if ctx.incoming.kind is ChatKind.PRIVATE:
        return Here(private=True)
    linked = ctx.chat if ctx.chat is not None and ctx.chat.state == "linked" else None
    host = linked is not None and await is_host(ctx.session, linked.id, ctx.actor)
    own = linked is None or linked.org_id in ctx.actor.orgs(Role.CADRE)
    return Here(private=False, host=host, may_link=own and not host)
