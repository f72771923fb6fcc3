"""找人聊聊 Relays, as a feature."""

from bot.core.feature import EVER, Expiry, Feature, Times
from bot.features.relay.acts.block import expire_blocks
from bot.features.relay.tables import Relay, RelayAfter, RelayBlock, RelaySeat
from bot.features.relay.ticks import TICKS

FEATURE = Feature(
    name="relay",
    tables=(
        Relay,
        RelayAfter,
        RelayBlock,
        RelaySeat,
    ),
    ticks=TICKS,
    expiries=(Expiry("relay_blocks", expire_blocks),),
    times=Times(
        past=(Relay.opened_at, Relay.last_word_at, RelayBlock.at),
        shifted=((Relay.asked_at, (Relay.expires_at, Relay.due_at), EVER),),
    ),
)
