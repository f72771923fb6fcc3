"""What a gateway's answer to a call means: a result, a definite no, or *unknown* (reliability section 6)."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from nonebot.adapters.onebot.v11 import ActionFailed, NetworkError

REFUSALS: Final = Path(__file__).with_name("refusals.toml")
AMBIGUOUS_RETCODE: Final = 1200
"""NapCat's code for "delivered", for "blocked" and for every definite no (NapNeko/NapCatQQ#1772, #788)."""
HIGHEST_RETCODE: Final = 1_000_000
"""Beyond it a code is noise; it must not fill the error column."""
LONGEST_WORDS: Final = 2_000
_AMBIGUOUS_WORDS: Final = ("timeout", "ntevent", "send_msg_api_error")  # the last one: Mrs4s/go-cqhttp#382
_CHECKED: Final = "eventchecker failed"
"""By these words NapCat says that the platform itself answered with a number other than 0."""
_RESULT: Final = re.compile(r"eventret.{0,40}?\bresult\b\W{0,8}?(-?\d{1,9})\b", re.DOTALL)


class OutcomeUnknown(NetworkError):
    """The call may or may not have had its effect; ``code`` is short and never content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CallRefused(ActionFailed):
    """The gateway has definitely refused the call; ``reason`` as in ``refusals.toml``, empty if it names none."""

    def __init__(self, retcode: int, reason: str = "") -> None:
        super().__init__(status="failed", retcode=retcode)
        self.retcode = retcode
        self.reason = reason

    @property
    def code(self) -> str:
        """A short code for the outbox row."""
        return self.reason or f"retcode_{self.retcode}"


@dataclass(frozen=True, slots=True)
class _No:
    """One kind of definite no, and how gateways say it."""

    reason: str
    words: tuple[str, ...]
    results: tuple[int, ...] = ()
    unless: tuple[str, ...] = ()

    def said_in(self, said: str) -> bool:
        return any(w in said for w in self.words) and not any(w in said for w in self.unless)


@cache
def _noes() -> tuple[_No, ...]:
    plain = tomllib.loads(REFUSALS.read_text(encoding="utf-8"))["refusal"]
    lists = ("words", "results", "unless")
    return tuple(_No(one["reason"], *(tuple(one.get(name, ())) for name in lists)) for one in plain)


def judge(answer: dict[str, Any]) -> Any:
    """The data of a success; raises ``CallRefused`` or ``OutcomeUnknown`` for anything else.

    Only ``ok`` together with 0 is success; what contradicts itself or says ``async`` counts as unknown.
    """
    status, retcode = answer.get("status"), answer.get("retcode")
    if status == "async":
        raise OutcomeUnknown("async")
    if not isinstance(retcode, int) or isinstance(retcode, bool) or abs(retcode) > HIGHEST_RETCODE:
        raise OutcomeUnknown("odd_result")
    if status == "ok" and retcode == 0:
        return answer.get("data")
    if status != "failed" or retcode == 0:
        raise OutcomeUnknown("odd_result")
    said = _words(answer)
    reason = _reason(said)
    ambiguous = retcode == AMBIGUOUS_RETCODE or any(word in said for word in _AMBIGUOUS_WORDS)
    if reason is None and ambiguous:
        raise OutcomeUnknown(f"retcode_{retcode}")
    raise CallRefused(retcode, reason or "")


def _words(answer: dict[str, Any]) -> str:
    told = (answer.get(name) for name in ("message", "wording", "msg"))
    return " ".join(dict.fromkeys(str(words or "")[:LONGEST_WORDS].lower() for words in told))


def _reason(said: str) -> str | None:
    """Why this certainly was not sent; empty when only that is said, None when nothing certain is."""
    for no in _noes():
        if no.said_in(said):
            return no.reason
    found = _RESULT.search(said)
    result = int(found[1]) if found else 0
    for no in _noes():
        if result in no.results:
            return no.reason
    return "" if result and _CHECKED in said else None
