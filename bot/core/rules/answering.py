"""回答: what somebody means who answers a question in their own words.

A few rules read a row of known words. A yes that gives, erases, leaves or sends is taken only where nothing else stands
beside it ("No is no", commands.md); what is not sure is ``UNCLEAR`` and asked again. Families are data
(``bot/templates/speech/answers.toml``).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.answer_places import CIRCLED, DIGITS, HAN, place_of
from bot.core.rules.answer_words import BREAK, QUESTION_MARK, Said, bare_word, parts_of_labels, read_words, spelt
from bot.core.rules.homophones import Homophones
from bot.core.rules.text import fold

LONGEST: Final = 60
"""Characters in which an answer is looked for; more is a text, and no answer in two words."""
_EITHER: Final = re.compile(r"(.)不\1(?:都|也)?(?:行|可以|好|无所谓|随便|一样|成)")
"""留不留都行: either is meant."""
_TAIL: Final = re.compile(r"(?:能|会|可以|还|有|算|是|要|用|得)[^不没]{1,14}(?:不|没|没有|不行)$")
"""还能再绑回来不: a question by its tail."""
_WHICH: Final = re.compile(r"[^还\d]{1,6}还是[^还\d]{1,6}")
"""新的还是旧的."""
_REFERENCE: Final = re.compile(r"[a-z]\d{3,6}(?!\d)")
"""收到 W5932 is about another thing than what is asked."""
_QUOTES: Final = "“”‘’「」『』\"'"
"""Words that somebody quotes are not their own."""
_JOINERS: Final = "\ufe0f\u200d\u20e3♀♂🏻🏼🏽🏾🏿"
"""What only changes how an emoji or a digit looks."""
_TIME: Final = re.compile(r"[\d一二三四五六七八九十两半][:点]|分钟|小时|钟头|\d点")
_ABOUT_US: Final = re.compile("看到|看见|知道|告诉|意思|怎么写|写什么|写啥|给谁|谁看|保密|真名|名字")
_SHORT: Final = 12
"""Characters: in content, only a short sentence is about the question itself."""


class Meant(StrEnum):
    """回答的意思: what an answer is."""

    OPTION = "option"
    TEXT = "text"
    """The words themselves, where the question takes any."""
    LATER = "later"
    """Not now: the question stays open and says nothing more (以后再说)."""
    CANCEL = "cancel"
    """算了: the question ends as its declaration says, never with what cannot be undone."""
    ASKED_BACK = "question_back"
    """A question about the question (谁会看到？)."""
    THANKS = "thanks"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Answer:
    """回答: what was meant, with the option's key or the words themselves."""

    meant: Meant
    value: str = ""


_HARMLESS: Final = frozenset(("filler", "light", "thanks", "assent", "secret"))
"""What may stand beside a yes that gives, erases, leaves or sends; anything else makes it unclear."""
_ASKED_BACK: Final = Answer(Meant.ASKED_BACK)
UNCLEAR: Final = Answer(Meant.UNCLEAR)
AMBIGUOUS: Final = Answer(Meant.UNCLEAR, "ambiguous")
"""Words that are known and leave it open: no free text either (明天, where an hour is asked)."""


@dataclass(frozen=True, slots=True)
class Form:
    """问题的样子: how the answers of one kind of question are read (data).

    ``yes`` and ``no`` name the options that a yes and a no choose. ``strict``: options that nothing but a clear answer
    chooses. ``negated``: what the denial of an option means, option by option. ``by_word``: options that no number
    chooses. ``assent``: whether a plain 好的 is a yes.
    """

    yes: str = ""
    no: str = ""
    """Declared by the question, as is ``cancel``; not in the data."""
    cancel: str = ""
    later: str = ""
    strict: frozenset[str] = frozenset()
    by_word: frozenset[str] = frozenset()
    assent: bool = True
    lenient: bool = False
    """Its text is heard anyway, and an option counts also in a sentence that asks politely (能陪陪我吗)."""
    hears: bool = False
    """It takes any words beside its options, so that an option is nothing but its word."""
    prefer: str = ""
    """The option that is meant where it is named beside another (现在不方便，晚上行)."""
    negated: Mapping[str, str] = field(default_factory=dict[str, str])
    say: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Phrases by option, and by family where this question reads a word differently from others."""
    text: str = ""
    """What free words are: ``any`` words, ``content`` to be kept, a ``name``, a ``time``; empty: nothing."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Form":
        """Read a form from the data file; raises ``TypeError`` naming what it does not know."""
        sets: dict[str, Any] = {key: frozenset(data.get(key, ())) for key in ("strict", "by_word")}
        return cls(**{**data, **sets})


