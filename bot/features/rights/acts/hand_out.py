"""导出: what a person receives of their own data, as a file or as a one-time link (P7)."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bot.core.acts.download import DOWNLOAD, DOWNLOAD_LIFE, NewDownload, keep_download
from bot.core.rules.message import Address
from bot.core.rules.say import Say
from bot.features.rights.acts.request import log_request
from bot.features.rights.rules.rights import (
    RightsKind,
)
from bot.store.outbox import Words
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ExportLink(Say):
    """The one-time link, where a file cannot be sent."""

    template: ClassVar[str] = "rights/export_link"
    url: str
    minutes: int
    pages: int
    """Of what is too long for the chat, where the link cannot be opened either."""


@dataclass(frozen=True, slots=True)
class ExportFile(Say):
    """What the file's row stands for; the file itself is sent in place of these words."""

    template: ClassVar[str] = "rights/export_file"
    minutes: int


async def hand_out_export(
    unit: Unit, *, made: NewDownload, address: Address, shown: Words, public_url: str, upload: str, pages: int = 0
) -> None:
    """Queue the text, then the zip: as a file named ``upload``, or (without one, or refused) as a one-time link.

    What is too long for the chat can be read there all the same: in so many ``pages``, each when it is asked for.

    Both are sealed under the person's own key, so that erasing them reaches every back-up of the outbox too.
    """
    person = await unit.session.get_one(Person, made.person_id)
    await keep_download(unit, made)
    minutes = int(DOWNLOAD_LIFE.total_seconds() // 60)
    link = ExportLink(f"{public_url}/x/{made.token}", minutes, pages)
    push = partial(unit.push, address, kind="reply", person_id=person.id, key_id=person.key_id)
    push = partial(push, about=(DOWNLOAD, made.id), expires_at=unit.now + DOWNLOAD_LIFE)
    await unit.push_words(address, shown, priority=1, kind="reply", person_id=person.id, key_id=person.key_id)
    if upload:
        await push(ExportFile(minutes), file=(upload, made.id), fallback=(address, link), priority=2)
    else:
        await push(link, priority=2)
    await log_request(unit, person, RightsKind.EXPORT)
