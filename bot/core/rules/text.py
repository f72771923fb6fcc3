"""Words as people type them: cleaning, command words, long answers; all in linear time (threats 14, 15, 17)."""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

T = TypeVar("T")

MAX_PATTERN_CHARS: Final = 4_000
"""Characters a regular expression may see at once (threat 15); longer text goes through ``windows``."""
MAX_MARKS: Final = 30
"""Combining marks kept after one base character: Unicode's stream-safe limit; more make NFC take quadratic time."""
MAX_HEAD: Final = 40
"""Characters of a message in which its command word is looked for; longer words do not exist."""
GLUED_CODE: Final = 10
"""Characters of a bind code (``CODE_LENGTH``): people paste it right behind the word."""
SUGGESTIONS: Final = 3
"""Commands named in the answer to an unknown word (commands.md)."""

NEGATIONS: Final = "不别没勿未莫甭非无"
SLASHES: Final = ("/", "／")
"""What makes words a command in a group."""
_AFTER_WORD: Final = ":,"  # after folding: also ： and ，
_LAST_MARKS: Final = ".!~。…"  # after folding; a question mark is left out: 「确认删除？」 is no order
_DROPPED: Final = dict.fromkeys(
    [c for c in range(0xA0) if (c < 0x20 or c > 0x7E) and c not in (0x09, 0x0A)]
    + [*range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
)
_WIDTH: Final = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {ord("—"): ord("-"), ord("\u2013"): ord("-")}
# Shown as nothing, yet letters or marks to Unicode: fillers, joiners and selectors that make two names look the same.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)


def clean(text: str) -> str:
    """The form in which text enters the bot: no NUL, controls or lone surrogates, line ends as ``\\n``, NFC.

    Applying it twice changes nothing. Both databases and the spreadsheet writer take every string it returns.
    """
    if not text.isprintable():  # nothing that is dropped is printable
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_DROPPED)
    if text.isascii():
        return text
    # Cut before NFC because its time grows with the square of a run, and after because it can lengthen a run.
    return _limit_marks(unicodedata.normalize("NFC", _limit_marks(text)))


def _limit_marks(text: str) -> str:
    if text.isascii() or not any(map(unicodedata.combining, text)):
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def is_invisible(char: str) -> bool:
    """Whether a character shows nothing and is no space: zero-width, bidi control, filler, selector, control."""
    return char in _BLANK or (unicodedata.category(char) in ("Cf", "Cc", "Cs") and not char.isspace())


@lru_cache(maxsize=8_192)  # chats use few characters; looking them up is six times as fast
def fold(char: str) -> str:
    """One character as matching sees it: half width, lower case, ``"\\n"`` or ``" "``, and ``""`` if invisible."""
    if char.isascii() and char > " ":
        return char.lower() if char != "\x7f" else ""
    if is_invisible(char):
        return ""
    if char in "\n\r\v\f\u0085\u2028\u2029":
        return "\n"
    if char.isspace():
        return " "
    low = char.translate(_WIDTH).lower()
    return low if len(low) == 1 else char


def plain_key(text: str) -> str:
    """The form in which command words are compared: width and case folded, no zero-width, single spaces, no edges."""
    return " ".join("".join(map(fold, text)).split())


