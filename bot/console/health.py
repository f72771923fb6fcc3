"""``/livez`` and ``/healthz``: whether the process answers, and whether it takes messages; nothing else is told."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse


def health_router(ready: Callable[[], bool]) -> APIRouter:
    """Not ready: starting or stopping."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> JSONResponse:
        return JSONResponse({"alive": True})

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        now = ready()
        return JSONResponse({"ready": now}, status_code=200 if now else 503)

    return router
