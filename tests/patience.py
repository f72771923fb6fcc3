"""How long a test waits for what should happen; one number, so that a loaded machine fails nothing."""

from typing import Final

PATIENCE: Final = 60.0
"""Seconds after which it is taken not to happen: half of what pytest gives a test, so that the wait is named."""
