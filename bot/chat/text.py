"""Words for what the bot has to say: templates, labels and the numbers and times in them."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined

from bot.clock import SHANGHAI
from bot.core.question import Question
from bot.core.rules.after_danger import DangerTopics
from bot.core.rules.answering import Answers
from bot.core.rules.consent import ConsentScope, ConsentText, ConsentTexts
from bot.core.rules.crisis import CrisisWords, Hotline
from bot.core.rules.crisis_scale import CrisisScale, Families
from bot.core.rules.homophones import Homophones
from bot.core.rules.intent import Intents
from bot.core.rules.narrowing import Courtesy
from bot.core.rules.pleasantry import PleasantryWords
from bot.core.rules.privacy import SensitiveWords
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import from_plain
from bot.core.shipped import TEMPLATES, joined, labels, own_or_shipped, shipped
from bot.store.outbox import Words

GROUP_TAIL: Final = 4
"""Characters of a group's id that people are shown (群尾号 0001)."""
CIRCLED: Final = "①②③④⑤⑥⑦⑧⑨"


def wish_kinds() -> tuple[str, ...]:
    """The kinds of wishes that are offered, as many as a question can list."""
    return tuple(labels()["wish_kind"])[: len(CIRCLED)]


def option_words(kind: str) -> dict[str, str]:
    """The word of each option of this kind of question, as people see it."""
    return labels().get("option_" + kind.replace(".", "_"), {})


def further_words(kind: str) -> dict[str, str]:
    """Commands that are another word for an option while this kind of question is open (同意)."""
    return labels().get("also_" + kind.replace(".", "_"), {})


@lru_cache(maxsize=1)
def answers() -> Answers:
    """How people answer questions."""
    sounds = (TEMPLATES / "speech" / "homophones.txt").read_text(encoding="utf-8").splitlines()
    return Answers(shipped("speech", "answers.toml"), Homophones(sounds))


@lru_cache(maxsize=1)
def _who_sees() -> dict[str, str]:
    return shipped("speech", "who_sees.toml")


def who_sees(question: Question[Any]) -> str:
    """The answer to 谁会看到, as the question carries it."""
    told = _who_sees()
    return told[question.counter] if question.counter else told.get(question.feature, told["other"])


@lru_cache(maxsize=1)
def _narrowing_words() -> dict[str, dict[str, str]]:
    return shipped("narrowing", "words.toml")


def other_words(command: str) -> tuple[str, ...]:
    """Other ways of saying a command that narrows or protects; they stand in no menu."""
    return tuple(_narrowing_words()["said"].get(command, "").split())


def courtesy() -> Courtesy:
    """What may stand around a word that narrows or protects."""
    return Courtesy.from_data(_narrowing_words()["courtesy"])


@lru_cache(maxsize=1)
def command_texts() -> dict[str, dict[str, str]]:
    """Help, usage and example of each command, by its id; a feature may have its own beside its templates."""
    return joined(TEMPLATES / "chat" / "commands.toml", *sorted((TEMPLATES / "chat").glob("*/commands.toml")))


@lru_cache(maxsize=1)
def consent_texts() -> ConsentTexts:
    """The consent text in force of every scope."""
    texts = shipped("chat", "consent", "texts.toml")
    return ConsentTexts({scope: ConsentText(**texts[scope.value]) for scope in ConsentScope})


@lru_cache(maxsize=1)
def sayings() -> Intents:
    """What people mean who do not use our words."""
    return Intents(shipped("speech", "intents.toml"))


def label(kind: str, value: Any) -> str:
    """The Chinese label of an enum's value."""
    return labels()[kind][str(value)]


def labelled(kind: str) -> dict[str, str]:
    """The labels of a kind that may have none: what features add."""
    return labels().get(kind, {})


def local_day(value: datetime | date) -> str:
    """``11 月 24 日``."""
    day = value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value
    return f"{day.month} 月 {day.day} 日"


def known_group(native_id: str) -> str:
    """``群尾号 0001``: a group as people can tell it from their others; the platform's whole id is shown to nobody."""
    return f"群尾号 {native_id[-GROUP_TAIL:]}"


def local_time(value: datetime) -> str:
    """``11 月 24 日 19:05``."""
    return f"{local_day(value)} {value.astimezone(SHANGHAI):%H:%M}"


