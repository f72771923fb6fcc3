"""Words of the command line: every sentence is a template in ``templates/cli/words.toml``."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined

FOLDER: Final = Path(__file__).parents[1] / "templates" / "cli"


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, Any]]:
    """All sections of the file."""
    return tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _templates() -> Environment:
    sentences = {
        f"{section}.{key}": text
        for section, entries in words().items()
        for key, text in entries.items()
        if isinstance(text, str)
    }
    # A terminal shows plain text: there is nothing to escape.
    return Environment(loader=DictLoader(sentences), undefined=StrictUndefined)  # noqa: S701


def say(key: str, section: str = "say", **facts: Any) -> str:
    """One sentence with its facts filled in."""
    return _templates().get_template(f"{section}.{key}").render(facts).strip("\n")
