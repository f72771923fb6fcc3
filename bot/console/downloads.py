"""The door of one-time downloads: looking shows a button, pressing it hands out the file once (P7, threat 20).

A link preview or a scanner follows links with GET; it must not use up the only time. Wrong, used and expired tokens
answer alike.
"""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.clock import Clock
from bot.core.acts.download import download_waits, take_download
from bot.store.store import Store

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "export"
FILE_NAME: Final = "我的数据.zip"
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def downloads_router(store: Store, clock: Clock) -> APIRouter:
    """``/x/{token}``: GET shows a button, POST hands out the file once."""
    router = APIRouter(include_in_schema=False)
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )

    def page(name: str, status: int) -> Response:
        body = pages.get_template(name).render()
        return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=HEADERS)

    @router.api_route("/x/{token}", methods=["GET", "HEAD"])
    async def look(token: str) -> Response:
        async with store.read() as session:
            waits = await download_waits(session, store.vault, token, now=clock.now())
        return page("fetch.html", 200) if waits else page("gone.html", 404)

    @router.post("/x/{token}")
    async def fetch(token: str, request: Request) -> Response:
        if not _same_site(request):
            return page("gone.html", 404)
        async with store.read() as session:  # anybody may knock: only who has a token gets into the writer's queue
            waits = await download_waits(session, store.vault, token, now=clock.now())
        if not waits:
            return page("gone.html", 404)
        async with store.unit(now=clock.now()) as unit:
            taken = await take_download(unit, token)
            if taken is not None:
                await unit.audit(None, "rights.fetched", role="owner", subject_id=taken[0], bytes=len(taken[1]))
        if taken is None:
            return page("gone.html", 404)
        disposition = f"attachment; filename=\"zhixin-data.zip\"; filename*=UTF-8''{quote(FILE_NAME)}"
        headers = {**HEADERS, "Content-Disposition": disposition}
        return Response(taken[1], media_type="application/zip", headers=headers)

    return router


def _same_site(request: Request) -> bool:
    """Whether the button of our own page was pressed; a browser names the origin of a POST."""
    origin = request.headers.get("origin")
    if origin is None or origin == "null":  # our own Referrer-Policy makes browsers send null
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return origin.partition("://")[2] == request.headers.get("host", "")
