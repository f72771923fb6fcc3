"""微心愿 Micro-wishes, as a feature."""

from bot.core.feature import Feature, TodoSource
from bot.features.wish.tables import Wish
from bot.features.wish.todo import held_wishes, open_wishes

FEATURE = Feature(
    name="wish",
    letters={"W": "wish"},
    tables=(Wish,),
    todo=(
        TodoSource(open_wishes),
        TodoSource(held_wishes),
    ),
)
