"""A bot on aiocqhttp, a program of its own: ``python aiocqhttp_judge.py PORT TOKEN``."""

import sys
from typing import Any

from aiocqhttp import CQHttp, Event, MessageSegment

bot = CQHttp(access_token=sys.argv[2])


@bot.on_message
async def answer(event: Event) -> None:
    """Echo, and on request look around or take a message back."""
    words = "".join(part["data"]["text"] for part in event.message or () if part["type"] == "text").strip()
    match words:
        case "groups":
            groups = await bot.get_group_list() or ()
            await bot.send(event, f"groups {[group['group_id'] for group in groups]}")
        case "me":
            member = await bot.get_group_member_info(group_id=event["group_id"], user_id=event["user_id"])
            await bot.send(event, f"{member['card'] or member['nickname']} is {member['role']}")
        case "take it back":
            sent = await bot.send(event, "a slip") or {}
            await bot.delete_msg(message_id=sent["message_id"])
        case "codes":
            await bot.send_msg(**_place(event), message="[CQ:at,qq=all] all", auto_escape=False)
            await bot.send_msg(**_place(event), message="[CQ:at,qq=all] plain", auto_escape=True)
        case _:
            words = MessageSegment.text(f"{event.detail_type} pong {words}")  # a plain string would be parsed for codes
            await bot.send(event, words, at_sender=True)


@bot.on_notice("group_recall")
async def saw_recall(event: Event) -> None:
    """Say that a recall was seen."""
    if event.operator_id != event.self_id:
        await bot.send(event, f"saw recall {event.message_id}")


def _place(event: Event) -> dict[str, Any]:
    return {key: event[key] for key in ("message_type", "user_id", "group_id") if key in event}


if __name__ == "__main__":
    bot.run(host="127.0.0.1", port=int(sys.argv[1]))
