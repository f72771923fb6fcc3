"""The door of calendars: whoever has the address reads, and nothing can be written; every other address is alike."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.clock import Clock
from bot.core.feature import Look
from bot.core.installation import Installation
from bot.features.feed.reads.feed import entries, whose
from bot.features.feed.reads.file import calendar_file, etag
from bot.store.store import Store

HEADERS: Final = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
TYPE: Final = "text/calendar; charset=utf-8"


def feeds_router(store: Store, clock: Clock, installation: Installation) -> APIRouter:
    """``/c/{token}.ics``: GET and HEAD, with an ETag; wrong, changed, stopped and ended ones are the same 404."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/c/{token}.ics", methods=["GET", "HEAD"])
    async def read(token: str, request: Request) -> Response:
        now = clock.now()
        async with store.read() as session:
            of = await whose(session, store.vault, token, now=now)
            if of is None:
                return Response(status_code=404, headers=HEADERS)
            found = await entries(session, store.vault, of, Look(now, installation))
        content = calendar_file(found, organ=of.org_id is not None)
        headers = {**HEADERS, "ETag": (tag := etag(content))}
        if _known(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=TYPE, headers=headers)

    return router


def _known(told: str, tag: str) -> bool:
    """Whether whoever asks has these bytes already."""
    return told.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in told.split(","))
