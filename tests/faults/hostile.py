"""Hostile strings: what people can type to make a program misread, mis-store, misrender or run it (threats 10-17)."""

import json
import random
from typing import Final

CANARY: Final = "zx7canary"
"""Stands in every string that is long enough; wherever it is found in clear, something leaked."""

FRAGMENTS: Final[tuple[str, ...]] = (
    # codes of the platform, and everybody
    *("[CQ:at,qq=all]", "[CQ:image,file=file:///etc/passwd]", "[CQ:reply,id=1]", "&#91;CQ:at&#44;qq=all&#93;"),
    *("[CQ:", "@全体成员", "＠全体成员", "@ all", "@everyone", "[at:qq=10001]", "<qqbot-at-everyone />"),
    # direction, width, nothing at all
    *(
        "\u202e反过来\u202c",
        "\u2066\u2067\u2069",
        "\u200b\u200c\u200d",
        "\ufeff",
        "\u00ad",
        "\u2060",
        "\u180e",
        "\u3164",
    ),
    *("مرحبا", "שלום", "\u0627\u0651\u064b", "ＡＢＣ１２３", "Ⅷ①㈱", "ﷺ", "İıſK"),
    "e" + "\u0301" * 80,
    *("👩‍👩‍👧‍👦", "🇨🇳🇨", "👍🏿", "\U000e0041", "\U0001f468\u200d", "𝕬", "𠮷", "\U0010ffff"),
    # what databases, loggers and parsers trip over
    *("\x00", "\ud800", "\udfff\ud800", "\x1b[31m", "\x07\x08\x7f", "\x85\u2028\u2029", "\r\n\r", "\t", "\ufffe\uffff"),
    *("'; DROP TABLE people; --", "' OR 1=1 --", "\\'", "\\x00", "%00", "%s%n%d", "{0.__class__}", "{}", "{{}}"),
    *("<red>x</red>", "${jndi:ldap://x}", "$(id)", "`id`", "| cat", "&& rm"),
    # formulas
    *("=1+1", '=HYPERLINK("http://x","y")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\n=1", "＝1+1"),
    # pages and templates
    *("<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", '"><svg/onload=alert(1)>', "<!--", "]]>"),
    *("javascript:alert(1)", "{{7*7}}", "{% include '/etc/passwd' %}", "{{''.__class__}}", "{#", "&lt;b&gt;", "&amp;"),
    # paths
    *("../../../../etc/passwd", "..\\..\\con", "file:///etc/shadow", "C:\\nul", "\\\\host\\share", "a/b.html"),
    # what looks like our own
    *(
        "#T4821",
        "T100",
        "K101",
        "#W999",
        "①",
        "1",
        "同意",
        "/谈心 开始",
        "帮助",
        "（可能重复）",
        "C-20261124-0001",
        "：",
        "，",
    ),
    *(
        "林晓舟",
        "团支书",
        "系统",
        "知心",
        "2026-11-24",
        "2026-02-30",
        "99999999999999999999",
        "-1",
        "1e9",
        "NaN",
        "٣",
        "〇",
    ),
)
LENGTHS: Final = (1, 2, 3, 7, *(20, 40, 80, 120) * 5, 200, 500, 1_000, 3_000)
HUGE: Final = (8_000, 20_000, 65_536)
ALPHABETS: Final = ((0x20, 0x7F), (0x80, 0x250), (0x300, 0x370), (0x590, 0x700), (0x4E00, 0x9FFF), (0x0, 0x10FFFF))


class Hostile:
    """Makes hostile strings, from fragments and from any characters at all, of one character up to 64 KiB."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def make(self) -> str:
        """One more string; one in a thousand is huge."""
        length = self._dice.choice(HUGE) if self._dice.random() < 0.001 else self._dice.choice(LENGTHS)
        parts = [self._part() for _ in range(self._dice.randint(1, 5))]
        if length > len(CANARY):
            parts.insert(self._dice.randrange(len(parts) + 1), CANARY)
        text = "".join(parts)
        if length >= 1_000:  # only long ones are filled up: most of what people type is short
            text = (text * (length // len(text) + 1))[:length]
        return json.loads(json.dumps(text[:length]))  # as it comes over the wire: two halves in a row are a character

    def _part(self) -> str:
        if self._dice.random() < 0.75:
            return self._dice.choice(FRAGMENTS)
        low, high = self._dice.choice(ALPHABETS)
        return "".join(chr(self._dice.randint(low, high)) for _ in range(self._dice.randint(1, 20)))
