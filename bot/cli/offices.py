"""``end-role`` and ``away``: an office that ends without a new roster, and a cadre who is away for a while."""

from datetime import datetime, time, timedelta
from typing import Final

from bot.cli.operations import carry_out
from bot.cli.session import load_settings, run
from bot.cli.shell import Stop, command, misused, needed, option, tell
from bot.clock import SHANGHAI
from bot.core.rules.people import Role
from bot.core.rules.roster import CADRE_KINDS, OTHER_ROLES

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
    ended = run(carry_out(settings, "end_role", org=org, name=told, role=ROLES[role].value if role else ""))
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
    run(carry_out(settings, "away", org=org, name=told, end=end.isoformat() if end else ""))
    if end is None:
        tell("away_over", name=told)
    else:
        tell("away_set", name=told, until=f"{end - timedelta(minutes=1):%Y-%m-%d}")


def _end_of(day: str) -> datetime:
    """The midnight after that day."""
    try:
        told = datetime.strptime(day.replace("/", "-"), "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        misused("away_date", value=day)
    return datetime.combine(told + timedelta(days=1), time(), SHANGHAI)


COMMANDS: Final = (end_role, away)
