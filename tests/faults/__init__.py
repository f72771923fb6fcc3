"""Faults put in on purpose: what the bot promises must hold through them (docs/reliability.md)."""
