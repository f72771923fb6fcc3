"""Erasure: nothing of the person is left anywhere, and nothing of anybody else is touched (threat 23)."""

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import pytest_asyncio
from sqlalchemy import event, select, text

from bot.chat.export import archive
from bot.clock import ManualClock
from bot.core.acts.crisis import open_crisis
from bot.core.acts.download import seal_download
from bot.core.acts.erase import erase_person
from bot.core.rules.consent import ConsentScope
from bot.core.rules.crisis import CrisisCalm, CrisisKind, CrisisSign
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.people import Actor, Role
from bot.features.rights.acts.erase_again import apply_tombstones
from bot.features.rights.acts.hand_out import hand_out_export
from bot.features.rights.acts.request import contact_officer
from bot.features.rights.reads.export import export_person
from bot.features.talk.rules.talk import SpeakerRole
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.audit import verify
from bot.store.base import Base, new_id
from bot.store.chat import Chat
from bot.store.delivery import DataKey
from bot.store.outbox import Words
from bot.store.people import Account, OrgUnit, Person
from bot.store.store import Store
from bot.store.tombstones import add_tombstone, read_tombstones
from tests.harness import load_plugins
from tests.people_built import BOT, CHANNEL, make_cadre, make_chat, make_consent, make_org, make_person, make_youth

NAME, WORDS, NUMBER = "独一无二的称呼", "只有我说过的话-MARKER", "20001777"
MARKERS = (NAME, WORDS, NUMBER)


class Scene:
    """Two youths in one talk, each with everything that can be held of somebody."""

    def __init__(self, store: Store, org: OrgUnit, cadre: Actor, chat: Chat, youth: Actor, other: Actor) -> None:
        self.store, self.org, self.cadre, self.chat, self.youth, self.other = store, org, cadre, chat, youth, other


