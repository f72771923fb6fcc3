"""Who is in which group and who may write to whom: the standing part of the sandbox's world."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.core.rules.message import ChatKind
from bot.sandbox.spec import PersonSpec, WorldSpec
from bot.sandbox.values import Chat, WorldError

OWNER: Final = "owner"
ADMIN: Final = "admin"
MEMBER: Final = "member"


@dataclass(slots=True)
class Group:
    """演练群: a group as it is now; ``members`` maps numbers to the instant they joined."""

    number: int
    name: str
    owner: int
    members: dict[int, datetime]
    admins: set[int] = field(default_factory=set)
    cards: dict[int, str] = field(default_factory=dict)

    def role(self, number: int) -> str:
        """The platform's role of a member."""
        if number == self.owner:
            return OWNER
        return ADMIN if number in self.admins else MEMBER

    def governs(self, number: int) -> bool:
        """Whether this member may recall what others said and remove members."""
        return number in self.members and self.role(number) != MEMBER


class Roster:
    """People, groups and friendships."""

    def __init__(self, spec: WorldSpec, now: datetime) -> None:
        self.bot_number: Final = spec.bot_number
        self.bot_name: Final = spec.bot_name
        self.people: Final[dict[int, PersonSpec]] = {person.number: person for person in spec.people}
        self.friends: Final[set[int]] = set(spec.friends)
        self.groups: Final[dict[int, Group]] = {}
        for group in spec.groups:
            members = dict.fromkeys((*group.members, *((spec.bot_number,) if group.has_bot else ())), now)
            self.groups[group.number] = Group(
                group.number, group.name, group.owner, members, set(group.admins), dict(group.cards)
            )

    def person(self, number: int) -> PersonSpec:
        """One of the invented people, never the bot."""
        if number not in self.people:
            raise WorldError("unknown_person")
        return self.people[number]

    def group(self, number: int) -> Group:
        """An existing group."""
        if number not in self.groups:
            raise WorldError("unknown_group")
        return self.groups[number]

    def nickname(self, number: int) -> str:
        """The name an account gave itself."""
        return self.bot_name if number == self.bot_number else self.person(number).nickname

    def shared_groups(self, person: int) -> list[Group]:
        """Groups in which both this person and the bot are."""
        return [g for g in self.groups.values() if person in g.members and self.bot_number in g.members]

    def may_write(self, person: int) -> bool:
        """Whether this person and the bot may write to each other in private: friends, or members of one group."""
        return person in self.people and (person in self.friends or bool(self.shared_groups(person)))

    def require_private(self, person: int, via_group: int | None = None) -> None:
        """Refuse a private message that the platform would not carry; ``via_group`` must be shared if it is given."""
        self.person(person)
        if not self.may_write(person):
            raise WorldError("not_friend")
        if via_group and person not in self.friends and via_group not in {g.number for g in self.shared_groups(person)}:
            raise WorldError("not_friend")

    def require_member(self, number: int, group: int) -> Group:
        """The group, if this account is in it."""
        found = self.group(group)
        if number not in found.members:
            raise WorldError("not_member")
        return found

    def present(self, chat: Chat) -> Iterable[tuple[str, int]]:
        """Names by which somebody in this chat can be called with @."""
        if chat.kind is ChatKind.PRIVATE:
            return ()
        group = self.group(chat.number)
        names = [(self.nickname(number), number) for number in group.members]
        return [*names, *((card, number) for number, card in group.cards.items() if number in group.members)]
