"""Who may come in: the token of a WebSocket, the signature of a post, the rule for starting without either."""

import hmac
import re
from typing import Final

MIN_TOKEN_LENGTH: Final = 32
"""Characters of an access token (reliability section 3)."""
_SCHEMES: Final = frozenset({"bearer", "token"})
_DIGESTS: Final = frozenset({"sha1", "sha256"})
_SELF_ID: Final = re.compile(r"[0-9]{1,20}", re.ASCII)


class UnsafeStart(ValueError):
    """The door is refused because anybody could come in by it."""


def refuse_unsafe_start(access_token: str, *, sandbox_loopback: bool) -> None:
    """Raise ``UnsafeStart`` without a long token, unless only this machine's sandbox can reach the door (threat 1)."""
    if len(access_token) >= MIN_TOKEN_LENGTH or (sandbox_loopback and not access_token):
        return
    raise UnsafeStart(
        f"the OneBot access token needs at least {MIN_TOKEN_LENGTH} characters; "
        "it may be left out only in sandbox mode on a loopback address"
    )


def token_is_right(header: str | None, access_token: str) -> bool:
    """Whether the Authorization header carries the token; compared in constant time."""
    if not access_token:
        return True  # only after refuse_unsafe_start has allowed it
    scheme, _, given = (header or "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), access_token.encode())
    return right and scheme.lower() in _SCHEMES


def signature_is_right(header: str | None, body: bytes, secret: str) -> bool:
    """Whether ``X-Signature`` is the HMAC of the body: ``sha1=`` as OneBot 11 has it, or ``sha256=``."""
    if not secret:
        return False
    digest, _, given = (header or "").partition("=")
    if digest not in _DIGESTS:
        return False
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(given.lower().encode("utf-8", "replace"), expected.encode())


def valid_self_id(self_id: str | None) -> bool:
    """Whether this can be a bot's QQ number."""
    return bool(self_id and _SELF_ID.fullmatch(self_id))


def short(native_id: str) -> str:
    """The tail of an id, all of it that a log may show."""
    return "…" + native_id[-4:]
