"""微心愿 Micro-wishes, as a feature."""

from bot.core.feature import Expiry, Feature, Times, TodoSource
from bot.features.wish.acts.confirm import DECLINED, RECEIVED
from bot.features.wish.acts.hand_over import expire_wishes
from bot.features.wish.acts.make import AGAIN, CADRE, KIND
from bot.features.wish.acts.share import SHARE
from bot.features.wish.acts.suggest import SUGGESTED
from bot.features.wish.tables import Wish
from bot.features.wish.ticks import TICKS
from bot.features.wish.todo import held_wishes, open_wishes

FEATURE = Feature(
    name="wish",
    letters={"W": "wish"},
    tables=(Wish,),
    questions=(
        AGAIN,
        CADRE,
        KIND,
        DECLINED,
        RECEIVED,
        SHARE,
        SUGGESTED,
    ),
    todo=(
        TodoSource(open_wishes),
        TodoSource(held_wishes),
    ),
    ticks=TICKS,
    expiries=(Expiry("wishes", expire_wishes),),
    times=Times(
        past=(
            *(Wish.made_at, Wish.pooled_at, Wish.waiting_since, Wish.pool_asked_at, Wish.share_asked_at),
            *(Wish.claimed_at, Wish.noticed_at, Wish.asked_at, Wish.reminded_at, Wish.closed_at),
        )
    ),
)
