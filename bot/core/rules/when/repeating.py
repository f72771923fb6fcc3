"""读重复的时间: how often, on which day, at which hour and until when, out of what somebody writes in any order."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final

from bot.core.rules.when.clock import clock_time, hours, same_part
from bot.core.rules.when.cycles import Cycle, Cyclic, find_cycle
from bot.core.rules.when.dates import DAY
from bot.core.rules.when.day_rules import EveryDays, Shift, Weekly
from bot.core.rules.when.doubtful import SO_MANY_DAYS, is_doubtful
from bot.core.rules.when.lexing import TimeText, TimeWord, time_words, words_of
from bot.core.rules.when.meant import DAY_KINDS, GLUE, MAX_CHARS, spans_of
from bot.core.rules.when.numbers import number
from bot.core.rules.when.repeat_days import RepeatWords, RuleReader, Unreadable
from bot.core.rules.when.repeats import (
    MAX_COUNT,
    AmbiguousRepeat,
    FoundRepeat,
    Interval,
    RefusedRepeat,
    Repeat,
    RepeatReading,
)
from bot.core.rules.when.results import HourGiven, NoTime, Why
from bot.core.rules.workdays import Workdays

SHORTEST: Final = 5
"""Minutes between two occurrences, at least (reminders.md)."""


def read_repeat(text: str, now: datetime, workdays: Workdays) -> RepeatReading | None:
    """What comes again and again, as a text says it; None if the text does not say that anything does."""
    found = find_repeat(text, now, workdays)
    return found.reading if found else None


def find_repeat(text: str, now: datetime, workdays: Workdays) -> FoundRepeat | None:
    """What comes again in a longer text, and where its words stand; None if nothing does."""
    whole = time_words(text[:MAX_CHARS])
    cyclic = find_cycle(whole.text)
    if cyclic is None and not SO_MANY_DAYS.search(whole.text):
        return None
    if cyclic is None or is_doubtful(whole.text, cyclic.spans[0][0]):
        spans = spans_of(whole, list(whole.words), cyclic.spans if cyclic else ())
        return FoundRepeat(AmbiguousRepeat((), Why.SEVERAL), spans, text)
    rest = _blanked(whole, cyclic)
    said = _sorted(rest)
    if cyclic.doubled and not (said.picks or said.clocks or said.part):
        return None
    spans = spans_of(rest, said.used, cyclic.spans)
    return FoundRepeat(_Reader(now, workdays, cyclic, said).reading(), spans, text)


def _blanked(whole: TimeText, cyclic: Cyclic) -> TimeText:
    """The text without the words that say how often, so that 每周五 leaves 周五."""
    plain = whole.text
    for start, end in cyclic.spans:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    return TimeText(plain, whole.places, tuple(words_of(plain)))


def _sorted(rest: TimeText) -> RepeatWords:
    said = RepeatWords()
    before: TimeWord | None = None
    here, skipped = said.picks, list[TimeWord]()
    for word in rest.words:
        adjacent = before is not None and bool(GLUE.fullmatch(rest.between(before, word)))
        if word.kind == "upto":
            before, here = word, said.until
            said.used.append(word)
            continue
        if not adjacent:
            here = said.picks
        if word.kind in DAY_KINDS:
            if rest.text[: word.start].endswith(("从", "自")):
                here = said.since
            here.append(word)
        elif word.kind == "limit" and adjacent and word.said in ("起", "开始", "以后", "之后"):
            if here is said.picks:
                said.since, said.picks = said.picks, []
            here = said.picks
        elif word.kind == "part" and here is not said.until:
            said.parts += 1
            said.part = said.part or word
        elif word.kind == "clock":
            (skipped if here is said.until else said.clocks).append(word)
            if here is said.until:
                continue
        elif word.kind == "times" and said.count is None:
            count = number(word["t_n"])
            said.count = None if word.said in ("一次", "1次", "一回") else count  # 每十天一次 is how often
        elif word.kind not in ("part", "clock", "limit"):
            continue
        said.used.append(word)
        before = word
    if not said.clocks:  # 到元旦为止每天20:00
        said.clocks, said.used = skipped, [*said.used, *skipped]
    return said


class _Reader(RuleReader):
    """One text at one moment."""

    def reading(self) -> RepeatReading:
        """What the text says."""
        try:
            if self.cyclic.cycle is Cycle.MINUTES:
                return self._ended(self._interval())
            return self._at_hours()
        except Unreadable as unread:
            return unread.reading

    def _at_hours(self) -> RepeatReading:
        clocks = [clock_time(word) for word in self.said.clocks]
        part = self.said.part.said if self.said.part else self.cyclic.part or None
        told = hours(part, clocks[0] if clocks else None)
        if clocks and clocks[0] is None:
            return RefusedRepeat(NoTime.NO_SUCH_HOUR)
        if told.refused:
            return RefusedRepeat(told.refused)
        if self.cyclic.part and part and not same_part(self.cyclic.part, part):
            return RefusedRepeat(NoTime.CONTRADICTION)
        readings: list[Repeat] = []
        for minutes in told.minutes:
            at = time(minutes // 60 % 24, minutes % 60)
            late = minutes >= 24 * 60 and self.cyclic.cycle is not Cycle.DAYS
            readings += self._on_days(at, told.given, 1 if late else 0)
        readings = list(dict.fromkeys(readings))
        why = told.why
        if (len(clocks) > 1 or self.said.parts > 1) and not self._is_range():
            why = Why.SEVERAL
        if self.cyclic.strict or self.cyclic.asked:
            why = Why.INTERVAL
        if self.cyclic.bare and not (clocks or part):
            why = Why.HOUR_MISSING
        if why in (Why.MIDNIGHT, Why.NIGHT) and len(readings) == 1:
            why = None
        if why is not None or len(readings) != 1:
            return AmbiguousRepeat(tuple(readings), why or Why.SEVERAL)
        return self._ended(readings[0])

    def _is_range(self) -> bool:
        return any(word.kind == "upto" for word in self.said.used)

    def _on_days(self, at: time, given: HourGiven, late: int) -> list[Repeat]:
        """The readings at this hour, ``late`` days after the day that was named: 周五晚上12点."""
        rule, shift = self._rule(at)
        if late and isinstance(rule, Weekly):
            rule = replace(rule, weekdays=tuple(sorted((day + late) % 7 for day in rule.weekdays)))
        elif late:
            shift = shift or Shift(late)
        repeat = Repeat(rule, at, self.now, shift, self._since(), hour=given)
        if not self.cyclic.strict:
            return [self._anchored(repeat)]
        if not isinstance(rule, EveryDays | Weekly):
            return []
        loose = replace(repeat, rule=replace(rule, every=self.cyclic.every - 1))  # 每隔两周 is mostly every two
        return [self._anchored(loose), self._anchored(repeat)]

    def _anchored(self, repeat: Repeat) -> Repeat:
        """Every second week and the like begin with the next one to come."""
        rule, start = repeat.rule, self.now
        if repeat.since is not None:
            start = datetime.combine(repeat.since, time(), tzinfo=self.now.tzinfo) - timedelta(minutes=1)
        if isinstance(rule, EveryDays) and rule.every > 1:
            first = replace(repeat, rule=EveryDays(1, start.date())).after(start, self.workdays)
            return replace(repeat, rule=EveryDays(rule.every, first.at.date() if first else rule.since), since=None)
        if isinstance(rule, Weekly) and rule.every > 1:
            first = replace(repeat, rule=Weekly(rule.weekdays)).after(start, self.workdays)
            day = first.at.date() if first else self.now.date()
            monday = day - day.weekday() * DAY
            return replace(repeat, rule=Weekly(rule.weekdays, rule.every, monday), since=None)
        return repeat

    def _interval(self) -> Repeat:
        minutes = self.cyclic.every
        if minutes < SHORTEST:
            raise self._refused(NoTime.TOO_OFTEN, time(), EveryDays(1, self.now.date()))
        first = (self.now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        if self.said.clocks:
            said = clock_time(self.said.clocks[0])
            if said is None or not said.of_24:
                raise self._asked(Why.HALF_OF_DAY)
            day = self._since() or self.now.date()
            first = datetime.combine(day, time(said.hour % 24, said.minute), tzinfo=self.now.tzinfo)
            first = first if first > self.now else first + DAY
        return Repeat(Interval(minutes, first), time(), self.now)

    def _ended(self, repeat: Repeat) -> RepeatReading:
        until = self._bound(self.said.until, first=False)
        count = self.said.count
        if count is not None and not 1 <= count <= MAX_COUNT:
            return RefusedRepeat(NoTime.TOO_FAR)
        ended = replace(repeat, until=until, count=count)
        if ended.after(self.now, self.workdays) is None:
            return RefusedRepeat(NoTime.PAST, (repeat,) if until is not None else ())
        return ended
