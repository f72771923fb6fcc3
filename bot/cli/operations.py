"""The closed list of what the command line does with the database, here or in the bot that runs it: plain out."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from bot.chat.export import archive
from bot.chat.text import labels
from bot.cli.door import SOCKET, Operation, ask_running
from bot.cli.session import InUse, open_store, refusals
from bot.cli.shell import Stop
from bot.config import Settings
from bot.core.acts.erase import erase_person
from bot.core.acts.log_reading import ReadingChanged, log_reading
from bot.core.acts.offices import end_roles, set_away
from bot.core.acts.roster import PersonUnknown, SeveralPeople, import_roster, person_named
from bot.core.acts.roster import invite as invite_person
from bot.core.acts.roster_people import RosterRefused
from bot.core.reads.audited import Logged, seen
from bot.core.reads.find_person import by_account, by_name
from bot.core.rules.namesakes import split_note
from bot.core.rules.people import CadreKind, OrgKind, OrgLevel, Role
from bot.core.rules.roster import OrgRow, PersonRow
from bot.features.activity.reads.kinds import kind_words
from bot.features.five_ones.acts.quota import set_quota
from bot.features.five_ones.reads.quota import quotas_shown
from bot.features.five_ones.rules.quota import QuotaFile
from bot.features.rights.reads.export import export_person, still_held
from bot.store.store import Store
from bot.store.tombstones import FILE as TOMBSTONES

CHANNEL: Final = "qq"
Told = Mapping[str, Any]


async def do_invite(store: Store, _settings: Settings, told: Told) -> Any:
    """``invite``."""
    try:
        with refusals():
            async with store.unit() as unit:
                issued = await invite_person(unit, told["org"], *split_note(told["name"]))
    except PersonUnknown as error:
        raise Stop("invite_unknown") from error
    except SeveralPeople as several:
        raise Stop("several_people", notes=several.notes) from several
    return {"name": issued.name, "org": issued.org_code, "code": issued.code, "until": issued.expires_at.isoformat()}


async def do_import(store: Store, _settings: Settings, told: Told) -> Any:
    """``import``: what changed, or the faults for which nothing did."""
    orgs = [OrgRow(**one | {"level": OrgLevel(one["level"]), "kind": OrgKind(one["kind"])}) for one in told["orgs"]]
    people = [_person(one) for one in told["people"]]
    try:
        with refusals():
            async with store.unit() as unit:
                how = {"end_missing": told["end_missing"], "progress": told.get("progress") or (lambda _done: None)}
                done = await import_roster(unit, orgs, people, **how)
    except RosterRefused as refused:
        return {"orgs": [asdict(one) for one in refused.orgs], "people": [asdict(one) for one in refused.people]}
    plain = asdict(done)
    codes = [one | {"expires_at": one["expires_at"].isoformat()} for one in plain["codes"]]
    return {"applied": plain | {"codes": codes}}


def _person(one: Mapping[str, Any]) -> PersonRow:
    kind = one["cadre_kind"]
    roles = frozenset(Role(role) for role in one["roles"])
    return PersonRow(**{**one, "roles": roles, "cadre_kind": CadreKind(kind) if kind else None})


async def do_end_role(store: Store, _settings: Settings, told: Told) -> Any:
    """``end-role``: how many ended."""
    role = Role(told["role"]) if told["role"] else None
    async with store.unit() as unit:
        return await end_roles(unit, [await _named(unit, told)], role)


async def do_away(store: Store, _settings: Settings, told: Told) -> Any:
    """``away`` until a moment, or back."""
    end = datetime.fromisoformat(told["end"]) if told["end"] else None
    async with store.unit() as unit:
        who = await _named(unit, told)
        if end is not None and end <= unit.now:
            raise Stop("away_past")
        await set_away(unit, who, end)
    return None


async def _named(unit: Any, told: Told) -> int:
    org = told["org"].strip() if told["org"] else None
    try:
        with refusals():
            return (await person_named(unit, org, *split_note(told["name"]))).person_id
    except PersonUnknown as error:
        raise Stop("invite_unknown") from error
    except SeveralPeople as several:
        raise Stop("several_people" if org else "several_orgs", notes=several.notes) from several


async def do_find(store: Store, _settings: Settings, told: Told) -> Any:
    """Who is meant by a written request."""
    with refusals():
        async with store.read() as session:
            if told["account"]:
                people = await by_account(session, store.vault, CHANNEL, told["account"].strip())
            else:
                people = await by_name(session, store.vault, (told["org"] or "").strip(), (told["name"] or "").strip())
    if not people:
        raise Stop("person_unknown")
    if len(people) > 1:
        raise Stop("person_several", count=len(people))
    return asdict(people[0])


async def do_erase(store: Store, _settings: Settings, told: Told) -> Any:
    """``erase-person``, of who was found."""
    with refusals():
        async with store.unit() as unit:
            role, reason = Role.OPERATOR, told["reason"]
            await unit.audit(None, "rights.written_request", role=role, subject_id=told["person_id"], reason=reason)
            done = await erase_person(unit, told["person_id"], actor=None, role=role.value)
    return {"receipt": done.receipt, "is_cadre": done.is_cadre}


async def do_export(store: Store, _settings: Settings, told: Told) -> Any:
    """``export-person`` in the bot that runs: the file goes to the command, and the reading is entered first."""
    with refusals():
        async with store.read() as session:
            held = await export_person(session, store.vault, told["person_id"], now=store.clock.now())
            facts = {"reason": told["reason"], "rows": held.counts()}
            logged = Logged("read.export", Role.OPERATOR, told["person_id"], facts=facts)
            read = await seen(session, None, [logged], still_held(told["person_id"]))
    try:
        async with store.unit() as unit:
            await log_reading(unit, None, read)
    except ReadingChanged:
        raise Stop("export_changed") from None
    return {"zip": b64encode(archive(held)).decode(), "rows": sum(held.counts().values())}


async def do_quota_show(store: Store, _settings: Settings, told: Told) -> Any:
    """``quota show``: plain rows."""
    async with store.read() as session:
        rows = await quotas_shown(session, told["org"] or None)
    shown = {**_words_of(kind_words()), **_words_of(_slots())}
    return [
        {
            "org": one.org,
            "subject": one.subject.value,
            "months": one.months,
            "number": one.number,
            "kinds": [shown.get(kind, kind) for kind in one.kinds],
            "plan": one.plan,
            "version": one.plan_version,
            "day": one.plan_day.isoformat() if one.plan_day else "",
            "from": one.from_day.isoformat() if one.from_day else "",
        }
        for one in rows
    ]


async def do_quota_set(store: Store, _settings: Settings, told: Told) -> Any:
    """``quota set``: what was set, or the faults for which nothing was; an attempt at more stays in the audit."""
    async with store.unit() as unit:
        done = await set_quota(unit, told["told"], kind_words(), _slots())
    if not isinstance(done, QuotaFile):
        return {"faults": [{"kind": one.kind.value, "where": one.where, "value": one.value} for one in done]}
    return {
        "set": {
            "org": done.org,
            "from_day": done.from_day.isoformat(),
            "plan": done.plan,
            "version": done.plan_version,
            "count": len(done.content),
        }
    }


def _slots() -> dict[str, str]:
    return {word: slot for slot, word in labels()["slot"].items()}


def _words_of(meant: Mapping[str, str]) -> dict[str, str]:
    """The first word of each."""
    found: dict[str, str] = {}
    for word, value in meant.items():
        found.setdefault(value, word)
    return found


async def carry_out(settings: Settings, name: str, /, **told: Any) -> Any:
    """Do it here; where a bot holds the database, in the bot that runs."""
    try:
        async with open_store(settings) as store:
            (settings.zhixin_data_dir / SOCKET).unlink(missing_ok=True)  # of a bot that was killed: nobody listens
            store.tombstones = settings.zhixin_data_dir / TOMBSTONES
            return await OPERATIONS[name](store, settings, told)
    except InUse as held:
        try:
            return await ask_running(settings, name, {key: one for key, one in told.items() if not callable(one)})
        except ConnectionError:
            raise held from None


OPERATIONS: Final[Mapping[str, Operation]] = {
    "invite": do_invite,
    "import": do_import,
    "end_role": do_end_role,
    "away": do_away,
    "find_person": do_find,
    "erase_person": do_erase,
    "export_person": do_export,
    "quota_show": do_quota_show,
    "quota_set": do_quota_set,
}
