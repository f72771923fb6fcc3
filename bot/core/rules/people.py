"""People, roles and organisations as values: who is acting, and for which organisation."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class OrgLevel(StrEnum):
    """级别: level of a League organisation; levels may be missing in a system."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    GRASSROOTS = "grassroots"
    BRANCH = "branch"


class OrgKind(StrEnum):
    """组织性质: geographic or system (R0.1)."""

    GEOGRAPHIC = "geographic"
    SYSTEM = "system"


class Role(StrEnum):
    """角色: what a person may do for one organisation; rights come from these rows only."""

    CADRE = "cadre"
    YOUTH = "youth"
    SECRETARY = "secretary"
    ORGAN_ADMIN = "organ_admin"
    REPORTER = "reporter"
    CENTRAL_READER = "central_reader"
    PRIVACY_OFFICER = "privacy_officer"
    DUTY_OFFICER = "duty_officer"
    OPERATOR = "operator"


class CadreKind(StrEnum):
    """团干部类别: full-time, seconded or part-time; the quota differs (R2.9, R2.10)."""

    FULL_TIME = "full_time"
    SECONDED = "seconded"
    PART_TIME = "part_time"


class AgeBand(StrEnum):
    """年龄段: never a birthday (P6, P10)."""

    UNDER_14 = "under_14"
    MINOR = "minor"
    ADULT = "adult"


@dataclass(frozen=True, slots=True)
class Grant:
    """授予的角色: a role held for one organisation; ``cadre_kind`` only for cadres."""

    role: Role
    org_id: int
    cadre_kind: CadreKind | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """操作人: who is acting, as the tables say now; a platform's role, nickname or card never counts (threat 3, 4).

    An account nobody has bound and that never joined is a *stranger*: ``person_id`` and ``account_id`` are None.
    """

    person_id: int | None
    account_id: int | None
    grants: tuple[Grant, ...] = ()
    age_band: AgeBand | None = None

    @property
    def known(self) -> bool:
        """Whether the account belongs to a person in our tables."""
        return self.person_id is not None

    def has(self, role: Role) -> bool:
        """Whether the actor holds ``role`` for any organisation."""
        return any(g.role is role for g in self.grants)

    def orgs(self, role: Role) -> frozenset[int]:
        """The organisations for which the actor holds ``role``."""
        return frozenset(g.org_id for g in self.grants if g.role is role)

    @property
    def is_minor(self) -> bool:
        """14 to 17 years, by the age band the youth gave."""
        return self.age_band is AgeBand.MINOR


STRANGER: Final = Actor(None, None)
