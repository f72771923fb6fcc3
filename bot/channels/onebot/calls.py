"""What a direct API call may carry: other plugins can make them, and must not bring codes or at-all in (threat 10)."""

import json
from typing import Any

from nonebot.utils import DataclassEncoder


def checked_params(api: str, data: dict[str, Any]) -> dict[str, Any]:
    """The parameters as plain JSON; raises ValueError for a message given as a string, at-all and quick operations."""
    if api.startswith("."):
        raise ValueError("hidden calls take strings with codes")
    params: dict[str, Any] = json.loads(json.dumps(data, cls=DataclassEncoder))
    if any(isinstance(params.get(name), str) for name in ("message", "messages", "content")):
        raise ValueError("a message is a list of segments; a string would be read for codes")
    if _names_everybody(params):
        raise ValueError("at-all never goes out")
    return params


def _names_everybody(params: dict[str, Any]) -> bool:
    waiting: list[Any] = [params]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            data = value.get("data")
            if value.get("type") == "at" and isinstance(data, dict) and not str(data.get("qq", "")).isdigit():
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False
