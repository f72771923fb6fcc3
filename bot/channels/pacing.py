"""Pace of outgoing messages: budgets, quiet hours and the breaker, all from a data table (channels.md section 7)."""

import re
import tomllib
from collections import defaultdict, deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

QUOTAS: Final = Path(__file__).with_name("quotas.toml")
UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0}
RESUME_FOR: Final = timedelta(minutes=5)
"""How long the lower rate after a pause lasts."""
FOREVER: Final = 60.0
"""Seconds after which a waiting row is looked at again at the latest."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` in any ``seconds``."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Read ``10/min`` or ``1/3s``."""
        found = re.fullmatch(r"(\d+)/(\d*)(s|min|h|day)", text.strip())
        if found is None:
            raise ValueError(f"not a limit: {text!r}; written like 10/min or 1/3s")
        return cls(int(found[1]), float(found[2] or 1) * UNITS[found[3]])


def parse_span(text: str) -> float:
    """Seconds of ``10min``, ``30s``."""
    found = re.fullmatch(r"(\d+)(s|min|h|day)", text.strip())
    if found is None:
        raise ValueError(f"not a span of time: {text!r}")
    return float(found[1]) * UNITS[found[2]]


@dataclass(frozen=True, slots=True)
class Quotas:
    """The table as values."""

    reply_burst: int
    reply_rate: float
    gather: float
    quiet_from: int
    quiet_to: int
    resume_share: float
    conversation: Mapping[str, tuple[Limit, ...]]
    group_gap: Mapping[str, Limit]
    bot: Mapping[str, tuple[Limit, ...]]
    text_limit: Mapping[str, int]
    breaker_after: int
    breaker_within: float
    breaker_pause: float

    @classmethod
    def load(cls, path: Path | None = None) -> "Quotas":
        """Read the shipped table or the operator's copy."""
        plain: dict[str, Any] = tomllib.loads((path or QUOTAS).read_text(encoding="utf-8"))
        channels = plain["channel"]
        return cls(
            reply_burst=plain["reply"]["burst"],
            reply_rate=float(plain["reply"]["per_second"]),
            gather=parse_span(plain["reply"].get("gather", "3s")),
            quiet_from=plain["push"]["quiet_from"],
            quiet_to=plain["push"]["quiet_to"],
            resume_share=float(plain["push"]["resume_share"]),
            conversation={n: tuple(map(Limit.parse, c["conversation"])) for n, c in channels.items()},
            group_gap={n: Limit.parse(c["group_gap"]) for n, c in channels.items()},
            bot={n: tuple(map(Limit.parse, c["bot"])) for n, c in channels.items()},
            text_limit={n: c["text_limit"] for n, c in channels.items()},
            breaker_after=plain["breaker"]["after"],
            breaker_within=parse_span(plain["breaker"]["within"]),
            breaker_pause=parse_span(plain["breaker"]["pause"]),
        )


def is_quiet(now: datetime, quotas: Quotas) -> bool:
    """Quiet hours: nothing that nobody asked for (P22)."""
    hour = now.hour
    return hour >= quotas.quiet_from or hour < quotas.quiet_to


def quiet_ends(now: datetime, quotas: Quotas) -> datetime:
    """When the quiet hours around ``now`` end."""
    day = now.date() if now.hour < quotas.quiet_to else now.date() + timedelta(days=1)
    return datetime.combine(day, time(quotas.quiet_to), tzinfo=now.tzinfo)


class Window:
    """Times of the last messages under one set of limits."""

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._limits = limits
        self._times: deque[float] = deque(maxlen=max(limit.count for limit in limits))

    def wait(self, at: float, *, share: float = 1.0) -> float:
        """Seconds until one more may go; 0 if it may now. ``share`` < 1 stretches every limit."""
        worst = 0.0
        for limit in self._limits:
            if len(self._times) >= limit.count:
                oldest = self._times[-limit.count]
                worst = max(worst, oldest + limit.seconds / share - at)
        return worst

    def take(self, at: float) -> None:
        """Count one."""
        self._times.append(at)


