"""青年之声分类: the categories of this installation."""

from pathlib import Path

from bot.core.shipped import own_or_shipped
from bot.features.voice.rules.category import VoiceCategories


def voice_categories(path: Path | None = None) -> VoiceCategories:
    """The categories of voices: the shipped ones or the organ's own file."""
    return VoiceCategories.from_data(own_or_shipped(path, "voice", "categories.toml"))
