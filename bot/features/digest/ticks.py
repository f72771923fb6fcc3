"""Ticks of the digest: one look a morning."""

from datetime import time
from typing import Final

from bot.core.feature import Tick
from bot.features.digest.acts.tell import tell, to_tell

MORNING: Final = time(8, 30)

TICKS: Final = (Tick("digest.morning", to_tell, tell, daily=MORNING, batch=True),)
