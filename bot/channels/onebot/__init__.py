"""The hardened OneBot V11 adapter (QQ by an own account), channel ``qq``; found by NoneBot through ``Adapter``."""

from collections.abc import Mapping
from typing import Any, Final

from bot.channels.onebot.adapter import Adapter
from bot.channels.onebot.auth import UnsafeStart
from bot.channels.onebot.bot import Bot, Enqueue
from bot.channels.onebot.counters import Counters
from bot.channels.onebot.events import incoming_of
from bot.channels.onebot.guard import Guard
from bot.channels.onebot.patience import BACKLOG, PatientHttp, raise_limit

SERVER_OPTIONS: Final[Mapping[str, Any]] = {
    "ws_max_size": 2**20,
    "ws_ping_interval": 10,
    "ws_ping_timeout": 60,
    "access_log": False,
    "http": PatientHttp,
    "backlog": BACKLOG,
}
"""For ``nonebot.run``: a frame cap of 1 MiB, patience with pongs that wait behind unread frames (trap 2), and little
with requests that do not come.
"""

__all__ = [
    "SERVER_OPTIONS",
    "Adapter",
    "Bot",
    "Counters",
    "Enqueue",
    "Guard",
    "UnsafeStart",
    "incoming_of",
    "raise_limit",
]
