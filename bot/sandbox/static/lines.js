// The lines of a chat: bubbles, time stamps, system lines.

import { fileAddress } from "./api.js";
import { avatar, icon, make } from "./dom.js";
import { optionsIn } from "./options.js";
import { say, stampOf } from "./words.js";

const STAMP_AFTER = 5 * 60 * 1000; // a time stamp stands above a line that comes so much later
const LONG_PRESS = 500; // milliseconds
const MOVED = 10; // pixels after which a press is a scroll

const RUN = 5 * 60 * 1000; // bubbles of one person in so short a time stand together under one name

/** Everything of the open chat, as elements. `openMenu(line)` offers what can be done with a message, `answer(text)` says it. */
export function drawLines(store, openMenu, answer) {
  const lines = store.lines.get(store.chat) ?? [];
  const visible = lines.filter((line) => line.system !== "not_friend" || line.sender === store.person);
  if (visible.length === 0) {
    return emptyWords(store).map((words) => make("p", { class: "empty" }, words));
  }
  const drawn = [];
  let before = null;
  const now = store.now();
  const open = store.openQuestion();
  for (const line of visible) {
    const later = before ? new Date(line.at) - new Date(before.at) : Infinity;
    const stamped = later > STAMP_AFTER || line.at.slice(0, 10) !== before.at.slice(0, 10);
    if (stamped) drawn.push(make("p", { class: "stamp" }, make("time", { datetime: line.at }, stampOf(line.at, now))));
    const plain = (one) => one && !one.system && !one.recalled;
    const goesOn = !stamped && plain(before) && before.sender === line.sender && later < RUN;
    const element = drawLine(store, line, openMenu, goesOn);
    if (line.id === open?.id) element.querySelector(".message-body")?.append(drawAnswers(open, answer));
    drawn.push(element);
    before = line;
  }
  return drawn;
}

/** The options of the question that waits, as buttons below it: they stay with it, wherever it is repeated. */
function drawAnswers(open, answer) {
  const buttons = optionsIn(open.words).map(({ sign, number, words }) =>
    make("button", { type: "button", class: "chip answer", click: () => answer(String(number)) }, `${sign} ${words}`),
  );
  return make("div", { class: "answers", role: "group", "aria-label": say("chat.answers") }, ...buttons);
}

function emptyWords(store) {
  if (store.groupOf(store.chat)) return [say("chat.empty_group", { bot: store.bot.name })];
  if (!store.writers.has(store.person)) return [say("info.strangers")];
  const hint = store.personOf(store.person).hint;
  return [say("chat.empty_private", { bot: store.bot.name }), ...(hint ? [say("chat.hint", { hint })] : [])];
}

function drawLine(store, line, openMenu, goesOn) {
  if (line.recalled) return systemLine(recalledWords(store, line));
  if (line.system) return systemLine(systemWords(store, line));
  return message(store, line, openMenu, goesOn);
}

const systemLine = (words) => make("p", { class: "system" }, words);

function recalledWords(store, line) {
  const name = line.sender === store.person ? say("chat.you") : store.nameOf(line.sender);
  if (line.operator === line.sender) return say("line.recalled", { name });
  return say("line.recalled_other", { name, operator: store.nameOf(line.operator) });
}

function systemWords(store, line) {
  const values = { name: store.nameOf(line.sender), operator: store.nameOf(line.operator), bot: store.bot.name };
  const invited = line.system === "joined" && line.operator !== line.sender;
  return say(`line.${invited ? "invited" : line.system}`, values);
}

