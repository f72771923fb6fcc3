"""What a 称呼 looks like: an office, the bot, an instruction, or somebody else's name (threat 17).

Names are compared by a skeleton in which what the eye does not tell apart is the same: width, case, marks, spaces,
signs, letters of other scripts, traditional characters.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from bot.core.rules.name_words import LATIN, LATIN_INSIDE, OFFICES, ORDERS, WHOLE

_LETTERS: Final = dict(
    zip(
        "аеорсухіјѕԁԛѡвкмнтзбгпАВЕКМНОРСТУХІЈЅαβεηικνορτυχωϲɑɡıℓոսօһցʀꜱᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘᴛᴜᴠᴡʏᴢᎪᎠᎷꮎꭰꭺꮇ",
        "aeopcyxijsdqwbkmht36rnabekmhopctyxijsabenikvoptuxwcagilnuohgrsabcdefghijklmnoptuvwyzadmodam",
        strict=True,
    )
)
_BOXED: Final = {
    chr(first + place): chr(ord("a") + place)
    for first in (0x1F150, 0x1F170, 0x1F1E6)  # in black circles, in black squares, as halves of flags
    for place in range(26)
}
"""Letters that are signs to Unicode."""
_DIGITS: Final = {"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "i": "l", "|": "l", "〇": "o", "○": "o"}
_TRADITIONAL: Final = """
幹干 書书 記记 員员 機机 團团 係系 繫系 統统 綁绑 碼码 發发 領领 導导 師师 點点 擊击 鏈链 驗验 證证 賬账 號号
轉转 錢钱 輔辅 長长 總总 務务 監监 營营 運运 辦办 聯联 絡络 絡络 級级 黨党 會会 組组 織织 縣县 區区 鄉乡 鎮镇
實实 習习 處处 檢检 測测 護护 衛卫 曉晓 劉刘 陳陈 張张 楊杨 趙赵 黃黄 吳吴 孫孙 馬马 羅罗 鄭郑 謝谢 許许 韓韩
馮冯 鄧邓 蕭萧 葉叶 蘇苏 盧卢 蔣蒋 賈贾 閻阎 龍龙 錢钱 湯汤 賀贺 賴赖 龔龚 顧顾 鄒邹 譚谭 萬万 單单 倫伦 偉伟
傑杰 華华 國国 麗丽 軍军 強强 紅红 蘭兰 鳳凤 飛飞 雲云 寶宝 鵬鹏 鴻鸿 艷艳 嬌娇 靜静 嵐岚 夢梦 瑩莹 銘铭 鋒锋
澤泽 濤涛 潔洁 瀟潇 爾尔 買买 維维 貴贵 賢贤 權权 樹树 楨桢 歡欢 樂乐 憶忆 懷怀 愛爱 慶庆 應应 達达 遠远 進进
連连 這这 齊齐 蓮莲 藝艺 誠诚 謙谦 詩诗 語语 讓让 識识 澤泽 維维 綺绮 綠绿 縈萦 繼继 續续 羨羡 翹翘 聖圣 聰聪 帳账 帐账
肅肃 膽胆 興兴 舊旧 節节 蔭荫 虛虚 裡里 觀观 親亲 覺觉 試试 詠咏 該该 詳详 調调
"""
_SAME: Final = {pair[0]: pair[1] for pair in _TRADITIONAL.split()}
_ALIKE: Final = {
    pair[0]: pair[1]
    for pair in ("曰日", "末未", "土士", "囗口", "已己", "巳己", "入人", "亻人", "冃月", "菅管", "埋理", "杋机", "糸系")
}

_NO_NAME: Final = re.compile(
    r"[:：;；@＠#＃\[\]【】〔〕「」『』|｜\\/／●◉🔴⚠📢🔔🤖🆘🚨🚫✅☑✔\u20e3①-⑳❶-❿➀-➓]|\d{5,}"
    r"|\.(?:com|cn|net|org|cc|top|tv|me|io)\b",
    re.IGNORECASE,
)
_TITLES: Final = "老师|姐姐|哥哥|姐|哥|同志|先生|女士|主任|科长|队长"
_ACCOUNTS: Final = (
    "的?(?:大|小|新|备用|备|工作|微信|真|一|二|两)?(?:账?号|助理|同事)|[一二]号|[a-z0-9]{1,3}号"
    "|备用|本人|真人|本尊|官方|分身"
)
_BEFORE: Final = "我是|我叫|这是|这里是|真的?|小|大|老|阿|[a-z0-9]{1,3}"
_BEHIND: Final = f"(?:{_TITLES})?(?:{_ACCOUNTS})?|真|一|二|呀|啊|哦|吧|呢|嘛|[a-z0-9]{{1,3}}|同学"
_WORD: Final = re.compile(r"(?=([a-z0-9]+))(?=([a-z]*))(?<![a-z])")
_PARTS: Final = re.compile(r"[\W_]+")
LEAST: Final = 3
"""Characters of a name that is looked for inside another one; shorter ones are in many names by chance."""
MANY: Final = 6
"""The same for a name in Latin letters."""


@lru_cache(maxsize=4_096)
def skeleton(text: str) -> str:
    """What of a name the eye goes by."""
    plain = unicodedata.normalize("NFKD", "".join(_BOXED.get(char, char) for char in text)).casefold()
    kept: list[str] = []
    for char in plain:
        if unicodedata.category(char)[0] not in "LN":
            continue
        char = _LETTERS.get(char, char)
        char = _SAME.get(char, char)
        kept.append(_ALIKE.get(char, char))
    return "".join(kept)


def _as_letters(text: str) -> str:
    return "".join(_DIGITS.get(char, char) for char in text)


_INSIDE: Final = tuple(skeleton(word) for word in f"{OFFICES}{ORDERS}".split())
_WHOLE: Final = frozenset(_as_letters(skeleton(word)) for word in WHOLE.split())
_LATIN_KEYS: Final = frozenset(_as_letters(word) for word in LATIN.split())
_LATIN_LONG: Final = tuple(_as_letters(word) for word in LATIN_INSIDE.split())
_ABOVE: Final = re.compile("[省市县区旗乡镇州校院系]委(?!屈|婉)|[会部处局]长(?!大(?!人)|[高胖成长])")


def misleads(name: str) -> bool:
    """Whether a 称呼 reads like an office, like the bot or its operators, or like an instruction."""
    if _NO_NAME.search(unicodedata.normalize("NFKC", name)) or _NO_NAME.search(name):
        return True
    key = skeleton(name)
    letters = _as_letters(key)
    if letters in _WHOLE or _ABOVE.search(key) or any(word in key for word in _INSIDE):
        return True
    words = {_as_letters(word) for found in _WORD.findall(_spaced(name)) for word in found}
    words |= {letters, _as_letters(key.strip("0123456789"))}
    return bool(words & _LATIN_KEYS) or any(word in letters for word in _LATIN_LONG)


def _spaced(name: str) -> str:
    """Latin words as they stand apart in a name."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(_LETTERS.get(char, char) if char.isalnum() else " " for char in plain)


