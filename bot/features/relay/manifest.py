"""找人聊聊 Relays, as a feature."""

from bot.core.feature import Feature
from bot.features.relay.tables import Relay, RelayAfter, RelayBlock, RelaySeat

FEATURE = Feature(
    name="relay",
    tables=(
        Relay,
        RelayAfter,
        RelayBlock,
        RelaySeat,
    ),
)
