"""风险告知: who accepted which text, and when; kept before the door opens (channels.md section 1)."""

import hashlib
import json
from typing import Final

from bot.core.rules.people import Role
from bot.store.delivery import Setting
from bot.store.unit import Unit

ACCEPTED: Final = "qq_risk.accepted"
HASH_KEPT: Final = 32
"""Characters of the text's hash that are kept."""


async def keep_acceptance(unit: Unit, notice: str, *, by: str) -> bool:
    """Note that an operator accepted this very text; False when it is noted already. A new text is a new acceptance.

    ``settings`` holds the acceptance in force, the audit chain every one there ever was.
    """
    digest = hashlib.sha256(notice.encode()).hexdigest()[:HASH_KEPT]
    value = json.dumps({"text": digest, "by": by})
    known = await unit.session.get(Setting, ACCEPTED)
    if known is not None and known.value == value:
        return False
    if known is None:
        unit.session.add(Setting(name=ACCEPTED, value=value, at=unit.now))
    else:
        known.value, known.at = value, unit.now
    await unit.session.flush()
    await unit.audit(None, ACCEPTED, role=Role.OPERATOR, text=digest, by=by)
    return True
