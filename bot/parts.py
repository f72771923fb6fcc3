"""The parts of a running bot: what each needs is handed to it here, and the settings are read here."""

import asyncio
from dataclasses import dataclass

from bot.channels.backfill import Backfill
from bot.channels.gate import Gate, Ways
from bot.channels.pacing import Pacer, Quotas
from bot.channels.recorder import Recorder
from bot.channels.sender import Sender
from bot.chat.context import Services
from bot.chat.picture import drawing
from bot.chat.recognise import Match
from bot.chat.router import Router
from bot.chat.table import table
from bot.chat.text import (
    consent_texts,
    crisis_words,
    hotlines,
    media_words,
    read_all,
    render,
    repeated_mark,
    sensitive_words,
)
from bot.clock import Clock, ClockWatch
from bot.config import Settings
from bot.core.acts.repair_times import mend_times
from bot.core.acts.workdays import read_workdays
from bot.core.installation import Installation
from bot.core.reads.campaigns import campaigns
from bot.core.rules.crisis import CrisisCalm
from bot.features.anonymous.reads.own_rules import anonymous_rules
from bot.features.guidance.reads.data import check_checklists
from bot.features.pool.reads.own_rules import pool_rules
from bot.features.reminder.reads.templates import read_templates
from bot.features.talk.rules.talk import worded
from bot.features.voice.reads.categories import voice_categories
from bot.features.wish.rules.wish import WishCap
from bot.schedule.runner import Schedule
from bot.schedule.ticks import all_ticks
from bot.store import keyfile
from bot.store.audit_heads import AuditFile
from bot.store.sealing import MasterKeys
from bot.store.store import Store


def master_keys(settings: Settings) -> MasterKeys:
    """Master keys from the environment, or from the key file beside the embedded default."""
    told = settings.zhixin_master_keys.get_secret_value()
    return keyfile.master_keys(told, settings.zhixin_data_dir / keyfile.FILE, settings.database_url)


def read_installation(settings: Settings) -> Installation:
    """What this installation has set, features' rules included; a table with a mistake stops the start here."""
    return Installation.of_rules(
        read_workdays(settings.zhixin_data_dir),
        anonymous_rules(settings.zhixin_anonymous_file),
        voice_categories(settings.zhixin_categories_file),
        pool_rules(settings.zhixin_pool_file),
        check_checklists(campaigns(settings.zhixin_campaigns_file)),
        WishCap(settings.zhixin_wish_cap),
        read_templates(settings.zhixin_reminders_file),
        CrisisCalm(settings.zhixin_crisis_calm_hours),
        AuditFile(settings.audit_file),
    )


@dataclass(slots=True)
class Parts:
    """Everything a running bot consists of."""

    settings: Settings
    clock: Clock
    store: Store
    sender: Sender
    recorder: Recorder
    router: Router
    gate: Gate[Match]
    backfill: Backfill
    schedule: Schedule
    ready: bool = False
    flusher: asyncio.Task[None] | None = None


async def build(settings: Settings, clock: Clock) -> Parts:
    """Open the store and build the parts; the schema must be there."""
    installation = read_installation(settings)
    store = await Store.open(settings.database_url, masters=master_keys(settings), clock=clock)
    try:
        await store.engines.hold_alone()
    except BaseException:
        await store.close()
        raise
    store.tombstones = settings.zhixin_data_dir / "erased.log"
    read_all()
    paced = settings.zhixin_pace == "on"
    watch = ClockWatch(clock)
    pacer = Pacer(Quotas.load(settings.zhixin_quotas_file), on=paced, quiet=settings.zhixin_pace != "off")
    draw = drawing()
    sender = Sender(store, clock, pacer, render, repeated=repeated_mark(), watch=watch, draw=draw)
    services = Services(
        store=store,
        clock=clock,
        answer=sender.answer,
        consent_texts=consent_texts(),
        crisis_words=crisis_words(),
        hotlines=hotlines(settings.zhixin_hotlines_file),
        sensitive_words=sensitive_words(),
        public_url=settings.public_url,
        feed_url=settings.feed_url,
        paced=paced,
        pictures=draw is not None,
        installation=installation,
    )
    router = Router(services, table)
    recorder = Recorder(store, clock, media_words=media_words(), word_pieces=worded, sensitive=sensitive_words())
    gate = Gate(
        store,
        clock,
        Ways(router.recognise, router.handle, router.give_up),
        recorder,
        sender,
        pass_through=settings.zhixin_pass_through,
    )
    backfill = Backfill(store, clock, gate.arrive, recorder.words, router.protects)
    gate.backfill = backfill
    schedule = Schedule(clock, all_ticks(store, installation), watch=watch, mend=lambda now: mend_times(store, now))
    return Parts(settings, clock, store, sender, recorder, router, gate, backfill, schedule)
