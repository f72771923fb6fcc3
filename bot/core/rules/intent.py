"""用意 What people mean who do not use our words: a command, courtesy, or nothing.

No language model and no service: a linear scale over the pieces of one to three characters of a sentence and over what
it speaks of (a coming time, a number of people, a reference). Its weights are learned from the invented sentences of
``templates/speech/said`` by ``make speech``; reading takes time in the length of what was said.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

from bot.core.rules.text import fold

LONGEST: Final = 120
"""Characters of a sentence that are looked at; who writes more tells something, and names no command."""
_NUMBER: Final = re.compile(r"[0-9]+")
_REF: Final = re.compile(r"#?[a-z][0-9]{3,6}(?![0-9a-z])")
_NO: Final = re.compile(r"不(?!好意思|错|知道|晓得|懂|会用)|别(?!人|的)|没(?!人接|处理|做|办完)|勿|莫|甭")
_DROPPED: Final = re.compile(r"[\s,，.。!！?？~～…:：;；、\\\"“”'‘’()（）【】<>《》]+")
_FILLERS: Final = re.compile(r"知心|请问一下|请问|麻烦你?|那个|这个|就是|嗯+|啊+|呀|哈+|嘛|呗|哦|噢|哎|诶|唉|了吧|一下")
_SIGNS: Final = tuple(
    (name, re.compile(sign))
    for name, sign in {
        "<每>": r"每(天|日|周|个?星期|个?礼拜|月|年|季|个?工作日|隔)",
        "<将>": r"明[天早晚日]|后天|今晚|今天下午|下个?(周|月|星期|礼拜)|周[一二三四五六日末]|[0-9]{1,2}[号月日]|元旦",
        "<曾>": r"昨|前天|上[个]?(周|星期|礼拜|月)|刚才?|今早|早上|上午",
        "<点>": r"[0-9一二三四五六七八九十两]{1,3}点|[0-9]{1,2}:[0-9]{2}|[早晚]上|下午|半小时",
        "<人>": r"[0-9一二三四五六七八九十两]{1,4}来?[个人名位]|来了|实到|到场",
        "<地>": r"社区|村|室|馆|操场|球场|公园|门口|楼|院|书屋|礼堂|车间|站点",
        "<愿号>": r"w[0-9]{3,6}", "<声号>": r"v[0-9]{3,6}", "<谈号>": r"t[0-9]{3,6}", "<动号>": r"a[0-9]{3,6}",
        "<醒号>": r"r[0-9]{3,6}", "<源号>": r"s[0-9]{3,6}", "<数>": r"(?<![a-z0-9])[0-9]{4}(?![0-9])",
        "<码>": r"[a-z][0-9]-[a-z0-9]{2}-[a-z0-9]{2}", "<问>": r"[?？]|吗|么|啥|谁|哪|几|多少|咋",
        "<池>": r"池", "<愿>": r"愿", "<课>": r"团课|团日|志愿|球|读书|讲座|分享",
    }.items()
)  # fmt: skip
"""What a sentence speaks of, whatever its words: repeating, coming and past times, an hour, a number of people, …"""


@dataclass(frozen=True, slots=True)
class IntentReading:
    """用意判断: an intent (a command's id, or a word of ``others``), how sure, and how far ahead of the next one."""

    intent: str
    sure: float
    ahead: float


def negates(text: str) -> bool:
    """Whether a no stands in it."""
    return _NO.search(text) is not None


def pieces(text: str) -> set[str]:
    """What a sentence is seen as: a number is ``0``, a reference ``@``; marks and fillers are left out."""
    folded = "".join(map(fold, text[:LONGEST]))
    bare = _FILLERS.sub("", _NUMBER.sub("0", _REF.sub("@", folded)))
    plain = f"^{_DROPPED.sub('', bare)}$"
    found = {plain[at : at + size] for size in (1, 2, 3) for at in range(len(plain) - size + 1)}
    signs = [name for name, sign in _SIGNS if sign.search(folded)]
    return (found - {"^", "$"}) | set(signs) | {one + other for one in signs for other in signs if one < other}


class Intents:
    """用意衡量: the scale of every intent, read once, for words to the bot that nothing else takes."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._kinds: tuple[str, ...] = tuple(data["kinds"])
        self._bias: tuple[float, ...] = tuple(data["bias"])
        self.others = frozenset(data["others"])
        """What is no command: courtesy, small talk, a question about what is kept."""
        self._negates = frozenset(data["negates"]) | self.others
        self._weights: dict[str, tuple[tuple[int, float], ...]] = {}
        for line in data["weights"].split("\n"):
            if line:
                piece, *told = line.split(" ")
                pairs = (one.split(":") for one in told)
                self._weights[piece] = tuple((int(kind), int(weight) * data["unit"]) for kind, weight in pairs)

    def ranked(self, text: str, among: Collection[str]) -> list[IntentReading]:
        """What this may mean, of these, the surest first. What a sentence negates is never among it."""
        known = [weights for piece in pieces(text) if (weights := self._weights.get(piece)) is not None]
        length, sums = sqrt(len(known)) or 1.0, list(self._bias)
        for weights in known:
            for kind, weight in weights:
                sums[kind] += weight / length
        may = among if not negates(text) else self._negates & set(among)
        scores = sorted(((sums[at], kind) for at, kind in enumerate(self._kinds) if kind in may), reverse=True)
        ahead = [one - other for (one, _), (other, _) in zip(scores, [*scores[1:], (-9.0, "")], strict=False)]
        return [IntentReading(kind, sure, by) for (sure, kind), by in zip(scores, ahead, strict=True)]
