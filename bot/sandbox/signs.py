"""What the page shows beside the words: where it records and what is stored, and which commands fit whom and where."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.offer import Here
from bot.chat.table import Place, table
from bot.chat.text import command_texts
from bot.core.reads.linked import is_host
from bot.core.reads.people import find_chat, identify
from bot.core.rules.people import Actor, Role
from bot.features.talk.reads.kept_lines import kept_lines, recording_since
from bot.sandbox.remembered import AskKept, AskWords, Kept, Word
from bot.store.store import Store

CHANNEL = "qq"


def kept(store: Store, bot: int) -> AskKept:
    """The function that the page asks which bubbles are stored."""

    async def ask(lines: Mapping[int, Collection[int]]) -> Kept:
        named = {str(group): [str(one) for one in ids] for group, ids in lines.items()}
        async with store.read() as session:
            found = await kept_lines(session, store.vault, CHANNEL, str(bot), named)
            recording = await recording_since(session, CHANNEL, str(bot))
        return Kept({int(group): at for group, at in recording.items()}, frozenset(map(int, found)))

    return ask


def words(store: Store, bot: int) -> AskWords:
    """The function that the page asks for the words behind ``/``: those of the menu, from the command table itself."""

    async def ask(native_id: str, group: int | None) -> Sequence[Word]:
        async with store.read() as session:
            who = await identify(
                session, store.vault, channel=CHANNEL, scope="", native_id=native_id, now=store.clock.now()
            )
            place, here = await _where(session, who.actor, str(bot), group)
        texts = command_texts()
        return [
            Word(one.words[0], texts[one.id]["help"], texts[one.id]["usage"], any(arg.required for arg in one.args))
            for one in table.offered(who.actor, place, here)
        ]

    return ask


async def _where(session: AsyncSession, actor: Actor, bot: str, group: int | None) -> tuple[Place, Here]:
    """The place as the menu sees it."""
    if group is None:
        return Place.PRIVATE, Here(private=True)
    chat = await find_chat(session, channel=CHANNEL, bot_id=bot, native_id=str(group))
    if chat is None or chat.state != "linked":
        return Place.GROUP, Here(private=False, may_link=actor.has(Role.CADRE))
    host = await is_host(session, chat.id, actor)
    own = chat.org_id in actor.orgs(Role.CADRE)
    return Place.GROUP | Place.LINKED, Here(private=False, host=host, may_link=own and not host)
