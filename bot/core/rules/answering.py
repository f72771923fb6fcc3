"""回答: what somebody means who answers a question in their own words.

A few rules read a row of known words. A yes that gives, erases, leaves or sends is taken only where nothing else stands
beside it ("No is no", commands.md); what is not sure is ``UNCLEAR`` and asked again. Families are data
(``bot/templates/speech/answers.toml``).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.core.rules.answer_forms import UNCLEAR, Answer, Form, Meant
from bot.core.rules.answer_meaning import decide
from bot.core.rules.answer_places import CIRCLED, DIGITS, HAN, place_of
from bot.core.rules.answer_texts import taken
from bot.core.rules.answer_words import BREAK, QUESTION_MARK, bare_word, parts_of_labels, read_words, spelt
from bot.core.rules.homophones import Homophones
from bot.core.rules.text import fold

LONGEST: Final = 60
"""Characters in which an answer is looked for; more is a text, and no answer in two words."""
_REFERENCE: Final = re.compile(r"[a-z]\d{3,6}(?!\d)")
"""收到 W5932 is about another thing than what is asked."""
_QUOTES: Final = "“”‘’「」『』\"'"
"""Words that somebody quotes are not their own."""
_JOINERS: Final = "\ufe0f\u200d\u20e3♀♂🏻🏼🏽🏾🏿"
"""What only changes how an emoji or a digit looks."""


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
        return self._is_only("cancel", text)

    def refuses(self, text: str) -> bool:
        """Whether these words are 不要 or one of its family and nothing else."""
        return self._is_only("no", text)

    def agrees(self, text: str) -> bool:
        """Whether these words are 好 or one of its family and nothing else."""
        return self._is_only("yes", text)

    def postpones(self, text: str) -> bool:
        """Whether these words are 以后再说 or one of its family and nothing else."""
        return self._is_only("later", text)

    def _is_only(self, family: str, text: str) -> bool:
        plain = self._plain(text[: LONGEST + 1])
        told = read_words(plain, self._general)
        return (
            len(plain) <= LONGEST and told.rest == 0 and family in told.families and not told.families & {"not", "ask"}
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
            found = decide(form, options, read_words(first, words), first)
        if found.meant is not Meant.OPTION:
            found = decide(form, options, read_words(plain, words), plain)
        if found.value in form.by_word and not self._is_word(plain, form, labels):
            found = UNCLEAR
        if (quoted or QUESTION_MARK in plain) and found.meant is Meant.OPTION and found.value in form.strict:
            found = UNCLEAR
        if found is UNCLEAR and not form.text:
            found = self._misspelt(form, options, words, plain)
        return taken(form, text, plain, found)

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
