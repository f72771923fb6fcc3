"""集中活动的文件: reading campaigns, with a clear fault for whatever a file cannot say."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from bot.core.rules.campaign import Campaign, CampaignDuty, Campaigns, CampaignStep
from bot.core.rules.campaign_days import DayRule, DayWrong
from bot.core.rules.five_ones import ActivityKind
from bot.core.rules.people import OrgLevel
from bot.core.rules.workdays import Workdays

MOST_NAME: Final = 20
MOST_KEY: Final = 24
LEVELS: Final = (OrgLevel.CENTRAL, OrgLevel.PROVINCE, OrgLevel.CITY, OrgLevel.COUNTY)
"""Levels of leading organs (团的领导机关)."""
_KNOWN: Final = {"name", "words", "basis", "who", "levels", "kinds", "from", "until", "years", "text", "step", "item"}
_CHECKLIST: Final = {"lesson_by"}


class CampaignsWrong(ValueError):
    """写错的集中活动表: a file that cannot be taken: which campaign, which part of it, what is wrong."""

    def __init__(self, campaign: str, part: str, fault: str, found: str = "") -> None:
        super().__init__(f"{campaign} {part}: {fault} {found}".strip())
        self.campaign, self.part, self.fault, self.found = campaign, part, fault, found


def read_campaigns(files: Iterable[tuple[str, object]], own: Mapping[str, object] | None = None) -> Campaigns:
    """Shipped files by their key, and one file of the organ: a table for each campaign, named by its key.

    Refuses with ``CampaignsWrong`` what is missing, unknown or impossible, and names that two of a year share.
    """
    told = dict(files) | dict(own or {})
    found: list[Campaign] = []
    for key, data in told.items():
        table = _table(key, "", data)
        if table != {"off": True}:  # an organ may leave one out
            found.append(_read(key, table))
    for one in found:
        for other in found:
            both = not one.years or not other.years or set(one.years) & set(other.years)
            same = any(other.called(word) for word in (one.name, *one.words))
            if one is not other and both and same and CampaignDuty.GUIDE not in (one.duty, other.duty):
                raise CampaignsWrong(one.key, "name", "twice", other.key)
    return Campaigns(tuple(found))


def _read(key: str, data: Mapping[str, Any]) -> Campaign:
    if not 1 <= len(key) <= MOST_KEY:
        raise CampaignsWrong(key, "", "key", str(MOST_KEY))
    duty = _one(key, data, "who", CampaignDuty)
    unknown = sorted(set(data) - _KNOWN - (_CHECKLIST if duty is CampaignDuty.GUIDE else set()))
    if unknown:
        raise CampaignsWrong(key, unknown[0], "unknown")
    first, last = _day(key, data, "from"), _day(key, data, "until")
    years = _list(key, data, "years")
    if not all(isinstance(year, int) and 2000 <= year <= 2100 for year in years):
        raise CampaignsWrong(key, "years", "no_years")
    if first.year and last.year and last.on(last.year, Workdays()) < first.on(first.year, Workdays()):
        raise CampaignsWrong(key, "until", "before", first.said)
    if last.year and not first.year:
        raise CampaignsWrong(key, "from", "no_day_of_a_year", first.said)
    levels = _each(key, data, "levels", OrgLevel, LEVELS if duty is CampaignDuty.ORGAN else ())
    if any(level not in LEVELS for level in levels):
        raise CampaignsWrong(key, "levels", "no_organ")
    return Campaign(
        key=key,
        name=_text(key, data, "name", MOST_NAME),
        words=tuple(_texts(key, data, "words")),
        basis=_text(key, data, "basis", 60),
        duty=duty,
        levels=levels,
        kinds=_each(key, data, "kinds", ActivityKind, ()),
        first=first,
        last=last,
        years=tuple(years) or ((first.year,) if first.year else ()),
        text=_text(key, data, "text", 200, needed=False),
        steps=tuple(_step(key, one) for one in _list(key, data, "step")),
        checklist={name: data[name] for name in ("name", "from", "until", "lesson_by", "item") if name in data},
    )


def _table(key: str, part: str, data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise CampaignsWrong(key, part, "no_table")
    return cast("dict[str, Any]", data)


def _step(key: str, told: object) -> CampaignStep:
    data = _table(key, "step", told)
    unknown = sorted(set(data) - {"name", "from", "until", "level"})
    if unknown:
        raise CampaignsWrong(key, f"step.{unknown[0]}", "unknown")
    level = _one(key, data, "level", OrgLevel) if "level" in data else None
    return CampaignStep(_text(key, data, "name", MOST_NAME), _day(key, data, "from"), _day(key, data, "until"), level)


def _day(key: str, data: Mapping[str, Any], part: str) -> DayRule:
    if part not in data:
        raise CampaignsWrong(key, part, "missing")
    try:
        return DayRule.read(data[part])
    except DayWrong as error:
        raise CampaignsWrong(key, part, "no_day", str(error)) from None


def _text(key: str, data: Mapping[str, Any], part: str, most: int, *, needed: bool = True) -> str:
    told = data.get(part, "")
    if not isinstance(told, str) or (needed and not told.strip()):
        raise CampaignsWrong(key, part, "missing")
    if len(told) > most:
        raise CampaignsWrong(key, part, "too_long", str(most))
    return " ".join(told.split())


def _texts(key: str, data: Mapping[str, Any], part: str) -> list[str]:
    told = _list(key, data, part)
    if not all(isinstance(one, str) and one.strip() for one in told):
        raise CampaignsWrong(key, part, "no_list")
    return told


def _list(key: str, data: Mapping[str, Any], part: str) -> list[Any]:
    told = data.get(part, [])
    if not isinstance(told, list):
        raise CampaignsWrong(key, part, "no_list")
    return cast("list[Any]", told)


def _one(key: str, data: Mapping[str, Any], part: str, kind: type[Any]) -> Any:
    if part not in data:
        raise CampaignsWrong(key, part, "missing")
    try:
        return kind(data[part])
    except ValueError:
        raise CampaignsWrong(key, part, "unknown_word", str(data[part])) from None


def _each(key: str, data: Mapping[str, Any], part: str, kind: type[Any], otherwise: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_one(key, {part: one}, part, kind) for one in _texts(key, data, part)) or otherwise
