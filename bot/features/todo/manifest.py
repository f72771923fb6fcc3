"""待办 What is open, as a feature."""

from bot.core.feature import DigestSource, Feature
from bot.features.todo.digest import open_things

FEATURE = Feature(
    name="todo",
    digest=(DigestSource(open_things),),
)
