"""Pushing: the messages that a unit queues, and which of them may go out right after the commit."""

from collections.abc import Iterable
from datetime import datetime
from typing import Unpack, cast

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import Lost, Say
from bot.store import outbox
from bot.store.chat import Chat
from bot.store.home import Home
from bot.store.reach import Reach
from bot.store.unit_session import UnitSession
from bot.store.waiting import Candidate


class Pushing(Reach):
    """Messages of one unit: rows of the same transaction, written at its end in one statement."""

    def __init__(self, session: AsyncSession, store: Home, now: datetime, key: bytes | None) -> None:
        super().__init__(session, store.vault, store.here, store.beside)
        self._store = store
        self._rows = cast(UnitSession, session.sync_session)
        self.now = now
        self.key = key
        self._pushed = 0
        self._express: list[tuple[int, outbox.Outgoing]] = []
        self._fresh: list[Candidate] = []
        self.veiled = False
        """Whether who speaks does so without their name: no row of what they are answered leads to them (13.3)."""
        self.forgotten: set[int] = set()
        """People who are being erased: what is said of it names nobody."""

    def position(self) -> int:
        """The next place in the order of everything that comes in and goes out."""
        return self._store.position()

    async def push(
        self,
        address: Address,
        say: Say,
        *,
        person_id: int | None = None,
        key_id: int | None = None,
        fallback: tuple[Address, Say] | None = None,
        file: tuple[str, int] | None = None,
        **how: Unpack[outbox.Sending],
    ) -> int:
        """Queue one message to ``address``; everything as in ``push_words``."""
        words = outbox.Words.of(say)
        if say.lost is Lost.TOLD and self.by_name and self.speaker_id is not None:
            how = {"by": (self.speaker_id, say.ref_told), **how}
        instead = (fallback[0], outbox.Words.of(fallback[1])) if fallback is not None else None
        return await self.push_words(
            address, words, person_id=person_id, key_id=key_id, fallback=instead, file=file, **how
        )

    async def push_words(
        self,
        address: Address,
        words: outbox.Words,
        *,
        person_id: int | None = None,
        key_id: int | None = None,
        fallback: tuple[Address, outbox.Words] | None = None,
        file: tuple[str, int] | None = None,
        idem_key: str = "",
        cls: str = "L",
        kind: str = "push",
        priority: int = outbox.PRIORITY,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        nameless: bool = False,
        line: str = "",
        about: outbox.About | None = None,
        by: outbox.By | None = None,
    ) -> int:
        """Queue words. Class L: at least once (receipts, questions, alerts); O: at most once (what may be missed).

        Returns the row's id; 0, and nothing is queued, when the address is 暂不可读.
        """
        if not address.native_id:
            return 0
        self._pushed += 1
        if not idem_key:
            base = self.key.hex() if self.key else f"{self.position()}"
            idem_key = f"{kind}:{base}:{self._pushed}"
        spoken_to = address == self.spoken_to or (person_id is not None and person_id == self.speaker_id)
        if spoken_to and kind != outbox.RELAY:
            kind = "reply"  # an answer to what was just said: its own budget, no quiet hours
        if words.together and kind == "reply" and address.kind is ChatKind.GROUP and not (fallback or file or about):
            kind = outbox.GATHERED
        nameless = nameless or person_id in self.forgotten  # what is said of an erasure must not tell whose it was
        nameless = nameless or (self.veiled and not line and address == self.spoken_to)
        if nameless or line:
            person_id, key_id, about, by = None, None, None, None  # of whom it is about nothing may tell
        elif self.waits(address, kind, cls, person_id):
            self.held = True
            by = by or ((self.speaker_id, "") if self.by_name and self.speaker_id is not None else None)
        may_leave_at_once = kind in ("reply", outbox.GATHERED) and not_before is None
        owner = self._store.express(address.bot_id) if may_leave_at_once else None
        values, row = await outbox.prepare(
            self.session,
            self.vault,
            idem_key=idem_key,
            address=address,
            words=words,
            cls=cls,
            kind=kind,
            key_id=key_id or self.vault.system_key_id,
            person_id=person_id,
            now=self.now,
            position=self.position(),
            not_before=not_before,
            expires_at=expires_at,
            priority=priority,
            fallback=fallback,
            file=file,
            about=about,
            by=by if by is not None and by[0] != person_id else None,
            leased_by=owner,
            nameless=nameless,
            line=line,
        )
        self._rows.unsaid.append(values)
        if owner is not None:
            self._express.append((priority, row))
        elif kind == outbox.RELAY or not_before is not None:  # the table knows their turn
            self.woken.add(address.bot_id)
        else:
            self._fresh.append(Candidate.of(row, priority))
        return row.id

    def unsay(self, rows: Iterable[int]) -> None:
        """These rows were deleted in this very unit: none of them goes out from memory either."""
        self._rows.said.difference_update(rows)

    async def is_new(self, row_id: int) -> bool:
        """Whether what was just queued had not been queued before, by its idempotency key."""
        await self.write_outbox()
        return row_id in self._rows.said

    async def write_outbox(self) -> None:
        """Write what was queued; called by the store after everything else, right before the audit rows."""
        if self._rows.unsaid:
            await self.session.run_sync(lambda _: self._rows.say())

    async def push_person(
        self, person_id: int, say: Say, *, unless_quiet: bool = False, **how: Unpack[outbox.Sending]
    ) -> bool:
        """Queue a private message to a person (``account_of``); False when they have no account.

        ``unless_quiet``: nobody asked for it, so False when they said 别再提醒; after words of danger it waits.
        """
        reached = await self.reached(person_id)
        if reached is None or (unless_quiet and reached[1].reminders_off):
            return False
        account, person = reached
        address = await self.private_address(account)
        if not address.native_id:  # 暂不可读: nobody knows where to
            return False
        until = person.calm_until if unless_quiet or how.get("cls") == "O" else None
        if until is not None and until > max(self.now, how.get("not_before") or self.now):
            how |= {"not_before": until, "expires_at": until + outbox.PUSH_LIFE}  # they spoke of danger a while ago
        await self.push(address, say, person_id=person_id, key_id=person.key_id, **how)
        return True

    async def push_chat(
        self, chat: Chat, say: Say, *, instead: int | None = None, **how: Unpack[outbox.Sending]
    ) -> None:
        """Queue a message to a linked group; where it cannot be said, the person ``instead`` reads it in private."""
        account = await self.account_of(instead) if instead is not None else None
        fallback = (await self.private_address(account), say) if account is not None else None
        address = self.in_group(Address(chat.channel, chat.bot_id, ChatKind.GROUP, chat.native_id))
        await self.push(address, say, fallback=fallback, **how)
