"""Which pooled wishes somebody reaches: the starting point of every read of a pool (P13)."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, false, or_, select

from bot.core.reads.orgs import Organ, ids_in
from bot.features.wish.tables import Wish
from bot.store.people import OrgUnit


def below(organs: Collection[Organ]) -> ColumnElement[bool]:
    """Wishes in the pools of these organs and of all below: for numbers."""
    return Wish.pool_org_id.in_(
        select(OrgUnit.id).where(or_(false(), *(OrgUnit.path.startswith(o.path, autoescape=True) for o in organs)))
    )


def readable(organs: Collection[Organ]) -> ColumnElement[bool]:
    """Wishes whose words the organ may read: those in its own pool. Before its turn a level sees counts only, however
    far up their owner let them go (P12).
    """
    return Wish.pool_org_id.in_([organ.id for organ in organs])


def above(organs: Collection[Organ]) -> ColumnElement[bool]:
    """Wishes in the pools that cover these organisations: what a cadre there may claim."""
    return Wish.pool_org_id.in_({org_id for organ in organs for org_id in ids_in(organ.path)})
