"""五个一的规定: what a province may set, read from a file, and what is piling on (R2.8, R6.9, R6.11, P40)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast

from bot.core.rules.five_ones import CADRE_QUOTAS, NUMBER, ORGAN_QUOTA, ActivityKind, Slot
from bot.core.rules.people import CadreKind
from bot.core.rules.privacy import secrecy_marking

MAX_NAME: Final = 100
MAX_VERSION: Final = 40


class Subject(StrEnum):
    """五个一的主体: each kind of cadre, and the leading organ."""

    FULL_TIME = "full_time"
    SECONDED = "seconded"
    PART_TIME = "part_time"
    ORGAN = "organ"


MONTHS: Final[Mapping[Subject, int]] = {
    **{Subject(kind.value): rule.months for kind, rule in CADRE_QUOTAS.items()},
    Subject.ORGAN: ORGAN_QUOTA.months,
}


def subject_of(kind: CadreKind | None) -> Subject:
    """The subject of a cadre of this kind; a kind nobody entered counts as part-time, the lighter one."""
    return Subject((kind or CadreKind.PART_TIME).value)


class QuotaFaultKind(StrEnum):
    """What can be wrong in a file; ``RAISED``: another number or window than the notice's (R6.9)."""

    MISSING = "missing"
    WRONG_KIND = "wrong_kind"
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_WORD = "unknown_word"
    TWICE = "twice"
    TOO_LONG = "too_long"
    SECRET = "secret"  # noqa: S105
    RAISED = "raised"
    UNKNOWN_ORG = "unknown_org"
    NOT_PROVINCE = "not_province"
    NOT_LATER = "not_later"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class QuotaFault:
    """规定文件的错处: where, what is wrong, and what stands there."""

    kind: QuotaFaultKind
    where: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class QuotaFile:
    """规定文件: whose, from which day, after which plan, and the content of each subject that it names."""

    org: str
    from_day: date
    plan: str
    plan_version: str
    plan_day: date
    content: Mapping[Subject, tuple[str, ...]]


_TOP: Final = {"org", "from", "plan", *(subject.value for subject in Subject)}
_PLAN: Final = {"name", "version", "date"}
_SUBJECT: Final = {"kinds", "number", "months"}


def read_quota_file(
    told: Mapping[str, Any], kinds: Mapping[str, str], slots: Mapping[str, str]
) -> QuotaFile | Sequence[QuotaFault]:
    """The file as a value, or everything that is wrong in it.

    ``kinds`` and ``slots``: what each word means. A number or a window may stand there only as the notice has it:
    photos, check-ins and reports are no keys at all (P40).
    """
    faults = [QuotaFault(QuotaFaultKind.UNKNOWN_KEY, str(key)) for key in told if key not in _TOP]
    org = _text(told, "org", "org", MAX_NAME, faults)
    from_day = _day(told, "from", "from", faults)
    plan = _table(told.get("plan"))
    if plan is None:
        faults.append(QuotaFault(QuotaFaultKind.MISSING, "plan"))
    else:
        faults += [QuotaFault(QuotaFaultKind.UNKNOWN_KEY, f"plan.{key}") for key in plan if key not in _PLAN]
        name = _text(plan, "name", "plan.name", MAX_NAME, faults)
        version = _text(plan, "version", "plan.version", MAX_VERSION, faults)
        plan_day = _day(plan, "date", "plan.date", faults)
        content = {
            subject: _content(told[subject.value], subject, slots if subject is Subject.ORGAN else kinds, faults)
            for subject in Subject
            if subject.value in told
        }
        if not content:
            faults.append(QuotaFault(QuotaFaultKind.MISSING, "full_time"))
        if not faults and from_day is not None and plan_day is not None:
            return QuotaFile(org, from_day, name, version, plan_day, content)
    return faults


def _table(value: Any) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def _content(value: Any, subject: Subject, words: Mapping[str, str], faults: list[QuotaFault]) -> tuple[str, ...]:
    told = _table(value)
    if told is None:
        faults.append(QuotaFault(QuotaFaultKind.WRONG_KIND, subject.value))
        return ()
    faults += [QuotaFault(QuotaFaultKind.UNKNOWN_KEY, f"{subject.value}.{key}") for key in told if key not in _SUBJECT]
    for key, right in (("number", NUMBER), ("months", MONTHS[subject])):
        if key in told and (isinstance(told[key], bool) or told[key] != right):
            faults.append(QuotaFault(QuotaFaultKind.RAISED, f"{subject.value}.{key}", str(told[key])))
    named: Any = told.get("kinds")
    where = f"{subject.value}.kinds"
    if not isinstance(named, list) or not named:
        faults.append(QuotaFault(QuotaFaultKind.MISSING if named is None else QuotaFaultKind.WRONG_KIND, where))
        return ()
    found: list[str] = []
    for word in cast("list[Any]", named):
        meant = words.get(word.strip()) if isinstance(word, str) else None
        if meant is None:
            faults.append(QuotaFault(QuotaFaultKind.UNKNOWN_WORD, where, str(word)))
        elif meant in found:
            faults.append(QuotaFault(QuotaFaultKind.TWICE, where, str(word)))
        else:
            found.append(meant)
    return tuple(found)


def _text(told: Mapping[str, Any], key: str, where: str, most: int, faults: list[QuotaFault]) -> str:
    value = told.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        faults.append(QuotaFault(QuotaFaultKind.MISSING, where))
        return ""
    if not isinstance(value, str):
        faults.append(QuotaFault(QuotaFaultKind.WRONG_KIND, where, str(value)))
        return ""
    words = " ".join(value.split())
    if len(words) > most:
        faults.append(QuotaFault(QuotaFaultKind.TOO_LONG, where, str(most)))
    if secrecy_marking(words):
        faults.append(QuotaFault(QuotaFaultKind.SECRET, where))
    return words


def _day(told: Mapping[str, Any], key: str, where: str, faults: list[QuotaFault]) -> date | None:
    value = told.get(key)
    if value is None:
        faults.append(QuotaFault(QuotaFaultKind.MISSING, where))
        return None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip().replace("/", "-"))
        except ValueError:
            pass
    elif isinstance(value, date) and not isinstance(value, datetime):
        return value
    faults.append(QuotaFault(QuotaFaultKind.WRONG_KIND, where, str(value)))
    return None


USUAL: Final[Mapping[Subject, tuple[str, ...]]] = {
    **{
        Subject(kind.value): tuple(
            one.value
            for one in (
                *(ActivityKind.PRACTICAL_HELP, ActivityKind.LEAGUE_LESSON, ActivityKind.TALK),
                *(ActivityKind.VOLUNTEERING, ActivityKind.RECREATION),
            )
        )
        for kind in CadreKind
    },
    Subject.ORGAN: tuple(slot.value for slot in Slot),
}
"""What the notice itself names, where a province has set nothing (R2.11, R2.1)."""