function message(store, line, openMenu, goesOn) {
  const mine = line.sender === store.person;
  const name = store.nameOf(line.sender);
  const bot = line.sender === store.bot.number;
  const bubble = make("div", { class: "bubble" }, ...line.pieces.map((piece, at) => drawPiece(store, piece, line.pieces[at + 1])));
  const menu = make(
    "button",
    { type: "button", class: "icon-button bubble-menu", "aria-haspopup": "dialog", "data-line": line.id, click: () => openMenu(line) },
    icon("more"),
    make("span", { class: "visually-hidden" }, say("line.message_menu", { name })),
  );
  onLongPress(bubble, () => openMenu(line));
  const named = !goesOn && !mine && store.groupOf(line.chat);
  const by = make("p", { class: named ? "message-by" : "visually-hidden" }, make("span", {}, name), named ? roleBadge(store, line) : null);
  return make(
    "div",
    { class: `message${mine ? " mine" : ""}${goesOn ? " goes-on" : ""}`, "data-line": line.id },
    avatar(name, line.sender, bot ? "bot" : ""),
    make("div", { class: "message-body" }, by, make("div", { class: "bubble-row" }, bubble, menu), signOf(store, line)),
  );
}

/** Stored or not: below every bubble of a person while the bot records, and wherever something is stored. */
function signOf(store, line) {
  const sign = store.signOf(line);
  if (!sign) return null;
  const kept = sign === "kept";
  return make("p", { class: `sign ${sign}` }, icon(kept ? "lock" : "circle", true), make("span", {}, say(kept ? "line.kept" : "line.not_kept")));
}

function roleBadge(store, line) {
  const role = store.memberOf(line.chat, line.sender)?.role;
  return role === "owner" || role === "admin" ? make("span", {}, say(`chat.${role}`)) : null;
}

function drawPiece(store, piece, next) {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "mention": {
      const name = piece.number === "all" ? say("chat.mention_all") : store.nameOf(Number(piece.number));
      const apart = next?.kind === "text" && !/^\s/.test(next.text);
      return make("span", { class: "mention" }, apart ? `@${name} ` : `@${name}`);
    }
    case "quote":
      return make("span", { class: "quote-line" }, quotedWords(store, piece.id));
    case "file":
      return piece.picture ? picture(store, piece) : file(store, piece);
    default:
      return make("span", { class: "muted" }, mediaWords(piece.media));
  }
}

function mediaWords(kind) {
  return ["image", "record", "video", "file", "face"].includes(kind) ? say(`line.${kind}`) : say("line.other", { kind });
}

function quotedWords(store, id) {
  const line = (store.lines.get(store.chat) ?? []).find((known) => String(known.id) === id);
  if (!line || line.recalled) return say("chat.quoted_gone");
  return say("chat.by_words", { name: store.nameOf(line.sender), words: plainWords(store, line) });
}

/** A message in one line of plain words. */
export function plainWords(store, line) {
  if (line.recalled) return recalledWords(store, line);
  if (line.system) return systemWords(store, line);
  return line.pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      if (piece.kind === "mention") return piece.number === "all" ? `@${say("chat.mention_all")} ` : `@${store.nameOf(Number(piece.number), line.chat)} `;
      if (piece.kind === "file") return piece.picture ? say("line.image") : `${say("line.file")}${piece.name}`;
      return piece.kind === "media" ? mediaWords(piece.media) : "";
    })
    .join("");
}

function picture(store, piece) {
  const address = fileAddress(piece.id, store.person);
  return make("a", { href: address, target: "_blank", rel: "noopener" }, make("img", { class: "picture", src: address, alt: say("line.picture", { bot: store.bot.name }) }));
}

function file(store, piece) {
  const size = Math.max(1, Math.round(piece.size / 1024));
  return make(
    "a",
    { class: "file", href: fileAddress(piece.id, store.person), download: piece.name },
    icon("file"),
    make("span", { class: "file-text" }, make("span", { class: "file-name" }, piece.name), make("span", { class: "file-size" }, say("line.file_size", { size }))),
  );
}

/** A long press, or the context menu of mouse and keyboard. */
function onLongPress(element, act) {
  let timer = 0;
  let from = null;
  const end = () => clearTimeout(timer);
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    from = event;
    timer = setTimeout(act, LONG_PRESS);
  });
  element.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > MOVED) end();
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) element.addEventListener(name, end);
  element.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    event.preventDefault();
    end();
    act();
  });
}
