"""Canaries: what people say in a talk is nowhere in clear, and what was not to be kept is nowhere at all."""

import asyncio
import secrets
from pathlib import Path

import pytest

from tests.e2e.scene import AGREE, CADRE, GROUP, Scene, close_scene, open_scene
from tests.live import TOKEN

NOT_AGREED = 90000022
STRANGER = 99999999


def files_with(folder: Path, marker: str) -> list[str]:
    """Files below ``folder`` that hold the marker, as UTF-8 or as JSON escapes."""
    needles = (marker.encode(), marker.encode("unicode_escape").lower(), marker.encode("utf-16-le"))
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(n in path.read_bytes() or n in path.read_bytes().lower() for n in needles)
    ]


async def say_everywhere(scene: Scene, markers: dict[str, str]) -> None:
    gateway = scene.gateway
    await gateway.group_message(GROUP, STRANGER, markers["before"])
    await scene.says(CADRE, f"/谈心 开始 {markers['topic']}", in_group=True, expect="●")
    await gateway.group_message(GROUP, AGREE[0], markers["agreed"])
    await gateway.group_message(GROUP, NOT_AGREED, markers["not_agreed"])
    await gateway.group_message(GROUP, STRANGER, markers["stranger"])
    await gateway.group_message(GROUP, CADRE, f"/不认识的词 {markers['unknown']}")
    await gateway.raw("{" + markers["broken"])
    await gateway.event(post_type="message", message_type="group", message=markers["malformed"], group_id={})
    await scene.says(CADRE, f"/匿名 {markers['in_group']}", in_group=False)
    await scene.says(CADRE, f"/删除我的数据 {markers['private_only']}", in_group=True)
    await scene.says(CADRE, f"/谈心 结束 {markers['notes']}", in_group=True, expect="T")
    await scene.says(CADRE, f"记谈心 阿凯 {markers['draft']}")
    await scene.says(STRANGER, markers["private"])
    await scene.says(STRANGER, f"我不想活了 {markers['crisis']}")
    await scene.says(STRANGER, f"绑定 {markers['code']}")


@pytest.mark.rule("P17", "P19")
async def test_no_words_in_clear_in_database_wal_or_log(tmp_path: Path) -> None:
    kinds = [
        *("before", "topic", "agreed", "not_agreed", "stranger", "unknown", "broken", "malformed", "in_group"),
        *("private_only", "notes", "draft", "private", "crisis", "code"),
    ]
    markers = {kind: f"金丝雀{secrets.token_hex(6)}" for kind in kinds}
    scene = await open_scene(tmp_path, ZHIXIN_LOG_LEVEL="DEBUG")
    try:
        await say_everywhere(scene, markers)
        running = {kind: files_with(tmp_path, marker) for kind, marker in markers.items()}
        assert {kind: found for kind, found in running.items() if found} == {}
        assert await asyncio.to_thread(scene.bot.stop) == 0
        stopped = {kind: files_with(tmp_path, marker) for kind, marker in markers.items()}
        assert {kind: found for kind, found in stopped.items() if found} == {}
        assert files_with(tmp_path, TOKEN) == []
        for name in ("小赵", "阿凯", "林晓舟"):
            assert files_with(tmp_path / "data", name) == [], f"{name} stands in clear"
        for number in (str(CADRE), str(AGREE[0]), str(NOT_AGREED)):
            assert files_with(tmp_path, number) == [], "a QQ number stands in clear"
    finally:
        await close_scene(scene)
