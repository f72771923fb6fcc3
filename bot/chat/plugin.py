"""What NoneBot is told about each plugin."""

from nonebot.plugin import PluginMetadata

from bot.chat.text import command_texts, labels


def plugin_meta(feature: str) -> PluginMetadata:
    """Name, description and usage of a feature's plugin, from the same texts that the help menu shows."""
    texts = command_texts()
    mine = [texts[command] for command in sorted(texts) if command.partition(".")[0] == feature]
    return PluginMetadata(
        name=labels()["plugin"][feature],
        description="；".join(text["help"] for text in mine),
        usage="\n".join(text["usage"] for text in mine),
    )
