"""导出 as files: one readable page that needs nothing else, and the same as JSON, in one zip (P7)."""

import io
import json
import zipfile
from functools import lru_cache
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.chat.text import TEMPLATES, full_day, known_group, labels, local_time
from bot.core.person_data import Rows
from bot.features.rights.reads.export import Export

PAGE: Final = "我的数据.html"
DATA: Final = "data.json"
ZIP: Final = "我的数据.zip"


def named(kind: str, value: object) -> str:
    """The Chinese label of a stored value, or the value itself where nobody has worded it."""
    return labels().get(kind, {}).get(str(value), str(value))


@lru_cache(maxsize=1)
def _pages() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES / "export"), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    env.filters |= {"time": local_time, "full_day": full_day, "group": known_group}
    env.globals["named"] = named
    return env


def _others(export: Export) -> dict[str, Rows]:
    """The sections that a label of ``export_section`` names: the page has no wording of its own for them."""
    return {name: rows for name, rows in export.sections.items() if name in labels().get("export_section", {})}


def page(export: Export) -> str:
    """The readable page: self-contained, no script, nothing loaded from anywhere."""
    return (
        _pages()
        .get_template("data.html")
        .render(at=export.at, person=export.person, counts=export.counts(), others=_others(export), **export.sections)
    )


def archive(export: Export) -> bytes:
    """The zip: page and JSON."""
    made = export.at.timetuple()[:6]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in ((PAGE, page(export)), (DATA, json.dumps(export.plain(), ensure_ascii=False, indent=2))):
            zipped.writestr(zipfile.ZipInfo(name, made), text.encode(), zipfile.ZIP_DEFLATED)
    return held.getvalue()
