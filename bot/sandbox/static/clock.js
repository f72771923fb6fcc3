// The rehearsal's clock: where it stands, how it is moved forward, and what came due on the way.

import { act } from "./api.js";
import { $, make, openDialog } from "./dom.js";
import { plainWords } from "./lines.js";
import { clockOf, dayOf, rehearsalTime, say, sayError } from "./words.js";

const FIRST_WORDS = 44; // characters of a message in the list

/** Draw the time at the top and, while it is open, the dialog. `go(person, key)` shows a chat. */
export function drawClock(store, go) {
  const [day, hour] = rehearsalTime(store.now());
  $("rehearsal-time").replaceChildren(make("span", { class: "clock-day" }, day), hour);
  $("open-clock").disabled = !store.movable;
  $("clock-sign").toggleAttribute("hidden", !store.movable);
  $("open-clock").classList.toggle("going", store.moving);
  if ($("clock-dialog").open) drawDialog(store, go);
}

export function listenToClock(store, go) {
  const move = async (body) => {
    const answer = await act("clock", body);
    problem(answer.error ? sayError(answer.error) : "");
  };
  $("open-clock").addEventListener("click", () => {
    problem("");
    const tomorrow = new Date(Date.parse(`${store().now().slice(0, 16)}Z`) + 86400000);
    $("clock-to").min = store().now().slice(0, 16);
    $("clock-to").value = `${tomorrow.toISOString().slice(0, 10)}T09:00`;
    openDialog($("clock-dialog"));
    drawDialog(store(), go);
  });
  for (const button of document.querySelectorAll("[data-leap]")) {
    button.addEventListener("click", () => move({ leap: button.dataset.leap }));
  }
  $("clock-own").addEventListener("submit", (event) => {
    event.preventDefault();
    move({ to: $("clock-to").value });
  });
  $("clock-halt").addEventListener("click", () => act("clock/halt", {}));
}

function problem(sentence) {
  $("clock-problem").textContent = sentence;
  $("clock-problem").hidden = sentence === "";
}

function drawDialog(store, go) {
  const { moving, passed } = store;
  const count = passed.came.length;
  const words = { since: dayOf(passed.since ?? store.now()), now: dayOf(passed.now ?? store.now()), until: dayOf(passed.until ?? store.now()), count };
  let lead = say("clock.set", { day: dayOf(store.now()) });
  if (moving) lead = say("clock.moving", { ...words, day: words.now });
  else if (passed.since) lead = say(count ? "clock.came" : "clock.nothing", words);
  $("clock-lead").textContent = lead;
  $("clock-leaps").hidden = moving;
  $("clock-halt").hidden = !moving;
  const list = $("came");
  const stay = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.replaceChildren(...passed.came.map((one) => make("li", {}, cameRow(store, one, go))));
  if (stay && moving) list.scrollTop = list.scrollHeight;
}

function cameRow(store, { at, title, chat, id }, go) {
  const line = store.lines.get(chat)?.find((known) => known.id === id);
  const group = store.groupOf(chat);
  const number = group ? group.members.find((member) => member.number !== store.bot.number)?.number : Number(chat.split("-")[1]);
  const person = group?.members.some((member) => member.number === store.person) ? store.person : number;
  const where = group ? group.name : say("clock.private", { name: store.names.get(number) });
  const words = line ? plainWords(store, line).replace(/\s+/g, " ") : "";
  const show = () => {
    $("clock-dialog").close();
    go(person, chat);
  };
  return make(
    "button",
    { type: "button", class: "came-row", "aria-label": say("clock.open", { at: clockOf(at), where }), click: show },
    make("time", { datetime: at, class: "figures" }, dayOf(at)),
    title ? make("span", { class: "badge" }, title) : null,
    make("span", { class: "came-where" }, where),
    make("span", { class: "came-words" }, words.length > FIRST_WORDS ? `${words.slice(0, FIRST_WORDS)}…` : words),
  );
}
