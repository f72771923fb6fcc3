"""The world as the page gets it: plain JSON, never markup."""

from datetime import datetime
from typing import Any, Final

from bot.chat.text import labels
from bot.clock import Clock
from bot.core.rules.message import ChatKind, Media, Mention, Quote, Text
from bot.sandbox.remembered import Kept, Remembered
from bot.sandbox.values import Attachment, Change, Chat, Line, Piece, Presence, Recalled, Refused, Said, TimeMoved
from bot.sandbox.world import World

Json = dict[str, Any]

FIRST_LINES: Final = 60
"""Lines of each chat that a page gets at once; older ones on request."""


def shown_line(line: Line) -> Json:
    """One line of a chat."""
    return {
        "id": line.id,
        "chat": line.chat.key,
        "at": line.at.isoformat(timespec="seconds"),
        "sender": line.sender,
        "pieces": [_shown_piece(piece) for piece in line.segments],
        "system": line.system.value if line.system else None,
        "operator": line.operator,
        "recalled": line.recalled_by is not None,
    }


def shown_roster(world: World) -> Json:
    """Who is where, and who may write to the bot."""
    roster = world.roster
    return {
        "groups": [
            {
                "number": group.number,
                "name": group.name,
                "members": [
                    {"number": n, "card": group.cards.get(n, ""), "role": group.role(n)} for n in group.members
                ],
                "bot": roster.bot_number in group.members,
            }
            for group in roster.groups.values()
        ],
        "friends": sorted(roster.friends),
        "writers": [number for number in roster.people if roster.may_write(number)],
    }


def shown_state(world: World, clock: Clock, *, movable: bool = False) -> Json:
    """Everything a page needs to begin, and the number of the change it is up to."""
    roster = world.roster
    private = [Chat(ChatKind.PRIVATE, number) for number in roster.people]
    chats = [*private, *(Chat(ChatKind.GROUP, number) for number in roster.groups)]
    return {
        "run": world.run_id,
        "last": world.last_change,
        "now": clock.now().isoformat(timespec="seconds"),
        "online": world.online,
        "movable": movable,
        "passed": [shown_clock(one) for one in (*world.came, world.moved)] if world.moved is not None else [],
        "bot": {"number": roster.bot_number, "name": roster.bot_name},
        "people": [
            {"number": p.number, "name": p.nickname, "label": p.label, "hint": p.hint} for p in roster.people.values()
        ],
        "chips": [
            {"text": c.text, "place": c.place.value, "labels": list(c.labels), "send": c.send} for c in world.spec.chips
        ],
        "lines": {chat.key: [shown_line(line) for line in world.lines(chat, count=FIRST_LINES)] for chat in chats},
        "page": FIRST_LINES,
        "read": {n: {chat.key: line for chat, line in world.read_by(n).items()} for n in roster.people},
        "played": world.played_until,
        "guide": [
            {"words": s.words, "person": s.person, "place": s.place.value, "begins": list(s.begins)}
            for s in world.spec.guide
        ],
        **shown_roster(world),
    }


def shown_change(change: Change, world: World) -> Json:
    """One live update; a change of membership or friendship brings the whole roster, which is small."""
    told: Json = {"type": "change", "number": change.number}
    if change.line is not None:
        told["line"] = shown_line(change.line)
    if isinstance(change.what, Presence):
        told["online"] = change.what.online
    elif isinstance(change.what, TimeMoved):
        told["clock"] = shown_clock(change.what)
    elif not isinstance(change.what, Said | Recalled | Refused):
        told["roster"] = shown_roster(world)
    return told


def shown_clock(moved: TimeMoved) -> Json:
    """The clock on its way, or where it came to; and what this step brought, by the feature's name."""
    due = moved.due
    return {
        "since": _instant(moved.since),
        "now": _instant(moved.now),
        "until": _instant(moved.until) if moved.until else None,
        "due": {
            "at": _instant(due.at),
            "title": labels()["feature"].get(due.tick.partition(".")[0], ""),
            "lines": [{"chat": line.chat.key, "id": line.id} for line in due.lines],
        }
        if due
        else None,
    }


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def shown_remembered(item: Remembered) -> Json:
    """One thing the bot has, or has not, kept."""
    at = item.at.isoformat(timespec="seconds") if item.at else None
    return {"kind": item.kind, "text": item.text, "stored": item.stored, "at": at}


def shown_signs(kept: Kept) -> Json:
    """Where the bot records, since when, and which bubbles are stored."""
    recording = {Chat(ChatKind.GROUP, number).key: _instant(at) for number, at in kept.recording.items()}
    return {"type": "signs", "recording": recording, "kept": sorted(kept.lines)}


def _shown_piece(piece: Piece) -> Json:
    match piece:
        case Text(text):
            return {"kind": "text", "text": text}
        case Mention(number):
            return {"kind": "mention", "number": number}
        case Quote(message_id):
            return {"kind": "quote", "id": message_id}
        case Attachment(file_id=file_id, name=name, size=size, picture=picture):
            return {"kind": "file", "id": file_id, "name": name, "size": size, "picture": picture}
        case Media(kind):
            return {"kind": "media", "media": kind}
