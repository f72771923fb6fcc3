"""Who speaks in a unit of work, and by which account and bot somebody is written to."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address, ChatKind
from bot.store import outbox
from bot.store.follow import follow
from bot.store.people import Account, Person
from bot.store.sealing import Vault


class Reach:
    """The ways to people in one unit: an answer goes back the way the words came, all else by a connected bot."""

    def __init__(
        self, session: AsyncSession, vault: Vault, here: Callable[[str], bool], beside: Callable[[str, str], str]
    ) -> None:
        self.session = session
        self.vault = vault
        self.here = here
        """Whether this bot is connected."""
        self.beside = beside
        """A connected bot of ours in a group (channel, native id); empty for none."""
        self.spoken_to: Address | None = None
        self.speaker_id: int | None = None
        self.speaking_id: int | None = None
        """The account that speaks; what is said to its person in this unit goes back the same way."""
        self.by_name = False
        """Whether who speaks may be told later what became of their words: not of what is written to be anonymous."""
        self.held = False
        """Whether something for somebody else waits for a bot that is away."""
        self.woken: set[str] = set()
        """Bots for which rows wait that the table knows."""

    async def goes_round(self, row: outbox.Outgoing) -> bool:
        """Move what waits for an absent bot to another one of its group or its person; whether it moved."""
        if row.address.kind is ChatKind.GROUP:
            new = self.in_group(row.address)
        else:
            reached = await self.reached(row.person_id) if row.person_id is not None else None
            new = await self.private_address(reached[0]) if reached is not None else row.address
        if not self.here(new.bot_id) or new.channel != row.address.channel:
            return False
        moved = await follow(self.session, self.vault, old=row.address, new=new)
        self.woken.add(new.bot_id)
        return moved > 0

    def in_group(self, address: Address) -> Address:
        """Where something for a group goes: by the bot with which it is linked, or by one that is there meanwhile."""
        beside = "" if self.here(address.bot_id) else self.beside(address.channel, address.native_id)
        return replace(address, bot_id=beside) if beside else address

    def waits(self, address: Address, kind: str, cls: str, person_id: int | None) -> bool:
        """Whether a message to somebody else must wait for its bot, while the bot of the speaker is connected."""
        if kind in outbox.ANSWERS or cls != "L" or person_id in (None, self.speaker_id) or self.spoken_to is None:
            return False
        here = self.here
        return address.kind is ChatKind.PRIVATE and here(self.spoken_to.bot_id) and not here(address.bot_id)

    async def account_of(self, person_id: int) -> Account | None:
        """The account by which a person is written to: the one that speaks, else the newest whose bot is connected."""
        reached = await self.reached(person_id)
        return reached[0] if reached is not None else None

    async def reached(self, person_id: int) -> tuple[Account, Person] | None:
        """The account by which a person is written to, and the person; None when they have no account."""
        found = await self.session.execute(
            select(Account, Person)
            .join(Person, Person.id == Account.person_id)
            .where(Account.person_id == person_id)
            .order_by(Account.bound_at.desc())
        )
        rows = [(row[0], row[1]) for row in found]
        spoken = (row for row in rows if row[0].id == self.speaking_id)
        within = (row for row in rows if any(map(self.here, row[0].bots)))
        return next(spoken, None) or next(within, None) or next(iter(rows), None)

    async def private_address(self, account: Account) -> Address:
        """The private chat of an account, by the bot that was written to or else the last one heard that is connected.

        ``via_group`` lets a gateway reach a member who is no friend.
        """
        native = await self.vault.read(self.session, f"accounts:{account.id}:native", account.native)
        bot_id, told = account.bot_id, self.spoken_to
        if told is not None and account.id == self.speaking_id and told.channel == account.channel:
            bot_id = told.bot_id
        elif not self.here(bot_id):
            bot_id = next(filter(self.here, account.bots), bot_id)
        return Address(account.channel, bot_id, ChatKind.PRIVATE, native or "", account.via_group)

    def speaks(self, account: Account, address: Address) -> None:
        """Answers go back the same way; nothing is written of it."""
        self.spoken_to, self.speaker_id, self.speaking_id = address, account.person_id, account.id

    async def hears(self, account: Account, address: Address) -> None:
        """This account speaks here. If it uses another bot than before, the rows that wait for an absent bot move too.

        Only a private chat tells by which bot somebody can be written to.
        """
        self.speaks(account, address)
        if address.kind is not ChatKind.PRIVATE or address.bot_id == account.bot_id:
            return
        account.hears(address.bot_id)
        for bot_id in account.bots[1:]:
            old = Address(address.channel, bot_id, ChatKind.PRIVATE, address.native_id)
            if not self.here(bot_id) and await follow(self.session, self.vault, old=old, new=address):
                self.woken.add(address.bot_id)
