"""说不准的重复: words beside a repetition that change it as no rule here can say: it is asked, never guessed."""

import re
from typing import Final

from bot.core.rules.when.numbers import NUMBER
from bot.core.rules.when.patterns import WD, W

SO_MANY_DAYS: Final = re.compile(
    rf"(?:起|开始)[,，]?(?:连续|连着|一连|持续)?{NUMBER}(?:天|日|个?{W})(?![后之以内])"
    rf"|(?:连续|连着|一连){NUMBER}[天日](?=[早晚上下中每\d,， ]|$)"
)
"""从明天起连续7天: neither once nor for ever."""
_TWICE_A_DAY: Final = re.compile(r"早晚(?=都|各|两|[\d一二两三四五六七八九十])")
_WITHOUT: Final = re.compile(
    rf"(?:节假日|法定节|假期|假日|放假|寒暑?假|暑假|周末|{W}{WD})[^,，。;；]{{0,3}}(?:除外|不发|不用发|不算|不提醒|停发|跳过)"
)
_AND_WORKDAYS: Final = re.compile(rf"工作日[和及跟与、加]{W}|{W}[{WD[1:-1]}末][和及跟与、加]工作日")
_ONE_WEEK: Final = re.compile(
    rf"(?:这个?|本|下{{1,3}}个?){W}(?:{WD}(?:[到至~-]{W}?{WD})?)?的?(?:内|里|之前|以前|前)?[ ,，]*$"
)
"""下周每天: of one week, and not for ever."""


def is_doubtful(text: str, cycle_at: int) -> bool:
    """Whether a repetition is narrowed so; ``cycle_at``: where the words that say how often begin."""
    everywhere = (SO_MANY_DAYS, _TWICE_A_DAY, _WITHOUT, _AND_WORKDAYS)
    return any(one.search(text) for one in everywhere) or _ONE_WEEK.search(text[:cycle_at]) is not None
