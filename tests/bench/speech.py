"""What reading plain speech costs: sixty characters, every intent allowed."""

import time
from typing import Final

from bot.chat.text import sayings
from bot.core.rules.intent import Intents
from bot.core.shipped import shipped
from tests.bench.report import Figure, limited

SAID: Final = "下周三下午三点在社区活动室组织一次志愿服务，帮老人理发和量血压，限二十人，想来的报名，不方便可以不来"
MOST: Final = 0.5
"""Milliseconds for 60 characters: the promise."""
TIMES: Final = 500


def speech() -> list[Figure]:
    """One sentence, the quickest of many; and reading the weights at the start."""
    text, kinds, best = SAID[:60], frozenset(shipped("speech", "intents.toml")["kinds"]), float("inf")
    for _ in range(TIMES):
        begun = time.perf_counter()
        sayings().ranked(text, kinds)
        best = min(best, (time.perf_counter() - begun) * 1000)
    begun = time.perf_counter()
    Intents(shipped("speech", "intents.toml"))
    loaded = (time.perf_counter() - begun) * 1000
    return [
        limited("plain speech, 60 characters", best, MOST, "ms"),
        limited("plain speech, weights read at the start", loaded, None, "ms"),
    ]
