// Starts the page and keeps its parts in step.

import { Live, act, read } from "./api.js";
import { drawChats } from "./chats.js";
import { drawClock, listenToClock } from "./clock.js";
import { Composer } from "./compose.js";
import { $, make, openDialog, setCount } from "./dom.js";
import { drawLines, plainWords } from "./lines.js";
import { drawLoading, drawMemory, forgetShown } from "./memory.js";
import { drawPeople, drawPersona, openInfo } from "./people.js";
import { Store } from "./store.js";
import { say, sayError } from "./words.js";

const NEAR_END = 80; // pixels from the newest line that still count as reading it
const RETRY_STATE = 1500; // milliseconds
const CLOCK_EVERY = 20000;

let store = null;
let composer = null;
let live = null;

const log = $("log");
const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
const toEnd = () => (log.scrollTop = log.scrollHeight);

async function begin() {
  let state = await read("state");
  while (state.error) {
    showBanner(say("state.connecting"));
    await new Promise((resolve) => setTimeout(resolve, RETRY_STATE));
    state = await read("state");
  }
  showBanner("");
  if (store) {
    store.load(state);
    forgetShown();
  } else {
    store = new Store(state);
    composer = new Composer(store, { sent: onSent });
    live = new Live({ resume: () => ({ after: store.last, run: store.run }), take: onLive, changed: onConnection });
  }
  drawLoading();
  live.be(store.person);
  composer.show();
  draw();
  toEnd();
  if (!live.socket) live.open();
}

function draw() {
  if (document.visibilityState === "visible") store.markRead();
  drawHead();
  drawTalk();
  drawAround();
}

/** What shows unread messages. */
function drawAround() {
  drawChats(store, { open: openChat, fail: (sentence) => composer.problem(sentence) });
  drawPersona(store);
  drawGuide();
  if ($("persona-dialog").open) drawPeople(store, be);
  const unread = store.chats().reduce((sum, chat) => sum + store.unread(chat.key), 0);
  setCount($("chats-unread"), unread, say("chat.unread", { count: unread }));
  document.title = `${unread ? `(${unread}) ` : ""}${store.chatName(store.chat)} · ${say("persona.current", store.personOf(store.person))}`;
}

/** The step that a newcomer may try next. */
function drawGuide() {
  const next = store.nextStep();
  const step = store.guide[next];
  $("guide").hidden = next === null;
  if (next === null) return;
  if (!step) {
    $("guide-words").textContent = say("guide.done");
    return;
  }
  const told = { at: next + 1, of: store.guide.length, words: step.words, name: store.names.get(step.person) };
  $("guide-words").textContent = say(step.person === store.person ? "guide.step" : "guide.step_as", told);
}

function drawHead() {
  const group = store.groupOf(store.chat);
  $("chat-name").textContent = store.chatName(store.chat);
  const hint = !group ? "chat.private_hint" : group.bot ? "chat.group_hint" : "chat.group_without_bot";
  $("chat-sub").textContent = say(hint, { count: group?.members.length, bot: store.bot.name });
  $("presence").textContent = say(store.online ? "state.online" : "state.offline");
  $("recording").hidden = !store.signs.recording[store.chat];
  $("presence").className = store.online ? "presence on" : "presence";
  drawClock(store, goTo);
}

function drawTalk() {
  const stay = atEnd();
  const focused = document.activeElement?.closest?.("[data-line]")?.dataset.line;
  $("lines").replaceChildren(...drawLines(store, openMenu, (text) => composer.say(text)));
  $("older").hidden = !store.hasOlder(store.chat);
  if (focused) $("lines").querySelector(`button[data-line="${CSS.escape(focused)}"]`)?.focus();
  if (stay) toEnd();
}

function openChat(key) {
  if (!store.chats().some((chat) => chat.key === key)) return; // the roster is still on its way
  store.chat = key;
  closeSides();
  composer.show();
  draw();
  toEnd();
  $("to-newest").hidden = true;
  if (matchMedia("(pointer: fine)").matches) $("draft").focus();
}

function be(person) {
  store.be(person);
  drawLoading();
  live.be(person);
  composer.show();
  draw();
  toEnd();
}

/** Show a chat, as somebody who is in it. */
function goTo(person, key) {
  if (person !== store.person) be(person);
  openChat(key);
}

function onSent(line) {
  store.takeLine(line);
  draw();
  toEnd();
}

