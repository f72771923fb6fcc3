"""帮助: what this person may do here, or one command's usage and example."""

from dataclasses import dataclass
from typing import ClassVar

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Command, Place, Who, command, table
from bot.chat.text import command_texts, labels
from bot.domain.message import ChatKind
from bot.domain.say import Say
from bot.domain.text import after_slash, match_word, nearest

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
        return _menu(ctx)
    allowed = {key: c for key, c in table.words.items() if c.who.allows(ctx.actor)}
    found = match_word(after_slash(word) or word, allowed)
    if found is None:
        return NoSuchCommand(nearest(word, dict.fromkeys(c.words[0] for c in allowed.values())))
    one = found[0]
    texts = command_texts()[one.id]
    private, group = bool(one.where & Place.PRIVATE), bool(one.where & (Place.GROUP | Place.LINKED))
    return OneCommand(one.words[0], texts["help"], texts["usage"], texts["example"], private, group)


def _menu(ctx: Context) -> Menu:
    private = ctx.incoming.kind is ChatKind.PRIVATE
    titles = labels()["feature"]
    found: dict[str, list[str]] = {}
    for one in table.offered(ctx.actor, _place(ctx)):
        if not _hidden(one, private=private, known=ctx.actor.known):
            found.setdefault(one.feature if one.feature in titles else "other", []).append(one.words[0])
    groups = tuple(MenuGroup(titles[key], tuple(found[key])) for key in titles if key in found)
    return Menu(private, ctx.actor.known, groups)


def _place(ctx: Context) -> Place:
    if ctx.incoming.kind is ChatKind.PRIVATE:
        return Place.PRIVATE
    linked = ctx.chat is not None and ctx.chat.state == "linked"
    return Place.GROUP | Place.LINKED if linked else Place.GROUP


def _hidden(one: Command, *, private: bool, known: bool) -> bool:
    """What this channel does not need, and in private what is about data that nobody holds of a stranger."""
    about_own_data = one.feature in ("consent", "join", "rights")
    return one.id in ("people.in_group", "people.claim") or (private and not known and about_own_data)
