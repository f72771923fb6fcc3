"""What is shipped beside the code: labels, word lists and tables, and the organ's own copy in place of one."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

TEMPLATES: Final = Path(__file__).parent.parent / "templates"


def shipped(*parts: str) -> dict[str, Any]:
    """A table below ``templates/``."""
    return tomllib.loads(TEMPLATES.joinpath(*parts).read_text(encoding="utf-8"))


def own_or_shipped(path: Path | None, *parts: str) -> dict[str, Any]:
    """The organ's own file, or the shipped one if it has none."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path else shipped(*parts)


def joined(*files: Path) -> dict[str, dict[str, str]]:
    """Tables of several files as one; a word that stands twice is a mistake of ours and stops the start."""
    found: dict[str, dict[str, str]] = {}
    for path in files:
        for name, words in tomllib.loads(path.read_text(encoding="utf-8")).items():
            table = found.setdefault(name, {})
            twice = sorted(table.keys() & words.keys())
            if twice:
                raise ValueError(f"{path.parent.name}/{path.name}: [{name}] {twice[0]} stands elsewhere already")
            table.update(words)
    return found


@lru_cache(maxsize=1)
def labels() -> dict[str, dict[str, str]]:
    """Chinese labels of stored enum values, by enum name: common ones, and a feature's own beside its templates."""
    found = joined(TEMPLATES / "labels.toml", *sorted((TEMPLATES / "chat").glob("*/labels.toml")))
    return found | {"option_wish_kind": found["wish_kind"]}  # the organ's own kinds are entered in one place
