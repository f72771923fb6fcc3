// The list of chats, and the groups one could join.

import { act } from "./api.js";
import { $, avatar, make, setCount } from "./dom.js";
import { plainWords } from "./lines.js";
import { say, sayError, shortOf } from "./words.js";

/** Draw both lists; `open(key)` opens a chat, `fail(sentence)` shows a problem. */
export function drawChats(store, { open, fail }) {
  const now = store.now();
  $("chat-list").replaceChildren(...store.chats().map((chat) => make("li", {}, chatItem(store, chat, now, open))));
  const others = store.otherGroups();
  $("other-groups").hidden = others.length === 0;
  $("other-group-list").replaceChildren(...others.map((group) => make("li", {}, otherGroup(store, group, open, fail))));
}

function chatItem(store, chat, now, open) {
  const line = (store.lines.get(chat.key) ?? []).at(-1);
  const unread = store.unread(chat.key);
  const count = make("span", { class: "count" });
  setCount(count, unread, say("chat.unread", { count: unread }));
  return make(
    "button",
    { type: "button", class: "chat-item", "data-chat": chat.key, "aria-current": chat.key === store.chat ? "true" : null, click: () => open(chat.key) },
    chat.group ? avatar(chat.name, chat.group.number, `group tone-${chat.group.number % 8}`) : avatar(chat.name, 0, "bot"),
    make(
      "span",
      { class: "chat-item-main" },
      make("span", { class: "chat-item-name" }, chat.name),
      make("span", { class: "chat-item-last" }, line ? lastWords(store, chat, line) : say("chat.no_lines")),
    ),
    make("span", { class: "chat-item-side" }, line ? make("time", { datetime: line.at }, shortOf(line.at, now)) : "", count),
  );
}

function lastWords(store, chat, line) {
  const words = plainWords(store, line).replace(/\s+/g, " ").slice(0, 60);
  if (!chat.group || line.system || line.recalled) return words;
  const name = line.sender === store.person ? say("chat.you") : store.nameOf(line.sender, chat.key);
  return say("chat.by_words", { name, words });
}

function otherGroup(store, group, open, fail) {
  const join = async () => {
    const answer = await act("join", { person: store.person, group: group.number });
    if (answer.error) fail(sayError(answer.error));
    else open(group.key);
  };
  return make(
    "button",
    { type: "button", class: "chat-item", "aria-label": say("chat.join_group", { name: group.name }), click: join },
    avatar(group.name, group.number, `group tone-${group.number % 8}`),
    make(
      "span",
      { class: "chat-item-main" },
      make("span", { class: "chat-item-name" }, group.name),
      make("span", { class: "chat-item-last" }, say("chat.group_hint", { count: group.members.length })),
    ),
    make("span", { class: "chat-item-side" }, say("chat.join")),
  );
}
