"""回答原话: free words where a question takes them, a name, an hour or content."""

import re
from typing import Final

from bot.core.rules.answer_forms import AMBIGUOUS, Answer, Form, Meant

_TIME: Final = re.compile(r"[\d一二三四五六七八九十两半][:点]|分钟|小时|钟头|\d点")
_ABOUT_US: Final = re.compile("看到|看见|知道|告诉|意思|怎么写|写什么|写啥|给谁|谁看|保密|真名|名字")
_SHORT: Final = 12
"""Characters: in content, only a short sentence is about the question itself."""
_CALLED: Final = re.compile(
    r"(?:你们?|那|就|以后|可以|还是|请|平时|大家|别人|同学|朋友|他们|都|一般|嗯|好)*"
    r"(?:(?:喊|叫|称呼|管|写|用)我(?:叫|作|做|为)?|我(?:就)?(?:叫|是)(?:做)?|我的?(?:名字|称呼|昵称|网名|外号|小名)(?:是|叫)|(?:名字|称呼|昵称)(?:就)?(?:叫|写|用|填|是))"
    r"(?P<name>[^,，。.!！?？]{1,20}?)(?:就(?:行|好|可以|成|是)了?|吧|好了|哈|呀|啦|行了|谢谢.*)*[。.!！~～]*"
)


def _name(text: str) -> str:
    """The name in 叫我阿凯就行; empty where none is told that way."""
    found = _CALLED.fullmatch(text.strip())
    return found["name"].strip("“”\"'「」 ") if found and found["name"] not in ("什么", "啥", "谁") else ""


def taken(form: Form, text: str, plain: str, found: Answer) -> Answer:
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
