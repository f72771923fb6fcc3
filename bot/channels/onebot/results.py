"""What a gateway's answer to a call means: a result, a definite no, or *unknown* (reliability section 6)."""

from typing import Any, Final

from nonebot.adapters.onebot.v11 import ActionFailed, NetworkError

AMBIGUOUS_RETCODE: Final = 1200
"""NapCat's code for "delivered" as well as for "blocked" (NapNeko/NapCatQQ#1772, #788)."""
HIGHEST_RETCODE: Final = 1_000_000
"""Beyond it a code is noise; it must not fill the error column."""
_AMBIGUOUS_WORDS: Final = ("timeout", "ntevent", "send_msg_api_error")  # the last one: Mrs4s/go-cqhttp#382


class OutcomeUnknown(NetworkError):
    """The call may or may not have had its effect; ``code`` is short and never content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CallRefused(ActionFailed):
    """The gateway has definitely refused the call."""

    def __init__(self, retcode: int) -> None:
        super().__init__(status="failed", retcode=retcode)
        self.retcode = retcode

    @property
    def code(self) -> str:
        """A short code for the outbox row."""
        return f"retcode_{self.retcode}"


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
    if retcode == AMBIGUOUS_RETCODE or _speaks_of_timeout(answer):
        raise OutcomeUnknown(f"retcode_{retcode}")
    raise CallRefused(retcode)


def _speaks_of_timeout(answer: dict[str, Any]) -> bool:
    words = " ".join(str(answer.get(name) or "")[:500] for name in ("message", "wording", "msg")).lower()
    return any(word in words for word in _AMBIGUOUS_WORDS)
