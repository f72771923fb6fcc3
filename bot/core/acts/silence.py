"""Silence: what a declaration says of it is carried out when nobody answers a question, or nobody can any more."""

from dataclasses import replace
from typing import Any

from loguru import logger
from sqlalchemy.exc import DBAPIError

from bot.core.question import Asked
from bot.store.unit import Unit


async def fall_silent(unit: Unit, question: Asked[Any]) -> None:
    """Carry out what its declaration says of silence; the caller has closed the question.

    Of what an older version asked, ids that are still called the same tell enough: whoever waits for the answer does
    not wait for ever. Where they do not, the question is over and nothing else happens.
    """
    means = question.question.silence
    if means is None:
        return
    if question.data is not None:
        await means(unit, question)
        return
    try:
        async with unit.session.begin_nested():
            await means(unit, replace(question, data=question.remains))
    except DBAPIError:
        raise
    except Exception as error:
        logger.opt(exception=error).warning("question {}: too old for what silence means", question.kind)
