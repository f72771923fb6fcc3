"""The gateway of the floods: a real OneBot 11 gateway whose frames are prepared before the clock runs."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from tests.gateway import FakeGateway

LINES: Final = (
    "今天的晚自习改到三楼了吗",
    "刚从车间出来，路上有点堵",
    "周末谁有空一起去打球呀",
    "食堂新来的师傅手艺不错",
    "这次的题目我看了两遍才看懂",
    "下雨了，大家记得带伞",
    "我这边信号不好，晚点再说",
    "哈哈哈哈笑死我了",
)
"""Plain chat: no command, nothing that must not be stored, and no word of a crisis."""
BUFFERED: Final = 1 << 20
"""Bytes held back in this process at most; the rest waits until the peer has read."""
_IDS = count(100_000_001)


def client_frame(text: str) -> bytes:
    """One text frame as a client writes it: final, masked (with zeros: the mask is for proxies, here is none)."""
    data = text.encode()
    size = len(data)
    head = bytes((0x81, 0x80 | size)) if size < 126 else bytes((0x81, 0x80 | 126)) + size.to_bytes(2, "big")
    return head + bytes(4) + data


@dataclass(slots=True)
class Flooder(FakeGateway):
    """Writes prepared frames straight to its socket; answers the bot's calls as any gateway does."""

    async def prepare(
        self, number: int, group_id: int, speakers: Sequence[int], lines: Sequence[str] = LINES
    ) -> list[bytes]:
        """So many messages of a group, everyone in turn."""
        quiet = FakeGateway(self.port, self_id=self.self_id)  # not connected: it only words the events
        frames: list[bytes] = []
        for at in range(number):
            speaker = speakers[at % len(speakers)]
            event = await quiet.group_message(
                group_id, speaker, lines[at % len(lines)], message_id=next(_IDS), group_name="青禾夜校", raw_pb=""
            )
            event["sender"] |= {"sex": "unknown", "age": 0, "title": "", "level": "1"}
            frames.append(client_frame(json.dumps(event, ensure_ascii=False)))
        return frames

    async def pour(self, frames: Sequence[bytes]) -> None:
        """Write them all as fast as the peer reads; returns when the last one has left this process."""
        assert self._socket is not None, "not connected"
        transport = self._socket.transport
        for start in range(0, len(frames), 256):
            transport.write(b"".join(frames[start : start + 256]))
            while transport.get_write_buffer_size() > BUFFERED:  # noqa: ASYNC110 - a transport tells nobody
                await asyncio.sleep(0.002)
        while transport.get_write_buffer_size():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        self.frames_written += len(frames)

    async def drip(self, frames: Sequence[bytes], per_second: float) -> None:
        """Write them one by one at this rate."""
        assert self._socket is not None, "not connected"
        clock = asyncio.get_running_loop().time
        start = clock()
        for at, frame in enumerate(frames):
            await asyncio.sleep(max(0.0, start + at / per_second - clock()))
            self._socket.transport.write(frame)
        self.frames_written += len(frames)
