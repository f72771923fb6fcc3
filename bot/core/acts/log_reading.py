"""Audited reads: their audit rows, written before the answer goes out (P15)."""

from bot.core.reads.audited import Seen, stands
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.store.unit import Unit


class ReadingChanged(Exception):
    """Something that was read is not as it was any more: nothing was logged and nothing may be shown; read anew."""


async def log_reading(unit: Unit, actor: Actor | None, found: Seen) -> Say | None:
    """Write the audit rows of a reading, and what belongs to it; what may be said then.

    Raises ``ReadingChanged`` if it no longer stands.
    """
    if not await stands(unit.session, found):
        raise ReadingChanged
    for entry in found.logged:
        await unit.audit(
            actor, entry.action, role=entry.role, subject_id=entry.subject_id, ref=entry.ref, **entry.facts
        )
    done = await found.then(unit) if found.then is not None else None
    return found.say or done
