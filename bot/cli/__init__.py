"""The command line ``zhixin``: starts and operates the bot. Texts: ``templates/cli``; exit codes: ``shell``."""

from bot.cli import doctor, keys, offices, quota, rights, roster, start, waiting
from bot.cli.shell import Main

main = Main(name="zhixin")
"""The console script; other modules of operating add their commands with ``main.add_command``."""

for part in (start, roster, offices, quota, waiting, keys, doctor, rights):
    for command in part.COMMANDS:
        main.add_command(command)

__all__ = ["main"]
