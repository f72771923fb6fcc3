"""Start and stop: serves with all parts, and goes down within 15 seconds."""

import asyncio
import os
import pwd
import signal
from typing import Any, Final

import nonebot
import uvicorn
from fastapi import FastAPI
from loguru import logger

import bot.plugins
from bot import garbage
from bot.channels.admission import StoredAdmission
from bot.channels.onebot import SERVER_OPTIONS, Adapter, Guard, raise_limit
from bot.channels.preprocessor import stand_before_matchers
from bot.channels.recorder import FLUSH_SECONDS
from bot.chat.held import begin_anew
from bot.chat.text import (
    qq_risk_notice,
)
from bot.cli.door import open_door as command_door
from bot.cli.operations import OPERATIONS
from bot.clock import Clock
from bot.config import Settings
from bot.console.downloads import downloads_router
from bot.console.feeds import feeds_router
from bot.console.health import health_router
from bot.console.server import Server
from bot.core.acts.risk import keep_acceptance
from bot.features.rights.acts.erase_again import apply_tombstones
from bot.log import configure
from bot.parts import Parts, build
from bot.sandbox.attach import Sandbox, attach
from bot.sandbox.demo import Player, announce, demo_data, demo_spec, seed_roster, until_heard
from bot.sandbox.passing import Passing

STOP_WITHIN: Final = 15.0
"""Seconds from SIGTERM to the end, at the latest (reliability section 10)."""
DRAIN_WITHIN: Final = 8.0


async def _flush_counters(parts: Parts) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        try:
            await parts.recorder.flush()
        except Exception as error:
            logger.opt(exception=error).error("counters could not be written, they stay in memory")


async def start(parts: Parts) -> None:
    """Bring the parts to life, in the order in which they need one another."""
    await begin_anew(parts.router.services)
    if parts.store.tombstones is not None:
        again = await apply_tombstones(parts.store, parts.store.tombstones)
        if again:
            logger.warning(
                "{} people who had been erased came back with a restored back-up and are erased again", again
            )
    await parts.recorder.load()
    await parts.sender.start()
    if not parts.settings.zhixin_sandbox:
        parts.schedule.start()  # a rehearsal plays its history first
    parts.flusher = asyncio.create_task(_flush_counters(parts))
    garbage.settle()
    parts.ready = True


def close_gate(parts: Parts) -> None:
    """Take nothing new."""
    parts.ready, parts.gate.closed = False, True
    parts.backfill.close()


async def wind_down(parts: Parts, adapter: Adapter | None) -> None:
    """Let what is under way end while the gateways' answers are still read (section 10)."""
    close_gate(parts)
    parts.schedule.stop()
    if adapter is not None:
        await adapter.drain(DRAIN_WITHIN / 2)
    await parts.sender.stop(DRAIN_WITHIN / 2)


async def stop(parts: Parts) -> None:
    """Take nothing new, finish what is under way, write the last counters, close the database."""
    close_gate(parts)
    parts.schedule.stop()
    if parts.flusher is not None:
        parts.flusher.cancel()
        await asyncio.wait({parts.flusher})
    await parts.backfill.stop()
    await parts.sender.stop(DRAIN_WITHIN)
    await parts.recorder.close()
    await parts.store.close()


def doors(parts: Parts, app: FastAPI) -> None:
    """The bot's own HTTP doors."""
    app.include_router(health_router(lambda: parts.ready))
    app.include_router(downloads_router(parts.store, parts.clock))
    if parts.settings.feed_url:
        app.include_router(feeds_router(parts.store, parts.clock, parts.router.services.installation))


def init_nonebot(settings: Settings) -> Any:
    """NoneBot with our driver; it reads no environment file of its own."""
    configure(settings.zhixin_log_level, settings.zhixin_log_format)  # NoneBot speaks while it begins
    nonebot.init(
        _env_file=None,
        driver="~fastapi",
        host=settings.host,
        port=settings.port,
        log_level=settings.zhixin_log_level,
        fastapi_openapi_url=None,
        fastapi_docs_url=None,
        fastapi_redoc_url=None,
    )
    configure(settings.zhixin_log_level, settings.zhixin_log_format)
    return nonebot.get_driver()


