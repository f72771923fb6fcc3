"""Data of waiting questions outlive an upgrade by up to a week: a change needs a version and a way to read the old."""

from dataclasses import fields

from bot.core.feature import questions

_DRAFT = (
    *("kind", "starts_at", "ends_at", "place", "topic", "seats", "chat_id", "asking", "offered", "chats"),
    *("organ", "slot", "campaign", "campaign_name", "spans"),
)
_REMINDER = ("said", "begins_at", "words", "chat_id", "asking", "hour", "cheerful", "ref", "offered")
WRITTEN: dict[str, tuple[int, tuple[str, ...]]] = {
    "activity.chat": (1, _DRAFT),
    "activity.confirm": (1, ("ref",)),
    "activity.draft": (1, _DRAFT),
    "activity.slot": (1, _DRAFT),
    "activity.late": (1, ("kind", "starts_at", "ends_at", "place", "words", "present", "asking")),
    "activity.witness": (1, ("ref", "chats")),
    "activity.process": (1, ("ref", "words", "present", "asking", "place")),
    "access.decide": (1, ()),
    "access.review": (1, ()),
    "anonymous.danger": (1, ("words", "urgent", "danger")),
    "anonymous.rate": (1, ("code",)),
    "anonymous.say": (1, ("words", "urgent", "danger")),
    "anonymous.send": (1, ("words", "urgent", "danger")),
    "anonymous.urgent": (1, ("words", "urgent", "danger")),
    "bind.unbind": (1, ()),
    "consent.give_which": (1, ("ids",)),
    "consent.scope": (1, ("scope", "chat_id", "hash")),
    "consent.second": (1, ("scope", "chat_id", "hash")),
    "consent.stored": (1, ("scope", "chat_id")),
    "consent.withdraw_which": (1, ("ids",)),
    "consultation.reach": (1, ("text",)),
    "digest.act": (1, ("words",)),
    "crisis.contact": (1, ()),
    "crisis.followup": (1, ()),
    "hold.report": (1, ()),
    "join.age": (1, ()),
    "join.name": (1, ()),
    "leave.data": (1, ()),
    "leave.which": (1, ("ids",)),
    "relay.guess": (1, ("cadre", "topic", "instead_of")),
    "relay.instead": (1, ("cadre", "instead_of", "anonymous", "topic")),
    "relay.later": (1, ("relay",)),
    "relay.ready": (1, ("relay",)),
    "relay.request": (1, ("relay",)),
    "relay.unblock": (1, ("ids",)),
    "relay.which": (1, ("cadres", "anonymous", "topic")),
    "resource.kind": (1, ("text", "capacity")),
    "reminder.draft": (1, _REMINDER),
    "rights.contact": (1, ()),
    "rights.erase": (1, ()),
    "rights.org": (1, ()),
    "rights.under_14": (1, ()),
    "talk.amend": (1, ("talk_id",)),
    "talk.cosign": (1, ("talk_id",)),
    "talk.note": (1, ("cadre_id", "at", "ref", "draft", "text", "sensitive")),
    "talk.note_again": (1, ("youth_id", "draft")),
    "talk.note_sensitive": (1, ("cadre_id", "at", "ref", "draft", "text", "sensitive")),
    "talk.relay": (1, ("cadre_id", "at", "ref", "draft", "text", "sensitive")),
    "voice.about": (1, ("text", "kind", "again", "cleared", "wordless", "cadre_id", "about", "mark", "choices")),
    "voice.again": (1, ("text", "kind", "again", "cleared", "wordless", "cadre_id", "about", "mark", "choices")),
    "voice.cadre": (1, ("text", "kind", "again", "cleared", "wordless", "cadre_id", "about", "mark", "choices")),
    "voice.hand_over": (1, ("ref", "cadre_id", "people", "org_id")),
    "voice.kind": (1, ()),
    "voice.leaving": (1, ()),
    "voice.named": (1, ()),
    "voice.rating": (1, ()),
    "voice.sensitive": (1, ("text", "kind", "again", "cleared", "wordless", "cadre_id", "about", "mark", "choices")),
    "voice.up": (1, ("wish", "note")),
    "voice.up_nameless": (1, ("wish", "note")),
    "wish.again": (1, ("text", "chat_id")),
    "wish.cadre": (1, ("text", "cadres")),
    "core.content": (1, ("command", "head")),
    "wish.declined": (1, ("ref",)),
    "wish.hand_over": (1, ("ref", "cadre_id", "people", "org_id")),
    "wish.kind": (1, ("ref",)),
    "wish.leaving": (1, ()),
    "wish.match": (1, ("match_id", "ref", "resource", "offer")),
    "wish.match_offer": (1, ("match_id", "ref", "resource", "offer")),
    "wish.pool": (1, ("wish_id", "ref", "cadre_id", "tried", "words")),
    "wish.pool_along": (1, ("lead_id", "wish_id", "ref", "words")),
    "wish.pool_text": (1, ("wish_id", "ref", "cadre_id", "tried", "words")),
    "wish.received": (1, ("ref",)),
    "wish.share": (1, ("cadre_id", "wishes", "wish_id", "ref", "batch")),
    "wish.suggested": (1, ("cadre_id", "text")),
}
"""The version and the field names with which each kind is stored."""


def test_no_data_change_without_a_version_and_an_upgrade() -> None:
    now = {kind: (one.version, tuple(f.name for f in fields(one.data))) for kind, one in questions().items()}
    assert now == WRITTEN, "raise the version, write its `upgrade`, then note the new shape here"


def test_every_version_after_the_first_reads_the_one_before() -> None:
    assert [kind for kind, one in questions().items() if one.version > 1 and one.upgrade is None] == []
