"""图 Pictures: an SVG template becomes a PNG for channels with pictures; the same facts have been said in words before.

The renderer and its font are the extra ``pictures``; without them everything is said in words alone.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.chat.text import with_words
from bot.core.rules.say import from_plain
from bot.core.shipped import TEMPLATES
from bot.store.outbox import Words

RENDERER: Final = "resvg_py"
FONT: Final = "noto_cjk_sans_otc"
FONT_FILES: Final = ("*.ttc", "*.otf")
FAMILY: Final = "Noto Sans CJK SC"
WIDTH: Final = 1080
Draw = Callable[[str], bytes]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Everything that goes into a picture is escaped: a name is text and never a piece of the drawing (threat 11)."""
    loader = FileSystemLoader(TEMPLATES / "pictures")
    env = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return with_words(env)


def sketch(name: str, words: Words) -> str:
    """The SVG that shows what these words say."""
    return _environment().get_template(name + ".svg.j2").render(**from_plain(words.data))


def drawing() -> Draw | None:
    """What makes a PNG of an SVG; None where the extra ``pictures`` is not installed."""
    if find_spec(RENDERER) is None or find_spec(FONT) is None:
        return None
    renderer: Any = import_module(RENDERER)
    folder = Path(import_module(FONT).__file__ or "").parent
    fonts = [str(path) for pattern in FONT_FILES for path in sorted(folder.glob(pattern))]

    def draw(svg: str) -> bytes:
        # No font of the machine and no file beside ours: the same picture everywhere, and nothing is looked up.
        return bytes(
            renderer.svg_to_bytes(
                svg_string=svg, width=WIDTH, skip_system_fonts=True, font_files=fonts, font_family=FAMILY
            )
        )

    return draw if fonts else None
