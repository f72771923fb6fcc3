// What the bot remembers of the person one is, live and in plain words.

import { $, make } from "./dom.js";
import { kindOf, say, stampOf } from "./words.js";

let known = new Map(); // person -> what was shown last, to mark what is new

const identity = (item) => JSON.stringify([item.kind, item.text, item.stored]);

export function drawLoading() {
  $("memory-body").replaceChildren(make("p", { class: "loading" }, say("memory.loading")));
}

/** Draw one answer; tells whether anything in it is new. */
export function drawMemory(store, told) {
  const name = store.names.get(told.person);
  const body = $("memory-body");
  const head = make("h3", {}, say("memory.title_of", { name }));
  if (told.failed) {
    body.replaceChildren(head, make("p", { class: "note waiting" }, say("memory.failed")));
    return false;
  }
  const before = known.get(told.person);
  const fresh = (item) => before !== undefined && !before.has(identity(item));
  const stored = told.items.filter((item) => item.stored);
  const dropped = told.items.filter((item) => !item.stored);
  const lead = stored.length
    ? say("memory.sentence", { stored: stored.length, dropped: dropped.length })
    : say("memory.nothing", { bot: store.bot.name, name });
  body.replaceChildren(
    head,
    make("p", { class: "memory-lead" }, lead),
    ...[dropped, stored].filter((items) => items.length).map((items) => make("ul", { class: "memory-list" }, ...items.map((item) => row(store, item, fresh(item))))),
  );
  known.set(told.person, new Set(told.items.map(identity)));
  return before !== undefined && (told.items.some(fresh) || told.items.length !== before.size);
}

export function forgetShown() {
  known = new Map();
}

function row(store, item, fresh) {
  const state = item.stored ? `● ${say("memory.stored")}` : `○ ${say("memory.dropped")}`;
  return make(
    "li",
    { class: `memory-item${item.stored ? "" : " dropped"}${fresh ? " fresh" : ""}` },
    make("div", { class: "memory-top" }, make("span", { class: "memory-kind" }, kindOf(item.kind)), make("span", { class: "memory-state" }, state)),
    make("p", { class: "memory-text" }, item.text),
    item.at ? make("time", { class: "memory-at", datetime: item.at }, stampOf(item.at, store.now())) : null,
  );
}
