"""Decides which gateway comes in and for which bot: first the proof, then what it claims (reliability section 3)."""

import asyncio
from typing import Final

from loguru import logger
from nonebot.drivers import Request

from bot.channels.onebot.auth import short, signature_is_right, token_is_right, valid_self_id
from bot.channels.onebot.counters import Counters
from bot.channels.onebot.handling import log_failure
from bot.channels.port import Admission
from bot.clock import Clock

ADMISSION_PATIENCE: Final = 5.0
"""Seconds for looking up whether a bot is one of ours."""
REFUSAL_PAUSE: Final = 60.0
"""Seconds between two log lines about refused gateways."""


class Doorkeeper:
    """Binds the token, or the secret, to the bots that the admission names."""

    def __init__(
        self, admission: Admission, counters: Counters, clock: Clock, *, access_token: str, secret: str
    ) -> None:
        self._admission, self._counters, self._clock = admission, counters, clock
        self._token, self._secret = access_token, secret
        self._told: float | None = None

    async def of_socket(self, request: Request) -> str | None:
        """The bot id that a connecting gateway may speak for, or None."""
        return await self._admitted(request, proven=token_is_right(request.headers.get("authorization"), self._token))

    async def of_post(self, request: Request, body: bytes) -> str | None:
        """The bot id that a posting gateway may speak for, or None."""
        proven = signature_is_right(request.headers.get("x-signature"), body, self._secret)
        return await self._admitted(request, proven=proven)

    async def _admitted(self, request: Request, *, proven: bool) -> str | None:
        self_id, role = request.headers.get("x-self-id"), request.headers.get("x-client-role", "universal")
        if not proven:
            reason = "without the right token or signature"
        elif not self_id or not valid_self_id(self_id) or role.lower() != "universal":
            reason = "without a bot id or with half a role"
        elif not await self._is_ours(self_id):
            reason = f"for bot {short(self_id)}, not one of ours,"
        else:
            return self_id
        self._counters.refused += 1
        self._tell(reason)
        return None

    async def _is_ours(self, self_id: str) -> bool:
        try:
            async with asyncio.timeout(ADMISSION_PATIENCE):
                return await self._admission.admits(self_id)
        except Exception as error:  # in doubt the door stays shut
            log_failure("the admission", error)
            return False

    def _tell(self, reason: str) -> None:
        """At most one line in ``REFUSAL_PAUSE``: knocking must not fill the disk (threat 16); the counter has all."""
        now = self._clock.monotonic()
        if self._told is None or now - self._told >= REFUSAL_PAUSE:
            self._told = now
            logger.warning("a gateway {} was refused; {} refused so far", reason, self._counters.refused)
