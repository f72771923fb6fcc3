"""演练世界的设定: the invented people, groups and quick commands a sandbox starts with, as plain data."""

from dataclasses import dataclass
from enum import StrEnum


class ChipPlace(StrEnum):
    """Where a quick command is offered."""

    ANY = "any"
    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """演练人物: somebody one can be; ``label`` is the role shown beside the name, ``hint`` one line on what to try."""

    number: int
    nickname: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """演练群: a group with its members; ``cards`` are group nicknames as (number, card) pairs."""

    number: int
    name: str
    owner: int
    members: tuple[int, ...]
    admins: tuple[int, ...] = ()
    cards: tuple[tuple[int, str], ...] = ()
    has_bot: bool = True


@dataclass(frozen=True, slots=True)
class ChipSpec:
    """快捷指令: what a tap sends, or without ``send`` puts into the input; ``labels``: for these people only.

    ``{name}`` in it stands for whoever one is.
    """

    text: str
    place: ChipPlace = ChipPlace.ANY
    labels: tuple[str, ...] = ()
    send: bool = True


@dataclass(frozen=True, slots=True)
class GuideStep:
    """第一步提示: what a newcomer may try next; done once ``person`` says there what begins with one of these.

    ``begins`` empty: any words that are no command.
    """

    words: str
    person: int
    place: ChipPlace
    begins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """演练世界: everything the sandbox starts with.

    ``friends`` are the bot's friends; others may still write privately while they share a group with it. With
    ``accepts_friends`` a friend request is granted at once, otherwise the bot is asked (``set_friend_add_request``).
    ``guide`` leads a newcomer: its first person is who one is at first, in the place of the first step.
    """

    bot_number: int
    bot_name: str
    people: tuple[PersonSpec, ...]
    groups: tuple[GroupSpec, ...] = ()
    friends: tuple[int, ...] = ()
    chips: tuple[ChipSpec, ...] = ()
    guide: tuple[GuideStep, ...] = ()
    accepts_friends: bool = True

    def __post_init__(self) -> None:
        known = [person.number for person in self.people]
        if len(set(known)) != len(known) or self.bot_number in known:
            raise ValueError("every person needs a number of their own")
        if len({group.number for group in self.groups}) != len(self.groups):
            raise ValueError("every group needs a number of its own")
        for group in self.groups:
            strangers = {group.owner, *group.members, *group.admins} - {*known, self.bot_number}
            if strangers or group.owner not in group.members:
                raise ValueError(f"group {group.number}: the owner and every member must be people of this world")
        if set(self.friends) - set(known):
            raise ValueError("a friend must be one of the people")
        if {step.person for step in self.guide} - set(known):
            raise ValueError("the guide may speak of people of this world only")
