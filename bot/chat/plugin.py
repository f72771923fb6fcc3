"""What NoneBot is told about each plugin."""

from nonebot.plugin import PluginMetadata

from bot.chat.text import command_texts, labels


def plugin_meta(name: str, *, commands: str = "") -> PluginMetadata:
    """Name, description and usage of a plugin, from the texts of its commands (ids beginning with ``commands.``)."""
    texts = command_texts()
    mine = [texts[command] for command in sorted(texts) if command.partition(".")[0] == (commands or name)]
    return PluginMetadata(
        name=labels()["plugin"][name],
        description="；".join(text["help"] for text in mine),
        usage="\n".join(text["usage"] for text in mine),
    )
