"""The sandbox's own door keeper: this machine only, and only its own page may act (design section 7)."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY: Final = 64 * 1024
"""Bytes of a request; the longest message is far below."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_PROXY_HEADERS: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_ALWAYS: Final = (
    (b"content-security-policy", b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refusal(scope: Scope) -> int | None:
    """The HTTP status that refuses this request, or None.

    The Host check stops a foreign name that resolves to this machine, the Origin check a foreign page that posts here.
    A request that passed a proxy is foreign whatever its address says.
    """
    headers, client = Headers(scope=scope), scope.get("client")
    if client is None or not is_loopback(client[0]) or any(name in headers for name in _PROXY_HEADERS):
        return 403
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(_name(hosts[0])):
        return 403
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return None
    origins = headers.getlist("origin")
    if len(origins) != 1 or origins[0].lower() not in (f"http://{hosts[0].lower()}", f"https://{hosts[0].lower()}"):
        return 403
    if scope["type"] == "websocket":
        return None
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        return 411
    return 413 if int(length[:12]) > MAX_BODY else None


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class LoopbackOnly:
    """ASGI middleware: refuses what is foreign, and adds the headers every answer of the sandbox carries."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        status = refusal(scope)
        if status is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif status is not None:
            await PlainTextResponse(str(status), status)(scope, receive, send)
        else:
            await self._app(scope, receive, self._with_headers(send))

    @staticmethod
    def _with_headers(send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name.lower() for name, _ in headers}
                extra = (*_ALWAYS, _NO_STORE)
                message["headers"] = [*headers, *((n, v) for n, v in extra if n not in names)]
            await send(message)

        return sending
