"""读一个时间: one time out of what somebody writes, in any order of its parts, or the question that is left.

A part that is corrected (``明天…哦不，后天``) is replaced by what follows. What is said twice differently is asked.
"""

from datetime import date, datetime, timedelta
from typing import Final

from bot.core.rules.when.clock import MIDNIGHT, Hours, clock_time, fits_later, hours, is_dawn, small_hours
from bot.core.rules.when.dates import Day
from bot.core.rules.when.days import DayReader
from bot.core.rules.when.drafting import Draft, drafted, length_of
from bot.core.rules.when.lexing import TimeWord, time_words
from bot.core.rules.when.meant import MAX_CHARS, kept_words, spans_of
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import Ambiguous, Exact, Found, HourGiven, NoTime, Reading, Refused, Why
from bot.core.rules.workdays import Workdays

FURTHEST: Final = 60
"""Years ahead that a time may lie."""
DAY: Final = timedelta(days=1)


def read_time(text: str, now: datetime, workdays: Workdays, *, past: bool = False) -> Reading | None:
    """The one time that a text says; None if there is none in it."""
    found = find_time(text, now, workdays, past=past)
    return found.reading if found else None


def find_time(text: str, now: datetime, workdays: Workdays, *, past: bool = False) -> Found | None:
    """The time in a longer text, and where its words stand; None if there is none in it.

    With ``past`` it is over: 周五 is the last one, and what is to come is refused.
    """
    words = time_words(text[:MAX_CHARS])
    kept = kept_words(words)
    if not kept:
        return None
    draft, used = drafted(words, kept)
    if draft.empty:
        return None
    reading = _Resolver(now, workdays, draft, past=past).reading()
    return Found(reading, spans_of(words, used), text) if reading is not None else None


# --- what it comes to ------------------------------------------------------------------------------------------------