function onLive(told) {
  if (told.type === "remembered") {
    if (told.person !== store.person) return;
    const news = drawMemory(store, told);
    if (news) composer.refresh();
    if (news && !matchMedia("(min-width: 1080px)").matches && !$("memory").classList.contains("open")) $("memory-news").hidden = false;
    return;
  }
  if (told.type === "signs") {
    store.takeSigns(told);
    drawHead();
    drawTalk();
    return;
  }
  if (told.type === "reset" || !store.take(told)) {
    begin();
    return;
  }
  if (!store.chats().some((chat) => chat.key === store.chat)) {
    store.be(store.person); // put out of the group one was reading
    composer.show();
  }
  if (told.clock) {
    drawClock(store, goTo);
    if (!store.moving) drawTalk(); // what was today is not any more
    return;
  }
  const here = told.line?.chat === store.chat;
  const stay = atEnd();
  if (here || told.roster || told.online !== undefined) {
    draw();
    composer.draw();
  } else {
    drawAround();
  }
  $("to-newest").hidden = !here || stay || told.line.sender === store.person;
}

function onConnection(up) {
  showBanner(up ? "" : say("state.connecting"));
}

function showBanner(sentence) {
  $("banner").textContent = sentence;
  $("banner").hidden = sentence === "";
}

/** What can be done with one message. */
function openMenu(line) {
  const menu = $("menu");
  const doing = (work) => async () => {
    menu.close();
    await work();
  };
  const button = (label, work, danger = false) =>
    make("button", { type: "button", class: danger ? "button danger" : "button", click: doing(work) }, label);
  const role = store.memberOf(line.chat, store.person)?.role;
  const actions = [button(say("menu.quote"), () => composer.quote(line))];
  const words = plainWords(store, line);
  if (navigator.clipboard) actions.push(button(say("menu.copy"), () => navigator.clipboard.writeText(words).catch(() => {})));
  if (line.sender === store.person || role === "owner" || role === "admin") {
    actions.unshift(button(say("menu.recall"), () => recall(line), true));
  }
  $("menu-words").textContent = words;
  $("menu-actions").replaceChildren(...actions);
  openDialog(menu);
}

async function recall(line) {
  const answer = await act("recall", { person: store.person, message: line.id });
  composer.problem(answer.error ? sayError(answer.error) : "");
}

async function showOlder() {
  const key = store.chat;
  const answer = await read("lines", { chat: key, before: store.lines.get(key)[0].id, count: store.page });
  if (answer.error) {
    composer.problem(sayError(answer.error));
    return;
  }
  store.takeOlder(key, answer.lines);
  const height = log.scrollHeight;
  drawTalk();
  log.scrollTop += log.scrollHeight - height;
  log.focus();
}

// The two side panels: drawers below a width, columns above it.

const sides = {
  chats: { panel: $("chats"), opener: $("open-chats"), wide: matchMedia("(min-width: 768px)") },
  memory: { panel: $("memory"), opener: $("open-memory"), wide: matchMedia("(min-width: 1080px)") },
};

function openSide(name) {
  closeSides();
  const { panel, opener } = sides[name];
  panel.classList.add("open");
  panel.inert = false;
  opener.setAttribute("aria-expanded", "true");
  $("veil").hidden = false;
  panel.querySelector("button")?.focus();
  if (name === "memory") $("memory-news").hidden = true;
}

function closeSides() {
  for (const { panel, opener, wide } of Object.values(sides)) {
    if (panel.classList.contains("open") && panel.contains(document.activeElement)) opener.focus();
    panel.classList.remove("open");
    panel.inert = !wide.matches;
    opener.setAttribute("aria-expanded", "false");
  }
  $("veil").hidden = true;
}

for (const [name, { opener, wide }] of Object.entries(sides)) {
  opener.addEventListener("click", () => openSide(name));
  wide.addEventListener("change", () => {
    closeSides();
    composer?.draw();
  });
}
for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", closeSides);
$("veil").addEventListener("click", closeSides);
document.addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && closeSides());
closeSides();

$("persona").addEventListener("click", () => {
  if (!store) return;
  drawPeople(store, be);
  openDialog($("persona-dialog"));
});
$("open-info").addEventListener("click", () => store && openInfo(store, (sentence) => composer.problem(sentence)));
$("guide-off").addEventListener("click", () => {
  store.endGuide();
  drawGuide();
  $("draft").focus();
});
$("all-read").addEventListener("click", () => {
  store.markAllRead();
  $("persona-dialog").close();
  draw();
});
$("older").addEventListener("click", showOlder);
$("to-newest").addEventListener("click", () => {
  toEnd();
  $("to-newest").hidden = true;
});
log.addEventListener("scroll", () => atEnd() && ($("to-newest").hidden = true), { passive: true });
document.addEventListener("visibilitychange", () => store && document.visibilityState === "visible" && draw());
listenToClock(() => store, goTo);
setInterval(() => store && drawHead(), CLOCK_EVERY);

begin();
