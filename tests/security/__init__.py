"""Attacks, races and failures that were tried against the bot, each kept as a test."""
