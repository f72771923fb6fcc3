"""待办 What is open, as a feature."""

from bot.core.feature import Feature

FEATURE = Feature(
    name="todo",
)
