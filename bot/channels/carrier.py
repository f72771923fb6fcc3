"""One message handed to its channel, in parts if it is long; whatever breaks, there is one outcome (section 6)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from loguru import logger

from bot.channels.pacing import Quotas
from bot.channels.port import Channel, Delivery, Outcome
from bot.core.acts.download import download_content
from bot.core.feature import standings
from bot.core.rules.message import Address, FileOut, OutSegment, PictureOut, Sketch, Text
from bot.core.rules.text import split_long
from bot.store.outbox import Outgoing, Words
from bot.store.store import Store

Render = Callable[[Words], str]
Draw = Callable[[str], bytes]
FRESH: Final = timedelta(seconds=20)
"""So soon after it was queued a message says what is true."""
NOT_WRITTEN: Final = (Outcome.RETRY_LATER, Outcome.HELD_UNTIL_USER_SPEAKS)
"""Outcomes by which nothing of this call has left."""


class Carrier:
    """Words a row and gives it to its channel. Never raises: a row that breaks must not stay leased."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        render: Render,
        quotas: Quotas,
        *,
        repeated: str,
        draw: Draw | None = None,
    ) -> None:
        self._store, self._channels, self._render, self._quotas = store, channels, render, quotas
        self._repeated, self._draw = repeated, draw

    async def row(self, row: Outgoing, *more: Outgoing) -> Delivery:
        """What became of a leased row; with ``more``, of receipts that are told together, in one message."""
        channel = self._channels.get(row.address.channel)
        if channel is None:
            return Delivery(Outcome.RETRY_LATER, error="no channel")
        if not await self._still_true(row):
            return Delivery(Outcome.OVER, error="over")
        try:
            segments = await self._segments(row) if not more else self._text(row, _together(row, *more))
        except Exception as error:  # an older version's words, or a template of ours that is wrong
            template = row.words.template
            logger.error("a queued message could not be worded: {}, {}", template, type(error).__name__)
            return Delivery(Outcome.FAILED, error="not_worded")
        if segments is None:
            return Delivery(Outcome.FAILED, error="gone")
        return await self._in_parts(channel, row.address, segments)

    async def _still_true(self, row: Outgoing) -> bool:
        """Whether what a row says holds, when it goes out late or once more; a look that fails does not stop it."""
        now, standing = self._store.clock.now(), standings().get(row.about[0]) if row.about else None
        if standing is None or row.about is None or not (row.attempts or row.since is None or now - row.since > FRESH):
            return True
        try:
            async with self._store.look() as session:
                return await standing.still(session, row.about[1], now)
        except Exception as error:
            logger.warning("it could not be seen whether a message still holds: {}", type(error).__name__)
            return True

    async def answer(self, address: Address, segments: Sequence[OutSegment]) -> None:
        """Something that recorded nothing: tried once."""
        channel = self._channels.get(address.channel)
        drawn = await self._drawn(channel, segments) if channel is not None else ()
        if channel is None or not drawn:
            return
        delivery = await self._in_parts(channel, address, drawn)
        if delivery.outcome is not Outcome.SENT:
            logger.info("an answer was not delivered: {} {}", delivery.outcome.value, delivery.error)

    async def _drawn(self, channel: Channel, segments: Sequence[OutSegment]) -> Sequence[OutSegment]:
        """With pictures in place of sketches; nothing where it cannot be drawn: its facts have been said in words."""
        if not any(isinstance(one, Sketch) for one in segments):
            return segments
        if self._draw is None or not channel.pictures:
            return ()
        try:
            return [
                PictureOut(await asyncio.to_thread(self._draw, one.svg)) if isinstance(one, Sketch) else one
                for one in segments
            ]
        except Exception as error:
            logger.error("a picture could not be drawn: {}", type(error).__name__)
            return ()

    async def _segments(self, row: Outgoing) -> Sequence[OutSegment] | None:
        """None: the file that this row stands for is gone."""
        if row.file is not None:
            name, download_id = row.file
            async with self._store.read() as session:
                content = await download_content(session, self._store.vault, download_id)
            return None if content is None else (FileOut(name, content),)
        return self._text(row, row.words)

    def _text(self, row: Outgoing, words: Words) -> Sequence[OutSegment]:
        text = self._render(words)
        return (Text(self._repeated + text if row.attempts and row.cls == "L" else text),)

    async def _in_parts(self, channel: Channel, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        delivery = Delivery(Outcome.FAILED, error="empty")
        for number, part in enumerate(self._parts(address, segments)):
            try:
                delivery = await channel.deliver(address, part)
            except Exception as error:  # nobody knows how far it came
                logger.error("a channel broke while sending: {}", type(error).__name__)
                return Delivery(Outcome.UNKNOWN, error=type(error).__name__)
            if number and delivery.outcome in NOT_WRITTEN:  # the parts before it have left
                return Delivery(Outcome.UNKNOWN, error="in_part")
            if delivery.outcome is not Outcome.SENT:
                break
        return delivery

    def _parts(self, address: Address, segments: Sequence[OutSegment]) -> list[tuple[OutSegment, ...]]:
        limit = self._quotas.text_limit.get(address.channel, 1500)
        if len(segments) == 1 and isinstance(segments[0], Text):
            return [(Text(part),) for part in split_long(segments[0].text, limit)]
        return [tuple(segments)]


def _together(*rows: Outgoing) -> Words:
    """Several receipts of one group as one (``Say.together``)."""
    return Words(rows[0].together, {"each": [{"of": row.words.template} | row.words.data for row in rows]})
