"""docs/privacy.zh-CN.md names every table that leads to a person: what is kept, for how long, who can see it."""

from typing import Final

from tests.contracts import source
from tests.contracts.personal import places

PAGE: Final = source.TEMPLATES.parent.parent / "docs" / "privacy.zh-CN.md"
NAMED: Final = {
    "access_requests": "查阅申请",
    "accounts": "账号",
    "activities": "活动：",
    "activity_attempts": "签到码",
    "activity_cadres": "一起办的同事",
    "activity_changes": "过程",
    "activity_parts": "签到",
    "audit_entries": "操作留痕",
    "bind_attempts": "输错的码",
    "bind_codes": "绑定码",
    "break_glass": "紧急查阅",
    "branch_meetings": "三会两制一课",
    "calendar_feeds": "日历订阅",
    "chat_hosts": "在哪个群",
    "chats": "在哪个群",
    "consent_refusals": "先不要",
    "consents": "同意与撤回",
    "consultation_answers": "问计",
    "consultations": "问计",
    "contacts": "谁联系谁",
    "crises": "求助",
    "digest_mornings": "摘要",
    "downloads": "导出的文件",
    "good_practices": "推荐的经验",
    "grassroots_links": "联系、指导的基层",
    "guidance_assignments": "联系、指导的基层",
    "harm_reports": "举报",
    "held_people": "暂缓删除",
    "legal_holds": "暂缓删除",
    "mentor_links": "结对",
    "outbox": "待发的消息",
    "people": "称呼",
    "prompts": "待答的问题",
    "quota_waivers": "免除五个一",
    "receipts": "回执",
    "relay_afters": "还能屏蔽",
    "relay_blocks": "屏蔽的记号",
    "relay_seats": "找人聊聊",
    "relays": "找人聊聊",
    "reminders": "提醒",
    "resource_matches": "对接",
    "resources": "资源",
    "rights_requests": "数据权利请求",
    "role_grants": "任期",
    "support_requests": "申请的支持",
    "talk_messages": "原话",
    "talk_parts": "谈过一次",
    "talks": "谈心要点",
    "voice_answers": "心声、建议和答复",
    "voices": "心声、建议和答复",
    "wish_shares": "拼心愿",
    "wishes": "微心愿",
    "working_group_members": "工作小组",
    "working_groups": "工作小组",
}
"""By table the words under which the page tells of it."""


def rows() -> list[list[str]]:
    """The lines of the table of what is kept: what, for how long, who can see it."""
    text = PAGE.read_text(encoding="utf-8")
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in lines[2:]]


def test_every_table_that_leads_to_a_person_is_named() -> None:
    assert {table for table, _ in places()} - set(NAMED) == set()


def test_what_is_named_stands_in_the_page_with_how_long_and_who() -> None:
    told = rows()
    assert [cells for cells in told if len(cells) != 3 or not all(cells)] == []
    assert [words for words in NAMED.values() if not any(words in cell for cells in told for cell in cells)] == []
