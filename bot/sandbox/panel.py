"""The side panel's words: what the bot holds about a person and what it does not, from the real database."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
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
            held = await held_about(session, store.vault, "qq", native_id, now=store.clock.now())
        return lines(held, words)

    return ask


def lines(held: Held, words: dict[str, str]) -> list[Remembered]:
    """The panel's lines: first what is not kept, then what is."""
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
    figures = held.figures
    if figures["messages"]:
        at = figures["last_message_at"]
        words_kept = words["messages"].format(count=figures["messages"])
        said.append(Remembered("messages", words_kept, stored=True, at=at if isinstance(at, datetime) else None))
    for kind in ("talks", "notes"):
        if figures[kind]:
            kept(kind, count=figures[kind])
    if figures["relay"]:
        kept("relay_open" if figures["relay"] == "open" else "relay_waiting")
    for kind, figure in (
        ("voices", "voices"),
        ("answers", "consultation_answers"),
        ("wishes", "wishes"),
        ("asked", "questions"),
    ):
        if figures[figure]:
            kept(kind, count=figures[figure])
    if held.reads:
        kept("reads", count=held.reads)
    not_kept = [] if figures["messages"] else ["no_messages"]
    return [*(Remembered(kind, words[kind], stored=False) for kind in (*not_kept, "chat")), *said]
