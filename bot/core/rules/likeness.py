"""What a 称呼 looks like: an office, the bot, an instruction, or somebody else's name (threat 17).

Names are compared by a skeleton in which what the eye does not tell apart is the same: width, case, marks, spaces,
signs, letters of other scripts, traditional characters.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_LETTERS: Final = dict(
    zip(
        "аеорсухіјѕԁԛѡвкмнтзбгпАВЕКМНОРСТУХІЈЅαβεηικνορτυχωϲɑɡıℓ",
        "aeopcyxijsdqwbkmht36rnabekmhopctyxijsabenikvoptuxwcagil",
        strict=True,
    )
)
_DIGITS: Final = {"0": "o", "1": "l", "i": "l", "|": "l", "〇": "o", "○": "o"}
_TRADITIONAL: Final = """
幹干 書书 記记 員员 機机 團团 係系 繫系 統统 綁绑 碼码 發发 領领 導导 師师 點点 擊击 鏈链 驗验 證证 賬账 號号
轉转 錢钱 輔辅 長长 總总 務务 監监 營营 運运 辦办 聯联 絡络 絡络 級级 黨党 會会 組组 織织 縣县 區区 鄉乡 鎮镇
實实 習习 處处 檢检 測测 護护 衛卫 曉晓 劉刘 陳陈 張张 楊杨 趙赵 黃黄 吳吴 孫孙 馬马 羅罗 鄭郑 謝谢 許许 韓韩
馮冯 鄧邓 蕭萧 葉叶 蘇苏 盧卢 蔣蒋 賈贾 閻阎 龍龙 錢钱 湯汤 賀贺 賴赖 龔龚 顧顾 鄒邹 譚谭 萬万 單单 倫伦 偉伟
傑杰 華华 國国 麗丽 軍军 強强 紅红 蘭兰 鳳凤 飛飞 雲云 寶宝 鵬鹏 鴻鸿 艷艳 嬌娇 靜静 嵐岚 夢梦 瑩莹 銘铭 鋒锋
澤泽 濤涛 潔洁 瀟潇 爾尔 買买 維维 貴贵 賢贤 權权 樹树 楨桢 歡欢 樂乐 憶忆 懷怀 愛爱 慶庆 應应 達达 遠远 進进
連连 這这 齊齐 蓮莲 藝艺 誠诚 謙谦 詩诗 語语 讓让 識识 澤泽 維维 綺绮 綠绿 縈萦 繼继 續续 羨羡 翹翘 聖圣 聰聪
肅肃 膽胆 興兴 舊旧 節节 蔭荫 虛虚 裡里 觀观 親亲 覺觉 試试 詠咏 該该 詳详 調调
"""
_SAME: Final = {pair[0]: pair[1] for pair in _TRADITIONAL.split()}
_ALIKE: Final = {pair[0]: pair[1] for pair in ("曰日", "末未", "土士", "囗口", "已己", "巳己", "入人", "冃月")}

_OFFICES: Final = """
管理员 管理者 超级管理 超管 系统 官方 客服 机器人 小助手 助手 助理 知心 值班 干部 书记 团委 团支部 团组织 团总支
共青团 党委 支部 团工委 负责人 专干 干事 群主 群管 版主 站长 运营 审核 公告 通知 通告 提醒 警告 紧急 公安 民警
警察 法院 银行 辅导员 班主任 校长 县长 市长 领导 主任 记录中 停止记录 本系统 后台 咨询师 咨询员 心理老师
心理医生 青少年服务台 热线
"""
_LATIN: Final = """
admin administrator root system official zhixin robot chatbot moderator operator service support helpdesk staff
notice security bot
"""
_ORDERS: Final = """
绑定 绑定码 验证码 取件码 邀请码 密码 口令 链接 点击 点这 扫码 二维码 转账 汇款 红包 付款 打款 加我 加微信
加好友 微信号 发给我 发我 发来 告诉我 回复我 私聊我 私信 请把 请将 请回复 请发 请点 请加 请联系 请勿 务必 立即
马上 请输入 输入 下载 登录 登陆 确认删除 我同意 撤回 退出本 http www com/
"""
_NO_NAME: Final = re.compile(
    r"[:：;；@＠#＃\[\]【】〔〕|｜\\/／●◉🔴⚠📢🔔]|\d{5,}|\.(?:com|cn|net|org|cc|top)\b", re.IGNORECASE
)
_ADDED: Final = "老师|姐姐|哥哥|姐|哥|本人|真人|真|大号|小号|同志|先生|女士|的?助理|的?同事|一|二|[a-z0-9]{1,3}"
_WORD: Final = re.compile(r"[a-z]+")
LEAST: Final = 3
"""Letters of a name that is looked for inside another one; shorter ones are in many names by chance."""


@lru_cache(maxsize=4_096)
def skeleton(text: str) -> str:
    """What of a name the eye goes by."""
    plain = unicodedata.normalize("NFKD", text).casefold()
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


_OFFICE_KEYS: Final = tuple(skeleton(word) for word in _OFFICES.split())
_ORDER_KEYS: Final = tuple(skeleton(word) for word in _ORDERS.split())
_LATIN_KEYS: Final = frozenset(_as_letters(word) for word in _LATIN.split())
_LATIN_LONG: Final = tuple(word for word in _LATIN_KEYS if len(word) >= 5)


def misleads(name: str) -> bool:
    """Whether a 称呼 reads like an office, like the bot or its operators, or like an instruction."""
    if _NO_NAME.search(unicodedata.normalize("NFKC", name)) or _NO_NAME.search(name):
        return True
    key = skeleton(name)
    if any(word in key for word in (*_OFFICE_KEYS, *_ORDER_KEYS)):
        return True
    letters = _as_letters(key)
    words = {_as_letters(word) for word in _WORD.findall(_spaced(name))} | {letters}
    return bool(words & _LATIN_KEYS) or any(word in letters for word in _LATIN_LONG)


def _spaced(name: str) -> str:
    """Latin words as they stand apart in a name."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(_LETTERS.get(char, char) if char.isalnum() else " " for char in plain)


def passes_for(name: str, others: Iterable[str]) -> bool:
    """Whether a 称呼 would be taken for one of these people: the same to the eye, or theirs with something added."""
    key = _as_letters(skeleton(name))
    for other in others:
        theirs = _as_letters(skeleton(other))
        if not theirs:
            continue
        if key == theirs or (len(theirs) >= LEAST and theirs in key):
            return True
        if re.fullmatch(f"(?:{_ADDED})?{re.escape(theirs)}(?:{_ADDED})?", key):
            return True
    return False
