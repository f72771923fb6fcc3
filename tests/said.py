"""What the bot said, not how it is worded: the template and the fields of every text that a test sees.

assert talk.last("10001") == Said("voice/kind", ref=7)
assert (await talk.says("10001", "查看心声 V7"))[0] == Refused("not_found")
assert Said("talk/closed") in talk.shown("888")

Every text that the bot renders is a ``Shown``: a string that knows what it was made of. Template names stand in the
``template`` of each ``Say``; fields are those of the ``Say`` or of the refusal, and only the named ones are compared,
also inside lists: ``Said("voice/mine", lines=[{"state": "open"}])``.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Any, SupportsIndex

from jinja2 import Template
from typing_extensions import override

from bot.chat import text as texts


class Shown(str):
    """A rendered text and what it was made of; parts of it know that too."""

    template: str
    data: dict[str, Any]

    def __new__(cls, text: str, template: str = "", data: dict[str, Any] | None = None) -> "Shown":
        made = super().__new__(cls, text)
        made.template, made.data = template, data or {}
        return made

    def _same(self, text: str) -> "Shown":
        return Shown(text, self.template, self.data)

    @override
    def strip(self, chars: str | None = None, /) -> "Shown":
        return self._same(super().strip(chars))

    @override
    def __getitem__(self, key: SupportsIndex | slice) -> "Shown":
        return self._same(super().__getitem__(key))

    def __radd__(self, before: str) -> "Shown":
        return self._same(before + str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Shown, (str(self), self.template, self.data)


class Said:
    """Equal to every text that was rendered from this template with these fields."""

    def __init__(self, template: str, **fields: Any) -> None:
        texts._ENV.get_template(template + ".txt.j2")  # a name that does not exist would be said nowhere
        self.template, self.fields = template, fields

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Shown):
            return NotImplemented
        return other.template == self.template and _fits(other.data, self.fields)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    @override
    def __repr__(self) -> str:
        fields = "".join(f", {name}={value!r}" for name, value in self.fields.items())
        return f"Said({self.template!r}{fields})"


def Refused(code: str, **fields: Any) -> Said:
    """The sentence of the refusal with this code."""
    return Said("refusal/" + code.replace(".", "/"), **fields)


def fields(shown: str) -> dict[str, Any]:
    """What a text was made of, for what lies deeper than ``Said`` compares."""
    assert isinstance(shown, Shown), shown
    return shown.data


def told(shown: Iterable[str]) -> list[str]:
    """The templates of these texts."""
    return [text.template if isinstance(text, Shown) else "" for text in shown]


def _fits(is_: Any, wanted: Any) -> bool:
    """Whether it has every field that is wanted; lists are as long as they are wanted."""
    if isinstance(wanted, dict):
        return all(_fits(is_[name], value) for name, value in wanted.items())
    if isinstance(wanted, list | tuple):
        return len(is_) == len(wanted) and all(map(_fits, is_, wanted))
    return _plain(is_) == _plain(wanted)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


class _Telling(Template):
    """A template whose texts tell where they come from."""

    @override
    def render(self, *args: Any, **fields: Any) -> str:
        name = (self.name or "").removesuffix(".txt.j2")
        return Shown(super().render(*args, **fields), name, fields)


_calls_nobody = texts.calls_nobody


def _still_told(text: str) -> str:
    plain = _calls_nobody(text)
    return text._same(plain) if isinstance(text, Shown) else plain


def _tell() -> None:
    texts._ENV.template_class = _Telling
    if texts._ENV.cache is not None:
        texts._ENV.cache.clear()
    texts.calls_nobody = _still_told


_tell()
