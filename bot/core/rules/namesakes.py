"""同名者: which person of the tables a line of the roster is about, when several people have one name (备注)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.rules.roster import NAME, Fault, PersonRow, name_key


@dataclass(frozen=True, slots=True)
class Namesake:
    """同名者: one person of the tables who has the name, and what tells them from the others."""

    person_id: int
    note: str = field(default="", repr=False)


def shown(name: str, note: str) -> str:
    """The name wherever somebody must choose between people."""
    return f"{name}（{note}）" if note else name


def split_note(told: str) -> tuple[str, str]:
    """Name and note of ``shown``, as somebody types it."""
    name, left, note = told.strip().replace("(", "（").replace(")", "）").partition("（")
    return (name.strip(), note[:-1].strip()) if left and note.endswith("）") else (told.strip(), "")


def tell_apart(rows: Sequence[PersonRow], known: Sequence[Namesake]) -> tuple[dict[int, int], list[Fault]]:
    """Whose line each of ``rows`` is (line to person), given all lines and all people of one name in an organisation.

    A line that is missing in the answer is about somebody new. The same note is the same person. The only one left on
    both sides is the same person too, unless both carry a note and these differ. Whatever else could be two people is
    a fault, because a guess would give somebody's code to a namesake.
    """
    of_note = {name_key(one.note): one.person_id for one in known}
    found = {row.line: of_note[name_key(row.note)] for row in rows if name_key(row.note) in of_note}
    unclear = [row for row in rows if row.line not in found]
    left = [one for one in known if one.person_id not in found.values()]
    if not left or (all(row.note for row in unclear) and all(one.note for one in left)):
        return found, []
    if len(left) == len(unclear) == 1:
        return {**found, unclear[0].line: left[0].person_id}, []
    notes = "、".join(one.note or "没有备注" for one in left)
    return found, [Fault(row.line, NAME, "note_new", notes) for row in unclear]
