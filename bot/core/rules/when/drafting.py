"""凑起一个时间: what day, hour and end the words of a text say together."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.core.rules.when.lexing import TimeText, TimeWord
from bot.core.rules.when.meant import DAY_KINDS, GLUE
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import Why

_BOTH: Final = re.compile("也行|也可以|也好|都行|都可以|均可|皆可")
_OTHER_DAY: Final = re.compile(r"[\u4e00-\u9fff](?:节|[天日]|那天|当天)的?[\s,，]*$")


@dataclass
class Draft:
    """凑起的时间: what one text has said so far."""

    days: list[TimeWord] = field(default_factory=list[TimeWord])
    others: list[list[TimeWord]] = field(default_factory=list[list[TimeWord]])
    """Further days that were offered: 周五或周六."""
    part: TimeWord | None = None
    clock: TimeWord | None = None
    offset: TimeWord | None = None
    end_days: list[TimeWord] = field(default_factory=list[TimeWord])
    end_part: TimeWord | None = None
    end_clock: TimeWord | None = None
    lasts: timedelta | None = None
    limit: bool = False
    several: list[TimeWord] = field(default_factory=list[TimeWord])
    """Further hours that were offered."""
    vague: Why | None = None
    never: bool = False
    repeats: bool = False
    pair: bool = False
    """七八点: the hour is one of two."""
    occasion: bool = False
    """下班后: an hour that nobody said."""
    unknown_day: bool = False
    """生日那天: a day that we do not know."""

    @property
    def empty(self) -> bool:
        """Whether it has said nothing of a time."""
        said = (
            self.days,
            self.part,
            self.clock,
            self.offset,
            self.vague,
            self.never,
            self.repeats,
            self.unknown_day,
            self.occasion,
        )
        return not any(said)


def drafted(words: TimeText, kept: list[TimeWord]) -> tuple[Draft, list[TimeWord]]:
    draft = Draft()
    used: list[TimeWord] = []
    mark = ""
    before: TimeWord | None = None
    ending = False
    for at, word in enumerate(kept):
        adjacent = before is not None and bool(GLUE.fullmatch(words.between(before, word)))
        if word.kind in ("fix", "alt", "upto", "not"):
            mark, before = word.kind, word
            used.append(word)
            continue
        if mark == "not" and word.kind in DAY_KINDS and any(later.kind in DAY_KINDS for later in kept[at + 1 :]):
            used.append(word)
            before, mark = word, ""
            continue
        if mark == "fix":
            draft, ending = _corrected(draft, word), False
        if mark == "upto":
            ending = adjacent and not draft.empty
        elif not adjacent:
            ending = False
        if mark not in ("alt", "fix") and not adjacent and _is_content(words, kept, at, draft):
            mark = ""
            continue
        if _take(draft, word, mark, ending=ending, adjacent=adjacent):
            used.append(word)
            before = word
        mark = ""
    hour = [word for word in (draft.part, draft.clock) if word is not None]
    before_what = any(word.kind == "shift" for word in words.words)
    draft.unknown_day = not draft.days and (before_what or any(_behind_a_day(words, word) for word in hour))
    used = _without_names(draft, used)
    return draft, _meant(used)


def _without_names(draft: Draft, used: list[TimeWord]) -> list[TimeWord]:
    """Beside a date, a festival that stands apart is what it is about: 9月28日 国庆主题团课."""
    phrases = [draft.days, *draft.others]
    dates = [words for words in phrases if any(word.kind != "festival" for word in words)]
    if len(phrases) == 1 or len(dates) != 1:
        return used
    names = [word for words in phrases if words is not dates[0] for word in words]
    draft.days, draft.others = dates[0], []
    return [word for word in used if word not in names]


def _is_content(words: TimeText, kept: list[TimeWord], at: int, draft: Draft) -> bool:
    """Whether a day without an hour, behind a whole time, is what that is for: 明天下午3点交周五的材料."""
    if kept[at].kind not in DAY_KINDS or not draft.days or draft.clock is None or _BOTH.search(words.text):
        return False
    following = kept[at + 1] if at + 1 < len(kept) else None
    has_hour = following is not None and following.kind in ("part", "clock")
    return not (has_hour and following is not None and GLUE.fullmatch(words.between(kept[at], following)))


def _behind_a_day(words: TimeText, word: TimeWord) -> bool:
    """Whether an hour stands right behind the name of a day that is none of ours: 校庆日上午9点, 第二天下午."""
    return bool(_OTHER_DAY.search(words.text[max(0, word.start - 6) : word.start]))


def _meant(used: list[TimeWord]) -> list[TimeWord]:
    """Without marks that stand beside no word of a time."""
    return [
        word for at, word in enumerate(used) if word.kind not in ("alt", "upto", "not", "fix") or 0 < at < len(used) - 1
    ]


def _corrected(draft: Draft, word: TimeWord) -> Draft:
    """What stays of a draft when ``word`` begins what is said instead."""
    if word.kind in DAY_KINDS:
        draft.days, draft.others = [], []
    elif word.kind in ("part", "clock"):
        draft.part = None if word.kind == "part" else draft.part
        draft.clock, draft.several = None, []
    draft.offset = None
    return draft


def _take(draft: Draft, word: TimeWord, mark: str, *, ending: bool, adjacent: bool) -> bool:
    """Put a word where it belongs; whether it was used."""
    kind = word.kind
    if kind == "festival" and draft.days and draft.clock and not ending:
        return False  # behind date and hour it is what the date is about
    if kind in DAY_KINDS:
        if ending:
            draft.end_days.append(word)
        elif (mark == "alt" and draft.days) or (draft.days and not adjacent and kind not in ("shift",)):
            draft.others.append([word])
        elif draft.others:
            draft.others[-1].append(word)
        else:
            draft.days.append(word)
    elif kind == "limit":
        if not adjacent:
            return False
        draft.limit = draft.limit or word.said not in ("起", "开始")
    elif kind == "part":
        if ending:
            draft.end_part = word
        elif draft.part is None:
            draft.part = word
        else:
            draft.several.append(word)
    elif kind == "clock":
        if ending:
            draft.end_clock = draft.end_clock or word
        elif draft.clock is None:
            draft.clock = word
            draft.pair = bool(word["c_pair"])
        else:
            draft.several.append(word)
    elif kind == "offset":
        return _take_offset(draft, word)
    elif kind == "vague":
        draft.vague = Why.VAGUE
    elif kind == "occasion":
        draft.occasion = True
    elif kind == "deadline":
        draft.limit = True
    elif kind == "never":
        draft.never = True
    elif kind == "repeat":
        draft.repeats = draft.repeats or adjacent or not (draft.days or draft.clock)
    return True


def _take_offset(draft: Draft, word: TimeWord) -> bool:
    if word["o_in"] or word["o_to"]:
        draft.offset = draft.offset or word
        return True
    length = length_of(word)
    if length is None or draft.lasts is not None:
        return False
    draft.lasts = length
    return True


def _count(words: str) -> float:
    return float(words) if "." in words else float(number(words) or 0)


def length_of(word: TimeWord) -> timedelta | None:
    """How long ``两个半小时`` is; None for units that are no length."""
    unit = word["o_u"]
    count = 0.5 if word["o_half"] else _count(word["o_n"])
    count += 0.5 if word["o_h"] or word["o_h2"] else 0
    if not count:
        return None
    match unit:
        case "分" | "分钟":
            return timedelta(minutes=count)
        case "刻钟":
            return timedelta(minutes=15 * count)
        case "小时" | "钟头":
            return timedelta(hours=count, minutes=number(word["o_m"]) or 0 if word["o_m"] else 0)
        case "天" | "日":
            return timedelta(days=count) if count == int(count) else None
        case "周" | "星期" | "礼拜":
            return timedelta(weeks=count) if count == int(count) else None
        case "月":
            return timedelta(days=15) if count == 0.5 else None
        case _:
            return None