def ends_of(text: str, most: int = MAX_PATTERN_CHARS) -> str:
    """What is looked at of a text, however long it is: all of it, or where it begins and where it ends."""
    return text if len(text) <= most else text[: most * 3 // 4] + "\n" + text[-most // 4 :]


def windows(text: str, size: int = MAX_PATTERN_CHARS, overlap: int = 64) -> Iterable[str]:
    """Pieces of at most ``size`` characters; they overlap, so no pattern shorter than ``overlap`` is missed."""
    if not 0 <= overlap < size:
        raise ValueError("the overlap must be shorter than the window")
    step = size - overlap
    return (text[i : i + size] for i in range(0, max(1, len(text) - overlap), step))


# --- command words ---------------------------------------------------------------------------------------------------


def after_slash(text: str) -> str | None:
    """What follows the ``/`` or ``／`` that makes words a command in a group; None where there is none."""
    start = _skip(text, 0)
    return text[start + 1 :] if text[start : start + 1] in SLASHES else None


def _skip(text: str, start: int) -> int:
    """The index of the first visible character that is no space; behind very much of nothing stands no command."""
    last = min(len(text), start + MAX_PATTERN_CHARS)
    while start < last and not fold(text[start]).strip():
        start += 1
    return start


def first_word(text: str) -> tuple[str, str]:
    """The characters up to the first space or ``： ，``, and the rest without outer spaces."""
    start = _skip(text, 0)
    end, last = start, min(len(text), start + MAX_PATTERN_CHARS)
    while end < last and not _is_border(fold(text[end])):
        end += 1
    return text[start:end], _rest(text, end)


def _is_border(folded: str) -> bool:
    return folded in (" ", "\n") or (folded != "" and folded in _AFTER_WORD)


def _rest(text: str, end: int) -> str:
    """The user's own words behind a command word, to which spaces and one ``： ，`` still belong."""
    end = _skip(text, end)
    if end < len(text) and fold(text[end]) in tuple(_AFTER_WORD):
        end += 1
    return text[end:].strip()


def match_word(text: str, words: Mapping[str, T]) -> tuple[T, str] | None:
    """The longest known command word at the head of ``text`` and the user's own words after it; None if there is none.

    Keys of ``words`` are in ``plain_key`` form; a word of two parts has one space in its key and takes any number.
    A word ends at a space, a line end, ``： ，``, the end, closing marks such as ``。``, or at a reference, a number of
    3 to 6 digits or a code that follows at once (``认领W4821``, ``签到0417``, ``绑定K7PD93QX2M``). So ``帮助我`` is not
    ``帮助``.
    """
    key = ""
    ends: list[tuple[str, int]] = []
    index = _skip(text, 0)
    while index < len(text) and len(key) <= MAX_HEAD and index <= MAX_HEAD * 8:
        char = fold(text[index])
        if char and key and _ends_here(text, index, char, key):
            ends.append((key, index))
        if char == "\n" or (char and char in _AFTER_WORD):
            break
        if char != " " or not key.endswith(" "):
            key += char
        index += 1
    else:
        if index >= len(text):
            ends.append((key.rstrip(" "), index))
    for word, end in reversed(ends):
        if word in words:
            closed = end < len(text) and fold(text[end]) in tuple(_LAST_MARKS)
            return words[word], ("" if closed else _rest(text, end))
    return None


def _ends_here(text: str, index: int, char: str, key: str) -> bool:
    if _is_border(char):
        return True
    if char in _LAST_MARKS:
        return _only_last_marks(text, index)
    return not key[-1].isascii() and (_is_reference(text, index) or _is_code(text, index))


def _only_last_marks(text: str, index: int) -> bool:
    tail = text[index : index + 8].strip()
    return len(text) - index <= 8 and all(fold(c) in ("", *_LAST_MARKS) for c in tail)


def _is_reference(text: str, index: int) -> bool:
    """Whether ``#W4821``, ``W4821``, ``#4821`` or ``4821`` and then nothing but a border stands at ``index``."""
    token = "".join(map(fold, text[index : index + 10]))
    digits = token[token.startswith("#") :]
    digits = digits[1:] if digits[:1].isascii() and digits[:1].isalpha() else digits
    count = 0
    while count < len(digits) and digits[count].isascii() and digits[count].isdigit():
        count += 1
    return 3 <= count <= 6 and (count == len(digits) or _is_border(digits[count]))


def _is_code(text: str, index: int) -> bool:
    """Whether a code of ``GLUED_CODE`` letters and digits, perhaps with dashes, stands there and then a border."""
    count, last = 0, ""
    for char in map(fold, text[index : index + 2 * GLUED_CODE]):
        if char.isascii() and char.isalnum():
            count += 1
        elif char != "-":
            return count == GLUED_CODE and last != "-" and (_is_border(char) or char in tuple(_LAST_MARKS))
        last = char
    return count == GLUED_CODE and last != "-"


def negated(told: str, known: str) -> bool:
    """Whether ``told`` says no where ``known`` does not: 不同意 is no way of saying 同意."""
    return any(told.count(char) > known.count(char) for char in NEGATIONS)


def nearest(word: str, words: Iterable[str], limit: int = SUGGESTIONS) -> tuple[str, ...]:
    """Known words most like an unknown one, best first: its beginning, few typing errors, one inside the other.

    Never the word that was just negated: to 不同意 nobody is asked whether they meant 同意.
    """
    told = plain_key(word[: MAX_HEAD * 2])[:MAX_HEAD]
    if not told:
        return ()
    meant = [known for known in words if not negated(told, known)]
    scored = [(score, at, known) for at, known in enumerate(meant) if (score := _likeness(told, known)) is not None]
    return tuple(known for _, _, known in sorted(scored)[:limit])


def _likeness(told: str, known: str) -> int | None:
    key = plain_key(known[:MAX_HEAD])
    if len(told) >= 2 and key.startswith(told):
        return 0
    errors = _distance(told, key)
    if errors <= min(len(told), len(key)) // 2:
        return errors
    return 2 if min(len(told), len(key)) >= 2 and (told in key or key in told) else None


def _distance(a: str, b: str) -> int:
    """Single-character errors (wrong, missing, added) between two short words."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


# --- long answers ----------------------------------------------------------------------------------------------------

_BREAKS: Final = ("\n", "。！？!?；;", "，,、：: \u3000")


def split_long(text: str, limit: int) -> list[str]:
    """Parts of at most ``limit`` characters, cut at line, then sentence, then phrase borders.

    Joined they are the text again. No cut falls inside a combining, emoji or flag sequence unless one alone is too
    long, and a part holds at least one character.
    """
    parts: list[str] = []
    start = 0
    while start < len(text):
        end = start + max(limit, 1)
        if end < len(text):
            end = _good_cut(text, start, end)
        parts.append(text[start:end])
        start = end
    return parts


def _good_cut(text: str, start: int, end: int) -> int:
    """The best place to cut in the later half of ``text[start:end]``."""
    middle = start + (end - start) // 2
    for marks in _BREAKS:
        for at in range(end, middle, -1):
            if text[at - 1] in marks and _may_cut(text, at):
                return at
    for at in range(end, start, -1):
        if _may_cut(text, at):
            return at
    return end


def _may_cut(text: str, at: int) -> bool:
    left, right = text[at - 1], text[at]
    if unicodedata.category(right)[0] == "M" or right in "\u200d\ufe0f\u20e3" or left == "\u200d":
        return False
    if "\U0001f3fb" <= right <= "\U0001f3ff" or "\U000e0020" <= right <= "\U000e007f" or "\udc00" <= right <= "\udfff":
        return False
    if not "\U0001f1e6" <= right <= "\U0001f1ff":
        return True
    flags = 0  # a flag is two indicators: cut only after an even number of them
    while flags < at and flags < MAX_HEAD and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return flags % 2 == 0
