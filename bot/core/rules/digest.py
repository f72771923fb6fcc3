"""摘要 Digest: what would be worth doing now, for somebody in office, in the morning of a day of the calendar."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DigestLine:
    """摘要的一行: a kind, whose label words it with ``values``, and the command that shows or begins it.

    ``weight``: the more useful it is now, the higher.
    """

    kind: str
    values: tuple[str | int, ...]
    word: str
    weight: int = 0
