"""Click with our words: Chinese help and errors, and the exit codes 0 done, 1 refused or bad input, 2 wrong usage."""

import os
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import click

from bot.cli.words import say, words

REFUSED: Final = 1
USAGE: Final = 2
PRIVATE: Final = 0o077
"""Whatever a command makes (database, keys, lock) is for the user that runs the bot only."""


class Stop(Exception):
    """Ends a command with a sentence: what happened and the one next step."""

    def __init__(self, key: str, *, code: int = REFUSED, **facts: Any) -> None:
        super().__init__(key)
        self.sentence = say(key, **facts)
        self.code = code

    @classmethod
    def said(cls, sentence: str, code: int) -> "Stop":
        """What the bot that runs has said in this command's place."""
        stop = cls("running_failed", code=code)
        stop.sentence = sentence
        return stop


def tell(key: str, *, err: bool = False, **facts: Any) -> None:
    """Say one sentence."""
    click.echo(say(key, **facts), err=err)


def misused(key: str, **facts: Any) -> NoReturn:
    """End with the exit code of wrong usage."""
    raise Stop(key, code=USAGE, **facts)


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or say("usage", "frame"))

    @contextmanager
    def section(self, name: str) -> Any:
        with super().section(words()["frame"].get(name, name)):
            yield


class _Context(click.Context):
    formatter_class = _Formatter


class _Chinese(click.Command):
    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say("help_option", "frame")
        return option


class Command(_Chinese):
    """One command; its help is the sentence of the same name in the section ``help``."""


class Main(_Chinese, click.Group):
    """The whole command line, or a group of commands below it."""

    command_class = Command

    def __init__(self, name: str, key: str = "main", **options: Any) -> None:
        super().__init__(
            name=name,
            help=say(key, "help"),
            no_args_is_help=True,
            options_metavar=say("options", "frame"),
            subcommand_metavar=say("subcommand", "frame"),
            **options,
        )

    def main(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run and end the process with our exit codes."""
        extra["standalone_mode"] = False
        before = os.umask(PRIVATE)
        try:
            code = super().main(args, prog_name or "zhixin", **extra)
        except Stop as stop:
            click.echo(stop.sentence, err=True)
            code = stop.code
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.ctx.get_help() if error.ctx else "", err=True)
            code = USAGE
        except click.UsageError as error:
            click.echo(say("error", "frame", message=_explained(error)), err=True)
            click.echo(say("see_help", "frame", command=error.ctx.command_path if error.ctx else "zhixin"), err=True)
            code = USAGE
        except (click.Abort, KeyboardInterrupt):
            click.echo(say("aborted", "frame"), err=True)
            code = REFUSED
        finally:
            os.umask(before)
        raise SystemExit(code if isinstance(code, int) else 0)


def _explained(error: click.UsageError) -> str:
    """Click's own errors in our words; the original English sentence is never shown."""
    if isinstance(error, click.NoSuchOption):
        return say("no_such_option", "frame", name=error.option_name, near="、".join(error.possibilities or ()))
    if isinstance(error, click.NoSuchCommand):
        return say("no_such_command", "frame", name=error.command_name, near="、".join(error.possibilities or ()))
    if isinstance(error, click.BadOptionUsage):
        return say("option_needs_value", "frame", name=error.option_name)
    return say("bad_usage", "frame")


def command(key: str, name: str | None = None) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command whose help is ``help.<key>``."""

    def declare(run: Callable[..., Any]) -> Command:
        return click.command(
            name=name or key,
            cls=Command,
            help=say(key, "help"),
            short_help=say(key, "help"),
            options_metavar=say("options", "frame"),
        )(run)

    return declare


def option(flag: str, key: str, kind: str = "text", **options: Any) -> Callable[[Any], Any]:
    """Declare an option whose help is ``help.<key>``; a missing one is asked for by ``needed``."""
    if not options.get("is_flag"):
        options["metavar"] = say(kind, "frame")
    return click.option(flag, help=say(key, "help"), **options)


def needed(value: str | None, flag: str) -> str:
    """The option's value; wrong usage when it was left out."""
    if not value:
        misused("option_missing", name=flag)
    return value
