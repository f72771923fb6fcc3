"""找人聊聊 Relays, as a feature."""

from bot.core.events import AccountGone, ContactEnded, LinkEnded, OfficeEnded, YouthLeftGroup
from bot.core.feature import Feature, Reaction
from bot.features.relay.acts.ask import GUESS, WHICH
from bot.features.relay.acts.block import UNBLOCK
from bot.features.relay.acts.end import KEEP, LATER, READY, REQUEST
from bot.features.relay.acts.look_again import (
    account_gone,
    contact_ended,
    link_ended,
    office_ended,
    youth_left_group,
)
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
    reactions=(
        Reaction(ContactEnded, contact_ended),
        Reaction(YouthLeftGroup, youth_left_group),
        Reaction(LinkEnded, link_ended),
        Reaction(OfficeEnded, office_ended),
        Reaction(AccountGone, account_gone),
    ),
)
