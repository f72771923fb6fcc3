"""The checklist of a year, as shipped or as the organ wrote it; every file is read at the start."""

import tomllib
from functools import lru_cache
from typing import Final

from bot.core.shipped import TEMPLATES
from bot.features.guidance.rules.checklist import Checklist, read_checklist

ANY: Final = "any"
_FILES: Final = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in (TEMPLATES / "guidance").glob("*.toml")
}


@lru_cache(maxsize=8)
def checklist_of(year: int) -> Checklist:
    """The year's own file, or the one for any year."""
    return read_checklist(_FILES.get(str(year), _FILES[ANY]), year)


def item_name(year: int, key: str) -> str:
    """What an item of that year's checklist is called; its key when the list has it no longer."""
    return next((item.name for item in checklist_of(year).items if item.key == key), key)
