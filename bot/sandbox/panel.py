"""The side panel's words: what the bot holds about a person and what it does not, from the real database."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.chat.text import label
from bot.features.rights.reads.remembered import Held, held_about
from bot.sandbox.remembered import AskRemembered, Remembered
from bot.store.store import Store

_WORDS: Final = Path(__file__).resolve().parent.parent / "templates" / "sandbox" / "panel.toml"


def panel(store: Store) -> AskRemembered:
    """The function that the page asks after every change."""
    words: dict[str, str] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))

    async def ask(native_id: str) -> Sequence[Remembered]:
        async with store.read() as session:
            held = await held_about(session, store.vault, "qq", native_id)
        return lines(held, words)

    return ask


def lines(held: Held, words: dict[str, str]) -> list[Remembered]:
    """The panel's lines: stored things first, then what is not kept."""
    said: list[Remembered] = []

    def kept(kind: str, **values: object) -> None:
        said.append(Remembered(kind, words[kind].format(**values), stored=True))

    if not held.known:
        return [Remembered("nothing", words["nothing"], stored=False), Remembered("chat", words["chat"], stored=False)]
    if held.name and (held.in_roster and not held.age_band):
        kept("roster", name=held.name)
    elif held.name:
        kept("profile", name=held.name, age=label("age_band", held.age_band) if held.age_band else words["no_age"])
    if held.contacts:
        kept("contacts", count=held.contacts)
    for scope, at in held.consents:
        said.append(
            Remembered("consent", words["consent"].format(scope=label("consent_scope", scope)), stored=True, at=at)
        )
    if held.messages:
        said.append(
            Remembered("messages", words["messages"].format(count=held.messages), stored=True, at=held.last_message_at)
        )
    if held.talks:
        kept("talks", count=held.talks)
    if held.notes:
        kept("notes", count=held.notes)
    if held.relay:
        kept("relay_open" if held.relay == "open" else "relay_waiting")
    if held.voices:
        kept("voices", count=held.voices)
    if held.answers:
        kept("answers", count=held.answers)
    if held.wishes:
        kept("wishes", count=held.wishes)
    if held.asked:
        kept("asked", count=len(held.asked))
    if held.reads:
        kept("reads", count=held.reads)
    if not held.messages:
        said.append(Remembered("no_messages", words["no_messages"], stored=False))
    said.append(Remembered("chat", words["chat"], stored=False))
    return said
