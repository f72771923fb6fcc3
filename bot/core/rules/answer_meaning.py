"""回答的意思: what the known words of an answer mean together. Nothing here knows a word."""

import re
from collections.abc import Sequence
from typing import Final

from bot.core.rules.answer_forms import AMBIGUOUS, UNCLEAR, Answer, Form, Meant
from bot.core.rules.answer_words import QUESTION_MARK, Said

_EITHER: Final = re.compile(r"(.)不\1(?:都|也)?(?:行|可以|好|无所谓|随便|一样|成)")
"""留不留都行: either is meant."""
_NO_REASON_NOT_TO: Final = re.compile(r"不(.{1,3})白不\1")
"""不删白不删 says two noes and means neither."""
_TAIL: Final = re.compile(r"(?:能|会|可以|还|有|算|是|要|用|得)[^不没]{1,14}(?:不|没|没有|不行)$")
"""还能再绑回来不: a question by its tail."""
_WHICH: Final = re.compile(r"[^还\d]{1,6}还是[^还\d]{1,6}")
"""新的还是旧的."""
_OF_A_LIST: Final = frozenset(("all", *"123456789"))
"""Options that are entries of a list: people, groups, days."""
_HARMLESS: Final = frozenset(("filler", "light", "thanks", "assent", "secret"))
"""What may stand beside a yes that gives, erases, leaves or sends; anything else makes it unclear."""


def decide(form: Form, options: Sequence[str], read: Said, plain: str) -> Answer:
    """What these words mean as an answer to this question: the doubtful first, then a no, then what was named."""
    has = read.families
    if (
        "clash" in has
        or ("unclear" in has and not read.sure)
        or _EITHER.search(plain)
        or _NO_REASON_NOT_TO.search(plain)
    ):
        return AMBIGUOUS
    if _asks(form, read, plain):
        return UNCLEAR if plain.endswith(QUESTION_MARK) and not read.rest and read.sure else Answer(Meant.ASKED_BACK)
    firm = [option for option, alone in read.sure.items() if alone and option not in form.strict]
    refusal = _refusing(form, options, read)
    if "later" in has and len(firm) != 1 and refusal is None:
        return Answer(Meant.OPTION, form.later) if form.later in options else Answer(Meant.LATER)
    if refusal is not None:
        return refusal
    if read.doubled:
        return UNCLEAR
    return _chosen(form, options, read)


def _asks(form: Form, read: Said, plain: str) -> bool:
    """Whether a question came back instead of an answer."""
    if form.lenient and read.sure and "ask" not in read.families:
        return False
    if plain.endswith(QUESTION_MARK) or "ask_softly" in read.families:
        return True
    if "ask" in read.families:
        return read.asked_beside or not any(read.sure.values())
    open_end = not read.sure and not read.families & {"no", "cancel"}
    return open_end and bool(_TAIL.search(plain) or _WHICH.fullmatch(plain))


def _refusing(form: Form, options: Sequence[str], read: Said) -> Answer | None:
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


def _chosen(form: Form, options: Sequence[str], read: Said) -> Answer:
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
        return _assented(form, read)
    if len(sure) != 1 or read.denied & set(sure):
        return _thanked(read) if not sure and not read.denied else UNCLEAR
    return _named(form, read, *next(iter(sure.items())))


def _named(form: Form, read: Said, option: str, alone: bool) -> Answer:
    """One option was named: whether it was meant, with what was said beside it."""
    has = read.families
    doubtful = bool(has & {"if", "other_will", "only", "grudging"}) or ("but" in has and "secret" not in has)
    if "cancel" in has and option in _OF_A_LIST:
        return UNCLEAR  # 别退晓舟的: which one is named, and that it is not this one
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


def _assented(form: Form, read: Said) -> Answer:
    doubtful = bool(read.families & {"if", "other_will", "only", "but", "not", "no"})
    if form.yes in form.strict or doubtful or read.rest > (0 if form.lenient else 6):
        return UNCLEAR
    return Answer(Meant.OPTION, form.yes)


def _thanked(read: Said) -> Answer:
    return Answer(Meant.THANKS) if "thanks" in read.families and "not" not in read.families else UNCLEAR
