"""演练世界: the state of a chat platform in miniature. Pure: no network, no waiting, the clock is handed in."""

import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.clock import Clock
from bot.core.rules.message import ChatKind, Media, Quote, Text
from bot.sandbox.files import FileStore
from bot.sandbox.journal import Journal
from bot.sandbox.roster import Group, Roster
from bot.sandbox.spec import WorldSpec
from bot.sandbox.values import (
    Attachment,
    Chat,
    FriendAsked,
    FriendChanged,
    Joined,
    Left,
    Line,
    Piece,
    Presence,
    Recalled,
    Refused,
    Said,
    SystemCode,
    TimeMoved,
    WorldError,
    pieces_of,
)

MAX_TEXT: Final = 4500
"""Characters of one message; about what QQ takes."""
MAX_LINES: Final = 1000
"""Lines kept of one conversation; the oldest go first."""
MEDIA_KINDS: Final = frozenset({"image", "record", "video", "file", "face"})
"""What a person can send besides words; a placeholder, since content is never fetched (P26)."""


class World(Journal):
    """演练世界: people talk, recall, come and go; everything that happens is a numbered ``Change``.

    ``first_id`` fixes the message numbers of a test. Otherwise they start anywhere: a bot that remembers the events of
    the last rehearsal must not take those of this one for repeats.
    """

    def __init__(self, spec: WorldSpec, clock: Clock, *, first_id: int | None = None) -> None:
        super().__init__()
        self._clock: Final = clock
        self.spec: Final = spec
        self.roster: Final = Roster(spec, clock.now())
        self.run_id: Final = secrets.token_hex(8)
        self.online = False
        self._next_id = first_id if first_id is not None else 1_000_000_000 + secrets.randbelow(10**9)
        self._seqs: dict[Chat, int] = {}
        self._lines: dict[Chat, deque[Line]] = {}
        self._where: dict[int, Chat] = {}
        self._files: Final = FileStore()
        self._asked: dict[str, int] = {}
        self._read: dict[tuple[int, Chat], int] = {}
        self.played_until = 0
        self.moved: TimeMoved | None = None
        self.came: list[TimeMoved] = []

    def mark_read(self, person: int, chat: Chat) -> None:
        """A person has this chat before their eyes: everything in it counts as read."""
        if newest := self.lines(chat, count=1):
            self._read[person, chat] = newest[-1].id

    def read_by(self, person: int) -> dict[Chat, int]:
        """The last line of each chat that this person has read; pages go on from there by themselves."""
        return {chat: line for (number, chat), line in self._read.items() if number == person}

    def end_history(self) -> None:
        """What was said until now is the past: members have read their groups, and the guide does not count it."""
        for group in self.roster.groups.values():
            for member in group.members:
                self.mark_read(member, self._chat(group))
        self.played_until, self.moved = self._next_id, None

    def say(self, person: int, chat: Chat, text: str, *, quoted: int | None = None) -> Line:
        """A person types words into a chat; ``@name`` of somebody present becomes a mention."""
        self._may_speak(person, chat)
        if not text.strip():
            raise WorldError("empty")
        if len(text) > MAX_TEXT:
            raise WorldError("too_long")
        if quoted is not None and self.find(quoted).chat != chat:
            raise WorldError("unknown_message")
        return self._add_message(person, chat, pieces_of(text, list(self.roster.present(chat)), quoted))

    def share(self, person: int, chat: Chat, kind: str) -> Line:
        """A person sends a picture, voice or file: a placeholder of its kind."""
        self._may_speak(person, chat)
        if kind not in MEDIA_KINDS:
            raise WorldError("bad_kind")
        return self._add_message(person, chat, (Media(kind),))

    def say_as_bot(self, chat: Chat, pieces: Sequence[Piece], *, via_group: int | None = None) -> Line:
        """The bot speaks, with segments as its gateway took them."""
        self._bot_may_speak(chat, via_group)
        spoken = [piece for piece in pieces if not (isinstance(piece, Text) and not piece.text)]
        if not any(not isinstance(piece, Quote) for piece in spoken):
            raise WorldError("empty")
        if sum(len(piece.text) for piece in spoken if isinstance(piece, Text)) > MAX_TEXT:
            raise WorldError("too_long")
        return self._add_message(self.roster.bot_number, chat, tuple(spoken))

    def upload_private_file(self, person: int, name: str, content: bytes) -> Line:
        """The bot hands a file to one person."""
        return self._upload(Chat(ChatKind.PRIVATE, person), name, content)

    def upload_group_file(self, group: int, name: str, content: bytes) -> Line:
        """The bot hands a file to a group."""
        return self._upload(Chat(ChatKind.GROUP, group), name, content)

    def store_file(self, chat: Chat, name: str, content: bytes, *, picture: bool = False) -> Attachment:
        """Keep the bytes of a file of this chat, for a segment that names it."""
        return self._files.keep(chat, name, content, picture=picture)

    def file(self, file_id: str, person: int) -> tuple[Attachment, bytes]:
        """A file that this person can see; another's and none are answered alike."""
        attachment, chat, content = self._files.find(file_id)
        if not self.sees(person, chat):
            raise WorldError("unknown_file")
        return attachment, content

    def recall(self, operator: int, message_id: int) -> Line:
        """Take a message back: one's own, or in a group anybody's if one governs it. Its words are gone."""
        line = self.find(message_id)
        if line.chat.kind is ChatKind.GROUP:
            group = self.roster.require_member(operator, line.chat.number)
            allowed = operator == line.sender or group.governs(operator)
        else:
            allowed = operator == line.sender
        if not allowed:
            raise WorldError("not_yours")
        self._files.drop_of(line)
        gone = replace(line, segments=(), recalled_by=operator, operator=operator)
        kept = self._lines[line.chat]
        kept[kept.index(line)] = gone
        self._emit(Recalled(gone, operator))
        return gone

    def join_group(self, number: int, group: int, *, operator: int | None = None) -> None:
        """A person comes into a group; the bot comes when a member invites it."""
        found = self.roster.group(group)
        if number == self.roster.bot_number:
            self.roster.require_member(operator or 0, group)
        else:
            self.roster.person(number)
        if number in found.members:
            raise WorldError("already_member")
        found.members[number] = self._clock.now()
        self._emit(
            Joined(self._system(self._chat(found), SystemCode.JOINED, number, operator or number), operator or number)
        )

    def leave_group(self, number: int, group: int) -> None:
        """A member, perhaps the bot itself, leaves; an owner has to stay."""
        found = self.roster.require_member(number, group)
        if number == found.owner:
            raise WorldError("owner_stays")
        self._leave(found, number, number)

    def remove_member(self, operator: int, number: int, group: int) -> None:
        """The owner or an administrator removes a member; ``number`` may be the bot (then it is thrown out)."""
        found = self.roster.require_member(operator, group)
        self.roster.require_member(number, group)
        if not found.governs(operator) or number == found.owner or number == operator:
            raise WorldError("not_allowed")
        self._leave(found, number, operator)

    def add_friend(self, person: int) -> None:
        """A person asks for the bot's friendship: granted at once, or put before the bot."""
        self.roster.person(person)
        if person in self.roster.friends:
            raise WorldError("already_friend")
        chat = Chat(ChatKind.PRIVATE, person)
        if self.spec.accepts_friends:
            self.roster.friends.add(person)
            self._emit(FriendChanged(self._system(chat, SystemCode.FRIEND_ADDED, person, person)))
            return
        if person in self._asked.values():
            raise WorldError("already_asked")
        flag = secrets.token_hex(8)
        self._asked[flag] = person
        self._emit(FriendAsked(self._system(chat, SystemCode.FRIEND_ASKED, person, person), flag))

    def answer_friend(self, flag: str, *, approve: bool) -> None:
        """The bot answers a request for friendship."""
        if flag not in self._asked:
            raise WorldError("unknown_request")
        person = self._asked.pop(flag)
        if approve:
            self.roster.friends.add(person)
        code = SystemCode.FRIEND_ADDED if approve else SystemCode.FRIEND_DECLINED
        self._emit(FriendChanged(self._system(Chat(ChatKind.PRIVATE, person), code, person, self.roster.bot_number)))

    def remove_friend(self, person: int) -> None:
        """A person ends the friendship with the bot."""
        if person not in self.roster.friends:
            raise WorldError("not_friend")
        self.roster.friends.remove(person)
        self._emit(
            FriendChanged(self._system(Chat(ChatKind.PRIVATE, person), SystemCode.FRIEND_REMOVED, person, person))
        )

    def set_online(self, online: bool) -> None:
        """The client says whether the bot hears; nothing happens if nothing changed."""
        if online != self.online:
            self.online = online
            self._emit(Presence(online))

    def tell_time(self, moved: TimeMoved) -> None:
        """The rehearsal's clock was moved forward."""
        if self.moved is None or self.moved.since != moved.since:
            self.came.clear()
        if moved.due is not None:
            self.came.append(moved)
        self.moved = moved
        self._emit(moved)

    def sees(self, person: int, chat: Chat) -> bool:
        """Whether a person can read this chat now."""
        if chat.kind is ChatKind.PRIVATE:
            return chat.number == person
        return chat.number in self.roster.groups and person in self.roster.groups[chat.number].members

    def find(self, message_id: int) -> Line:
        """A message that is still there."""
        chat = self._where.get(message_id)
        for line in self._lines.get(chat, ()) if chat else ():
            if line.id == message_id and line.system is None and line.recalled_by is None:
                return line
        raise WorldError("unknown_message")

    def lines(self, chat: Chat, *, count: int, before: int | None = None) -> list[Line]:
        """The newest ``count`` lines as a page shows them, oldest first, only those before line ``before``."""
        kept = [line for line in self._lines.get(chat, ()) if before is None or line.id < before]
        return kept[-count:] if count > 0 else []

    def said_in_groups(self, count: int) -> dict[int, list[int]]:
        """The newest messages of people in each group, by their ids."""
        return {
            number: [line.id for line in self.history(self._chat(group), count=count)]
            for number, group in self.roster.groups.items()
        }

    def history(self, chat: Chat, *, count: int, until: int | None = None) -> list[Line]:
        """The newest ``count`` messages as a gateway tells them: nothing recalled, up to and with message ``until``."""
        kept = [
            line
            for line in self._lines.get(chat, ())
            if line.system is None and line.recalled_by is None and (until is None or line.id <= until)
        ]
        return kept[-count:] if count > 0 else []

    def _may_speak(self, person: int, chat: Chat) -> None:
        if chat.kind is ChatKind.GROUP:
            self.roster.person(person)
            self.roster.require_member(person, chat.number)
            return
        if chat.number != self.roster.person(person).number:
            raise WorldError("not_member")
        if not self.roster.may_write(person):
            self._emit(Refused(self._system(chat, SystemCode.NOT_FRIEND, person, person)))
            raise WorldError("not_friend")

    def _bot_may_speak(self, chat: Chat, via_group: int | None) -> None:
        if chat.kind is ChatKind.GROUP:
            self.roster.require_member(self.roster.bot_number, chat.number)
        else:
            self.roster.require_private(chat.number, via_group)

    def _upload(self, chat: Chat, name: str, content: bytes) -> Line:
        self._bot_may_speak(chat, None)
        return self._add_message(self.roster.bot_number, chat, (self.store_file(chat, name, content),))

    def _leave(self, group: Group, number: int, operator: int) -> None:
        del group.members[number]
        group.admins.discard(number)
        kicked = operator != number
        code = SystemCode.KICKED if kicked else SystemCode.LEFT
        self._emit(Left(self._system(self._chat(group), code, number, operator), operator, kicked))

    @staticmethod
    def _chat(group: Group) -> Chat:
        return Chat(ChatKind.GROUP, group.number)

    def _add_message(self, sender: int, chat: Chat, pieces: tuple[Piece, ...]) -> Line:
        self._seqs[chat] = self._seqs.get(chat, 0) + 1
        line = self._keep(Line(self._take_id(), chat, self._seqs[chat], self._clock.now(), sender, pieces))
        self._emit(Said(line))
        return line

    def _system(self, chat: Chat, code: SystemCode, subject: int, operator: int) -> Line:
        return self._keep(Line(self._take_id(), chat, 0, self._clock.now(), subject, (), code, operator))

    def _keep(self, line: Line) -> Line:
        kept = self._lines.setdefault(line.chat, deque())
        kept.append(line)
        self._where[line.id] = line.chat
        if len(kept) > MAX_LINES:
            self._where.pop(kept.popleft().id, None)
        return line

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id