def passes_for(name: str, others: Iterable[str]) -> bool:
    """Whether a 称呼 would be taken for one of these people: the same to the eye, theirs with something added, or what
    such a person is called (晓舟姐, 林老师). A given name alone is anybody's.
    """
    key = _as_letters(skeleton(name))
    parts = {_as_letters(skeleton(part)) for part in _PARTS.split(name)}
    return any(_is_like(key, parts, _as_letters(skeleton(other))) for other in others)


def _is_like(key: str, parts: set[str], theirs: str) -> bool:
    if not theirs:
        return False
    if theirs in parts or (len(theirs) >= (MANY if theirs.isascii() else LEAST) and theirs in key):
        return True
    if key.endswith(theirs) and len(theirs) > 1 and len(key) - len(theirs) > 1:
        return True  # 青禾周敏
    if re.fullmatch(f"(?:{_BEFORE})?{re.escape(theirs)}(?:{_BEHIND})", key):
        return True
    called = [re.escape(theirs[0]) + "(?:老师|主任|科长|同志)"]
    if 3 <= len(theirs) <= 4 and not theirs.isascii():
        called.append(f"(?:阿|小)?{re.escape(theirs[-2:])}(?:{_TITLES})")
    return not theirs.isascii() and re.fullmatch(f"(?:{'|'.join(called)})(?:{_ACCOUNTS})?", key) is not None
