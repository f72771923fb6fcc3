"""``end-role`` and ``away``: an office that ends without a new roster, and a cadre who is away for a while."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Final, TypeVar

from bot.cli.session import load_settings, open_store, refusals, run
from bot.cli.shell import Stop, command, misused, needed, option, tell
from bot.clock import SHANGHAI
from bot.config import Settings
from bot.core.acts.offices import end_roles, set_away
from bot.core.acts.roster import PersonUnknown, SeveralPeople, person_named
from bot.core.rules.namesakes import split_note
from bot.core.rules.people import Role
from bot.core.rules.roster import CADRE_KINDS, OTHER_ROLES
from bot.store.unit import Unit

T = TypeVar("T")
ROLES: Final = {**dict.fromkeys(("团干部", *CADRE_KINDS), Role.CADRE), **OTHER_ROLES}
"""Words of the column 身份, and one for all three kinds of cadre."""


@command("end_role", "end-role")
@option("--org", "end_role_org")
@option("--name", "invite_name")
@option("--role", "end_role_role")
def end_role(org: str | None, name: str | None, role: str | None) -> None:
    """The offices of one person end now, or one of them."""
    told = needed(name, "--name").strip()
    if role and role not in ROLES:
        misused("role_unknown", roles=list(ROLES))
    settings = load_settings()
    ended = run(_for_one(settings, org, told, lambda unit, who: end_roles(unit, [who], ROLES[role] if role else None)))
    if not ended:
        raise Stop("role_none", name=told)
    tell("role_ended", name=told, count=ended)


@command("away")
@option("--org", "end_role_org")
@option("--name", "invite_name")
@option("--until", "away_until", "date")
@option("--back", "away_back", is_flag=True)
def away(org: str | None, name: str | None, until: str | None, back: bool) -> None:
    """Until the end of that day nothing new goes to this person."""
    told = needed(name, "--name").strip()
    settings = load_settings()
    end = None if back else _end_of(needed(until, "--until").strip())
    run(_for_one(settings, org, told, lambda unit, who: _away(unit, who, end)))
    if end is None:
        tell("away_over", name=told)
    else:
        tell("away_set", name=told, until=f"{end - timedelta(minutes=1):%Y-%m-%d}")


async def _away(unit: Unit, person_id: int, end: datetime | None) -> None:
    if end is not None and end <= unit.now:
        raise Stop("away_past")
    await set_away(unit, person_id, end)


def _end_of(day: str) -> datetime:
    """The midnight after that day."""
    try:
        told = datetime.strptime(day.replace("/", "-"), "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        misused("away_date", value=day)
    return datetime.combine(told + timedelta(days=1), time(), SHANGHAI)


async def _for_one(settings: Settings, org: str | None, told: str, act: Callable[[Unit, int], Awaitable[T]]) -> T:
    async with open_store(settings) as store:
        try:
            with refusals():
                async with store.unit() as unit:
                    person = await person_named(unit, org.strip() if org else None, *split_note(told))
                    return await act(unit, person.person_id)
        except PersonUnknown as error:
            raise Stop("invite_unknown") from error
        except SeveralPeople as several:
            raise Stop("several_people" if org else "several_orgs", notes=several.notes) from several


COMMANDS: Final = (end_role, away)
