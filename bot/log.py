"""Logging: one structured line an event, no message text, no tokens, no codes, no bound values (reliability 13.5)."""

import logging
import sys
from typing import TYPE_CHECKING, Any, Final, Literal

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

QUIET: Final = ("uvicorn.access", "alembic", "apscheduler", "sqlalchemy", "aiosqlite", "websockets", "asyncio")
"""Loggers of libraries: warnings only (uvicorn's access log is off as a whole, it prints query strings)."""
LINE: Final = 200
"""Characters that a library's message may have."""
TEXT_FORMAT: Final = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {extra[where]: <12} {message}"


class _Bridge(logging.Handler):
    """Hands records of the standard library to loguru; uvicorn and the adapter's libraries speak through it.

    Only the first line of a message: below it asyncio quotes the error itself, and others what they could not read.
    """

    def emit(self, record: logging.LogRecord) -> None:
        first = (record.getMessage().splitlines() or [""])[0][:LINE]
        logger.bind(where=record.name.partition(".")[0]).opt(exception=record.exc_info, depth=6).log(
            record.levelname if record.levelname in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL") else "INFO",
            first.replace("<", "\\<"),
        )


def _where(record: "Record") -> None:
    name = (record["name"] or "").split(".")
    record["extra"].setdefault("where", name[1] if name[:1] == ["bot"] and len(name) > 1 else name[0])


def _safe_traceback(record: "Record") -> str:
    """Type and places of an error, without its words: an exception's text may hold what a person wrote."""
    _where(record)  # NoneBot's own start takes our patcher away for a moment
    error = record["exception"]
    if error is None or error.type is None:
        return TEXT_FORMAT + "\n"
    places: list[str] = []
    trace = error.traceback
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    record["extra"]["trace"] = f"{error.type.__name__} at " + " < ".join(reversed(places[-12:]))
    return TEXT_FORMAT + " | {extra[trace]}\n"


def _json(message: "Message") -> None:
    import json

    record = message.record
    _safe_traceback(record)
    line: dict[str, Any] = {
        "at": record["time"].isoformat(),
        "level": record["level"].name,
        "where": record["extra"].get("where", ""),
        "message": record["message"],
    }
    if "trace" in record["extra"]:
        line["trace"] = record["extra"]["trace"]
    sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")


def configure(level: str, style: Literal["text", "json"]) -> None:
    """Replace every handler of loguru and of the standard library by ours."""
    logger.remove()
    logger.configure(patcher=_where)
    if style == "json":
        logger.add(_json, level=level, diagnose=False, backtrace=False)
    else:
        logger.add(sys.stderr, level=level, format=_safe_traceback, diagnose=False, backtrace=False, colorize=False)
    logging.basicConfig(handlers=[_Bridge()], level=logging.INFO, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        own = logging.getLogger(name)
        own.handlers, own.propagate = [], True
        own.setLevel(logging.WARNING)