async def note_acceptance(parts: Parts) -> None:
    """Keep who accepted which risk notice, and when: the account that runs the bot with that setting."""
    try:
        by = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may give its account no name
        by = f"uid {os.getuid()}"
    async with parts.store.unit() as unit:
        await keep_acceptance(unit, qq_risk_notice(), by=by)


def open_door(parts: Parts, driver: Any) -> Adapter | None:
    """The OneBot door, if the operator accepted its risk or this is the sandbox on loopback."""
    settings = parts.settings
    sandbox = settings.zhixin_sandbox and settings.loopback
    if not (settings.zhixin_accept_qq_risk or sandbox):
        logger.warning("the OneBot door stays closed: set ZHIXIN_ACCEPT_QQ_RISK=true once you have read its risks")
        return None
    driver.register_adapter(
        Adapter,
        edge=parts.gate,
        admission=StoredAdmission(parts.store, settings.onebot_self_ids),
        clock=parts.clock,
        access_token=settings.onebot_access_token.get_secret_value(),
        secret=settings.onebot_secret.get_secret_value(),
        sandbox_loopback=sandbox,
        enqueue=parts.sender.answer,
    )
    adapter = nonebot.get_adapter(Adapter)
    parts.sender.attach(adapter)
    parts.backfill.attach(adapter)
    return adapter


async def serve(settings: Settings, *, demo: bool = False) -> None:
    """Run until told to stop."""
    clock = Clock(settings.zhixin_clock)
    driver = init_nonebot(settings)
    for name in bot.plugins.names():
        if nonebot.load_plugin(name) is None:
            raise RuntimeError(f"plugin {name} did not load")
    parts = await build(settings, clock)
    try:
        app: FastAPI = driver.server_app
        doors(parts, app)
        stand_before_matchers(parts.gate.arrive)
        if settings.zhixin_accept_qq_risk:
            await note_acceptance(parts)
        adapter = open_door(parts, driver)
        sandbox = None
        if settings.zhixin_sandbox:
            sandbox = attach(
                app,
                parts.store,
                clock,
                demo_spec(demo_data()),
                settings.onebot_access_token.get_secret_value(),
                hand=(lambda world: Passing(world, clock, parts.schedule, parts.sender.settled)) if demo else None,
            )
        config = uvicorn.Config(
            Guard(app),
            host=settings.host,
            port=settings.port,
            log_config=None,
            timeout_graceful_shutdown=5,
            lifespan="on",
            **SERVER_OPTIONS,
        )
        server = Server(config, lambda: close_gate(parts), lambda: wind_down(parts, adapter), within=STOP_WITHIN)
        await start(parts)
        rehearsal = None
        if sandbox is not None and adapter is not None:
            rehearsal = asyncio.create_task(_rehearse(parts, sandbox, adapter, server, demo=demo))
        try:
            async with command_door(parts.store, settings, OPERATIONS):
                await server.serve()
        finally:
            if rehearsal is not None:
                rehearsal.cancel()
                await asyncio.wait({rehearsal})
            if sandbox is not None:
                await sandbox.stop()
    finally:
        await stop(parts)


async def _rehearse(parts: Parts, sandbox: Sandbox, adapter: Adapter, server: Server, *, demo: bool) -> None:
    """Connect the sandbox's gateway; in a demo also seed the county and play its history, then say where to look."""
    try:
        await sandbox.when_up(server)
        if demo:
            data = demo_data()
            codes = await seed_roster(parts.store, data)
            base = adapter.counters.events

            async def settle(heard: int) -> None:
                await until_heard(lambda: adapter.counters.events, base + heard, lambda: parts.gate.idle)
                await parts.sender.settled()

            catch_up = sandbox.passing.pass_to if sandbox.passing is not None else None
            player = Player(sandbox.world, parts.clock, settle, parts.schedule.strike, data, codes, catch_up)
            await player.play(parts.clock.now())
        parts.schedule.start()
        announce(f"http://{parts.settings.host}:{sandbox.port}/sandbox/")
    except Exception as error:
        logger.opt(exception=error).error("the sandbox could not be set up")
        server.should_exit = True


def run(settings: Settings, *, demo: bool = False) -> None:
    """Blocking entry of the command line; SIGTERM ends it in order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise_limit()
    try:
        import uvloop

        runner: Any = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    with runner:
        runner.run(serve(settings, demo=demo))


__all__ = ["Parts", "build", "run", "serve", "start", "stop"]
