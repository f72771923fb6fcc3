"""找人聊聊 Relays, as a feature."""

from bot.core.feature import EVER, Expiry, Feature, Times
from bot.features.relay.acts.ask import GUESS, WHICH
from bot.features.relay.acts.block import UNBLOCK, expire_blocks
from bot.features.relay.acts.end import KEEP, LATER, READY, REQUEST
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
    questions=(
        GUESS,
        WHICH,
        KEEP,
        LATER,
        READY,
        REQUEST,
        UNBLOCK,
    ),
    ticks=TICKS,
    expiries=(Expiry("relay_blocks", expire_blocks),),
    times=Times(
        past=(Relay.opened_at, Relay.last_word_at, RelayBlock.at),
        shifted=((Relay.asked_at, (Relay.expires_at, Relay.due_at), EVER),),
    ),
)
