"""What words mean to a question: an option, words of one's own, a no, not now, or a question about the question."""

import re
from typing import Final

from bot.chat.replies import AskedBack, Countered, NoHurry, Welcome
from bot.chat.text import answers, further_words, option_words, who_sees
from bot.core.question import Asked
from bot.core.rules.answer_forms import Answer, Meant
from bot.core.rules.answers import bare, match_option
from bot.core.rules.say import Say
from bot.core.rules.text import MAX_PATTERN_CHARS
from bot.core.rules.when import only_a_time

_ASIDE: Final = (Meant.LATER, Meant.ASKED_BACK, Meant.THANKS, Meant.UNCLEAR)
"""What is not an answer, and is heard as words where any words are heard."""
_SEEN: Final = re.compile(
    "(?:谁|别人|爸|妈|家里|老师|同学|领导|单位|学校).{0,6}(?:看|知道|晓得)|告诉|给谁|保密|看得到|看得见|会看到|泄露|公开"
)


def meaning(question: Asked, text: str) -> Answer:
    """What these words mean to this question; words themselves only where it takes any."""
    if question.question.content:
        return _dictated(text)
    found = named(question, text)
    if found is not None:
        return Answer(Meant.OPTION, found)
    asks = question.question
    words = option_words(question.kind)
    answer = answers().read(question.kind, question.options, words, text, no=asks.no, cancel=asks.cancel)
    if answer.meant is Meant.TEXT and not question.takes_text:
        return Answer(Meant.UNCLEAR)
    if question.takes_text and asks.times and answer.meant is Meant.LATER and only_a_time(text):
        return Answer(Meant.TEXT, text.strip())
    heard = asks.nameless or asks.lenient or answer.meant is Meant.UNCLEAR
    if question.takes_text and heard and answer.meant in _ASIDE and not asks_who_sees(answer.meant, text):
        return Answer(Meant.TEXT, text.strip()) if text.strip() else answer
    return answer


def chosen_by(question: Asked, text: str) -> str | None:
    """Which option these words name, by its word or in the many ways in which people say it."""
    answer = meaning(question, text)
    return answer.value if answer.meant is Meant.OPTION else None


def named(question: Asked, text: str) -> str | None:
    """Which option these words name by its number or its word alone; some only its word chooses (确认删除)."""
    kind, lenient = question.kind, question.question.lenient
    words = option_words(kind)
    told = (match_option(text, question.options, w, lenient=lenient) for w in (words, further_words(kind)))
    found = next((option for option in told if option is not None), None)
    by_word = found in answers().form(kind).by_word
    return None if by_word and bare(text) != bare(words[found or ""]) else found


def _dictated(text: str) -> Answer:
    """An answer to the question for content: all is content but a word that ends or postpones the question."""
    known = answers()
    if known.cancels(text) or known.refuses(text):
        return Answer(Meant.CANCEL)
    if known.postpones(text):
        return Answer(Meant.LATER)
    return Answer(Meant.ASKED_BACK if known.asks_who_sees(text) else Meant.TEXT, text.strip())


def asks_who_sees(meant: Meant, text: str) -> bool:
    return meant is Meant.ASKED_BACK and _SEEN.search(text[:MAX_PATTERN_CHARS]) is not None


def aside(question: Asked, meant: Meant, text: str) -> Say:
    """What is said to words that leave the question open: who sees it, no hurry, you are welcome."""
    if meant is Meant.LATER:
        return NoHurry()
    if meant is Meant.THANKS:
        return Welcome()
    if asks_who_sees(meant, text):
        return Countered(who_sees(question.question), len(question.options))
    return AskedBack(len(question.options))
