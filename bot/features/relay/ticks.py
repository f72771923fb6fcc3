"""Ticks of relays: silence, the longest time, hours that were named, requests without an answer, rows of words."""

from typing import Final

from bot.core.feature import Tick
from bot.features.relay.acts.time_out import relays_due, tick_relay, tidy_words, words_due

TICKS: Final = (Tick("relay.look", relays_due, tick_relay), Tick("relay.tidy", words_due, tidy_words))