class Answers:
    """回答用语: the families of ``templates/speech/answers.toml`` and the forms of all questions, read once."""

    def __init__(self, data: Mapping[str, Any], homophones: Homophones) -> None:
        self._general: dict[str, str] = {}
        for family, phrases in data["family"].items():
            for word in spelt(phrases):
                self._general.setdefault(word, family)
        self._emoji = {sign: word for word, signs in data["emoji"].items() for sign in signs}
        self._forms = {kind.replace("/", "."): Form.of(form) for kind, form in data["question"].items()}
        self._people = tuple(data["people"]["after_name"])
        self._who_sees = frozenset(spelt(data["who_sees"]["words"]))
        self._around = "|".join(map(re.escape, data["by_word"]["around"]))
        self._homophones = homophones

    def cancels(self, text: str) -> bool:
        """Whether these words are 算了 or one of its family and nothing else."""
        plain = self._plain(text[: LONGEST + 1])
        told = read_words(plain, self._general)
        return (
            len(plain) <= LONGEST
            and told.rest == 0
            and "cancel" in told.families
            and not told.families & {"not", "ask"}
        )

    def asks_who_sees(self, text: str) -> bool:
        """Whether these words are 谁会看到 and nothing else."""
        return len(text) <= LONGEST and bare_word(text.strip().rstrip("?？")) in self._who_sees

    def form(self, kind: str) -> Form:
        """The form of a kind of question; an empty one for who has none."""
        return self._forms.get(kind, Form())

    def read(
        self,
        kind: str,
        options: Sequence[str],
        labels: Mapping[str, str],
        text: str,
        *,
        no: str = "",
        cancel: str = "",
    ) -> Answer:
        """What ``text`` means as an answer to a question of this kind; ``labels``: the options as people see them.

        ``no`` and ``cancel``: the options that a no and 算了 choose, as the question declares them.
        """
        form = replace(self.form(kind), no=no, cancel=cancel or no)
        plain = self._plain(text[: LONGEST * 8])
        if not plain or _REFERENCE.search(plain):
            return UNCLEAR
        if len(plain) > LONGEST:
            return Answer(Meant.TEXT, text.strip()) if form.text == "any" else UNCLEAR
        number = _number(plain, options, form, self._general)
        if number is not None:
            return number
        words = self._words(form, options, labels)
        found = UNCLEAR
        quoted = any(sign in text.strip() for sign in _QUOTES) and not self._is_word(plain, form, labels)
        if form.lenient:  # the first words decide: 不用了，我缓缓就好
            first = BREAK.split(plain)[0].split(" ")[0]
            found = self._decide(form, options, read_words(first, words), first)
        if found.meant is not Meant.OPTION:
            found = self._decide(form, options, read_words(plain, words), plain)
        if found.value in form.by_word and not self._is_word(plain, form, labels):
            found = UNCLEAR
        if (quoted or QUESTION_MARK in plain) and found.meant is Meant.OPTION and found.value in form.strict:
            found = UNCLEAR
        if found is UNCLEAR and not form.text:
            found = self._misspelt(form, options, words, plain)
        return self._text(form, text, plain, found)

    def _is_word(self, plain: str, form: Form, labels: Mapping[str, str]) -> bool:
        """Whether this is what only its own words choose, with nothing but courtesy around them (确认删除，谢谢)."""
        words = (re.escape(bare_word(labels.get(option, ""))) for option in form.by_word)
        said = "".join(map(bare_word, BREAK.split(plain)))
        return any(re.fullmatch(f"(?:{self._around})*{word}(?:{self._around})*", said) for word in words)

    def _plain(self, text: str) -> str:
        told = "".join(self._emoji.get(char, char) for char in text if char not in _JOINERS)
        folded = "".join(map(fold, unicodedata.normalize("NFKC", _keep_circled(told))))
        return " ".join(folded.split()).strip(" ,.;!~…'\"“”‘’「」()（）。，；！、")

    def _words(self, form: Form, options: Sequence[str], labels: Mapping[str, str]) -> dict[str, str]:
        """Every known word of this question and what it is; the question's own meaning goes before the general one."""
        words = dict(self._general)
        if len(options) > 1:
            words |= {
                f"第{n}{of}": "=" + o for i, o in enumerate(options) for n in (i + 1, HAN[i]) for of in "个项种号位"
            }
        for option, told in parts_of_labels(options, labels, self._people).items():
            words |= dict.fromkeys(told, "=" + option)
        for key, phrases in form.say.items():
            family = "=" + key if key in options else key
            if key.startswith("~") and key[1:] not in options:
                continue
            words |= dict.fromkeys(spelt(phrases), family)
        for option in options:
            label = bare_word(labels.get(option, ""))
            if label:
                words[label] = "=" + option
        return words

    def _decide(self, form: Form, options: Sequence[str], read: Said, plain: str) -> Answer:
        has = read.families
        if "clash" in has or ("unclear" in has and not read.sure) or _EITHER.search(plain):
            return AMBIGUOUS
        if self._asks(form, read, plain):
            return UNCLEAR if plain.endswith(QUESTION_MARK) and not read.rest and read.sure else _ASKED_BACK
        firm = [option for option, alone in read.sure.items() if alone and option not in form.strict]
        refusal = self._refusing(form, options, read)
        if "later" in has and len(firm) != 1 and refusal is None:
            return Answer(Meant.OPTION, form.later) if form.later in options else Answer(Meant.LATER)
        if refusal is not None:
            return refusal
        if read.doubled:
            return UNCLEAR
        return self._chosen(form, options, read)

    def _asks(self, form: Form, read: Said, plain: str) -> bool:
        """Whether a question came back instead of an answer."""
        if form.lenient and read.sure and "ask" not in read.families:
            return False
        if plain.endswith(QUESTION_MARK) or "ask_softly" in read.families:
            return True
        if "ask" in read.families:
            return read.asked_beside or not any(read.sure.values())
        open_end = not read.sure and not read.families & {"no", "cancel"}
        return open_end and bool(_TAIL.search(plain) or _WHICH.fullmatch(plain))

    def _refusing(self, form: Form, options: Sequence[str], read: Said) -> Answer | None:
        """A no, or 算了, as this question means it; None: it is none."""
        has, no = read.families, form.no if form.no in options else ""
        cancel = form.cancel if form.cancel in options else ""
        others = set(read.sure) - {no}
        if read.doubled or others & set(form.strict) or ("cancel" not in has and others):
            return None
        if (form.lenient or form.hears) and read.rest and "cancel" not in has:
            return None  # 不要丢下我 is no answer, but heard
        if "irony" in has and (form.yes in read.denied or not read.sure):
            return Answer(Meant.OPTION, no) if no else UNCLEAR
        if "cancel" in has and not others:
            return Answer(Meant.OPTION, cancel) if cancel else Answer(Meant.CANCEL)
        if "no" in has and not read.sure and not read.denied - {form.yes}:
            return Answer(Meant.OPTION, no) if no else UNCLEAR
        return None

    def _chosen(self, form: Form, options: Sequence[str], read: Said) -> Answer:
        has, sure = read.families, dict(read.sure)
        if form.prefer in sure:
            sure = {form.prefer: sure[form.prefer]}
        if has & {"exclude", "both"} and "all" not in sure:
            return UNCLEAR
        if (form.lenient or form.hears) and read.rest and not sure:
            return UNCLEAR
        denials = {form.negated.get(key, form.no if key == form.yes else "") for key in read.denied} - {""}
        if not sure and len(denials) == 1:
            meant = denials.pop()
            return Answer(Meant.OPTION, meant) if meant in options else UNCLEAR
        if not sure and has & {"assent", "grudging"} and form.assent and form.yes in options and not read.denied:
            return self._assented(form, read)
        if len(sure) != 1 or read.denied & set(sure):
            return self._thanked(read) if not sure and not read.denied else UNCLEAR
        return self._named(form, read, *next(iter(sure.items())))

    def _named(self, form: Form, read: Said, option: str, alone: bool) -> Answer:
        """One option was named: whether it was meant, with what was said beside it."""
        has = read.families
        doubtful = bool(has & {"if", "other_will", "only", "grudging"}) or ("but" in has and "secret" not in has)
        aside = has - _HARMLESS - ({"but"} if "secret" in has else set[str]())
        if option in form.strict and (doubtful or not alone or read.rest or read.denied or aside):
            return UNCLEAR
        hedged = "but" in has and has & {"not", "no", "only"} and "secret" not in has
        if (
            hedged
            or has & {"if", "other_will", "irony"}
            or ("not" in has and not (alone or form.lenient or option in read.refusing))
        ):
            return UNCLEAR
        if (form.lenient and not alone and option not in read.long) or (form.hears and not alone):
            return UNCLEAR
        return Answer(Meant.OPTION, option)

    def _assented(self, form: Form, read: Said) -> Answer:
        doubtful = bool(read.families & {"if", "other_will", "only", "but", "not", "no"})
        if form.yes in form.strict or doubtful or read.rest > (0 if form.lenient else 6):
            return UNCLEAR
        return Answer(Meant.OPTION, form.yes)

    def _thanked(self, read: Said) -> Answer:
        return Answer(Meant.THANKS) if "thanks" in read.families and "not" not in read.families else UNCLEAR

    def _misspelt(self, form: Form, options: Sequence[str], words: Mapping[str, str], plain: str) -> Answer:
        """An option's word written with characters that sound the same; never a strict yes."""
        known = {word: family for word, family in words.items() if family[:1] == "=" and len(word) > 1}
        meant = {option for clause in BREAK.split(plain) for option in self._sounds_like(clause, form, known)}
        option = meant.pop() if len(meant) == 1 else ""
        return Answer(Meant.OPTION, option) if option in options and option not in form.strict else UNCLEAR

    def _sounds_like(self, clause: str, form: Form, known: Mapping[str, str]) -> Iterable[str]:
        told = bare_word(clause).rstrip("了吧啊呀啦的")
        key = self._homophones.key(told)
        for word, family in known.items() if key is not None and len(told) > 1 else ():
            said = word.rstrip("了吧啊呀啦的")
            if said != told and self._homophones.key(said) == key:
                yield family[1:]
            elif family[1:] == form.yes and form.no and self._homophones.key("不" + said) == key:
                yield form.no

    def _text(self, form: Form, text: str, plain: str, found: Answer) -> Answer:
        """The words themselves, where the question takes them and they are nothing else."""
        if not form.text:
            return found
        if form.text == "name" and (called := _name(text)):
            return Answer(Meant.TEXT, called)
        if form.text == "time" and _TIME.search(plain) and found.meant in (Meant.LATER, Meant.UNCLEAR):
            return Answer(Meant.TEXT, text.strip())
        if form.text == "time" and found.meant is Meant.LATER:
            return AMBIGUOUS  # the hour is what is asked
        if form.text == "content" and found.meant in (Meant.LATER, Meant.ASKED_BACK):
            about_us = found.meant is Meant.LATER or _ABOUT_US.search(plain)
            return found if about_us and len(plain) <= _SHORT else Answer(Meant.TEXT, text.strip())
        if found.meant is Meant.UNCLEAR and (found is not AMBIGUOUS or form.text == "any"):
            return Answer(Meant.TEXT, text.strip())
        return found