class Bucket:
    """A token bucket for answers."""

    def __init__(self, burst: int, rate: float) -> None:
        self._burst, self._rate = float(burst), rate
        self._tokens, self._at = float(burst), 0.0

    def wait(self, at: float) -> float:
        """Seconds until one more answer may go."""
        self._tokens = min(self._burst, self._tokens + (at - self._at) * self._rate)
        self._at = at
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    def take(self) -> None:
        """Count one."""
        self._tokens -= 1


class Breaker:
    """Stops pushes of one bot after several bad outcomes in a row; answers go on (reliability section 6)."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._bad: deque[float] = deque(maxlen=quotas.breaker_after)
        self.open_until = 0.0
        self.resumed_until = 0.0
        self.trips = 0

    def record(self, at: float, *, good: bool) -> bool:
        """Count an outcome; True when this one opened the breaker."""
        if good:
            self._bad.clear()
            return False
        self._bad.append(at)
        full = len(self._bad) == self._bad.maxlen
        if full and at - self._bad[0] <= self._quotas.breaker_within and at >= self.open_until:
            self.open_until = at + self._quotas.breaker_pause
            self.resumed_until = self.open_until + RESUME_FOR.total_seconds()
            self.trips += 1
            self._bad.clear()
            return True
        return False


class Pacer:
    """Says how long a message has to wait, and counts what went out.

    ``on=False`` lifts everything (rehearsals), ``quiet`` then says whether the quiet hours hold all the same.
    """

    def __init__(self, quotas: Quotas, *, on: bool = True, quiet: bool | None = None) -> None:
        self.quotas = quotas
        self._on = on
        self._quiet = on if quiet is None else quiet
        self._replies: dict[str, Bucket] = {}
        self._conversations: dict[Hashable, Window] = {}
        self._bots: dict[str, Window] = {}
        self._gathered: dict[Hashable, float] = {}
        self.breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(quotas))

    def reply_wait(self, bot_id: str, at: float) -> float:
        """Seconds until an answer may go; counts it when it may go now."""
        if not self._on:
            return 0.0
        bucket = self._replies.get(bot_id)
        if bucket is None:
            bucket = self._replies[bot_id] = Bucket(self.quotas.reply_burst, self.quotas.reply_rate)
        wait = bucket.wait(at)
        if wait <= 0:
            bucket.take()
        return wait

    @property
    def gathers(self) -> bool:
        """Whether receipts of one group that wait are told together."""
        return self._on and self.quotas.gather > 0

    def gathered_wait(self, bot_id: str, conv: Hashable, at: float) -> float:
        """The same for receipts that are told together; the first goes at once, and what comes then waits a little."""
        since = self._gathered.get(conv) if self.gathers else None
        wait = since + self.quotas.gather - at if since is not None else 0.0
        if wait <= 0:
            wait = self.reply_wait(bot_id, at)
        if wait <= 0 and self.gathers:
            self._gathered = {one: since for one, since in self._gathered.items() if since + self.quotas.gather > at}
            self._gathered[conv] = at
        return max(0.0, wait)

    def push_wait(
        self, *, channel: str, bot_id: str, conv: Hashable, group: bool, cls: str, now: datetime, at: float
    ) -> float:
        """Seconds until something nobody asked for may go; counts it when it may go now."""
        if self._quiet and is_quiet(now, self.quotas):
            return min(FOREVER, (quiet_ends(now, self.quotas) - now).total_seconds())
        if not self._on:
            return 0.0
        breaker = self.breakers[bot_id]
        if cls == "O" and at < breaker.open_until:
            return min(FOREVER, breaker.open_until - at)
        share = self.quotas.resume_share if at < breaker.resumed_until else 1.0
        per_bot = self._bots.setdefault(bot_id, Window(self.quotas.bot[channel]))
        limits = self.quotas.conversation[channel] + ((self.quotas.group_gap[channel],) if group else ())
        per_conv = self._conversations.setdefault(conv, Window(limits))
        wait = max(per_bot.wait(at, share=share), per_conv.wait(at, share=share))
        if wait <= 0:
            per_bot.take(at)
            per_conv.take(at)
        return max(0.0, wait)

    def outcome(self, bot_id: str, at: float, *, good: bool) -> bool:
        """Tell the breaker; True when pushes of this bot stop now."""
        return self._on and self.breakers[bot_id].record(at, good=good)
