"""紧急查阅: in which states it may be (P16)."""

from enum import StrEnum


class BreakGlassState(StrEnum):
    """紧急查阅状态: one officer waits for a second; two looked; one looked and the responsible person was told."""

    ALONE = "alone"
    BY_TWO = "by_two"
    LOOKED = "looked"
    RIGHT = "right"
    WRONG = "wrong"