async def make_scene(store: Store, tmp_path: Path) -> Scene:
    store.tombstones = tmp_path / "erased.log"
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    await make_person(store, org, "周老师", number="10003", roles=(Role.PRIVACY_OFFICER, Role.DUTY_OFFICER))
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, NAME, NUMBER, cadre=cadre, chat=chat)
    other = await make_youth(store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    for person in (youth, other):
        await make_consent(store, person, ConsentScope.PROFILE)
        await make_consent(store, person, ConsentScope.ORIGINAL_MESSAGES, chat)
    made = Scene(store, org, cadre, chat, youth, other)
    await talked(made)
    await asked_for_things(made)
    return made


@pytest_asyncio.fixture
async def scene(any_store: Store, tmp_path: Path) -> Scene:
    return await make_scene(any_store, tmp_path)


async def talked(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        talk_id = new_id()
        key_id = await unit.vault.new_key(unit.session, f"talk:{talk_id}")
        unit.session.add(
            Talk(
                id=talk_id,
                ref=4821,
                chat_id=scene.chat.id,
                cadre_id=scene.cadre.person_id,
                state="closed",
                key_id=key_id,
                opened_at=unit.now,
                closed_at=unit.now,
                last_activity_at=unit.now,
                last_notice_at=unit.now,
            )
        )
        await unit.session.flush()
        for person, words in ((scene.youth, WORDS), (scene.other, "我是阿凯，我的话要留着")):
            row = await unit.session.get_one(Person, person.person_id)
            message_id = new_id()
            unit.session.add(TalkPart(talk_id=talk_id, person_id=row.id, role=SpeakerRole.YOUTH.value))
            unit.session.add(
                TalkMessage(
                    id=message_id,
                    talk_id=talk_id,
                    person_id=row.id,
                    native_index=bytes(32),
                    sent_at=unit.now,
                    arrived_at=unit.now,
                    body=await unit.seal(row.key_id, f"talk_messages:{message_id}:body", words),
                )
            )


async def asked_for_things(scene: Scene) -> None:
    """An export that waits, a word with the officer, a crisis."""
    load_plugins()  # by NoneBot, which takes no plugin that was imported before
    from bot.plugins.rights import ExportShown

    async with scene.store.unit() as unit:
        held = await export_person(unit.session, unit.vault, scene.youth.person_id or 0, now=unit.now)
        assert held.sections["talks"][0]["messages"][0]["text"] == WORDS
        address = Address(CHANNEL, BOT, ChatKind.PRIVATE, NUMBER)
        person = await unit.session.get_one(Person, scene.youth.person_id)
        made = await seal_download(unit.session, unit.vault, person, archive(held))
        said = Words.of(ExportShown(held))
        await hand_out_export(unit, made=made, address=address, shown=said, public_url="http://x", upload="")
        await contact_officer(unit, scene.youth)
        account = await unit.session.get(Account, scene.youth.account_id)
        await open_crisis(unit, scene.youth, account, CrisisSign(CrisisKind.SELF_HARM), hotlines=(), calm=CrisisCalm())


async def erased(scene: Scene, person: Actor | None = None) -> str:
    who = person or scene.youth
    async with scene.store.unit() as unit:
        return (await erase_person(unit, who.person_id or 0, actor=who)).receipt


async def erased_and_failed(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        await erase_person(unit, scene.youth.person_id or 0, actor=scene.youth)
        raise ZeroDivisionError


async def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    async with store.read() as session:
        return {
            table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
            for table in Base.metadata.sorted_tables
        }


def holding(rows: dict[str, list[dict[str, Any]]], person_id: int | None) -> set[str]:
    """Tables in which an id stands in any column."""
    return {name for name, found in rows.items() for row in found if person_id in row.values()}


@pytest.mark.rule("P7")
async def test_no_row_names_the_person_but_the_audit(scene: Scene) -> None:
    before = await everything(scene.store)
    assert {"people", "accounts", "contacts", "consents", "talk_messages", "downloads"} <= holding(
        before, scene.youth.person_id
    )
    await erased(scene)
    after = await everything(scene.store)
    assert holding(after, scene.youth.person_id) == {"audit_entries"}
    assert holding(after, scene.youth.account_id) == set()


@pytest.mark.rule("P7")
async def test_no_sealed_value_of_theirs_is_left_and_the_key_is_gone(scene: Scene) -> None:
    async with scene.store.read() as session:
        key_id = (await session.get_one(Person, scene.youth.person_id)).key_id
        assert await session.get(DataKey, key_id) is not None
    await erased(scene)
    head = b"\x01" + key_id.to_bytes(8, "big")
    for name, rows in (await everything(scene.store)).items():
        for row in rows:
            assert not any(isinstance(v, bytes) and v.startswith(head) for v in row.values()), name
    async with scene.store.read() as session:
        assert await session.get(DataKey, key_id) is None
    with pytest.raises(KeyError):
        scene.store.vault.seal(key_id, "any:where:else", "…")


async def test_no_word_of_theirs_can_be_opened_from_any_row(scene: Scene) -> None:
    await erased(scene)
    vault = scene.store.vault
    async with scene.store.read() as session:
        await vault.ready(session, *(await session.execute(select(DataKey.id))).scalars().all())
        payloads = (await session.execute(text("SELECT id, payload FROM outbox WHERE payload IS NOT NULL"))).all()
        prompts = (await session.execute(text("SELECT id, facts FROM prompts"))).all()
    shown = [vault.open(f"outbox:{i}:payload", bytes(p)) for i, p in payloads]
    shown += [vault.open(f"prompts:{i}:facts", bytes(f)) for i, f in prompts if f]
    assert not any(marker in (one or "") for one in shown for marker in MARKERS)


@pytest.mark.rule("P7")
async def test_nothing_readable_and_nothing_sealed_is_left_in_the_files(store: Store, tmp_path: Path) -> None:
    scene = await make_scene(store, tmp_path)
    async with store.read() as session:
        sealed = (await session.execute(select(TalkMessage.body))).scalars().all()
        name = (await session.get_one(Person, scene.youth.person_id)).name
    mine = [value for value in (*sealed, name) if value[1:9] == name[1:9]]
    path = tmp_path / "zhixin.db"
    wal = path.with_name("zhixin.db-wal")
    assert any(value in path.read_bytes() + wal.read_bytes() for value in mine)
    await erased(scene)
    left = path.read_bytes() + wal.read_bytes()
    assert not any(value in left for value in mine)
    assert not any(marker.encode() in left for marker in MARKERS)
    assert (scene.youth.person_id or 0).to_bytes(8, "big") not in wal.read_bytes()


@pytest.mark.rule("P7")
async def test_the_other_youths_data_is_untouched(scene: Scene) -> None:
    async with scene.store.read() as session:
        before = await export_person(
            session, scene.store.vault, scene.other.person_id or 0, now=scene.store.clock.now()
        )
    await erased(scene)
    async with scene.store.read() as session:
        after = await export_person(session, scene.store.vault, scene.other.person_id or 0, now=scene.store.clock.now())
    assert after == before
    assert after.sections["talks"][0]["messages"][0]["text"] == "我是阿凯，我的话要留着"


async def test_the_audit_still_holds_and_names_the_receipt(scene: Scene) -> None:
    receipt = await erased(scene)
    async with scene.store.read() as session:
        count, faults = await verify(session, scene.store.vault)
    assert faults == []
    assert count > 0
    rows = (await everything(scene.store))["audit_entries"]
    (entry,) = [row for row in rows if row["action"] == "person.erased"]
    assert (entry["ref"], entry["subject_id"]) == (receipt, scene.youth.person_id)


async def test_an_erasure_that_fails_leaves_everything(scene: Scene) -> None:
    before = await everything(scene.store)
    with pytest.raises(ZeroDivisionError):
        await erased_and_failed(scene)
    assert await everything(scene.store) == before
    assert scene.store.tombstones is not None
    assert list(read_tombstones(scene.store.tombstones)) == []
    async with scene.store.read() as session:
        held = await export_person(session, scene.store.vault, scene.youth.person_id or 0, now=scene.store.clock.now())
    assert held.person["name"] == NAME


async def test_the_groups_of_the_person_are_told_to_forget_them(scene: Scene) -> None:
    heard: list[tuple[str, Any]] = []
    scene.store.on_signal(lambda topic, value: heard.append((topic, value)))
    await erased(scene)
    assert ("chat", (CHANNEL, BOT, "888")) in heard


async def test_the_tombstone_is_outside_the_database_and_names_nobody(scene: Scene, tmp_path: Path) -> None:
    await erased(scene)
    (stone,) = read_tombstones(tmp_path / "erased.log")
    assert (stone.person_id, stone.youth_only) == (scene.youth.person_id, False)
    content = (tmp_path / "erased.log").read_text(encoding="utf-8")
    assert not any(marker in content for marker in MARKERS)


async def test_the_tombstone_is_on_the_disk_before_the_commit_and_nobody_waits_for_the_disk_meanwhile(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the two erases again at the next start; none loses an erasure that was told (threat 23)."""
    steps: list[str] = []
    sync, loop = os.fsync, threading.get_ident()

    def noted(handle: int) -> None:
        steps.append("on the loop" if threading.get_ident() == loop else "off the loop")
        sync(handle)

    monkeypatch.setattr("bot.store.tombstones.os.fsync", noted)
    event.listen(scene.store.engines.writer.sync_engine, "commit", lambda _: steps.append("commit"))
    await erased(scene)
    assert steps[:2] == ["off the loop", "commit"]
    assert len(list(read_tombstones(tmp_path / "erased.log"))) == 1


async def test_a_disk_that_cannot_keep_the_tombstone_stops_the_erasure(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await everything(scene.store)
    monkeypatch.setattr("bot.core.acts.erase.add_tombstone", Mock(side_effect=OSError))
    with pytest.raises(OSError):  # noqa: PT011 - its words are the system's
        await erased(scene)
    assert await everything(scene.store) == before


async def test_who_comes_back_with_a_restore_is_erased_again(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "erased.log"
    add_tombstone(path, scene.youth.person_id or 0, youth_only=False, now=scene.store.clock.now())
    path.write_text(path.read_text(encoding="ascii") + '{"person": 12', encoding="ascii")
    assert await apply_tombstones(scene.store, path) == 1
    assert await apply_tombstones(scene.store, path) == 0
    assert holding(await everything(scene.store), scene.youth.person_id) == {"audit_entries"}


async def test_a_cadre_keeps_roster_groups_and_talks_when_the_youths_side_goes(
    scene: Scene, clock: ManualClock
) -> None:
    clock.advance(timedelta(minutes=1))
    async with scene.store.unit() as unit:
        person = await unit.session.get_one(Person, scene.cadre.person_id)
        person.is_youth, person.age_band = True, "adult"
    await make_consent(scene.store, scene.cadre, ConsentScope.PROFILE)
    async with scene.store.unit() as unit:
        done = await erase_person(unit, scene.cadre.person_id or 0, actor=scene.cadre)
    assert done.is_cadre
    left = holding(await everything(scene.store), scene.cadre.person_id)
    assert {"people", "accounts", "role_grants", "chats", "talks", "contacts"} <= left
    assert "consents" not in left
