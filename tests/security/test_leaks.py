"""What must not be readable, in log lines, keys of rows and errors; and who may not make the bot write."""

import asyncio
import base64
import io
import logging
import secrets
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from loguru import logger
from sqlalchemy import select

from bot import log
from bot.cli.start import secrets_are_open
from bot.console.downloads import downloads_router
from bot.core.rules.consent import ConsentScope
from bot.store.delivery import OutboxMessage
from bot.store.sealing import MasterKeys, SealingError
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CANARY = "金丝雀4711"


@pytest.mark.rule("P19")
async def test_the_loop_does_not_log_the_words_of_an_error_nobody_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncio puts the error's repr into its message, and some errors quote what they could not take."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log.configure("DEBUG", "text")
    try:

        async def fails() -> None:
            CANARY.encode("ascii")

        task = asyncio.create_task(fails())
        await asyncio.wait({task})
        asyncio.get_running_loop().call_exception_handler(
            {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
        )
        logging.getLogger("websockets.server").error("bad frame\n%s", CANARY)
    finally:
        logger.remove()
    told = written.getvalue()
    assert "Task exception was never retrieved" in told
    assert "UnicodeEncodeError" in told
    assert CANARY not in told
    assert "Canary" not in told


async def test_no_key_of_a_row_tells_that_somebody_said_something_sensitive(any_store: Store) -> None:
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    zhao = await make_youth(any_store, org, "小赵", "20001", cadre=cadre, chat=chat)
    await make_consent(any_store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk = await Talkers.open(any_store)
    await talk.says("10001", "/谈心 开始", group="888")
    await talk.says("20001", "我最近一直在吃抗抑郁药", group="888")
    assert len(talk.shown("20001")) == 1, "told privately that this was not stored"
    async with any_store.read() as session:
        keys = (await session.execute(select(OutboxMessage.idem_key))).scalars().all()
    assert not any("sensitive" in key or str(zhao.person_id) in key for key in keys)


async def test_a_wrong_token_does_not_make_the_bot_write(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may knock at the download door; each knock in the writer's queue would keep commands waiting."""
    app = FastAPI()
    app.include_router(downloads_router(any_store, any_store.clock))

    def writes(*_: object, **__: object) -> None:
        pytest.fail("a unit for a wrong token")

    monkeypatch.setattr(any_store, "unit", writes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        for token in ("x", "y" * 43, "z" * 500):
            assert (await client.post(f"/x/{token}")).status_code == 404


@pytest.mark.parametrize("line", ["{}", "1={}", "x:{}"])
def test_a_malformed_master_key_is_not_quoted(line: str) -> None:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with pytest.raises(SealingError) as raised:
        MasterKeys.parse(line.format(key))
    error: BaseException | None = raised.value
    while error is not None:
        assert key not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize(
    "line",
    [
        "ONEBOT_ACCESS_TOKEN=abc",
        "export ONEBOT_SECRET=abc",
        "zhixin_master_keys=1:abc",
        "ZHIXIN_DATABASE_URL=postgresql://zhixin:geheim@db/zhixin",
    ],
)
def test_a_settings_file_with_a_secret_must_not_be_open_however_it_is_written(tmp_path: Path, line: str) -> None:
    path = tmp_path / ".env"
    path.write_text(line + "\n", encoding="utf-8")
    path.chmod(0o644)
    assert secrets_are_open(path)
    path.chmod(0o600)
    assert not secrets_are_open(path)


@pytest.mark.parametrize("line", ["PORT=8080", "ONEBOT_SECRET=", "ZHIXIN_DATABASE_URL=postgresql://zhixin@db/zhixin"])
def test_a_settings_file_without_a_secret_may_be_open(tmp_path: Path, line: str) -> None:
    path = tmp_path / ".env"
    path.write_text(line + "\n", encoding="utf-8")
    path.chmod(0o644)
    assert not secrets_are_open(path)
