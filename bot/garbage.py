"""How often the interpreter looks for cycles: seldom, and never among what a start has made."""

import gc


def settle() -> None:
    """What is there now stays: collecting it again and again costs most of a message's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