def _number(plain: str, options: Sequence[str], form: Form, general: Mapping[str, str]) -> Answer | None:
    """The option that a number alone names, with courtesy and remarks around it; None: no number was said."""
    parts = [part for part in re.split(r"[ ,，.。;；!！\n、~～…:：]+", plain) if part]
    places = [
        (at, place) for at, part in enumerate(parts) if (place := place_of(part.strip("\"'“”?"), options)) is not None
    ]
    if not places:
        return None
    at, told = places[0]
    before = read_words("".join(parts[:at]), general)
    if before.rest > 2 or before.families - {"filler", "light", "thanks", "assent"}:
        return None
    option = options[told - 1] if 0 < told <= len(options) else ""
    if len(places) > 1 or not option or option in form.by_word or QUESTION_MARK in plain:
        return UNCLEAR
    after = read_words("".join(parts[at + 1 :]), general)
    doubtful = after.families & {"if", "other_will", "only", "later", "cancel"} or (
        after.families & {"but", "not", "no", "ask"} and "secret" not in after.families
    )
    return UNCLEAR if doubtful and not form.lenient else Answer(Meant.OPTION, option)


def _keep_circled(text: str) -> str:
    """Circled digits in their plain form would be read as part of a number."""
    return "".join(f" {DIGITS[c]} " if c in CIRCLED + "⑴⑵⑶⑷⑸⑹⑺⑻⑼❶❷❸❹❺❻❼❽❾" else c for c in text)


_CALLED: Final = re.compile(
    r"(?:你们?|那|就|以后|可以|还是|请|平时|大家|别人|同学|朋友|他们|都|一般|嗯|好)*"
    r"(?:(?:喊|叫|称呼|管|写|用)我(?:叫|作|做|为)?|我(?:就)?(?:叫|是)(?:做)?|我的?(?:名字|称呼|昵称|网名|外号|小名)(?:是|叫)|(?:名字|称呼|昵称)(?:就)?(?:叫|写|用|填|是))"
    r"(?P<name>[^,，。.!！?？]{1,20}?)(?:就(?:行|好|可以|成|是)了?|吧|好了|哈|呀|啦|行了|谢谢.*)*[。.!！~～]*"
)


def _name(text: str) -> str:
    """The name in 叫我阿凯就行; empty where none is told that way."""
    found = _CALLED.fullmatch(text.strip())
    return found["name"].strip("“”\"'「」 ") if found and found["name"] not in ("什么", "啥", "谁") else ""
