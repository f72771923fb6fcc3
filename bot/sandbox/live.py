"""Live updates of the page over a WebSocket: every change in order, and what the bot remembers of the person one is."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.remembered import AskKept, AskRemembered, Behind
from bot.sandbox.show import Json, shown_change, shown_remembered, shown_signs
from bot.sandbox.values import WorldError
from bot.sandbox.world import World

MAX_PAGES: Final = 32
"""Open pages at a time."""
LOOK_AFTER: Final = (0.15, 0.6, 2.0)
"""Seconds after a change at which the memory is looked at again: the bot needs a moment to store."""
LOOK_EVERY: Final = 10.0
"""Seconds between two looks when nothing happens; what expires has to disappear too."""
SIGNED: Final = 80
"""Newest bubbles of a group that carry a sign: stored, or not."""

_log = logging.getLogger(__name__)


async def ask(world: World, remembered: AskRemembered, person: int) -> Json:
    """What the bot remembers of a person; a failure is told as such, never as an empty memory."""
    told: Json = {"type": "remembered", "person": person}
    try:
        items = await remembered(str(world.roster.person(person).number))
    except WorldError:
        raise
    except Exception:
        _log.exception("sandbox: the memory could not be asked")
        return told | {"failed": True, "items": []}
    return told | {"failed": False, "items": [shown_remembered(item) for item in items]}


async def ask_signs(world: World, kept: AskKept) -> Json | None:
    """Where the bot records and which bubbles it stored; None when it could not be asked: then nothing is claimed."""
    try:
        return shown_signs(await kept(world.said_in_groups(SIGNED)))
    except Exception:
        _log.exception("sandbox: it is not known what is stored")
        return None


class Page:
    """One open page: its socket, the change it is up to, and the person it is."""

    def __init__(self, socket: WebSocket, world: World, behind: Behind, after: int) -> None:
        self._socket = socket
        self._world = world
        self._behind = behind
        self._sent = after
        self._person: int | None = None
        self._told: Json | None = None
        self._signs: Json | None = None
        self._news = asyncio.Event()
        self._look = asyncio.Event()
        self._writing = asyncio.Lock()

    async def serve(self) -> None:
        """Send until the page goes away."""
        unsubscribe = self._world.subscribe(lambda _change: self._wake())
        self._news.set()
        tasks = [asyncio.create_task(work) for work in (self._listen(), self._tell_changes(), self._tell_memory())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
                    task.result()
        finally:
            unsubscribe()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self) -> None:
        self._news.set()
        self._look.set()

    async def _send(self, told: Json) -> None:
        async with self._writing:
            await self._socket.send_json(told)

    async def _listen(self) -> None:
        """The page says who one is now: ``{"person": number}``."""
        while True:
            said: Any = await self._socket.receive_json()
            person = said.get("person") if isinstance(said, dict) else None
            if isinstance(person, int) and person in self._world.roster.people:
                self._person = person
                self._told = None  # the page shows "loading" whenever it says who one is, also the same one again
                self._look.set()

    async def _tell_changes(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            changes = self._world.changes_after(self._sent)
            if changes is None:
                self._sent = self._world.last_change
                await self._send({"type": "reset", "run": self._world.run_id})
                continue
            for change in changes:
                await self._send(shown_change(change, self._world))
                self._sent = change.number

    async def _tell_memory(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), LOOK_EVERY)
            self._look.clear()
            await self._tell_if_new()
            for delay in LOOK_AFTER:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), delay)
                    break
                await self._tell_if_new()

    async def _tell_if_new(self) -> None:
        if self._person is None:
            return
        signs = await ask_signs(self._world, self._behind.kept)
        if signs is not None and signs != self._signs:
            self._signs = signs
            await self._send(signs)
        now = await ask(self._world, self._behind.remembered, self._person)
        if now != self._told and now["person"] == self._person:
            self._told = now
            await self._send(now)


class Pages:
    """All open pages; bounded."""

    def __init__(self, world: World, behind: Behind) -> None:
        self._world = world
        self._behind = behind
        self._open: set[Page] = set()

    async def serve(self, socket: WebSocket, after: int, run: str) -> None:
        """Serve one page until it goes away; a page of an earlier run begins anew."""
        if len(self._open) >= MAX_PAGES:
            await socket.close(1013)
            return
        await socket.accept()
        page = Page(socket, self._world, self._behind, after if run == self._world.run_id else -1)
        self._open.add(page)
        try:
            await page.serve()
        finally:
            self._open.discard(page)

    @property
    def open(self) -> Sequence[Page]:
        """The pages open now."""
        return tuple(self._open)
