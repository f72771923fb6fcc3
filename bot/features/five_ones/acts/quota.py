"""zhixin quota: a province sets the content of the five ones from a file; nobody sets the number (R2.8, R6.9, P40)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bot.clock import SHANGHAI
from bot.core.rules.people import OrgLevel, Role
from bot.features.five_ones.rules.quota import QuotaFault, QuotaFaultKind, QuotaFile, read_quota_file
from bot.features.five_ones.tables import QuotaVersion
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.unit import Unit


async def set_quota(
    unit: Unit, told: Mapping[str, Any], kinds: Mapping[str, str], slots: Mapping[str, str]
) -> QuotaFile | Sequence[QuotaFault]:
    """A new version of every subject that the file names, or all that is wrong with it and nothing is written.

    An attempt at another number or window, or by an organ below the province, stays in the audit (R6.9).
    """
    read = read_quota_file(told, kinds, slots)
    code = told.get("org")
    org = await _org(unit, code.strip()) if isinstance(code, str) and code.strip() else None
    faults = list(read) if not isinstance(read, QuotaFile) else []
    if org is None and isinstance(code, str) and code.strip():
        faults.append(QuotaFault(QuotaFaultKind.UNKNOWN_ORG, "org", code))
    elif org is not None and org.level != OrgLevel.PROVINCE:
        faults.append(QuotaFault(QuotaFaultKind.NOT_PROVINCE, "org", org.name))
    if isinstance(read, QuotaFile) and org is not None and not faults:
        faults += await _enter(unit, org, read)
    if any(fault.kind in (QuotaFaultKind.RAISED, QuotaFaultKind.NOT_PROVINCE) for fault in faults):
        where = next(one.where for one in faults if one.kind in (QuotaFaultKind.RAISED, QuotaFaultKind.NOT_PROVINCE))
        await unit.audit(None, "quota.refused", role=Role.OPERATOR, ref=where[:40])
    return faults or read


async def _org(unit: Unit, code: str) -> OrgUnit | None:
    return (await unit.session.execute(select(OrgUnit).where(OrgUnit.code == code))).scalar_one_or_none()


async def _enter(unit: Unit, org: OrgUnit, file: QuotaFile) -> list[QuotaFault]:
    """A version begins later than every one before it, and only the first may begin in the past: what was counted
    under a version stays so.
    """
    newest = (
        select(QuotaVersion.from_day)
        .where(QuotaVersion.org_id == org.id, QuotaVersion.subject.in_(list(file.content)))
        .order_by(QuotaVersion.from_day.desc())
        .limit(1)
    )
    latest = (await unit.session.execute(newest)).scalar_one_or_none()
    today = unit.now.astimezone(SHANGHAI).date()
    if latest is not None and file.from_day <= max(latest, today):
        return [QuotaFault(QuotaFaultKind.NOT_LATER, "from", max(latest, today).isoformat())]
    for subject, kinds in file.content.items():
        unit.session.add(
            QuotaVersion(
                id=new_id(),
                org_id=org.id,
                subject=subject.value,
                from_day=file.from_day,
                kinds=list(kinds),
                plan=file.plan,
                plan_version=file.plan_version,
                plan_day=file.plan_day,
                set_at=unit.now,
            )
        )
    await unit.session.flush()
    await unit.audit(None, "quota.set", role=Role.OPERATOR, org=org.code, version=file.plan_version)
    return []
