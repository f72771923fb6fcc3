"""选项的位置: numbers, 第二个, 最后一个, as people write them."""

import re
from collections.abc import Sequence
from typing import Final

CIRCLED: Final = "①②③④⑤⑥⑦⑧⑨"
HAN: Final = "一二三四五六七八九"
DIGITS: Final = {
    c: i
    for row in (CIRCLED, HAN, "123456789", "⑴⑵⑶⑷⑸⑹⑺⑻⑼", "❶❷❸❹❺❻❼❽❾", "壹贰叁肆伍陆柒捌玖")
    for i, c in enumerate(row, 1)
}
DIGITS["两"] = 2

_COUNT: Final = re.compile(
    r"(?:我|就|那|那就|我就|还是|嗯|好|好的|那我|要)?(?:选|选择|回|回复|按|挑|要)?(?:第)?([1-9一二三四五六七八九壹贰叁肆伍陆柒捌玖])"
    r"(?:个|号|项|种|那个|个吧|号吧)?(?:那个)?(?:吧|哈|啊|呀|啦|了|咯|哦|喔|的)*"
)
_LAST: Final = re.compile(
    r"(?:我|就|那|选|要|还是)*(?:最后|最下面|末尾|最末|倒数第一)(?:那)?(?:一)?(?:个|项|条|种)?(?:吧|啊|呀|的)*"
)
_ORDER: Final = re.compile(
    r"(?:我|就|那|选|要|还是)*(前一个|前面那个|前面的|前者|上面那个|上面的|第一个|后一个|后面那个|后面的|后者|下面那个|下面的|中间那个|中间的|中间)(?:吧|啊|呀|的)*"
)


def place_of(part: str, options: Sequence[str]) -> int | None:
    """Which option a part names by its place: from 1; -1 one that is not there; None it names none."""
    count = len(options)
    found = _COUNT.fullmatch(part)
    if found:
        place = DIGITS[found[1]]
        return place if place <= count else -1
    if _LAST.fullmatch(part):
        return -1 if options[-1] == "all" else count
    order = _ORDER.fullmatch(part)
    if not order:
        return None
    if order[1].startswith("中间"):
        return count // 2 + 1 if count % 2 else -1
    if order[1] == "第一个":
        return 1
    if count != 2:
        return -1
    return 1 if order[1][0] in "前上" else 2
