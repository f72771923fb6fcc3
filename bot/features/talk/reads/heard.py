"""What is stored of a talk beside what a history tells of it: which messages were heard already, which were recalled.

A gateway that keeps its ids is believed by them. Another product, or one without ids, tells the same messages under
other ids: there the same words of the same person in the same second are the same message, as often as they stand.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from sqlalchemy import select

from bot.core.rules.message import Incoming
from bot.features.talk.reads.talk import TalkWatch, message_index
from bot.features.talk.tables import TalkMessage
from bot.store.delivery import EventKey
from bot.store.sealing import Vault, key_of
from bot.store.store import Store

Words = Callable[[TalkWatch, Incoming], str]
"""What would be kept of a message: its words with what is left out of them."""
Said = tuple[int, int, str]
"""Who, in which second, what."""


_AT_ONCE: Final = 500


async def stored_ids(store: Store, watch: TalkWatch) -> frozenset[int]:
    """The messages that are stored of a talk at this moment."""
    async with store.read() as session:
        found = await session.execute(select(TalkMessage.id).where(TalkMessage.talk_id == watch.talk_id))
        return frozenset(found.scalars())


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    index: bytes
    said: Said = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """The stored messages of one talk; ``same_ids``: what the history told is known by its ids."""

    watch: TalkWatch
    vault: Vault
    words: Words
    rows: Sequence[_Row]
    told: Collection[Incoming] = field(repr=False)
    same_ids: bool

    @classmethod
    async def of(cls, store: Store, watch: TalkWatch, words: Words, told: Collection[Incoming]) -> Self:
        """Read them; what cannot be opened any more is like nothing else."""
        keys = [store.message_key(one) for one in told]
        async with store.read() as session:
            same_ids = False
            for start in range(0, len(keys), _AT_ONCE):
                some = select(EventKey.key).where(EventKey.key.in_(keys[start : start + _AT_ONCE])).limit(1)
                same_ids = same_ids or (await session.execute(some)).first() is not None
            found = (await session.execute(select(TalkMessage).where(TalkMessage.talk_id == watch.talk_id))).scalars()
            messages = found.all()
            await store.vault.ready(session, *{key_of(one.body) for one in messages})
            rows = [
                _Row(
                    one.id,
                    one.native_index,
                    (
                        one.person_id,
                        int(one.sent_at.timestamp()),
                        store.vault.open(f"talk_messages:{one.id}:body", one.body) or "",
                    ),
                )
                for one in messages
            ]
        return cls(watch, store.vault, words, rows, told, same_ids)

    def not_yet(self, wanted: Sequence[Incoming]) -> list[Incoming]:
        """Of ``wanted``, a part of what was told, what nobody has heard yet."""
        ids = {self._index(one) for one in self.told}
        known = {row.index for row in self.rows}
        under_other_ids = Counter(row.said for row in self.rows if row.index not in ids)
        fresh: list[Incoming] = []
        for one in wanted:
            said = self._said(one)
            if self._index(one) in known:
                continue
            if said is not None and under_other_ids[said]:
                under_other_ids[said] -= 1
                continue
            fresh.append(one)
        return fresh

    def recalled(self, *, oldest: int, among: Collection[int]) -> list[int]:
        """The rows that the history, whole from the second ``oldest`` on, no longer has.

        Only ``among`` those that stood before it was asked: what came since is too new for it. A history under other
        ids that knows none of the rows tells nothing about them.
        """
        there = [one for one in self.told if one.segments]
        ids = {self._index(one) for one in there}
        seconds = {(said[0], said[1]) for one in there if (said := self._said(one)) is not None}
        speakers = {speaker.person_id for speaker in self.watch.speakers.values()}
        newest = max((one.sent_at for one in self.told), default=0)
        rows = [r for r in self.rows if oldest <= r.said[1] <= newest and r.id in among and r.said[0] in speakers]
        missing = [row for row in rows if row.index not in ids]
        if self.same_ids:
            same = Counter(said for one in there if (said := self._said(one)) is not None and not self._known(one))
            return [row.id for row in missing if not same[row.said]]
        gone = [row.id for row in missing if row.said[:2] not in seconds]
        return gone if len(gone) < len(self.rows) else []

    def _known(self, one: Incoming) -> bool:
        index = self._index(one)
        return any(row.index == index for row in self.rows)

    def _index(self, one: Incoming) -> bytes:
        return message_index(self.vault, self.watch.chat, one.message_id)

    def _said(self, one: Incoming) -> Said | None:
        speaker = None if one.sender_anonymous else self.watch.speaker(self.vault, one.sender_id)
        return None if speaker is None else (speaker.person_id, one.sent_at, self.words(self.watch, one))
