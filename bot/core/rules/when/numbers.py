"""数字: whole numbers as people write them in times, in digits or in Chinese."""

from typing import Final

_WRITTEN: Final = "零〇|一壹|二两俩贰|三仨叁|四肆|五伍|六陆|七柒|八捌|九玖"
_DIGITS: Final = {char: value for value, chars in enumerate(_WRITTEN.split("|")) for char in chars}
_TENS: Final = {"十": 10, "拾": 10, "廿": 20, "卅": 30}
_HUNDRED: Final = 100
HAN: Final = "".join((*_DIGITS, *_TENS, "百"))
NUMBER: Final = rf"(?:\d{{1,4}}|[{HAN}]{{1,6}})"
"""A pattern for what ``number`` reads."""


def number(words: str) -> int | None:
    """``28``, ``二十八``, ``廿八``, ``两``, ``一百二十``, digit by digit ``二零二六``; None if it is no number."""
    if words.isdigit() and words.isascii():
        return int(words)
    by_digit = len(words) in (1, 4) or (len(words) == 2 and words[0] in "零〇")  # 两三 is two or three, not 23
    if by_digit and all(char in _DIGITS for char in words):
        return int("".join(str(_DIGITS[char]) for char in words))
    head, hundred, rest = words.rpartition("百")
    if hundred and head and head not in _DIGITS:
        return None
    total = _DIGITS.get(head, 1) * _HUNDRED if hundred else 0
    below = _below_hundred(rest.lstrip("零〇") if hundred else rest)
    return None if below is None or not words else total + below


def _below_hundred(words: str) -> int | None:
    """``十``, ``二十八``, ``廿八``; None where the characters stand in no order of a number."""
    if not words or words in _DIGITS:
        return _DIGITS.get(words, 0)
    for at, char in enumerate(words):
        if char in _TENS:
            ones = words[at + 1 :]
            head = words[:at]
            if at > 1 or (at and (head not in _DIGITS or _TENS[char] != _TENS["十"])) or (ones and ones not in _DIGITS):
                return None
            return (_DIGITS[head] if head else 1) * _TENS[char] + (_DIGITS[ones] if ones else 0)
    return None