class _Resolver:
    """One draft at one moment."""

    def __init__(self, now: datetime, workdays: Workdays, draft: Draft, *, past: bool) -> None:
        self.now = now
        self.workdays = workdays
        self.draft = draft
        self.past = past
        self.reader = DayReader(now, workdays, past)

    def _fits(self, at: datetime) -> bool:
        return at <= self.now if self.past else at > self.now

    def reading(self) -> Reading | None:
        draft = self.draft
        if draft.repeats:
            return Refused(NoTime.REPEATS)
        if draft.offset is not None:
            return Ambiguous((), Why.SEVERAL) if draft.days else self._after(draft.offset)
        if not (draft.days or draft.part or draft.clock):
            if draft.never:
                return Refused(NoTime.NOT_SAID)
            if draft.occasion:
                return Ambiguous((), Why.HOUR_MISSING)
            return Ambiguous((), draft.vague) if draft.vague else None
        day = self._day()
        if day is None and not (draft.part or draft.clock):
            return None
        if day is not None and day.refused:
            near = tuple(self._exact(one, self._hours(day)) for one in day.options)
            return Refused(day.refused, tuple(one for one in near if one and self._fits(one.at)))
        told = self._hours(day)
        if told.refused:
            return Refused(told.refused, self._near(day))
        reading = self._combined(day, told)
        return self._with_end(reading)

    def _day(self) -> Day | None:
        day = self.reader.read(self.draft.days) if self.draft.days else None
        others = [self.reader.read(words) for words in self.draft.others]
        options = [one for other in others if other for one in other.options]
        if day is not None and options and set(options) != set(day.options):
            return Day(tuple(dict.fromkeys((*day.options, *options))), Why.SEVERAL)
        return day

    def _hours(self, day: Day | None) -> Hours:
        said = clock_time(self.draft.clock) if self.draft.clock else None
        if self.draft.clock is not None and said is None:
            return Hours(refused=NoTime.NO_SUCH_HOUR)
        part = self.draft.part.said if self.draft.part else day.part if day else None
        told = hours(part, said)
        if said is not None and is_dawn(part) and day is not None and day.part in ("晚", "夜") and not told.refused:
            told = small_hours(told)
        if self.draft.pair and not told.refused:
            return Hours((*told.minutes, *(one + 60 for one in told.minutes)), Why.VAGUE, told.given)
        if said is not None and said.vague and not told.refused:
            return Hours(told.minutes, Why.VAGUE, told.given)
        if self.draft.limit and not told.refused:
            return Hours(told.minutes, Why.LIMIT, told.given)
        if self.draft.several and not told.refused:
            return Hours(told.minutes, Why.SEVERAL, told.given)
        if self.draft.occasion and said is None and not told.refused:
            return Hours((), Why.HOUR_MISSING, told.given)
        return told

    def _near(self, day: Day | None) -> tuple[Exact, ...]:
        """What would do in place of an hour that there is not: 早上20点, 25点."""
        clock = clock_time(self.draft.clock) if self.draft.clock else None
        said = number(self.draft.clock["c_h"] or self.draft.clock["k_h"]) if self.draft.clock and not clock else None
        start = day.options[0] if day and day.options else self.now.date()
        if clock is not None:
            told = hours(None, clock)
        elif said is not None and MIDNIGHT < said < 2 * MIDNIGHT:
            told = Hours((said * 60,))
        else:
            return ()
        near = [told.on(start, minutes, self.now) for minutes in told.minutes]
        if day is None:
            near = [at if self._fits(at) else at - DAY if self.past else at + DAY for at in near]
        return tuple(Exact(at) for at in near if self._fits(at))

    def _exact(self, day: date, told: Hours) -> Exact | None:
        if told.refused or not told.minutes:
            return None
        return Exact(told.on(day, told.minutes[0], self.now), told.given)

    def _combined(self, day: Day | None, told: Hours) -> Reading:
        if day is None:
            return self._next_to_come(told)
        if not day.options:
            return Ambiguous((), day.why or Why.DAY_MISSING)
        if max(day.options).year > self.now.year + FURTHEST:
            return Refused(NoTime.TOO_FAR)
        both = [(one, minutes) for one in day.options for minutes in told.minutes]
        coming = [at for at in (told.on(one, minutes, self.now) for one, minutes in both) if self._fits(at)]
        readings = tuple(Exact(at, told.given, estimated=day.estimated) for at in dict.fromkeys(coming))
        why = day.why or told.why
        if not readings:
            return self._over(day, told, why)
        if why is not None and not (len(readings) == 1 and why in (Why.MIDNIGHT, Why.NIGHT)):
            return Ambiguous(readings, why)
        if day.today:
            later = self._exact(day.then or day.options[0], told)
            return Ambiguous((*readings, later) if later else readings, Why.WEEKDAY_TODAY)
        return readings[0] if len(readings) == 1 else Ambiguous(readings, why or Why.SEVERAL)

    def _over(self, day: Day, told: Hours, why: Why | None) -> Reading:
        """The hour of the day is over: the next such day, or a question, or a refusal with what would do."""
        then = [told.on(day.then, minutes, self.now) for minutes in told.minutes] if day.then else []
        later = tuple(Exact(at, told.given, estimated=day.estimated) for at in then if self._fits(at))
        is_today = self.now.date() in day.options
        if is_today and (self.past or self._still_open(told, day)) and told.given is not HourGiven.SAID:
            return Ambiguous(later, Why.WEEKDAY_TODAY if day.today else Why.HOUR_MISSING)
        if later and why is None:
            return later[0] if len(later) == 1 else Ambiguous(later, Why.SEVERAL)
        if later:
            return Ambiguous(later, why or Why.SEVERAL)
        if why is Why.VAGUE or not told.minutes:
            return Ambiguous((), why or Why.HOUR_MISSING)
        if self.past:
            return Refused(NoTime.TO_COME)
        near = told.on(day.options[-1], told.minutes[0], self.now)
        while near <= self.now:
            near = near + (DAY if self.now - near < DAY else 7 * DAY if self.now - near < 15 * DAY else 365 * DAY)
        return Refused(NoTime.PAST, (Exact(near, told.given),))

    def _still_open(self, told: Hours, day: Day) -> bool:
        """Whether of today, said without an hour, the usual hour is over and a later one is not."""
        if told.given is HourGiven.SAID:
            return False
        part = self.draft.part.said if self.draft.part else day.part
        return told.given is HourGiven.DEFAULT or fits_later(part, self.now.hour)

    def _next_to_come(self, told: Hours) -> Reading:
        today = self.now.date()
        found: list[datetime] = []
        for minutes in told.minutes:
            at = told.on(today, minutes % (MIDNIGHT * 60), self.now)
            found.append(at if self._fits(at) else at - DAY if self.past else at + DAY)
        readings = tuple(Exact(at, told.given) for at in sorted(set(found)))
        if told.given is not HourGiven.SAID or self.draft.unknown_day:
            return Ambiguous(readings, Why.DAY_MISSING)
        if told.why in (Why.VAGUE, Why.LIMIT, Why.SEVERAL) or len(readings) > 1:
            return Ambiguous(readings, told.why or Why.SEVERAL)
        return next(iter(readings))

    # --- after a while -----------------------------------------------------------------------------------------------

    def _after(self, word: TimeWord) -> Reading:
        to = word["o_to"]
        back = "前" in to
        if back is not self.past:
            return Refused(NoTime.PAST if back else NoTime.TO_COME)
        sign = -1 if back else 1
        count = number(word["o_n"]) if word["o_n"] else None
        if word["o_u"] == "工作日" and count is not None and 0 < count <= 366:
            today = self.now.date()
            day = self.workdays.before(today, count) if back else self.workdays.after(today, count)
            return self._on_day(day, "内" in to, estimated=self.workdays.estimated(min(today, day), max(today, day)))
        if word["o_u"] in ("月", "年") and count is not None and not word["o_h"]:
            months = count * (12 if word["o_u"] == "年" else 1)
            if months > FURTHEST * 12:
                return Refused(NoTime.TOO_FAR)
            return self._on_day(_months_on(self.now.date(), sign * months), "内" in to)
        length = length_of(word)
        if length is None:
            return Ambiguous((), Why.VAGUE)
        if length > FURTHEST * 365 * DAY:
            return Refused(NoTime.TOO_FAR)
        if word["o_u"] in ("天", "日", "周", "星期", "礼拜", "月"):
            vague = word["o_in"] and word["o_n"] in ("两", "俩") and word["o_u"] == "天"
            return self._on_day(self.now.date() + sign * length, "内" in to, why=Why.VAGUE if vague else None)
        at = (self.now + sign * length).replace(second=0, microsecond=0)
        at = at if self._fits(at) else at + timedelta(minutes=1)
        return Ambiguous((Exact(at),), Why.LIMIT) if "内" in to else self._with_end(Exact(at))

    def _on_day(self, day: date, limit: bool, *, why: Why | None = None, estimated: bool = False) -> Reading:
        found = Day((day,), Why.LIMIT if limit else why, estimated=estimated)
        told = self._hours(found)
        return Refused(told.refused) if told.refused else self._with_end(self._combined(found, told))

    # --- until -------------------------------------------------------------------------------------------------------

    def _with_end(self, reading: Reading) -> Reading:
        draft = self.draft
        if not (draft.end_clock or draft.end_days or draft.end_part or draft.lasts):
            return reading
        if isinstance(reading, Exact):
            return self._ended(reading)
        if isinstance(reading, Ambiguous):
            ended = [self._ended(one) for one in reading.readings]
            return Ambiguous(tuple(one for one in ended if isinstance(one, Exact)) or reading.readings, reading.why)
        return reading

    def _ended(self, exact: Exact) -> Reading:
        draft = self.draft
        if draft.end_days and draft.clock is None:
            return Ambiguous((exact,), Why.LIMIT)
        if draft.end_clock is None:
            if draft.lasts is None:
                return Ambiguous((exact,), Why.LIMIT)
            return Exact(exact.at, exact.hour, exact.at + draft.lasts, exact.estimated)
        said = clock_time(draft.end_clock)
        if said is None:
            return Refused(NoTime.NO_SUCH_HOUR)
        days = [exact.at.date(), exact.at.date() + DAY]
        if draft.end_days:
            day = DayReader(exact.at, self.workdays).read(draft.end_days)
            days = list(day.options) if day else []
        if draft.end_part:
            told = hours(draft.end_part.said, said)
            if told.refused:
                return Refused(told.refused)
            minutes = told.minutes
        else:
            at = said.hour * 60 + said.minute
            minutes = (at,) if said.hour > 12 else (at, at + 12 * 60)
        ends = [Hours().on(day, one, exact.at) for day in days for one in minutes]
        ends = sorted(one for one in ends if one > exact.at)
        if not ends:
            return Refused(NoTime.CONTRADICTION)
        return Exact(exact.at, exact.hour, ends[0], exact.estimated)


def _months_on(day: date, months: int) -> date:
    """The same day so many months later; the last of a shorter month."""
    at = day.year * 12 + day.month - 1 + months
    first = date(at // 12, at % 12 + 1, 1)
    last = ((first.replace(day=28) + 4 * DAY).replace(day=1) - DAY).day
    return first.replace(day=min(day.day, last))
