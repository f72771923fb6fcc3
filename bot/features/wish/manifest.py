"""微心愿 Micro-wishes, as a feature."""

from bot.core.events import AgeBandChanged, ContactEnded
from bot.core.feature import Expiry, Feature, Reaction, Stranded, Times, TodoSource, lingers
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.features.wish.acts.confirm import DECLINED, RECEIVED
from bot.features.wish.acts.gone import GONE
from bot.features.wish.acts.hand_over import expire_wishes, follow_age, forget_owner, stranded_wishes
from bot.features.wish.acts.leaving import LEAVING, contact_ended
from bot.features.wish.acts.make import AGAIN, CADRE
from bot.features.wish.acts.name_kind import KIND
from bot.features.wish.acts.share import SHARE
from bot.features.wish.acts.suggest import SUGGESTED
from bot.features.wish.reads.item import WISH_ITEM
from bot.features.wish.reads.wish import export_wishes
from bot.features.wish.tables import ResourceMatch, Wish
from bot.features.wish.ticks import TICKS
from bot.features.wish.todo import held_wishes, open_wishes, stood_in_wishes

FEATURE = Feature(
    name="wish",
    letters={"W": "wish"},
    items=(WISH_ITEM,),
    tables=(ResourceMatch, Wish),
    questions=(
        AGAIN,
        CADRE,
        KIND,
        DECLINED,
        RECEIVED,
        SHARE,
        SUGGESTED,
        GONE.question,
        LEAVING,
    ),
    stranded=(Stranded("wish", stranded_wishes),),
    todo=(
        TodoSource(open_wishes),
        TodoSource(held_wishes),
        TodoSource(stood_in_wishes),
    ),
    reactions=(
        *GONE.reactions,
        Reaction(AgeBandChanged, follow_age),
        Reaction(ContactEnded, contact_ended),
    ),
    erasures=(Erasure(Stage.ITEMS, forget_owner),),
    sections=(Section("wishes", export_wishes, 120, [(Wish.text, Wish.owner_id)]),),
    held=(counted("wishes", Wish.owner_id),),
    audits=(
        *("wish.posted", "wish.suggested", "wish.kind_set", "wish.claimed", "wish.kept"),
        *("wish.released", "wish.pooled", "wish.climbed", "wish.left_pool", "wish.reported_done"),
        *("wish.fulfilled", "wish.reopened", "wish.declined", "wish.withdrawn", "wish.lapsed"),
        *("wish.moved", "wish.share_asked", "wish.joined", "wish.parted", "wish.went_on"),
        *("wish.hand_over_asked", "wish.handed_over"),
        *("read.wish", "read.wishes"),
    ),
    kept={
        "resource_matches: export": "the organ's; the owner's export shows it with the wish, without whose it was",
        "wishes.cadre_id: expiry": "with whom it was, for the counts; a cadre is of the roster",
        "wishes.holder_id: expiry": "who did it, for the counts; a cadre or an organ's admin is of the roster",
    },
    ticks=TICKS,
    lingers=(lingers(Wish.owner_id, Wish.closed_at),),
    expiries=(Expiry("wishes", expire_wishes),),
    times=Times(
        past=(
            *(Wish.made_at, Wish.pooled_at, Wish.waiting_since, Wish.pool_asked_at, Wish.share_asked_at),
            *(Wish.claimed_at, Wish.noticed_at, Wish.gone_asked_at, Wish.asked_at, Wish.reminded_at, Wish.closed_at),
        )
    ),
)
