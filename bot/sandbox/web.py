"""The sandbox's web side: the chat page, its JSON actions and its live updates, as one application to mount."""

import tomllib
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field
from starlette.staticfiles import StaticFiles

from bot.clock import SHANGHAI, Clock
from bot.core.rules.message import ChatKind
from bot.sandbox.codes import is_picture
from bot.sandbox.guard import LoopbackOnly
from bot.sandbox.live import Pages, ask
from bot.sandbox.passing import Leap, Passing, target
from bot.sandbox.remembered import Behind
from bot.sandbox.show import Json, shown_line, shown_state
from bot.sandbox.values import Chat, WorldError
from bot.sandbox.world import MAX_TEXT, World

_BOT: Final = Path(__file__).resolve().parent.parent
_TEMPLATES: Final = _BOT / "templates"
_STYLESHEET: Final = _BOT / "console" / "static" / "zhixin.css"
MAX_OLDER: Final = 100
"""Lines told at most in one look back."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    person: int


class Say(_Body):
    """A person says ``text`` in ``chat`` (its key), perhaps quoting a message; or shares a ``media`` placeholder."""

    chat: str = Field(max_length=64)
    text: str = Field("", max_length=MAX_TEXT)
    quoted: int | None = None
    media: str | None = Field(None, max_length=16)


class Recall(_Body):
    """A person takes a message back."""

    message: int


class Membership(_Body):
    """A person comes or goes; ``member`` is somebody else when one is brought in or put out."""

    group: int
    member: int | None = None


class Leaping(BaseModel):
    """The clock is moved forward: by a leap, or ``to`` an instant (aware, or in Asia/Shanghai)."""

    model_config = ConfigDict(extra="forbid")
    leap: Leap | None = None
    to: datetime | None = None


def build(world: World, *, behind: Behind, clock: Clock, passing: Passing | None = None) -> FastAPI:
    """The page as an application to be mounted at ``/sandbox``; it refuses everything that is not this machine.

    Without ``passing`` the clock has no hand to move it by: there is no such address.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(LoopbackOnly)
    app.include_router(_page(world))
    app.include_router(_reading(world, behind, clock, movable=passing is not None), prefix="/api")
    app.include_router(_talking(world), prefix="/api")
    app.include_router(_moving(world), prefix="/api")
    if passing is not None:
        app.include_router(_passing(passing, clock), prefix="/api")
    app.mount("/static", StaticFiles(directory=Path(__file__).resolve().parent / "static"), name="static")

    @app.exception_handler(WorldError)
    async def refused(_request: Request, error: WorldError) -> JSONResponse:
        return JSONResponse({"error": error.code}, 404 if error.code.startswith("unknown") else 409)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": "bad_request"}, 422)  # without what was sent

    return app


def _page(world: World) -> APIRouter:
    router = APIRouter()
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    strings = tomllib.loads((_TEMPLATES / "sandbox" / "strings.toml").read_text(encoding="utf-8"))

    @router.get("/")
    async def page() -> HTMLResponse:
        shown = pages.get_template("sandbox/page.html").render(
            bot_name=world.roster.bot_name, strings=strings, max_text=MAX_TEXT
        )
        return HTMLResponse(shown)

    @router.get("/zhixin.css")
    async def stylesheet() -> FileResponse:
        return FileResponse(_STYLESHEET, media_type="text/css")

    return router


def _reading(world: World, behind: Behind, clock: Clock, *, movable: bool) -> APIRouter:
    router, live = APIRouter(), Pages(world, behind)

    @router.get("/state")
    async def state() -> Json:
        return shown_state(world, clock, movable=movable)

    @router.get("/lines")
    async def older(chat: str, before: int, count: Annotated[int, Query(ge=1, le=MAX_OLDER)] = 60) -> Json:
        found = world.lines(_chat(chat), count=count, before=before)
        return {"lines": [shown_line(line) for line in found]}

    @router.get("/remembered")
    async def memory(person: int) -> Json:
        return await ask(world, behind.remembered, person)

    @router.get("/words")
    async def words(person: int, chat: str) -> Json:
        place, number = _chat(chat), str(world.roster.person(person).number)
        if not world.sees(person, place):
            raise WorldError("unknown_chat")
        found = await behind.words(number, place.number if place.kind is ChatKind.GROUP else None)
        return {"words": [asdict(word) for word in found]}

    @router.get("/files/{file_id}")
    async def file(file_id: str, person: int) -> Response:
        attachment, content = world.file(file_id, person)
        if attachment.picture and is_picture(content):
            kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
            return Response(content, media_type=kind)
        named = f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}"
        return Response(content, media_type="application/octet-stream", headers={"Content-Disposition": named})

    @router.websocket("/live")
    async def updates(socket: WebSocket, after: int = 0, run: str = "") -> None:
        await live.serve(socket, after, run)

    return router


def _talking(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/say")
    async def say(body: Say) -> Json:
        chat = _chat(body.chat)
        if body.media is not None:
            return shown_line(world.share(body.person, chat, body.media))
        return shown_line(world.say(body.person, chat, body.text, quoted=body.quoted))

    @router.post("/recall")
    async def recall(body: Recall) -> Json:
        world.roster.person(body.person)
        return shown_line(world.recall(body.person, body.message))

    return router


def _moving(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/join")
    async def join(body: Membership) -> Any:
        world.roster.person(body.person)
        if body.member is not None and body.member != world.roster.bot_number:
            raise WorldError("not_allowed")  # only the bot is brought in; people join by themselves
        world.join_group(body.member or body.person, body.group, operator=body.person)

    @router.post("/leave")
    async def leave(body: Membership) -> Any:
        world.roster.person(body.person)
        world.leave_group(body.person, body.group)

    @router.post("/remove")
    async def remove(body: Membership) -> Any:
        world.roster.person(body.person)
        world.remove_member(body.person, body.member or 0, body.group)

    @router.post("/befriend")
    async def befriend(body: _Body) -> Any:
        world.add_friend(body.person)

    @router.post("/unfriend")
    async def unfriend(body: _Body) -> Any:
        world.remove_friend(body.person)

    return router


def _passing(passing: Passing, clock: Clock) -> APIRouter:
    router = APIRouter()

    @router.post("/clock")
    async def move(body: Leaping) -> Any:
        to = target(body.leap, clock.now()) if body.leap is not None else body.to
        if to is None:
            raise WorldError("bad_time")
        passing.begin(to if to.tzinfo is not None else to.replace(tzinfo=SHANGHAI))

    @router.post("/clock/halt")
    async def halt() -> Any:
        passing.halt()

    return router


def _chat(key: str) -> Chat:
    try:
        return Chat.from_key(key)
    except ValueError as error:
        raise WorldError("unknown_chat") from error
