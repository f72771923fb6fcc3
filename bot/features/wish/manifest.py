"""微心愿 Micro-wishes, as a feature."""

from bot.core.feature import Feature, TodoSource
from bot.features.wish.acts.confirm import DECLINED, RECEIVED
from bot.features.wish.acts.make import AGAIN, CADRE, KIND
from bot.features.wish.acts.share import SHARE
from bot.features.wish.acts.suggest import SUGGESTED
from bot.features.wish.tables import ResourceMatch, Wish
from bot.features.wish.todo import held_wishes, open_wishes

FEATURE = Feature(
    name="wish",
    letters={"W": "wish"},
    tables=(ResourceMatch, Wish),
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
)
