"""What is suggested to who was not understood: only words that they may use, where they are (C13)."""

from collections.abc import Iterable

from bot.chat.offer import Here, Offer
from bot.chat.table import Command, Place, Table, Who
from bot.core.rules.message import ChatKind, Incoming
from bot.core.rules.people import Actor
from bot.core.rules.text import nearest, plain_key

OPEN_TO_ALL = (Who.ANYONE, Who.KNOWN, Who.YOUTH)
"""In a group everybody reads the answer: it does not tell who has joined."""


def offered(table: Table, incoming: Incoming, actor: Actor) -> Iterable[Command]:
    """The commands that this person may be told of here."""
    private = incoming.kind is ChatKind.PRIVATE
    place = Place.PRIVATE if private else Place.GROUP | Place.LINKED
    for one in table.commands.values():
        may = one.who.allows(actor) or (not private and one.who in OPEN_TO_ALL)
        reached = not private or one.offer is not Offer.NOBODY
        if one.where & place and may and reached and (not private or one.offer.reaches(actor, Here(private=True))):
            yield one


def nearest_words(table: Table, incoming: Incoming, actor: Actor, word: str) -> tuple[str, ...]:
    """Up to three words that look like what was typed."""
    return nearest(word, [one.words[0] for one in offered(table, incoming, actor)])


def begun_by(table: Table, incoming: Incoming, actor: Actor, head: str) -> tuple[Command, ...]:
    """The commands of two parts that begin with this word: 谈心 alone."""
    told = plain_key(head) + " "
    return tuple(one for one in offered(table, incoming, actor) if plain_key(one.words[0]).startswith(told))