def full_day(value: datetime | date) -> str:
    """``2026 年 11 月 24 日``."""
    day = value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value
    return f"{day.year} 年 {local_day(day)}"


def spell_duration(value: timedelta | float) -> str:
    """A length of time in whole minutes or hours."""
    minutes = int((value.total_seconds() if isinstance(value, timedelta) else value) // 60)
    return f"{minutes} 分钟" if minutes < 120 else f"{minutes // 60} 小时"


def _sources() -> dict[str, str]:
    """Every template's text, read at the start: no file is opened while somebody is answered."""
    folder = TEMPLATES / "chat"
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.j2")}


def read_all() -> None:
    """Read every list of words that answers need, at the start."""
    for read in (labels, command_texts, consent_texts, answers, _who_sees, _calls, danger_topics, courtesy_words):
        read()
    sayings()


def _environment() -> Environment:
    # Plain text for chats: nothing of it is ever parsed again, so there is nothing to escape (segments only go out).
    env = Environment(  # noqa: S701
        loader=DictLoader(_sources()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        cache_size=-1,
    )
    return with_words(env)


def with_words(env: Environment) -> Environment:
    """The same with what templates may use: labels, and days and times in words."""
    env.filters |= {
        "day": local_day,
        "time": local_time,
        "full_day": full_day,
        "group": known_group,
        "duration": spell_duration,
    }
    env.globals |= {"label": label, "labelled": labelled, "circled": CIRCLED}
    return env


_ENV: Final = _environment()


def render(words: Words) -> str:
    """The text of a Say; fields are data and never templates (threat 11)."""
    return calls_nobody(_ENV.get_template(words.template + ".txt.j2").render(**from_plain(words.data)).strip())


def render_refusal(refusal: Refusal) -> str:
    """The sentence of a refusal: what happened and one next step."""
    return calls_nobody(_ENV.get_template(refusal.template + ".txt.j2").render(**refusal.details).strip())


def calls_nobody(text: str) -> str:
    """Without the ``@`` that calls everybody, which only people's own words can bring in (P22, K4)."""
    return _calls().sub("", text) if "@" in text or "＠" in text else text


@lru_cache(maxsize=1)
def _calls() -> re.Pattern[str]:
    words = [*labels()["reserved_name"].values(), "all", "everyone"]
    # All signs before the word: taking one away must not leave another one standing before it.
    return re.compile(r"(?:[@＠]\s*)+(?=" + "|".join(map(re.escape, words)) + ")", re.IGNORECASE)


@lru_cache(maxsize=1)
def media_words() -> dict[str, str]:
    """Placeholders for what is not kept of a message, by its kind."""
    return labels()["media"]


def qq_risk_notice() -> str:
    """What an operator accepts before the door for own QQ accounts opens; docs/onebot.zh-CN.md says the same."""
    return (TEMPLATES / "risk" / "qq.txt.j2").read_text(encoding="utf-8").strip()


def repeated_mark() -> str:
    """What stands before a message that may have arrived once already."""
    return labels()["delivery"]["repeated"]


@lru_cache(maxsize=1)
def crisis_words() -> CrisisWords:
    """The word list of P27 and the scale beside it, as shipped."""
    families = Families(shipped("crisis", "families.toml"))
    scale = CrisisScale(families, shipped("crisis", "weights.toml"))
    return CrisisWords.from_data(shipped("crisis", "words.toml"), scale)


def hotlines(path: Path | None = None) -> tuple[Hotline, ...]:
    """The hotline table: the shipped one or the organ's own copy."""
    return Hotline.from_data(own_or_shipped(path, "crisis", "hotlines.toml"))


@lru_cache(maxsize=1)
def courtesy_words() -> PleasantryWords:
    """Greetings, thanks and 你是谁."""
    return PleasantryWords(shipped("speech", "courtesy.toml"))


@lru_cache(maxsize=1)
def danger_topics() -> DangerTopics:
    """What people ask or say after words of danger."""
    return DangerTopics(shipped("speech", "after_danger.toml"), crisis_words().replace)


@lru_cache(maxsize=1)
def sensitive_words() -> SensitiveWords:
    """The word list of sensitive matters (P9)."""
    return SensitiveWords.from_data(shipped("sensitive", "words.toml"))
