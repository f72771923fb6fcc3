"""找人聊聊 Relays, as a feature."""

from bot.core.events import AccountGone, ContactEnded, LinkEnded, OfficeEnded, YouthLeftGroup
from bot.core.feature import EVER, Expiry, Feature, Reaction, Times
from bot.core.person_data import Erasure, HeldCount, Section, Stage, counted
from bot.features.relay.acts.ask import GUESS, WHICH
from bot.features.relay.acts.block import UNBLOCK, expire_blocks
from bot.features.relay.acts.end import KEEP, LATER, READY, REQUEST
from bot.features.relay.acts.instead import INSTEAD
from bot.features.relay.acts.look_again import (
    account_gone,
    contact_ended,
    leave_for_good,
    link_ended,
    office_ended,
    say_farewell,
    youth_left_group,
)
from bot.features.relay.reads.held import export_blocks, export_relays
from bot.features.relay.reads.relay import relay_state
from bot.features.relay.rules.later import MOST_AHEAD
from bot.features.relay.rules.relay import REQUEST_LIFE
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
        INSTEAD,
        WHICH,
        KEEP,
        LATER,
        READY,
        REQUEST,
        UNBLOCK,
    ),
    erasures=(
        Erasure(Stage.LIVE, leave_for_good),
        Erasure(Stage.FAREWELL, say_farewell),
    ),
    sections=(
        Section("relays", export_relays, 130),
        Section("blocks", export_blocks, 140),
    ),
    held=(
        HeldCount("relay", relay_state),
        counted("blocks", RelayBlock.cadre_id),
    ),
    audits=(
        "relay.blocked",
        "relay.unblocked",
    ),
    kept={
        "relay_afters.cadre_index: erasure": "a cadre's, who is of the roster; gone within the hour",
        "relays: export": "whom it joins is the other side's too; the export says that one waits or is open",
        "relay_afters: export": "gone within the hour; a keyed hash of two people",
        "relays: expiry": "ends within hours by its own tick",
        "relay_seats: expiry": "goes with its relay, within hours",
        "relay_afters: expiry": "goes within the hour by its own tick",
    },
    reactions=(
        Reaction(ContactEnded, contact_ended),
        Reaction(YouthLeftGroup, youth_left_group),
        Reaction(LinkEnded, link_ended),
        Reaction(OfficeEnded, office_ended),
        Reaction(AccountGone, account_gone),
    ),
    ticks=TICKS,
    expiries=(Expiry("relay_blocks", expire_blocks),),
    times=Times(
        past=(RelayBlock.at,),
        capped=((Relay.expires_at, MOST_AHEAD + REQUEST_LIFE, EVER), (Relay.due_at, MOST_AHEAD, EVER)),
    ),
)
