"""NoneBot's event objects for what the gate lets through; none of them ever logs its content (section 13.5)."""

import types
from collections.abc import Mapping
from typing import Any

from nonebot.adapters.onebot.collator import Collator
from nonebot.adapters.onebot.v11 import Event, MessageEvent
from nonebot.adapters.onebot.v11.adapter import DEFAULT_MODELS
from nonebot.compat import model_dump, type_validate_python
from nonebot.exception import NoLogException
from pydantic import PrivateAttr

from bot.channels.onebot.convert import read_message
from bot.channels.onebot.shape import Unfamiliar, Unreadable, as_mapping
from bot.core.rules.message import ChatKind, Incoming, Media, Mention, Quote, Segment, Text
from bot.core.rules.text import clean

_ATTRIBUTE = "_zhixin_incoming"


def _no_log(_: Event) -> str:
    """In place of the line that NoneBot prints for every event, message text included."""
    raise NoLogException("OneBot V11")


def _quiet(model: type[Event]) -> type[Event]:
    """The same event model without a log line; a message also carries its Incoming."""
    body: dict[str, Any] = {"__module__": __name__, "__doc__": model.__doc__, "get_log_string": _no_log}
    if issubclass(model, MessageEvent):
        body |= {_ATTRIBUTE: PrivateAttr(default=None), "__annotations__": {_ATTRIBUTE: Incoming | None}}
    return types.new_class(model.__name__, (model,), exec_body=lambda namespace: namespace.update(body))


MODELS: Collator[Event] = Collator(
    "OneBot V11",
    [_quiet(model) for model in DEFAULT_MODELS],
    ("post_type", ("message_type", "notice_type", "request_type", "meta_event_type"), "sub_type"),
)


def build_event(raw: Mapping[str, Any]) -> Event | None:
    """The most specific event that the frame satisfies; None if none does. Says nothing about why: that is content."""
    try:
        models = MODELS.get_model(dict(raw))
    except Exception:
        return None
    for model in models:
        try:
            return type_validate_python(model, dict(raw))
        except Exception:  # noqa: S112 - the error would quote the frame
            continue
    return None


def build_message_event(raw: Mapping[str, Any], incoming: Incoming) -> MessageEvent | None:
    """The event for a message, words cleaned; without the gateway's details when they do not fit NoneBot's model."""
    plain = _plain_frame(incoming)
    kept = {name: raw[name] for name in ("sub_type", "font", "anonymous") if name in raw}
    kept |= {"sender": _cleaned_sender(raw)}
    for frame in (plain | {"message": _cleaned(raw, incoming)} | kept, plain):
        event = build_event(frame)
        if isinstance(event, MessageEvent):
            setattr(event, _ATTRIBUTE, incoming)
            return event
    return None


def was_screened(event: object) -> bool:
    """Whether this event came through our door, and so past the gate, before NoneBot saw it."""
    return isinstance(getattr(event, _ATTRIBUTE, None), Incoming)


def incoming_of(event: object) -> Incoming | None:
    """The message that an event stands for; for an event built by hand it is read from its fields."""
    if not isinstance(event, MessageEvent):
        return None
    attached = getattr(event, _ATTRIBUTE, None)
    if isinstance(attached, Incoming):
        return attached
    raw = model_dump(event)
    original = raw.get("original_message") or raw.get("message")
    raw["message"] = [{"type": part["type"], "data": part["data"]} for part in original or ()]
    try:
        told = read_message(raw, str(event.self_id))
    except (Unfamiliar, Unreadable):
        return None
    return told if isinstance(told, Incoming) else None


def _plain_frame(incoming: Incoming) -> dict[str, Any]:
    in_group = incoming.kind is ChatKind.GROUP
    frame: dict[str, Any] = {
        "time": incoming.sent_at,
        "self_id": incoming.bot_id,
        "post_type": "message",
        "message_type": incoming.kind.value,
        "sub_type": "normal" if in_group else "friend",
        "user_id": incoming.sender_id,
        "message_id": incoming.message_id if _is_number(incoming.message_id) else 0,
        "message": [_segment(part) for part in incoming.segments],
        "raw_message": incoming.text,
        "font": 0,
        "sender": {"user_id": incoming.sender_id},
    }
    return frame | ({"group_id": incoming.chat_id} if in_group else {})


def _cleaned(raw: Mapping[str, Any], incoming: Incoming) -> list[dict[str, Any]]:
    """The frame's own segments with cleaned words, for other plugins that look at pictures and the like."""
    parts = raw.get("message")
    if not isinstance(parts, list):
        return [_segment(part) for part in incoming.segments]
    return [_cleaned_part(part) for part in parts if isinstance(part, Mapping) and isinstance(part.get("type"), str)]


def _cleaned_sender(raw: Mapping[str, Any]) -> dict[str, Any]:
    sender = raw.get("sender")
    fields = sender.items() if isinstance(sender, Mapping) else ()
    return {name: clean(value) if isinstance(value, str) else value for name, value in fields}


def _cleaned_part(part: Mapping[str, Any]) -> dict[str, Any]:
    data = as_mapping(part.get("data"))
    if part.get("type") != "text":
        return {"type": part.get("type"), "data": dict(data)}
    text = data.get("text", "")
    return {"type": "text", "data": {"text": clean(text) if isinstance(text, str) else ""}}


def _segment(part: Segment) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "data": {"text": text}}
        case Mention(who):
            return {"type": "at", "data": {"qq": who}}
        case Quote(message_id):
            return {"type": "reply", "data": {"id": message_id}}
        case Media(kind):
            return {"type": kind, "data": {}}


def _is_number(native: str) -> bool:
    return native.removeprefix("-").isdigit()
