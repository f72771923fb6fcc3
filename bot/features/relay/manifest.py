"""找人聊聊 Relays, as a feature."""

from bot.core.feature import Feature
from bot.features.relay.acts.ask import GUESS, WHICH
from bot.features.relay.acts.block import UNBLOCK
from bot.features.relay.acts.end import KEEP, LATER, READY, REQUEST
from bot.features.relay.tables import Relay, RelayAfter, RelayBlock, RelaySeat

FEATURE = Feature(
    name="relay",
    tables=(
        Relay,
        RelayAfter,
        RelayBlock,
        RelaySeat,
    ),
    questions=(
        GUESS,
        WHICH,
        KEEP,
        LATER,
        READY,
        REQUEST,
        UNBLOCK,
    ),
)
